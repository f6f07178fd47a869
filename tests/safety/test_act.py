"""What is released of a text, by unique characters, by cases, and where something fails."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from gemsieve.filters import Action, Batch, Detector, Filter, Finding, Labels
from gemsieve.filters.detect import detect
from gemsieve.filters.redact import merge
from gemsieve.safety import Horizon, act
from gemsieve.safety.act import Screen
from gemsieve.safety.units import Cutter, units

MakeFilter = Callable[..., Filter]
Make = Callable[..., Detector]

# Every digit and letter of a generated text is a code point of its own, so that a released one
# tells where it stood.
DIGIT, LETTER = "[\u4e00-\u4fff]", "[\u5000-\u51ff]"
PATTERNS = {
    "secret.number": f"{DIGIT}{{2,5}}",
    "secret.address": f"{LETTER}+@(?:{LETTER}|{DIGIT})+",
    "secret.phone": f"{DIGIT}(?: {DIGIT}){{2,3}}",
    "harm.mark": f"!(?={LETTER})",
}
SHAPES = st.text(st.sampled_from("ddddlllllll @@  .!\n"), max_size=48)
HORIZONS = st.builds(
    lambda before, after, shortest, more: Horizon(before, after, shortest, shortest + more),
    st.integers(0, 12),
    st.integers(0, 12),
    st.integers(1, 6),
    st.integers(0, 9),
)
ACTIONS = st.sampled_from(["keep", "redact", "redact", "hash", "mask", "drop"])

# What stands for redacted stretches; none of it is in a generated text.
WRITTEN = r"<[A-Z]+(?::[a-p]+)?>|\*"


def text_of(shape: str) -> str:
    """Give every `d` and `l` of a shape its own code point."""
    first = {"d": 0x4E00, "l": 0x5000}
    return "".join(chr(first[c] + i) if c in first else c for i, c in enumerate(shape))


@st.composite
def rules(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw a policy: an action a label, a count for one, a limit on the measure."""
    table: list[dict[str, Any]] = [
        {"labels": label, "action": draw(ACTIONS)} for label in PATTERNS if label != "harm.mark"
    ]
    table.append({"labels": "harm.mark", "action": draw(st.sampled_from(["keep", "drop"]))})
    table.append({"labels": "secret.*", "action": "drop", "count_above": draw(st.integers(1, 4))})
    limit = draw(st.sampled_from([0.4, 0.8, 1.0]))
    table.append({"labels": "tone.loud", "action": "drop", "above": limit})
    return [*table, {"labels": "tone.loud", "action": "keep"}]


@pytest.fixture(scope="module")
def sieve(make_filter: MakeFilter, regexes: Make, shares: Make) -> Callable[..., Filter]:
    """Return the way from rules to a filter over the patterns and the measure above."""

    def build(table: list[dict[str, Any]]) -> Filter:
        loud = shares("tone", "tone.loud", f"[!.]|{LETTER}")
        return make_filter(table, regexes("secrets", PATTERNS), loud)

    return build


def account(text: str, filter: Filter, horizon: Horizon) -> tuple[set[int], int, bool]:  # noqa: A002
    """Say which positions must not be released, where release ends, and if all are certain.

    Written from the definition over absolute positions. A redaction that reaches its window's
    edge hides an uncertain stretch behind it.
    """
    hidden: set[int] = set()
    certain, start = True, 0
    for unit in units(text, horizon):
        end, left = start + len(unit.text), start - len(unit.before)
        found, batch = detect(filter.detectors["output"], Batch([unit.window]))
        decision = filter.policy.ruleset("output").decide(unit.window, found[0], batch.row(0))
        if decision.action is Action.DROP:
            return hidden, start, certain
        for edit in merge(decision.edits):
            first, last = (left + offset for offset in edit.span)
            if first < end and last > start:
                hidden |= set(range(max(first, start), last))
                certain &= last < end + len(unit.after)
        start = end
    return hidden, len(text), certain


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(SHAPES, HORIZONS, rules())
def test_no_released_character_lies_in_a_span_that_the_policy_forbids(
    sieve: Callable[..., Filter], shape: str, horizon: Horizon, table: list[dict[str, Any]]
) -> None:
    """Whatever is redacted or dropped within the horizon stays in; all the rest comes out."""
    text, judge = text_of(shape), sieve(table)
    hidden, end, certain = account(text, judge, horizon)
    released = re.sub(WRITTEN, "", act(text, judge, horizon).text)
    unique = {c for c in text if c >= "\u4e00"}
    allowed = [c for i, c in enumerate(text[:end]) if i not in hidden]
    assert {c for c in released if c in unique} <= set(allowed)
    if certain:
        assert released == "".join(allowed)
    event(f"certain: {certain}")


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(SHAPES, st.integers(1, 6), st.integers(0, 9), rules())
def test_with_everything_in_sight_the_guard_is_the_filter(
    sieve: Callable[..., Filter],
    shape: str,
    shortest: int,
    more: int,
    table: list[dict[str, Any]],
) -> None:
    """A horizon over the whole text gives the filter's own verdict, however units are cut."""
    text, judge = text_of(shape), sieve(table)
    horizon = Horizon(len(text), len(text), shortest, shortest + more)
    verdict = judge(Batch([text]), "output")[0] if text else None
    answer = act(text, judge, horizon)
    assert answer.text == ((verdict.redacted or "") if verdict else "")
    if verdict:
        assert (answer.decision.action, answer.decision.reasons) == (
            verdict.action,
            verdict.reasons,
        )


CASES = [
    # text, released, action; units of 4..8, 6 before, 6 after
    ("mail a@b.cd now", "mail <EMAIL_ADDRESS> now", Action.REDACT),
    ("one. a@b.cd. two.", "one. <EMAIL_ADDRESS>. two.", Action.REDACT),
    ("so so. bad. so", "", Action.DROP),
    ("so so so so. so so so so bad. so", "so so so so. so so so", Action.DROP),
    ("fine!", "fine!", Action.KEEP),
    ("fine. !!!!!!", "", Action.DROP),
    # A match cut by the longest unit: one placeholder, no tail.
    ("x aa@bbb.cc y", "x <EMAIL_ADDRESS> y", Action.REDACT),
    # A match that ends a unit, and one that begins in the last character of one.
    ("x a@b.cd y", "x <EMAIL_ADDRESS> y", Action.REDACT),
    ("xxxxxx a@b.cd y", "xxxxxx <EMAIL_ADDRESS> y", Action.REDACT),
    # A match that is none yet at the horizon's edge: what the guard cannot promise.
    ("x aaaa@bbbbbb.cc y", "x aaaa@b<EMAIL_ADDRESS> y", Action.REDACT),
    # A match that is still open at the horizon: hidden to the next white space, however long.
    ("x a@b.cc" + ".dd" * 40 + " y", "x <EMAIL_ADDRESS> y", Action.REDACT),
]


@pytest.mark.parametrize(("text", "released", "action"), CASES)
def test_cases(plain_filter: Filter, text: str, released: str, action: Action) -> None:
    """Placeholders stand once, tails stay hidden, release ends before the window that fails."""
    answer = act(text, plain_filter, Horizon(6, 6, 4, 8))
    assert (answer.text, answer.decision.action) == (released, action)


def test_an_operator_writes_only_over_what_is_all_in_sight(
    make_filter: MakeFilter, regexes: Make
) -> None:
    """What may go on behind the horizon is no value to hash: a placeholder stands."""
    table = [{"labels": "pii.email_address", "action": "hash"}]
    judge = make_filter(table, regexes("pii", {"pii.email_address": r"\b[\w.]+@[\w.]+\.\w+\b"}))
    whole = act("x a@b.cd y", judge, Horizon(6, 6, 4, 8)).text
    assert whole == judge(Batch(["x a@b.cd y"]), "output")[0].redacted
    assert re.fullmatch("x <EMAIL_ADDRESS:[a-p]{32}> y", whole)
    long = "x a@b.cc" + ".dd" * 40 + " y"
    assert act(long, judge, Horizon(6, 6, 4, 8)).text == "x <EMAIL_ADDRESS> y"
    assert act("x a@b.cd", judge, Horizon(6, 6, 4, 8)).text == whole.removesuffix(" y")


def test_reasons_name_only_what_was_hidden(plain_filter: Filter) -> None:
    """A finding that only the surroundings of the released units hold is no reason."""
    answer = act("see a@b.cd here. " + "and so on. " * 9, plain_filter, Horizon(99, 99, 4, 20))
    assert answer.decision.reasons == ("pii.email_address",)
    screen = Screen(plain_filter)
    last = list(units("see a@b.cd here. and so on.", Horizon(99, 99, 4, 20)))[-1]
    assert screen.release([last]) == last.text
    assert screen.decision.action is Action.KEEP


def test_what_only_the_second_look_redacts_is_hidden_too(
    make_filter: MakeFilter, regexes: Make
) -> None:
    """The filter redacts the last word only for what a placeholder adds, and so does the guard."""
    table = [
        {"labels": "pii.email_address", "action": "redact"},
        {"labels": "caps.word", "action": "redact", "count_above": 2},
    ]
    patterns = {"pii.email_address": r"\w+@\w+\.\w+", "caps.word": "[A-Z]+"}
    shouting = make_filter(table, regexes("all", patterns))
    assert shouting(Batch(["a@b.cd Q"]), "output")[0].redacted == "<EMAIL_ADDRESS> <WORD>"
    answer = act("a@b.cd Q", shouting)
    assert answer.text == "<EMAIL_ADDRESS> <WORD>"
    assert answer.decision.reasons == ("caps.word", "pii.email_address")


def test_a_crashed_detector_releases_nothing(make_filter: MakeFilter) -> None:
    """What cannot be judged is not released."""

    class Broken:
        name, version, weights, needs = "broken", "1", "", ()
        labels = Labels(events=frozenset({"harm.any"}))

        def setup(self) -> None:
            """Need nothing."""

        def __call__(self, batch: Batch) -> list[list[Finding]]:  # noqa: ARG002
            raise RuntimeError("a detector may fail")

    broken = make_filter([{"labels": "harm.any", "action": "keep"}], Broken())
    answer = act("Harmless.", broken)
    assert (answer.text, answer.decision.reasons) == ("", ("error.broken",))


def test_a_policy_without_rules_for_output_releases_nothing(
    make_filter: MakeFilter, regexes: Make
) -> None:
    """No rules must not mean that all passes."""
    corpus_only = make_filter(
        [{"labels": "harm.x", "action": "keep"}], regexes("x", {"harm.x": "x"}), uses=("corpus",)
    )
    with pytest.raises(LookupError, match=r"no \[\[output\]\] rules"):
        act("Text.", corpus_only)


def test_each_character_is_judged_a_bounded_number_of_times(make_filter: MakeFilter) -> None:
    """Cost is linear in the text: the bound in `Horizon` holds for the worst cut."""
    judged: list[int] = []

    class Counting:
        name, version, weights, needs = "counting", "1", "", ()
        labels = Labels(events=frozenset({"harm.any"}))

        def setup(self) -> None:
            """Need nothing."""

        def __call__(self, batch: Batch) -> list[list[Finding]]:
            judged.extend(len(text) for text in batch.texts)
            return [[] for _ in batch.texts]

    counting = make_filter([{"labels": "harm.any", "action": "keep"}], Counting())
    horizon = Horizon(20, 15, 10, 40)
    bound = 1 + math.ceil(20 / 10) + math.ceil(15 / 10)
    for text in ("Yes. " * 2000, "x" * 10_000, "\n" * 10_000):
        judged.clear()
        cutter, screen = Cutter(horizon), Screen(counting)
        for chunk in pieces(text, 3):
            screen.release(cutter.feed(chunk))
        screen.release(cutter.finish())
        assert sum(judged) <= bound * len(text)


def pieces(text: str, size: int) -> Iterator[str]:
    """Cut a text into equal pieces."""
    return (text[i : i + size] for i in range(0, len(text), size))
