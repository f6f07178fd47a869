"""The counting of spans: its properties, and a plain search over all pairings beside it."""

from __future__ import annotations

from collections.abc import Collection
from itertools import combinations, permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemsieve.filters.pii.evaluate import (
    BOUNDARIES,
    Boundaries,
    Counts,
    Mark,
    macro,
    micro,
    pairs,
    score,
)

Span = tuple[int, int]
Texts = list[list[Mark]]

spans = st.tuples(st.integers(0, 9), st.integers(1, 6)).map(lambda s: (s[0], s[0] + s[1]))
some = st.lists(spans, max_size=5, unique=True)
marks = st.builds(lambda entity, span: Mark(entity, *span), st.sampled_from("ABC"), spans)
texts = st.lists(st.lists(marks, max_size=6), max_size=4)
counts = st.builds(Counts, *[st.integers(0, 50)] * 3)
both = pytest.mark.parametrize("boundaries", BOUNDARIES)


def most_pairs(marked: Collection[Span], found: Collection[Span]) -> int:
    """Try every pairing of the smaller side with as many of the larger."""
    few, many = sorted((list(marked), list(found)), key=len)
    return max(
        (
            sum(a[0] < b[1] and b[0] < a[1] for a, b in zip(few, order, strict=True))
            for order in permutations(many, len(few))
        ),
        default=0,
    )


@given(some, some)
def test_pairs_are_as_many_as_any_search_finds(marked: list[Span], found: list[Span]) -> None:
    """The single pass loses no pair that trying everything finds."""
    assert pairs(marked, found) == most_pairs(marked, found)


@pytest.mark.parametrize(
    ("marked", "found", "strict", "overlapping"),
    [
        ([(0, 4)], [(0, 4)], Counts(1, 0, 0), Counts(1, 0, 0)),
        ([(0, 4)], [(0, 5)], Counts(0, 1, 1), Counts(1, 0, 0)),
        ([(0, 4)], [(3, 9)], Counts(0, 1, 1), Counts(1, 0, 0)),
        ([(0, 4)], [(4, 9)], Counts(0, 1, 1), Counts(0, 1, 1)),  # they touch, and share nothing
        ([(0, 4), (5, 9), (10, 14)], [(0, 14)], Counts(0, 1, 3), Counts(1, 0, 2)),
        ([(0, 14)], [(0, 4), (5, 9), (10, 14)], Counts(0, 3, 1), Counts(1, 2, 0)),
        ([(0, 2), (1, 9)], [(1, 2), (0, 1)], Counts(0, 2, 2), Counts(2, 0, 0)),
        ([], [(0, 4)], Counts(0, 1, 0), Counts(0, 1, 0)),
        ([(0, 4)], [], Counts(0, 0, 1), Counts(0, 0, 1)),
    ],
)
def test_what_is_a_hit(
    marked: list[Span], found: list[Span], strict: Counts, overlapping: Counts
) -> None:
    """By example: the same borders, or a character in common and one partner each."""
    gold = [[Mark("A", *span) for span in marked]]
    guess = [[Mark("A", *span) for span in found]]
    assert score(gold, guess, "strict") == {"A": strict}
    assert score(gold, guess, "overlapping") == {"A": overlapping}


def test_another_entity_or_another_text_is_no_hit() -> None:
    """Spans answer for each other within an entity and a text alone; twice the same is once."""
    here, there = Mark("A", 0, 4), Mark("B", 0, 4)
    for boundaries in BOUNDARIES:
        assert score([[here]], [[there]], boundaries) == {"A": Counts(fn=1), "B": Counts(fp=1)}
        assert score([[here], []], [[], [here]], boundaries) == {"A": Counts(0, 1, 1)}
        assert score([[here, here]], [[here] * 3], boundaries) == {"A": Counts(tp=1)}
    with pytest.raises(ValueError, match="shorter"):
        score([[here], []], [[]], "strict")


@both
@given(texts)
def test_to_find_what_is_marked_is_perfect(boundaries: Boundaries, marked: Texts) -> None:
    """Every figure is 1."""
    for row in score(marked, marked, boundaries).values():
        assert (row.precision, row.recall, row.f(1), row.f(2)) == (1, 1, 1, 1)


@both
@given(texts, texts, st.randoms())
def test_order_does_not_matter(
    boundaries: Boundaries, marked: Texts, found: Texts, random: Random
) -> None:
    """Neither that of the texts nor that of the spans in one."""
    rows = list(zip(marked, found, strict=False))
    shuffled = [(random.sample(m, len(m)), random.sample(f, len(f))) for m, f in rows]
    random.shuffle(shuffled)
    before = score([m for m, _ in rows], [f for _, f in rows], boundaries)
    assert score([m for m, _ in shuffled], [f for _, f in shuffled], boundaries) == before


@given(texts, texts)
def test_overlapping_is_never_stricter(marked: Texts, found: Texts) -> None:
    """Spans with the same borders overlap, so each hit of the strict count is one of the other."""
    texts = list(zip(marked, found, strict=False))
    gold, guess = [m for m, _ in texts], [f for _, f in texts]
    strict, loose = (score(gold, guess, boundaries) for boundaries in BOUNDARIES)
    for entity, row in strict.items():
        assert row.tp <= loose[entity].tp
        assert row.tp + row.fn == loose[entity].tp + loose[entity].fn
        assert row.tp + row.fp == loose[entity].tp + loose[entity].fp


@both
@given(texts)
def test_sides_change_places(boundaries: Boundaries, marked: Texts) -> None:
    """What is missed one way is found alone the other way."""
    found = [*marked[1:], *marked[:1]]
    there = score(marked, found, boundaries)
    back = score(found, marked, boundaries)
    assert {e: Counts(c.tp, c.fn, c.fp) for e, c in there.items()} == back


@given(counts, st.sampled_from([0.5, 1.0, 2.0]))
def test_f_is_the_weighted_harmonic_mean(row: Counts, beta: float) -> None:
    """F of precision and recall, and where one of them is of nothing, F of the counts."""
    precision, recall = row.precision, row.recall
    if precision and recall:
        mean = (1 + beta**2) / (1 / precision + beta**2 / recall)
        assert row.f(beta) == pytest.approx(mean)
    else:
        assert row.f(beta) == (0 if row.fp or row.fn else None)


def test_figures_of_nothing() -> None:
    """Without a found span there is no precision, without a marked one no recall."""
    assert (Counts(fn=1).precision, Counts(fn=1).recall, Counts(fn=1).f(2)) == (None, 0, 0)
    assert (Counts(fp=1).precision, Counts(fp=1).recall, Counts(fp=1).f(2)) == (0, None, 0)
    assert (Counts().f(1), Counts().recall_interval) == (None, None)
    assert macro({}) == {"precision": 0, "recall": 0, "f1": 0, "f2": 0}


def test_means_over_entities_and_over_spans() -> None:
    """Micro sums the counts; macro is the mean of the figures, those of nothing counted as 0."""
    rows = {"A": Counts(8, 2, 0), "B": Counts(1, 0, 9), "C": Counts(fn=2)}
    assert micro(rows) == Counts(9, 2, 11)
    means = macro(rows)
    assert means["precision"] == pytest.approx((0.8 + 1 + 0) / 3)
    assert means["recall"] == pytest.approx((1 + 0.1 + 0) / 3)
    assert means["f2"] == pytest.approx((40 / 42 + 5 / 41 + 0) / 3)


def test_a_page_of_spans_takes_every_partner() -> None:
    """Nested, crossing and equal spans together: against the search over all pairings."""
    page = [(0, 9), (0, 3), (2, 5), (4, 9), (8, 9)]
    for size in range(len(page) + 1):
        for found in combinations(page, size):
            assert pairs(page, found) == most_pairs(page, found)
