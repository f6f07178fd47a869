"""What rules say of findings: always the policy's own decision, and the comparison behind it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests import strategies as own

from gemsieve.filters import Action, Finding
from gemsieve.filters.explain import rulings
from gemsieve.filters.operators.plain import Mask
from gemsieve.filters.policy import Rule, Ruleset

TEXT = "a text of thirty-one characters"
ASKED = ("kind.a", "kind.b")
rules = st.builds(
    Rule,
    labels=st.sampled_from([("pii.*",), ("pii.number",), ("identity.*",), ("*",)]),
    action=st.sampled_from(list(Action)),
    above=st.none() | st.floats(0, 1),
    count_above=st.none() | st.integers(0, 3),
    share_above=st.none() | st.floats(0, 1),
    when=st.sampled_from([{}, {"language": ("en", "d*")}]),
) | st.builds(
    Rule,
    labels=st.just(("kind.*",)),
    action=st.sampled_from(list(Action)),
    below=st.floats(0, 1),
    any_of=st.sampled_from([(), ASKED]),
)
whole = st.builds(
    Finding,
    st.sampled_from(["kind.a", "kind.b", "kind.c", "pii.word"]),
    own.scores | st.just(math.nan),
    st.none() | st.just((3, 99)),
)


@given(
    st.lists(rules, max_size=5),
    own.findings(TEXT),
    st.lists(whole, max_size=4),
    st.sampled_from([{}, {"language": "de"}, {"language": "fr"}, {"language": None}]),
)
def test_the_strictest_ruling_is_the_decision(
    table: list[Rule],
    found: list[Finding],
    more: list[Finding],
    columns: dict[str, str | None],
) -> None:
    """What acts on the findings, one by one, comes to what the policy decides of them all."""
    findings, ruleset = [*found, *more], Ruleset(tuple(table))
    called = [Action.KEEP]
    for finding, said in zip(findings, rulings(ruleset, TEXT, findings, columns), strict=True):
        if not any(ruling.holds for ruling in said):
            called.append(Action.DROP)
        for ruling in said:
            assert table[ruling.rule - 1].action is ruling.action
            if ruling.acts and ruling.action is Action.REDACT and finding.span is None:
                called.append(Action.DROP)
            elif ruling.acts:
                called.append(ruling.action)
    assert max(called) is ruleset.decide(TEXT, findings, columns).action


def number(score: float, start: int = 0, end: int = 10) -> Finding:
    """Return a finding of a number."""
    return Finding("pii.number", score, (start, end))


@pytest.mark.parametrize(
    ("rule", "findings", "said"),
    [
        (Rule(("pii.*",), Action.DROP), [number(0.1)], [(True, "acts on every finding")]),
        (
            Rule(("pii.*",), Action.DROP, above=0.4),
            [number(0.4), number(0.41)],
            [(False, "0.4 is not above 0.4"), (True, "0.41 is above 0.4")],
        ),
        (
            Rule(("pii.*",), Action.DROP, below=0.4),
            [number(0.4), number(0.39)],
            [(False, "0.4 is not below 0.4"), (True, "0.39 is below 0.4")],
        ),
        (
            Rule(("pii.*",), Action.DROP, outside=(0.2, 0.4)),
            [number(0.2), number(0.5)],
            [(False, "0.2 is within 0.2..0.4"), (True, "0.5 is outside 0.2..0.4")],
        ),
        (
            Rule(("pii.*",), Action.DROP, count_above=1),
            [number(0.2)],
            [(False, "acts on every finding; 1 such, not more than 1")],
        ),
        (
            Rule(("pii.*",), Action.DROP, above=0.1, count_above=0, share_above=0.5),
            [number(0.2), number(0.1)],
            [
                (
                    False,
                    "0.2 is above 0.1; 1 such, more than 0;"
                    " 0.323 of the characters, not more than 0.5",
                ),
                (False, "0.1 is not above 0.1"),
            ],
        ),
        (
            Rule(("pii.*",), Action.KEEP, when={"language": ("en", "de"), "source": ("web",)}),
            [number(0.2)],
            [(False, "holds only where language is en or de and source is web")],
        ),
        (
            Rule(("kind.*",), Action.DROP, below=0.5, any_of=ASKED),
            [Finding("kind.c", 0.9), Finding("kind.b", 0.5)],
            [(False, "kind.a or kind.b reaches 0.5: kind.b has 0.5")] * 2,
        ),
        (
            Rule(("kind.*",), Action.DROP, below=0.5, any_of=ASKED),
            [Finding("kind.c", 0.9), Finding("kind.b", 0.4)],
            [
                (True, "kind.a or kind.b is below 0.5"),
                (False, "kind.a or kind.b is below 0.5; kind.c tells it"),
            ],
        ),
        (Rule(("other.*",), Action.DROP), [number(0.2)], []),
        (Rule(("pii.*",), Action.DROP), [number(math.nan), number(0.2, 40, 50)], []),
    ],
)
def test_reasons(rule: Rule, findings: list[Finding], said: list[tuple[bool, str]]) -> None:
    """Every condition is told with the figures that were compared."""
    out = rulings(Ruleset((rule,)), TEXT, findings, {})
    assert [(r.acts, r.why) for row in out for r in row] == said


def test_a_rule_is_told_by_its_policys_word() -> None:
    """Kinds of redaction have names of their own."""
    rules = (
        Rule(("pii.*",), Action.REDACT),
        Rule(("pii.*",), Action.REDACT, operator=Mask()),
        Rule(("pii.*",), Action.DROP),
    )
    (said,) = rulings(Ruleset(rules), TEXT, [number(0.5)], {})
    assert [r.does for r in said] == ["redact", "mask", "drop"]
