"""The filter's laws: order and batching cannot matter, failure is closed, redaction settles."""

from dataclasses import dataclass
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests import strategies as own

from gemsieve.filters import Action, Batch, Detector, Filter, Finding, Labels
from gemsieve.filters.policy import Rule


def sieve(*rules: Rule, detectors: tuple[Detector, ...] = own.DETECTORS) -> Filter:
    """Return a filter of the small detectors."""
    return Filter(own.policy(*rules), {"corpus": detectors})


FILTER = sieve(*own.REDACT_ALL)
many = st.lists(own.texts, max_size=6)


@given(many, st.permutations(own.DETECTORS))
def test_detector_order_does_not_matter(batch: list[str], order: list[Detector]) -> None:
    """Any order of the detectors gives the same verdicts."""
    shuffled = sieve(*own.REDACT_ALL, detectors=tuple(order))
    assert shuffled(Batch(batch), "corpus") == FILTER(Batch(batch), "corpus")


@given(many)
def test_batching_does_not_matter(batch: list[str]) -> None:
    """One batch of many gives what many batches of one give."""
    alone = [FILTER(Batch([text]), "corpus")[0] for text in batch]
    assert FILTER(Batch(batch), "corpus") == alone


@given(own.texts)
def test_redacting_twice_is_redacting_once(text: str) -> None:
    """The redacted text is kept as it is when it comes again."""
    first = FILTER(Batch([text]), "corpus")[0]
    if first.redacted is None:
        assert first.action is Action.DROP
        return
    again = FILTER(Batch([first.redacted]), "corpus")[0]
    assert again.redacted == first.redacted


@given(own.texts)
def test_what_a_redaction_uncovers_is_redacted_and_reported(text: str) -> None:
    """The redacted text is the original with exactly the reported spans replaced."""
    verdict = FILTER(Batch([text]), "corpus")[0]
    if verdict.redacted is None:
        return
    hidden = {i for f in verdict.findings if f.span for i in range(*f.span)}
    rest = "".join(c for i, c in enumerate(text) if i not in hidden)
    assert verdict.redacted.replace("<NUMBER>", "").replace("<WORD>", "") == rest


def test_a_neighbour_cannot_hide_a_number() -> None:
    """What is a finding only once its neighbour is gone is found on the second look."""
    pairs = own.PatternDetector("pairs", "pii.number", r"(?<![0-9]\.)[0-9]\.[0-9]")
    text = "1.2.3.4 and 5"
    assert [f.span for f in pairs(Batch([text]))[0]] == [(0, 3)]
    verdict = sieve(Rule(("pii.*",), Action.REDACT), detectors=(pairs,))(Batch([text]), "corpus")[0]
    assert verdict.redacted == "<NUMBER>.<NUMBER> and 5"
    assert [f.span for f in verdict.findings] == [(0, 3), (4, 7)]


@dataclass(frozen=True)
class Failing:
    """Raises on texts with an `x`, with their words in the message; short of answers for `y`."""

    name: str = "failing"
    version: str = "1"
    weights: str = ""
    needs: tuple[str, ...] = ()
    labels: ClassVar[Labels] = Labels(events=frozenset({"pii.failing"}))

    def setup(self) -> None:
        """Load nothing."""

    def __call__(self, batch: Batch) -> list[list[Finding]]:
        """Fail as told."""
        if any("x" in text for text in batch.texts):
            raise RuntimeError(batch.texts)
        return [[] for text in batch.texts if "y" not in text]


def test_a_failed_detector_condemns_only_its_texts() -> None:
    """Texts on which a detector raises or gives no answer are dropped; the others are judged."""
    judge = sieve(Rule(("pii.*",), Action.KEEP), detectors=(Failing(),))
    verdicts = judge(Batch(["fine", "x", "y", "fine too"]), "corpus")
    assert [v.action for v in verdicts] == [0, 2, 2, 0]
    assert verdicts[1].reasons == ("error.failing",)


@dataclass(frozen=True)
class NeedsKind:
    """Tells what the column `kind` said; asks to run after whoever fills it."""

    name: str = "a first name"
    version: str = "1"
    weights: str = ""
    needs: tuple[str, ...] = ("kind",)
    labels: ClassVar[Labels] = Labels(events=frozenset({"pii.seen_short", "pii.seen_long"}))

    def setup(self) -> None:
        """Load nothing."""

    def __call__(self, batch: Batch) -> list[list[Finding]]:
        """Return the column as a finding."""
        kinds = batch.columns["kind"]
        return [[Finding(f"pii.seen_{kind}", 1.0, (0, 1))] for kind in kinds]


def test_a_choice_fills_the_column_that_others_need() -> None:
    """The best choice is a column for later detectors and for rules; a given column stands."""
    rules = (
        Rule(("pii.*", "size.*", "kind.*"), Action.KEEP),
        Rule(("pii.*",), Action.DROP, when={"kind": ("long",)}),
    )
    judge = sieve(*rules, detectors=(NeedsKind(), own.LengthDetector()))
    short, long = judge(Batch(["short", "long" * 10]), "corpus")
    assert [short.action, long.action] == [Action.KEEP, Action.DROP]
    assert long.reasons == ("pii.seen_long",)
    given_, *_ = judge(Batch(["short"], {"kind": ["long"]}), "corpus")
    assert given_.action is Action.DROP


def test_a_use_without_rules_is_refused() -> None:
    """No rules must not mean that everything passes."""
    with pytest.raises(LookupError, match="output"):
        FILTER(Batch(["text"]), "output")


def test_scrub_redacts_columns_without_measuring_them() -> None:
    """A short value owes no measure; what the policy redacts is redacted in it."""
    strict = sieve(*own.REDACT_ALL, Rule(("size.*",), Action.DROP, below=100.0))
    assert strict.scrub(Batch(["page 12", "plain"]), "corpus") == ["page <NUMBER>", "plain"]


def test_a_column_of_another_length_is_refused() -> None:
    """A batch whose columns do not fit its texts cannot be built."""
    with pytest.raises(ValueError, match="language"):
        Batch(["one", "two"], {"language": ["en"]})
