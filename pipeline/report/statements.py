"""What can be said of a job's output in sentences: its card and its Croissant say the same.

Counts, labels, versions and digests; no time and no place, so that equal jobs say equal things.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gemsieve.filters import Filter
from gemsieve.filters.policy import Action, Rule
from gemsieve.filters.policy_column import ColumnRule
from gemsieve.pipeline.leak.gate import rate
from gemsieve.pipeline.manifest import Manifest
from gemsieve.pipeline.mitigate.told import lines_for_people as mitigation_lines
from gemsieve.pipeline.report.counts import judged
from gemsieve.pipeline.report.identity import Group, groups
from gemsieve.pipeline.tally import Tally

if TYPE_CHECKING:
    import pyarrow as pa

SHARE = 0.01  # of the kept records: a language with less is not said to be one of the data's
GROUPS = 10  # told by name

LIMITS = (
    "What no detector finds stays in: the policy names what is looked for, and a detector can miss"
    " what it looks for.",
    "What a detector finds wrongly is redacted or dropped all the same, so harmless texts are"
    " missing, more of some sources, languages and groups than of others.",
    "Scores are probabilities by models that were measured on other texts than these.",
    "The texts are those of the inputs: their errors, opinions and rights are not changed.",
)
USES = (
    "Pre-training and continued training of language models.",
    "Not meant for finding out anything about the people whom texts mention.",
)


@dataclass(frozen=True)
class Subject:
    """What an output is called, the licence of its texts ("" for none), and its kept columns."""

    title: str
    licence: str
    schema: pa.Schema


@dataclass(frozen=True)
class Statements:
    """Sentences about one output.

    Attributes:
        summary: What it is, in two sentences.
        collection: Where the texts come from.
        steps: What was done to them, in order.
        manipulation: How kept texts differ from those of the inputs.
        tools: The detectors, with versions.
        personal: What is known of personal data in them.
        biases: What is known of whom they leave out.
        languages: Codes of the languages of the kept records.
    """

    summary: str
    collection: str
    steps: Sequence[str]
    manipulation: Sequence[str]
    tools: Sequence[str]
    personal: Sequence[str]
    biases: Sequence[str]
    languages: Sequence[str]


def statements(books: Manifest, judge: Filter, tally: Tally) -> Statements:
    """Return what can be said of an output that a filter left."""
    counts, policy = books.counts, books.policy
    return Statements(
        summary=(
            f"{counts['kept']:,} of {counts['in']:,} records that gemsieve {books.code} kept under"
            f" the policy {policy['name']!r}. {counts['dropped']:,} were dropped, and"
            f" {counts['quarantined']:,} could not be judged."
        ),
        collection=(
            f"Records of {len(books.inputs):,} input files, {counts['in']:,} in all; the manifest"
            " names each with its size and its number of records."
        ),
        steps=steps(books, judge),
        manipulation=manipulation(books, tally),
        tools=[f"{d['name']} {d['version']}" for d in books.detectors],
        personal=[*personal(books.leak_check), *stored(books, judge)],
        biases=biases(books.audit, tally),
        languages=kept_languages(tally),
    )


def steps(books: Manifest, judge: Filter) -> list[str]:
    """Return what was done to the records, in order."""
    found = [
        "Each record was read; what could not be read or judged is listed in quarantined/.",
        "Detectors reported what they found, with scores and places.",
        f"The policy (SHA-256 {books.policy['sha256']}) decided by"
        f" {len(judge.policy.ruleset('corpus').rules):,} rules to keep, redact or drop each.",
    ]
    if books.leak_check["entities"]:
        found.append("The kept records were read again for personal data that remains.")
    if books.audit["rules"]:
        found.append("Sentences were judged again with other groups in them.")
    return found


def manipulation(books: Manifest, tally: Tally) -> list[str]:
    """Return how kept texts differ from those of the inputs."""
    redacted = tally.by_outcome()["redacted"]
    operators = books.policy["operators"]
    found = [
        f"{redacted:,} of the kept records were rewritten: what the policy redacts was written over"
        f" ({operators or 'no operators'}). The others stand as they were."
    ]
    return [*found, *(f"{line}." for line in mitigation_lines(books.mitigation))]


def personal(check: Mapping[str, Any]) -> list[str]:
    """Return what the leak check says."""
    if not check["entities"]:
        return ["The policy removes no personal data whatever else a text holds: expect some."]
    sample = check["sample"]
    found = [
        f"{check['proven_values']:,} values proven by a public rule of their kind remain in"
        f" {check['records']:,} kept records"
        f" ({rate(check['proven_values'], check['characters']):.3g} in a million characters).",
        f"Stock Presidio suspects {check['suspected_values']:,} values in a sample of"
        f" {sample['records']:,} records"
        f" ({rate(check['suspected_values'], sample['characters']):.3g} in a million characters).",
    ]
    return [*found, "Names of people are in the texts unless a rule of the policy redacts them."]


def stored(books: Manifest, judge: Filter) -> list[str]:
    """Return a warning where texts that were dropped stand beside those that were kept."""
    if not judge.policy.dropped_text or not books.counts["dropped"]:
        return []
    return [
        "dropped/ holds the texts of dropped records as they were read, with all that the policy"
        " objects to: it is no part of the data, and is not to be published."
    ]


def biases(audit: Mapping[str, Any], tally: Tally) -> list[str]:
    """Return what the audit says, and which groups were removed more or less often than all."""
    dropped = tally.by_outcome()["dropped"]
    overall = dropped / judged(tally) if dropped else 0.0
    found = groups(tally, overall)
    said = [audited(audit)] if audit["rules"] else []
    said.append(f"{overall:.1%} of the judged records were dropped.")
    for verdict, words in (("above", "more"), ("below", "less")):
        if mine := [group for group in found if group.verdict == verdict]:
            said.append(f"Records that mention these were dropped {words} often: {named(mine)}.")
    return said


def audited(audit: Mapping[str, Any]) -> str:
    """Say how many sentences are judged differently about another group."""
    flips = sum(row["flips"] for row in audit["flips"] if row["unit"].endswith(".*"))
    held = [name for name, found in audit["verdicts"].items() if found == "pass"]
    limits = f" The policy's limits on {' and '.join(held)} are kept." if held else ""
    return (
        f"Of {audit['swapped']:,} sentences written anew about another group of people, {flips:,}"
        f" changed what a rule says.{limits}"
    )


def named(found: Sequence[Group]) -> str:
    """Return groups with their rates, the furthest from the others first."""
    order = sorted(found, key=lambda g: (-abs((g.ratio or 0.0) - 1), g.label))
    told = [f"{g.label} ({g.rate:.1%} of {g.mentioned:,})" for g in order[:GROUPS]]
    more = [f"and {len(order) - GROUPS:,} more"] if len(order) > GROUPS else []
    return ", ".join(told + more)


def kept_languages(tally: Tally) -> list[str]:
    """Return the codes of languages that at least a hundredth of the kept records is in."""
    counts: dict[str, int] = {}
    for (_, language, outcome), n in tally.languages.items():
        if outcome in ("kept", "redacted"):
            counts[language] = counts.get(language, 0) + n
    least = SHARE * sum(counts.values())
    return sorted(code for code, n in counts.items() if code not in ("", "und") and n >= least)


def condition(rule: Rule) -> str:
    """Return when a rule acts, in words."""
    said = []
    if rule.above is not None:
        said.append(f"score above {rule.above:,.10g}")
    if rule.below is not None:
        said.append(f"score below {rule.below:,.10g}")
    if rule.outside is not None:
        said.append(f"score outside {rule.outside[0]:,.10g} to {rule.outside[1]:,.10g}")
    if rule.any_of:
        said.append(f"for all of {', '.join(rule.any_of)}")
    if rule.count_above is not None:
        said.append(f"more than {rule.count_above:,} findings")
    if rule.share_above is not None:
        said.append(f"more than {rule.share_above:.3g} of the characters")
    said += [f"{name} is {' or '.join(globs)}" for name, globs in rule.when.items()]
    return ", ".join(said) or "always"


def column_condition(rule: ColumnRule) -> str:
    """Return when a rule on a column acts, in words."""
    values = rule.values
    told = str(values).lower() if isinstance(values, bool) else " or ".join(values)
    said = [f"{rule.column} is {'not ' * rule.negated}{told}"]
    said += ["or missing"] if rule.missing else []
    said += [f"when {name} is {' or '.join(globs)}" for name, globs in rule.when.items()]
    return ", ".join(said)


def action(rule: Rule) -> str:
    """Return what a rule does, and with which operator."""
    name = rule.action.name.lower()
    return f"{name} ({rule.operator.name})" if rule.action is Action.REDACT else name
