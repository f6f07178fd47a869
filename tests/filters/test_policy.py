"""Policies: stricter is the only direction, and whatever is unclear fails closed."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests import strategies as own

from gemsieve.filters import Action, Finding
from gemsieve.filters.policy import Owed, Rule, Ruleset, share

actions = st.sampled_from(list(Action))
rules = st.builds(
    Rule,
    labels=st.sampled_from([("pii.*",), ("pii.number",), ("identity.*",), ("*",)]),
    action=actions,
    above=st.none() | st.floats(0, 1),
    count_above=st.none() | st.integers(0, 3),
    share_above=st.none() | st.floats(0, 1),
)
TEXT = "a text of thirty-one characters"


@given(st.lists(rules, max_size=4), own.findings(TEXT), own.findings(TEXT))
def test_one_more_event_never_weakens(
    table: list[Rule], found: list[Finding], more: list[Finding]
) -> None:
    """The action with more events is at least the action with fewer."""
    ruleset = Ruleset(tuple(table))
    assert ruleset.decide(TEXT, found + more).action >= ruleset.decide(TEXT, found).action


@given(st.lists(rules, max_size=3), rules, own.findings(TEXT))
def test_a_second_rule_for_listed_labels_never_weakens(
    table: list[Rule], more: Rule, found: list[Finding]
) -> None:
    """Where every label is listed already, one more rule can only be stricter."""
    listed = [*table, Rule(("*",), Action.KEEP)]
    before = Ruleset(tuple(listed)).decide(TEXT, found).action
    assert Ruleset((*listed, more)).decide(TEXT, found).action >= before


@given(st.lists(rules, max_size=4), own.findings(TEXT), st.data())
def test_order_does_not_matter(
    table: list[Rule], found: list[Finding], data: st.DataObject
) -> None:
    """Neither the order of findings nor that of rules changes a decision."""
    decision = Ruleset(tuple(table)).decide(TEXT, found)
    shuffled = Ruleset(tuple(data.draw(st.permutations(table))))
    assert shuffled.decide(TEXT, data.draw(st.permutations(found))) == decision


KEEP_ALL = Ruleset((Rule(("*",), Action.KEEP, above=0.5),), (Owed("d", frozenset({"x.y"})),))
OWED = Finding("x.y", 0.0)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_value_that_is_no_number_drops(bad: float) -> None:
    """NaN and infinities drop a text, whatever the rule for their label says."""
    decision = KEEP_ALL.decide(TEXT, [OWED, Finding("pii.word", bad, (0, 1))])
    assert decision.action is Action.DROP
    assert decision.reasons == ("invalid.pii.word",)


@pytest.mark.parametrize("span", [(3, 3), (5, 4), (-1, 2), (0, len(TEXT) + 1)])
def test_a_span_outside_the_text_drops(span: tuple[int, int]) -> None:
    """A finding that points nowhere is not trusted about anything."""
    decision = KEEP_ALL.decide(TEXT, [OWED, Finding("pii.word", 0.1, span)])
    assert decision.reasons == ("invalid.pii.word",)


def test_an_unlisted_label_drops() -> None:
    """A label that no rule names drops the text and is named as the reason."""
    decision = Ruleset((Rule(("pii.*",), Action.KEEP),)).decide(TEXT, [Finding("new.label", 0.0)])
    assert (decision.action, decision.reasons) == (Action.DROP, ("new.label",))


def test_a_missing_measure_drops_unless_its_detector_failed() -> None:
    """What is owed and absent drops; a failed detector is named once, not measure by measure."""
    assert KEEP_ALL.decide(TEXT, []).reasons == ("missing.x.y",)
    failed = Ruleset((Rule(("x.*",), Action.KEEP),), KEEP_ALL.owed)
    assert failed.decide(TEXT, [Finding("error.d", 1.0)]).reasons == ("error.d",)


def test_a_group_of_choices_is_owed_once() -> None:
    """Any one of the choices pays the debt."""
    choices = frozenset({"kind.short", "kind.long"})
    ruleset = Ruleset((Rule(("kind.*",), Action.KEEP),), (Owed("d", choices),))
    assert ruleset.decide(TEXT, [Finding("kind.long", 1.0)]).action is Action.KEEP
    assert ruleset.decide(TEXT, []).reasons == ("missing.kind",)


@pytest.mark.parametrize(
    ("rule", "acting", "idle"),
    [
        (Rule(("x.y",), Action.DROP, above=0.5), [0.51, 1.0], [0.0, 0.5]),
        (Rule(("x.y",), Action.DROP, below=0.5), [0.0, 0.49], [0.5, 1.0]),
        (Rule(("x.y",), Action.DROP, outside=(0.2, 0.8)), [0.1, 0.9], [0.2, 0.8]),
    ],
)
def test_limits_belong_to_the_mild_side(rule: Rule, acting: list[float], idle: list[float]) -> None:
    """`above`, `below` and `outside` act strictly beyond their limits."""
    assert all(Ruleset((rule,)).decide(TEXT, [Finding("x.y", s)]).action == 2 for s in acting)
    assert all(Ruleset((rule,)).decide(TEXT, [Finding("x.y", s)]).action == 0 for s in idle)


def test_any_of_acts_unless_one_reaches_the_limit() -> None:
    """`any_of` keeps a text for its best allowed label, and else names the label that it is."""
    rule = Rule(("kind.*",), Action.DROP, below=0.5, any_of=("kind.a", "kind.b"))
    ruleset = Ruleset((rule,))
    assert ruleset.decide(TEXT, [Finding("kind.b", 0.5)]).action is Action.KEEP
    other = ruleset.decide(TEXT, [Finding("kind.c", 0.9), Finding("kind.a", 0.1)])
    assert other.reasons == ("kind.c",)


def test_count_and_share_are_of_what_acts() -> None:
    """Counts and shares look at the findings whose score acts, and overlaps count once."""
    found = [Finding("pii.word", 0.9, (0, 10)), Finding("pii.word", 0.9, (5, 15))]
    faint = [Finding("pii.word", 0.1, (15, 31))]
    counting = Ruleset((Rule(("pii.*",), Action.DROP, above=0.5, count_above=1),))
    assert counting.decide(TEXT, found + faint).action is Action.DROP
    assert counting.decide(TEXT, found[:1] + faint).action is Action.KEEP
    assert share(found, 30) == pytest.approx(0.5)
    sharing = Ruleset((Rule(("pii.*",), Action.DROP, above=0.5, share_above=0.5),))
    assert sharing.decide(TEXT, found + faint).action is Action.KEEP


def test_a_whole_text_cannot_be_redacted() -> None:
    """REDACT on a finding without a span is DROP."""
    ruleset = Ruleset((Rule(("x.y",), Action.REDACT, above=0.5),))
    assert ruleset.decide(TEXT, [Finding("x.y", 0.9)]).action is Action.DROP


@pytest.mark.parametrize(
    ("columns", "action"),
    [({"source": "wiki"}, 2), ({"source": "books"}, 0), ({"source": None}, 2), ({}, 2)],
)
def test_when_never_spares_the_unknown(columns: dict[str, str | None], action: int) -> None:
    """A rule for one source holds for that source, and for a text whose source is unknown."""
    rule = Rule(("pii.*",), Action.DROP, when={"source": ("wik*",)})
    ruleset = Ruleset((rule, Rule(("pii.*",), Action.KEEP)))
    assert ruleset.decide(TEXT, [Finding("pii.word", 1.0, (0, 1))], columns).action == action
