"""Limits given as targets: bounds, coverage, what is out of reach, and what a policy may say."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests import strategies as own

from gemsieve.filters import Batch, Finding, Labels
from gemsieve.filters.limits import counts, exact
from gemsieve.filters.limits.counts import LIMITS, ScoreCounts
from gemsieve.filters.limits.limit import Goal, UnreachableError, limit_for
from gemsieve.filters.policy import Ruleset
from gemsieve.filters.policy_file import PolicyError, read, resolved, ruleset
from gemsieve.filters.toxicity.detector import ToxicityDetector

CONFIDENCES = st.sampled_from([0.5, 0.8, 0.95, 0.999])
SCORED = st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=1, max_size=60)


@given(st.integers(0, 400), st.integers(0, 400), CONFIDENCES)
def test_bounds_are_those_of_scipy(hits: int, misses: int, confidence: float) -> None:
    """Our bisection on the binomial tail finds the quantile of the Beta distribution."""
    stats = pytest.importorskip("scipy.stats")
    trials = hits + misses
    expected = 1.0 if misses == 0 else stats.beta.ppf(confidence, hits + 1, misses)
    assert exact.upper(hits, trials, confidence) == pytest.approx(expected, abs=1e-9)
    low, high = exact.interval(hits, trials, confidence)
    assert low <= (hits / trials if trials else 0.5) <= high
    lower = 0.0 if hits == 0 else stats.beta.ppf((1 - confidence) / 2, hits, misses + 1)
    assert low == pytest.approx(lower, abs=1e-9)


@given(st.integers(0, 100_000), st.integers(1, 100_000), st.floats(0, 1))
def test_tail_is_that_of_scipy(hits: int, trials: int, chance: float) -> None:
    """Large numbers too; the tail is a probability that falls as the chance grows."""
    stats = pytest.importorskip("scipy.stats")
    found = exact.tail(hits, trials, chance)
    assert found == pytest.approx(float(stats.binom.cdf(hits, trials, chance)), abs=1e-8)
    assert 0 <= exact.tail(hits, trials, min(1.0, chance * 1.01)) <= found + 1e-12 <= 1 + 1e-12


@given(st.integers(0, 300), st.integers(1, 300), CONFIDENCES, st.floats(0.001, 0.999))
def test_bound_grows_with_hits_and_confidence(
    hits: int, trials: int, confidence: float, most: float
) -> None:
    """One more hit, or more confidence, never gives a lower bound; `within` agrees with it."""
    hits = min(hits, trials)
    bound = exact.upper(hits, trials, confidence)
    assert hits / trials <= bound <= exact.upper(min(hits + 1, trials), trials, confidence)
    assert bound <= exact.upper(hits, trials, (1 + confidence) / 2)
    if not math.isclose(bound, most, abs_tol=1e-9):
        assert exact.within(hits, trials, most, confidence) == (bound <= most)


@given(SCORED, st.sampled_from(LIMITS))
def test_counts_are_exact_at_every_limit(pairs: list[tuple[bool, float]], above: float) -> None:
    """How many scores pass a limit is told by counts as by the scores, and after a round trip."""
    labels, scores = zip(*pairs, strict=True)
    found = counts.counts(labels, scores, {"some": scores})
    place = LIMITS.index(above)
    passed = [label for label, score in pairs if score <= above]
    assert counts.passing(found.positives)[place] == sum(passed)
    assert counts.passing(found.negatives)[place] == len(passed) - sum(passed)
    assert counts.passing(found.groups["some"])[place] == len(passed)
    again = counts.load(counts.dump({"a.b": found}, "stamp"), "stamp")
    assert again == {"a.b": found}
    assert counts.load(counts.dump({"a.b": found}, "stamp"), "other") == {}


@given(SCORED, st.floats(0.05, 0.9), st.floats(0.05, 0.9), CONFIDENCES)
def test_limit_is_the_best_that_meets_the_goal(
    pairs: list[tuple[bool, float]], miss: float, alarm: float, confidence: float
) -> None:
    """The bound is within the target, and the next limit misses too much or flags too much."""
    labels, scores = zip(*pairs, strict=True)
    found = counts.counts(labels, scores)

    def at(above: float) -> tuple[int, int]:
        missed = sum(1 for label, score in pairs if label and score <= above)
        return missed, sum(1 for label, score in pairs if not label and score > above)

    positives, negatives = sum(labels), len(labels) - sum(labels)
    try:
        limit = limit_for("a.b", found, Goal(miss_at_most=miss, confidence=confidence))
        assert (limit.missed, limit.alarms) == at(limit.above)
        assert limit.miss_bound <= miss + 1e-9
        if limit.above < 1:
            after = at(LIMITS[LIMITS.index(limit.above) + 1])[0]
            assert exact.upper(after, positives, confidence) > miss - 1e-9
    except UnreachableError:
        assert exact.upper(at(0)[0], positives, confidence) > miss - 1e-9
    try:
        limit = limit_for("a.b", found, Goal(false_alarm_at_most=alarm, confidence=confidence))
        assert limit.false_alarm_bound <= alarm + 1e-9
        if limit.above > 0:
            before = at(LIMITS[LIMITS.index(limit.above) - 1])[1]
            assert exact.upper(before, negatives, confidence) > alarm - 1e-9
    except UnreachableError:
        unable = exact.upper(0, negatives, confidence) > alarm - 1e-9
        silent = max((score for label, score in pairs if label), default=0.0)
        assert unable or exact.upper(at(silent - 0.001)[1], negatives, confidence) > alarm - 1e-9


def test_true_rate_exceeds_the_target_as_seldom_as_promised() -> None:
    """Over 2,000 splits of 300 positives, the true miss rate is above 10 % in at most 5 %.

    Scores are uniform, so the true rate of a limit is the limit itself.
    """
    rng = random.Random(0)
    goal = Goal(miss_at_most=0.1)
    chosen = [
        limit_for("a.b", counts.counts([True] * 300, [rng.random() for _ in range(300)]), goal)
        for _ in range(2_000)
    ]
    exceeded = sum(limit.above > 0.1 for limit in chosen) / len(chosen)
    assert 0.01 < exceeded < 0.05 + 3 * math.sqrt(0.05 * 0.95 / len(chosen))
    assert sum(limit.above for limit in chosen) / len(chosen) > 0.06  # nor is it needlessly low


def test_equal_false_alarms_holds_from_the_limit_on() -> None:
    """One limit for all groups: from there on no gap is wider; flagging everybody is no answer."""
    groups = {"one": {0: 50, 300: 50}, "two": {0: 90, 600: 10}, "none": {}}
    found = ScoreCounts({900: 10}, {0: 10}, groups)
    limit = limit_for("a.b", found, Goal(equal_false_alarms=0.2))
    assert limit.above == 0.3
    assert limit.gap == pytest.approx(0.1)
    assert limit_for("a.b", found, Goal(equal_false_alarms=0.4)).above == 0.0
    assert limit_for("a.b", found, Goal(equal_false_alarms=0.05)).above == 0.6
    with pytest.raises(UnreachableError, match="no counts for two groups"):
        limit_for("a.b", ScoreCounts({9: 1}, {0: 1}, {"one": {3: 2}}), Goal(equal_false_alarms=0.1))


@dataclass(frozen=True)
class Judge:
    """A third party's detector with scores of its own."""

    name: str = "judge"
    version: str = "1"
    weights: str = ""
    needs: tuple[str, ...] = ()
    labels: ClassVar[Labels] = Labels(events=frozenset({"harm.known", "harm.unknown"}))

    def setup(self) -> None:
        """Load nothing."""

    def __call__(self, batch: Batch) -> list[list[Finding]]:
        """Find nothing."""
        return [[] for _ in batch.texts]

    def score_counts(self, label: str) -> ScoreCounts | None:
        """Return a hundred of each kind, well apart."""
        known = ScoreCounts(dict.fromkeys(range(801, 901), 1), dict.fromkeys(range(101, 201), 1))
        return known if label == "harm.known" else None


def rules(text: str) -> Ruleset:
    """Read a policy of one rule that drops, and one that keeps the rest."""
    body = f'name = "x"\n[[corpus]]\naction = "drop"\n{text}\n'
    body += '[[corpus]]\nlabels = "*"\naction = "keep"'
    return ruleset(read(body, "p.toml"), "corpus", "p.toml", (*own.DETECTORS, Judge()))[0]


def test_rule_acts_above_the_limit_that_was_set() -> None:
    """A target becomes `above`; the rule keeps how it was set and what it costs."""
    rule = rules('labels = "harm.known"\nmiss_at_most = 0.1').rules[0]
    assert rule.target is not None
    assert rule.above == rule.target.above == 0.804  # four of a hundred may pass: a bound of 8.9 %
    assert (rule.target.missed, rule.target.false_alarms) == (4, 0.0)
    assert rule.acts_on(0.8041)
    assert not rule.acts_on(0.804)


def test_digest_tells_the_limits_that_were_set() -> None:
    """The same text of a policy is another policy when new weights bring another limit."""
    aimed = rules('labels = "harm.known"\nmiss_at_most = 0.1')
    assert resolved({"corpus": aimed}) == {"limits": {"corpus": [0.804]}}
    assert resolved({"corpus": rules('labels = "harm.known"\nabove = 0.804')}) == {}


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("miss_at_most = 0", "corpus[1].miss_at_most: 0 is no share between 0 and 1"),
        ("miss_at_most = true", "corpus[1].miss_at_most: True is no share"),
        ("miss_at_most = nan", "miss_at_most: nan is no share"),
        ("false_alarm_at_most = 1.5", "false_alarm_at_most: 1.5 is no share"),
        ("miss_at_most = 0.1\nconfidence = 0.4", "confidence: 0.4 is below 0.5"),
        ("equal_false_alarms = 0.1\nconfidence = 0.9", "confidence: is of miss_at_most or"),
        ("confidence = 0.9", "confidence: is of miss_at_most or"),
        ("miss_at_most = 0.1\nabove = 0.5", "miss_at_most: cannot stand beside 'above'"),
        ("miss_at_most = 0.1\ncount_above = 2", "cannot stand beside 'count_above'"),
        ("miss_at_most = 0.01", "even the limit 0 misses 0: with confidence 0.95 no"),
        ("false_alarm_at_most = 0.01", "harmless texts: with confidence 0.95 no less than 0.02"),
        ("equal_false_alarms = 0.1", "harm.known has no counts for two groups"),
        ("miss_at_mots = 0.1", "did you mean 'miss_at_most'?"),
    ],
)  # fmt: skip
def test_mistakes_are_named(text: str, error: str) -> None:
    """Each names the rule and the key, or says what is within reach."""
    with pytest.raises(PolicyError) as caught:
        rules(f'labels = "harm.known"\n{text}')
    assert error in str(caught.value)


def test_a_limit_is_for_one_label_with_counts() -> None:
    """Several labels, and one whose detector ships no scores, are refused with the way out."""
    with pytest.raises(PolicyError, match="3 labels, and a limit is set for one"):
        rules('labels = ["harm.*", "pii.word"]\nmiss_at_most = 0.1')
    for label in ("harm.unknown", "pii.word"):
        with pytest.raises(PolicyError, match=rf"gemsieve limits FILE --label {label}"):
            rules(f'labels = "{label}"\nmiss_at_most = 0.1')


def test_targets_that_cannot_be_had_together_are_refused() -> None:
    """To miss little and flag little at once needs classes that are apart."""
    mixed = ScoreCounts(dict.fromkeys(range(200), 1), dict.fromkeys(range(200), 1))
    with pytest.raises(UnreachableError, match="cannot be had together"):
        limit_for("a.b", mixed, Goal(miss_at_most=0.1, false_alarm_at_most=0.1))
    with pytest.raises(UnreachableError, match="catches nothing"):
        limit_for("a.b", ScoreCounts({5: 9}, {1: 999, 9: 99}), Goal(false_alarm_at_most=0.05))
    apart = ScoreCounts({900: 100}, {100: 100})
    both = limit_for("a.b", apart, Goal(miss_at_most=0.1, false_alarm_at_most=0.1))
    assert (both.missed, both.alarms, both.above) == (0, 0, 0.899)


def test_broken_counts_are_an_error() -> None:
    """A file of counts that is none is not read as empty."""
    for text in ("{}", "[]", '{"stamp": "s", "labels": {"a.b": {"positives": {"2000": 1}}}}'):
        with pytest.raises(ValueError, match="no counts of scores"):
            counts.load(text, "s")
    with pytest.raises(ValueError, match=r"1\.5 is outside 0\.\.1"):
        counts.counts([True], [1.5])


def test_shipped_counts_belong_to_the_shipped_weights() -> None:
    """The toxicity models ship with enough scores to promise 5 %, for texts and for groups."""
    found = ToxicityDetector().score_counts("toxicity.toxicity")
    assert found is not None
    assert limit_for("toxicity.toxicity", found, Goal(miss_at_most=0.05)).miss_bound <= 0.05
    assert len(found.groups) >= 8
    assert min(sum(some.values()) for some in found.groups.values()) >= 100
    assert ToxicityDetector().score_counts("toxicity.other") is None
