"""What `gemsieve explain` knows of a text, in a form that JSON holds; none of its words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from gemsieve.cli.check import number
from gemsieve.cli.limits_answer import target_rows

if TYPE_CHECKING:
    from gemsieve.filters import Filter, Finding, Verdict
    from gemsieve.filters.explain import Ruling
    from gemsieve.filters.pii.explain import Explained
    from gemsieve.filters.pii.reasons import Place
    from gemsieve.filters.policy import Use


def explained(judge: Filter, use: Use, text: str, given: Mapping[str, str]) -> dict[str, Any]:
    """Return the decision and every finding with its reasons, in a form that JSON holds."""
    from gemsieve.filters import Batch
    from gemsieve.filters.detect import detect
    from gemsieve.filters.explain import rulings

    rules = judge.policy.ruleset(use)
    found, batch = detect(
        judge.detectors[use], Batch([text], {name: [value] for name, value in given.items()})
    )
    (verdict,) = judge.decide(batch, found, use)
    told = explanations(judge, use, text)
    uncovered = [f for f in verdict.findings if f not in found[0]]
    rows = [
        finding_row(finding, said, use)
        | ({"made_by": asdict(how)} if (how := told.made.get(placed(finding))) else {})
        | ({"let_be": True} if let_be(finding, said, verdict) else {})
        for finding, said in zip(
            found[0], rulings(rules, text, found[0], batch.row(0)), strict=True
        )
    ]
    rows += [
        finding_row(finding, said, use) | {"second_look": True}
        for finding, said in zip(
            uncovered, rulings(rules, text, uncovered, batch.row(0)), strict=True
        )
    ]
    return {
        "policy": judge.policy.name,
        "policy_sha256": judge.policy.sha256,
        "use": use,
        "action": verdict.action.name.lower(),
        "reasons": list(verdict.reasons),
        "limits": target_rows(rules, use),
        "columns": [
            {"rule": f"columns[{number}]", "column": rule.column, "acts": rule.acts(batch.row(0))}
            for number, rule in enumerate(rules.columns, 1)
        ],
        "findings": rows,
        "refused": [
            {
                "label": place.label,
                "start": place.span[0],
                "end": place.span[1],
                "made_by": asdict(how),
                "why": why,
            }
            for place, (how, why) in told.refused.items()
        ],
    }


def explanations(judge: Filter, use: Use, text: str) -> Explained:
    """Return how personal data was found and refused, where the policy looks for any."""
    from gemsieve.filters.pii import PiiDetector
    from gemsieve.filters.pii.explain import Explained, explain, explain_hidden
    from gemsieve.filters.pii.hidden import HiddenPiiDetector

    every = Explained({}, {})
    for detector in judge.detectors[use]:
        if isinstance(detector, PiiDetector):
            told = explain(detector, text)
        elif isinstance(detector, HiddenPiiDetector):
            told = explain_hidden(detector, text)
        else:
            continue
        every = Explained(told.made | every.made, told.refused | every.refused)
    return every


def placed(finding: Finding) -> Place:
    """Return a finding's label and where it is."""
    from gemsieve.filters.pii.reasons import Place

    return Place(finding.label, finding.span or (0, 0))


def let_be(finding: Finding, said: tuple[Ruling, ...], verdict: Verdict) -> bool:
    """Say whether a finding stands because an operator wrote it, in this run or before."""
    from gemsieve.filters import Action

    redacts = any(ruling.acts and ruling.action is Action.REDACT for ruling in said)
    return redacts and verdict.action < Action.DROP and finding not in verdict.redactions


def finding_row(finding: Finding, said: tuple[Ruling, ...], use: Use) -> dict[str, Any]:
    """Return one finding: where, how sure, and what each rule says of it."""
    return {
        "label": finding.label,
        "score": number(finding.score),
        **({"start": finding.span[0], "end": finding.span[1]} if finding.span else {}),
        "rules": [
            {
                "rule": f"{use}[{ruling.rule}]",
                "action": ruling.does,
                "holds": ruling.holds,
                "acts": ruling.acts,
                "why": ruling.why,
            }
            for ruling in said
        ],
    }
