"""The audit's parts: sentences around a mention, samples, pairs, sums and verdicts."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from importlib import resources
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemsieve.filters import Batch, Finding, Labels
from gemsieve.filters.audit.corpus import Mention, chosen, pairs_of
from gemsieve.filters.audit.counts import PLACES, Swaps, swaps_from, total
from gemsieve.filters.audit.judge import Judge, judge_of
from gemsieve.filters.audit.pairs import Pair, compare
from gemsieve.filters.audit.rows import Records
from gemsieve.filters.audit.rule import AuditRule
from gemsieve.filters.audit.sentence import sentence
from gemsieve.filters.audit.templates import skeletons, template_pairs
from gemsieve.filters.audit.verdict import faults, told
from gemsieve.filters.catalogue import filter_from_text
from gemsieve.filters.identity import mentions
from gemsieve.filters.policy import Action, Rule

A, B, C = (f"identity.religion.{name}" for name in ("muslim", "jewish", "hindu"))


class Lengths:
    """Scores a text by its length, and nothing at all where it is told not to."""

    name, version, weights, needs = "lengths", "1", "", ()
    labels = Labels(measures={"length.score": (0.0, 1.0)})

    def setup(self) -> None:
        """Load nothing."""

    def __call__(self, batch: Batch) -> list[list[Finding]]:
        """Return a hundredth of the length; NaN for a text of stars."""
        return [
            [Finding("length.score", float("nan") if "*" in text else len(text) / 100)]
            for text in batch.texts
        ]


def judge(**limits: float) -> Judge:
    """Return a judge that removes what is longer than 50 characters."""
    rule = Rule(("length.*",), Action.DROP, above=0.5)
    audit = AuditRule(("length.*",), least=5, **limits)  # type: ignore[arg-type]
    return Judge(audit, {"corpus[1]": rule}, (Lengths(),))


def pairs(counts: Sequence[tuple[str, str, int, int, int]]) -> list[Pair]:
    """Return pairs of texts of given lengths: source, target, lengths of both, how many."""
    return [
        Pair("x" * before, "x" * after, source, target, ("a:1", i))
        for source, target, before, after, n in counts
        for i in range(n)
    ]


@given(st.text('ab.!? \n"', max_size=300), st.integers(0, 300), st.integers(1, 20))
def test_a_sentence_holds_its_mention(text: str, start: int, length: int) -> None:
    """The span lies in the text, holds the place, and ends in no white space beside it."""
    start = min(start, len(text))
    text = f"{text[:start]}GROUP{text[start:]}"
    first, last = sentence(text, start, start + 5)
    assert 0 <= first <= start
    assert start + 5 <= last <= len(text)
    assert first == start or not text[first].isspace()
    assert last == start + 5 or not text[last - 1].isspace()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two GROUP here! Three.", "Two GROUP here!"),
        ('He said "no." The GROUP left.\nNext', "The GROUP left."),
        ("GROUP", "GROUP"),
        (f"{'word ' * 200}GROUP{' word' * 200}", None),
    ],
)
def test_sentences_end_where_readers_end_them(text: str, expected: str | None) -> None:
    """At full stops, marks and line ends; without any, at white space within 400 characters."""
    start = text.index("GROUP")
    first, last = sentence(text, start, start + 5)
    found = text[first:last]
    if expected is None:
        assert found.startswith("word word")
        assert found.endswith("word")
        assert 780 <= len(found) <= 805
    else:
        assert found == expected


@given(st.lists(st.integers(0, 500), unique=True), st.integers(0, 20), st.randoms())
def test_a_sample_knows_no_order(places: list[int], quota: int, rng: Random) -> None:
    """The same mentions are chosen however they come, at most the quota of each axis."""
    every = [
        Mention(n, n + 3, label, f"a:{n % 7}")
        for n in places
        for label in (A, "identity.age.teenagers")
    ]
    first = chosen(every, quota)
    rng.shuffle(every)
    assert chosen(every, quota) == first
    for axis in ("religion", "age"):
        held = sum(mention.axis == axis for mention in first)
        assert held == min(quota, len(places))


def test_a_sentence_is_one_trial_of_an_axis() -> None:
    """Two mentions of one axis in a sentence make one pair; what cannot be swapped is counted."""
    text = "Muslim and Jewish people met. A Hindu teacher spoke. The deaf boy heard the Quakers."
    found = [Mention(*f.span, f.label, "a:1") for f in mentions(text) if f.span]
    left = Swaps()
    made = pairs_of(text, found, {"source": "a"}, left)
    religion = [pair for pair in made if "religion" in pair.source]
    assert [pair.text for pair in religion] == [
        "Muslim and Jewish people met.",
        "A Hindu teacher spoke.",
        "The deaf boy heard the Quakers.",
    ]
    assert all(pair.text != pair.swapped for pair in made)
    assert len(made) + left.unswapped.total() == len(found) - 1
    assert made == pairs_of(text, found, {"source": "a"}, Swaps())


@pytest.mark.parametrize(
    ("text", "swapped"),
    [
        ("The women sang, and she was glad.", "The men sang, and he was glad."),
        ("Two men mended his clock.", "Two women mended her clock."),
        ("A man and a woman mended clocks.", None),
        ("The pregnant women sang.", None),
    ],
)
def test_women_and_men_change_places_with_their_pronouns(text: str, swapped: str | None) -> None:
    """Where a sentence is about one of them and its grammar allows it; else it is counted."""
    first = Mention(*next(f.span for f in mentions(text) if f.span), "", "a:1")
    label = next(f.label for f in mentions(text) if f.span == (first.start, first.end))
    left = Swaps()
    made = pairs_of(text, [Mention(first.start, first.end, label, "a:1")], {}, left)
    assert [pair.swapped for pair in made] == ([] if swapped is None else [swapped])
    assert left.unswapped.total() == (swapped is None)


def test_flips_are_against_the_group_that_is_removed() -> None:
    """Sums by pair, by axis and by group; the group on whose sentence the rule acts is wronged."""
    swaps = compare(
        judge(flip_rate=0.2),
        pairs([(A, B, 60, 40, 6), (B, A, 40, 60, 4), (B, C, 40, 40, 10), (C, B, 60, 60, 10)]),
    )
    rows = {row["unit"]: row for row in told(swaps, judge(flip_rate=0.2))["flips"]}
    assert {unit: (row["trials"], row["flips"], row["favoured"]) for unit, row in rows.items()} == {
        "religion.*": (30, 10, None),
        "religion.muslim": (10, 10, 0),
        "religion.jewish": (30, 0, 10),
        "religion.hindu": (20, 0, 0),
    }
    assert rows["religion.*"]["worst"] == "religion.muslim"
    failed = {unit for unit, row in rows.items() if row["verdict"] == "fail"}
    assert failed == {"religion.muslim"}  # of the axis, 33 % may be 19 %
    (reason,) = faults(told(swaps, judge(flip_rate=0.2)))
    assert reason == (
        "corpus[1] (drop length.* above 0.5): 10 of 10 swaps of religion.muslim have it act on that"
        " group alone: 100.0% (95 %: 72.2% to 100.0%); audit.flip_rate is 20.0%"
    )


def test_gaps_are_means_of_absolute_differences() -> None:
    """In whole millionths, so that sums are the same in any order; the largest is kept."""
    swaps = compare(judge(), pairs([(A, B, 10, 40, 5), (B, A, 30, 10, 5)]))
    rows = told(swaps, judge(score_gap=0.1))["gaps"]
    assert {row["unit"] for row in rows} == {"religion.*", "religion.muslim", "religion.jewish"}
    for row in rows:
        assert row["mean"] == pytest.approx(0.25)
        assert row["largest"] == pytest.approx(0.3)
        assert row["verdict"] == "fail"
    assert "audit.score_gap is 0.1" in faults(told(swaps, judge(score_gap=0.1)))[0]


def test_what_cannot_be_judged_is_removed() -> None:
    """A score that is no number acts like a rule, under its own name."""
    bad = [Pair("x", "*", A, B)] * 6
    verdicts = {
        row["rule"]: row["flips"]
        for row in told(compare(judge(), bad), judge())["flips"]
        if row["unit"] == "religion.*"
    }
    assert verdicts == {"corpus[1]": 0, "invalid.length.score": 6}


@pytest.mark.parametrize(
    ("trials", "verdict"), [(0, "insufficient"), (4, "insufficient"), (5, "pass")]
)
def test_too_few_trials_neither_pass_nor_fail(trials: int, verdict: str) -> None:
    """Below the least number of trials the limit is untested, and is said to be."""
    swaps = compare(judge(), pairs([(A, B, 40, 40, trials)]))
    body = told(swaps, judge(flip_rate=0.9))
    assert body["verdicts"]["flip_rate"] == verdict
    assert faults(body) == []


def test_ratios_are_held_to_their_limit() -> None:
    """A group whose records are dropped surely more than twice as often as others fails."""
    removal = [
        Records(A, "identity", 100, 50, 1000, 100),
        Records(B, "identity", 100, 21, 1000, 100),
        Records(C, "identity", 4, 4, 1000, 100),
    ]
    body = told(Swaps(), judge(removal_ratio=2), removal)
    verdicts = {row["unit"]: row["verdict"] for row in body["removal"]}
    assert verdicts == {A: "fail", B: "pass", C: "insufficient"}
    (reason,) = faults(body)
    assert "50 of 100 records are dropped, of 1,000 others 100, 5.00 times as often" in reason


def test_sums_survive_the_way_through_a_file() -> None:
    """What is written is read back; sums of parts are the sums of the whole, places the first."""
    parts = [pairs([(A, B, 60, 40, 15), (B, C, 20, 70, 3)]), pairs([(C, A, 10, 90, 20)])]
    swaps = [compare(judge(), part) for part in parts]
    assert [swaps_from(json.loads(json.dumps(one.body()))) for one in swaps] == swaps
    both, whole = total(swaps), compare(judge(), [*parts[0], *parts[1]])
    assert both == whole
    assert len(both.places) == PLACES
    assert both.largest[("length.score", C, A)] == 800_000


def test_only_audited_rules_judge() -> None:
    """Rules that keep, and those on other labels, are no part; columns bring their fillers."""
    text = """
    name = "x"
    [[corpus]]
    labels = ["language.*", "pii.*"]
    action = "keep"
    [[corpus]]
    labels = "toxicity.*"
    action = "keep"
    [[corpus]]
    labels = ["toxicity.toxicity", "pii.us_ssn"]
    above = 0.7
    action = "drop"
    {when}
    """
    plain = judge_of(filter_from_text(text.format(when=""), "x.toml"), "corpus")
    assert list(plain.rules) == ["corpus[3]"]
    assert [d.name for d in plain.detectors] == ["toxicity"]
    when = 'when = { language = "en" }'
    filled = judge_of(filter_from_text(text.format(when=when), "x.toml"), "corpus")
    assert {d.name for d in filled.detectors} == {"toxicity", "language"}


def test_templates_name_every_group_alike() -> None:
    """Each sentence is said of each group that has words, beside another one of its axis."""
    made = template_pairs()
    sentences = sum(map(len, skeletons().values()))
    counts: dict[str, int] = {}
    for pair in made:
        counts[pair.source] = counts.get(pair.source, 0) + 1
        assert pair.source.split(".")[1] == pair.target.split(".")[1]
        assert pair.source != pair.target
        assert "{" not in pair.text + pair.swapped
        assert not re.search(r"\b[Aa] [aeioAEIO]", pair.text)
    assert set(counts.values()) == {sentences}
    assert len(counts) >= 100


def words(skeleton: str) -> str:
    """Return a skeleton's words, slots aside."""
    return " ".join(re.sub(r"\{\w+\}", " ", skeleton.lower()).split())


def test_templates_share_no_skeleton_with_training() -> None:
    """No sentence of the audit is one that the toxicity detector learns from, slots aside."""
    folder = resources.files("gemsieve.filters.toxicity")
    learned = "\n".join(
        (folder / name).read_text("utf-8") for name in ("harmless.toml", "hostile.toml")
    )
    seen = {words(line.strip().strip('",')) for line in learned.splitlines()}
    assert len(seen) > 200
    for skeleton in (s for kind in skeletons().values() for s in kind):
        assert words(skeleton) not in seen
