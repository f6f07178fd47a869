"""What counts as found: what a policy acts on, or what scores above a limit, on either side."""

from __future__ import annotations

import pytest
from tests.strategies import LengthDetector, PatternDetector

from gemsieve.filters import Action, Batch, Finding
from gemsieve.filters.pii.evaluate import Mark
from gemsieve.filters.pii.overlap import Hit
from gemsieve.filters.pii.sides import BATCH, above, acted_on, ours, presidio
from gemsieve.filters.policy import Rule, Ruleset

NUMBERS = PatternDetector("numbers", "pii.number", "[0-9]+")
OTHERS = PatternDetector("others", "identity.group", "[a-z]+")
TEXTS = ["12 and 34", "", "\ud800 and 5"]
FOUND = [[Mark("NUMBER", 0, 2), Mark("NUMBER", 7, 9)], [], [Mark("NUMBER", 6, 7)]]
# Its score is the share of the text before a match.
BEYOND = [[FOUND[0][1]], [], FOUND[2]]


def hits(text: str) -> list[Hit]:
    """Find what NUMBERS finds, in the form of an engine that refuses what UTF-8 cannot hold."""
    assert text.encode()
    ((*found,),) = NUMBERS(Batch([text]))
    return [Hit("NUMBER", *f.span, f.score) for f in found if f.span]


def test_limits_are_the_same_for_both_sides() -> None:
    """By score or by policy, both sides count the same findings; others' labels never count."""
    rules = Ruleset((Rule(("pii.*",), Action.REDACT, above=0.4), Rule(("pii.*",), Action.KEEP)))
    for limits, expected in ((above(-1), FOUND), (above(0.4), BEYOND), (acted_on(rules), BEYOND)):
        our, batch = ours(TEXTS, [NUMBERS, OTHERS], limits)
        stock = presidio(batch, ["NUMBER"], lambda t: hits(t) if t else [], limits)
        assert our.found == stock.found == expected
        assert our.entities == stock.entities == {"NUMBER"}


@pytest.mark.parametrize(
    ("rules", "acts"),
    [
        ((Rule(("pii.*",), Action.KEEP),), False),
        ((Rule(("pii.*",), Action.DROP),), True),
        ((Rule(("pii.*",), Action.REDACT, count_above=2),), False),
        ((Rule(("pii.*",), Action.REDACT, count_above=1),), True),
        # What no rule in force names is dropped.
        ((Rule(("pii.*",), Action.KEEP, when={"kind": ("long",)}),), True),
        ((Rule(("pii.*",), Action.KEEP, when={"kind": ("short",)}),), False),
        ((Rule(("pii.*",), Action.DROP, when={"kind": ("short",)}),), True),
    ],
)
def test_what_a_policy_acts_on(rules: tuple[Rule, ...], acts: bool) -> None:
    """Every condition of a rule counts, columns that detectors choose among them."""
    our, batch = ours(["12 and 34"], [NUMBERS, LengthDetector()], acted_on(Ruleset(rules)))
    assert our.found == ([FOUND[0]] if acts else [[]])
    stock = presidio(batch, ["NUMBER"], hits, acted_on(Ruleset(rules)))
    assert stock.found == our.found


def test_what_a_policy_does_not_name() -> None:
    """Where there are no limits for an entity, one stands for both sides."""
    limits = acted_on(Ruleset((Rule(("other.*",), Action.DROP),)))
    our, batch = ours(TEXTS, [NUMBERS], limits)
    assert our.found == presidio(batch, ["NUMBER"], lambda t: hits(t) if t else [], limits).found
    assert our.found == BEYOND


def test_many_texts_keep_their_order() -> None:
    """Texts go in batches; findings and columns come back one a text."""
    texts = [str(n) * (1 + n % 30) for n in range(BATCH * 2 + 1)]
    our, batch = ours(texts, [NUMBERS, LengthDetector()], above(-1))
    assert our.found == [[Mark("NUMBER", 0, len(text))] for text in texts]
    assert batch.columns["kind"] == ["long" if len(text) > 20 else "short" for text in texts]


def test_a_detector_that_fails_is_an_error() -> None:
    """Figures of a detector that failed would be wrong; the text is told by its number alone."""

    class Failing(PatternDetector):
        def __call__(self, batch: Batch) -> list[list[Finding]]:
            if "bad" in batch.texts:
                raise ValueError("bad")
            return super().__call__(batch)

    with pytest.raises(RuntimeError, match=r"^detector 'x' failed on text 2$"):
        ours(["fine", "bad"], [Failing("x", "pii.number", "[0-9]+")], above(0))
