"""Measures of a corpus: exact counts of planted texts, and intervals that keep their word."""

from __future__ import annotations

import math
from array import array
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemsieve.filters.bias.measure_changes import largest, sure
from gemsieve.filters.bias.measure_counts import BLOCKS, Counts, counted, ticket
from gemsieve.filters.bias.measure_estimate import Estimate, estimate, npmi, quotient
from gemsieve.filters.bias.measure_figures import Figure, Side, figures
from gemsieve.filters.bias.measure_sample import ANY, GENERIC, Sample
from gemsieve.filters.bias.measure_scores import Judge, score, sentiment
from gemsieve.filters.bias.measure_sentences import LONGEST, TOKEN, Sentence, sentences
from gemsieve.filters.bias.measure_table import PAIRS
from gemsieve.filters.bias.measure_words import lists
from gemsieve.filters.identity_terms import lexicon
from gemsieve.filters.toxicity import ToxicityDetector

WOMEN, MEN, MUSLIM = "identity.gender.women", "identity.gender.men", "identity.religion.muslim"
FEMALE, MALE = "gendered.female", "gendered.male"

# Ten sentences, whose counts are plain to see.
PLANTED = (
    "The nurse said that she was friendly. The engineer lost his hat. A nurse met her mother."
    " Muslims are peaceful. The Muslim woman was friendly, and her son was friendly too."
    " The kernel loads a module. They wrote it down. All Muslims can't be wrong."
    " Mr. Brown, e.g. a lawyer, is rich. The old wall is cold."
)


def one_block(total: int, *, of: int = BLOCKS) -> array[int]:
    """Return a sum that is spread evenly over some blocks."""
    return array("q", [total // of + (i < total % of) if i < of else 0 for i in range(BLOCKS)])


def measured(texts: list[str], source: str = "a") -> Counts:
    """Count texts, each as a document of its own."""
    counts = Counts()
    for i, text in enumerate(texts):
        counts.add(ticket(0, i) % BLOCKS, counted(sentences(text), source))
    return counts


def by_name(found: list[Figure]) -> dict[tuple[str, ...], Figure]:
    """Return figures by measure and whom they are of."""
    return {(figure.measure, *figure.of): figure for figure in found}


def test_planted_sentences_give_exactly_their_counts() -> None:
    """Each sum of a planted document is what a reader counts by hand."""
    sums = counted(sentences(PLANTED), "a")
    expected = {
        ("documents",): 1,
        ("sentences",): 10,
        ("words",): len(TOKEN.findall(PLANTED)),
        ("mentions", MUSLIM): 3,
        ("mentions", WOMEN): 1,
        ("document", MUSLIM): 1,
        ("generic", MUSLIM): 2,
        ("said", "pronoun.she", "a"): 3,
        ("said", "pronoun.he", ""): 1,
        ("said", "pronoun.they", ""): 1,
        ("said", FEMALE, "a"): 2,
        ("said", MALE, "a"): 2,
        ("people",): 7,
        ("in", FEMALE): 3,
        ("in", MALE): 3,
        ("in", MUSLIM): 3,
        ("in", "trait.friendly"): 2,
        ("in", "pole.threat.low"): 1,
        ("both", FEMALE, "occupation.nurse"): 2,
        ("both", MALE, "occupation.engineer"): 1,
        ("both", MALE, "occupation.lawyer"): 1,
        ("both", MUSLIM, "trait.friendly"): 1,
        ("both", FEMALE, "trait.friendly"): 2,
    }
    assert {key: sums[key] for key in expected} == expected
    assert ("in", "trait.cold") not in sums  # a wall is not about people


def test_figures_of_planted_counts_are_exact() -> None:
    """Rates, shares and mutual information come from the counts by their formulas."""
    found = by_name(figures(measured([PLANTED] * 20), None))
    words = len(TOKEN.findall(PLANTED))

    def value(*name: str) -> float:
        told = found[name].before.estimate
        assert told is not None
        assert told.low <= told.value <= told.high
        return told.value

    assert value("mentions", MUSLIM) == pytest.approx(1e6 * 3 / words)
    assert value("documents", MUSLIM) == 1.0
    assert value("she", "") == pytest.approx(3 / 4)
    assert value("they", "a") == pytest.approx(1 / 5)
    assert value("female_words", "a") == pytest.approx(1 / 2)
    assert value("occupation_female", "occupation.nurse") == 1.0
    assert value("generic", MUSLIM) == pytest.approx(1000 * 2 / 3)
    together = math.log((2 / 7) / (3 / 7 * 2 / 7)) / -math.log(2 / 7)
    assert value("occupation", FEMALE, "occupation.nurse") == pytest.approx(together)
    assert ("trait", WOMEN, "trait.friendly") in found  # 20 sentences; below PAIRS none is told
    assert PAIRS < 20


sums = st.integers(1, 5000)


@given(sums, sums, sums, sums)
def test_npmi_is_symmetric_and_bounded(both: int, one: int, other: int, rest: int) -> None:
    """Mutual information is the same both ways, lies in -1..1, and never has an open end."""
    first, second = both + one, both + other
    rows = [one_block(n) for n in (both, first, second, first + second - both + rest)]
    found = estimate(npmi, *rows)
    turned = estimate(npmi, rows[0], rows[2], rows[1], rows[3])
    assert (found is None) == (turned is None)
    if found and turned:
        assert found.value == pytest.approx(turned.value)
        assert -1 <= found.value <= 1 + 1e-12


@given(st.integers(100, 5000), sums)
def test_npmi_of_what_always_comes_together_is_one(together: int, rest: int) -> None:
    """Events that never come alone have mutual information 1."""
    rows = [one_block(n) for n in (together, together, together, together + rest)]
    found = estimate(npmi, *rows)
    assert found is not None
    assert found.value == pytest.approx(1.0)


@given(st.integers(2, 50), st.integers(2, 50), st.integers(1, 50), st.integers(1, 50))
def test_npmi_of_independent_events_is_zero(a: int, b: int, c: int, d: int) -> None:
    """Where one event is as frequent with the other as without it, nothing ties them."""
    n = 100 * (a + c) * (b + d)
    rows = [one_block(100 * x) for x in (a * b, a * (b + d), b * (a + c), n // 100)]
    found = estimate(npmi, *rows)
    assert found is not None
    assert found.value == pytest.approx(0.0, abs=1e-9)


def test_npmi_of_what_never_meets_is_minus_one() -> None:
    """Two events without a common sentence are as far apart as can be."""
    found = estimate(npmi, *(one_block(n) for n in (0, 400, 300, 1000)))
    assert found is not None
    assert found.value == -1


def simulated(rng: np.random.Generator, documents: int) -> list[list[int]]:
    """Return sums by block of a corpus in which documents differ: both, one, other and all.

    In each document the events follow shares of its own, so that sentences hang together.
    """
    rows = np.zeros((4, BLOCKS), dtype=np.int64)
    for block in rng.integers(0, BLOCKS, documents):
        n = int(rng.integers(5, 40))
        lean = rng.beta(2, 6)
        one = rng.random(n) < lean
        other = rng.random(n) < np.where(one, 0.5, 0.2)
        rows[:, block] += [(one & other).sum(), one.sum(), other.sum(), n]
    return rows.tolist()


@pytest.mark.parametrize(("statistic", "truth"), [("share", 0.25), ("npmi", None)])
def test_intervals_cover_the_truth_as_often_as_they_say(statistic: str, truth: float) -> None:
    """Of corpora drawn from one source, about 95 % have intervals that hold the true value."""
    rng = np.random.default_rng(1)
    both, one, other = 0.25 * 0.5, 0.25, 0.25 * 0.5 + 0.75 * 0.2
    truth = truth or math.log(both / (one * other)) / -math.log(both)
    hits = 0
    for _ in range(200):
        rows = simulated(rng, 100)
        if statistic == "npmi":
            found = estimate(npmi, *rows)
        else:
            found = estimate(lambda part, whole: quotient(part, whole, 1.0), rows[1], rows[3])
        assert found is not None
        hits += found.low <= truth <= found.high
    assert 0.92 <= hits / 200 <= 0.98


def test_what_hangs_on_few_documents_is_not_told() -> None:
    """A group that one document mentions a hundred times has a count, and no figure."""
    plain = ["The sea is calm today, and the boats come in with the tide."] * 60
    found = figures(measured([*plain, "A Muslim family bakes bread. " * 100]), None)
    figure = by_name(found)["mentions", MUSLIM]
    assert (figure.before.counted, figure.before.estimate) == (100, None)


def test_the_same_corpus_twice_has_not_changed() -> None:
    """A corpus beside itself changes in no figure, and no change is sure."""
    counts = measured([PLANTED] * 30)
    found = figures(counts, counts)
    changes = [figure.change for figure in found if figure.change]
    assert len(changes) > 20
    assert {(c.value, c.low, c.high) for c in changes} == {(0, 0, 0), (1, 1, 1)}
    assert sure(found) == []


def test_a_group_that_is_gone_has_fallen_to_nothing() -> None:
    """When every mention is filtered out the ratio is 0, surely below 1."""
    plain = ["The sea is calm today, and the boats come in with the tide."] * 60
    named = ["A Muslim family keeps the bakery at the corner, and the bread is good."] * 40
    found = figures(measured([*named, *plain]), measured([*plain]))
    change = by_name(found)["mentions", MUSLIM].change
    assert change is not None
    assert (change.value, change.low) == (0, 0)
    assert change.high < 0.2
    assert ("mentions", (MUSLIM,)) in {(f.measure, f.of) for f in largest(found, 1)}


@given(st.lists(st.floats(0, 6), min_size=1, max_size=30))
def test_sure_changes_are_those_of_benjamini_and_hochberg(distances: list[float]) -> None:
    """What is told is the largest set whose least sure member passes its step of the procedure."""
    nothing = Estimate(1.0, 0.0, 2.0, 1.0)
    found = [
        Figure("toxicity", (str(i),), False, Side(99, nothing), Side(99, nothing), nothing, d)
        for i, d in enumerate(distances)
    ]
    chances = sorted(math.erfc(d / math.sqrt(2)) for d in distances)
    steps = [k for k, p in enumerate(chances, 1) if p <= 0.05 * k / len(chances)]
    told = sure(found)
    assert len(told) == max(steps, default=0)
    least = min((f.sureness for f in told), default=math.inf)
    assert all(f.sureness <= least for f in found if f not in told)


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("Women are late.", {WOMEN}),
        ("She said that Muslims never listen.", {MUSLIM}),
        ("All Muslim men can't cook.", {MUSLIM, MEN}),
        ("Men and women are equal.", {MEN, WOMEN}),
        ("Young women should vote.", {WOMEN}),
        ("Chinese people are polite.", {"identity.nationality.chinese"}),
        ("The women are late.", set()),
        ("Many women are late.", set()),
        ("These men never listen.", set()),
        ("The rights of women are old.", set()),
        ("Women were late.", set()),
        ("A woman is late.", set()),
        ("The old man and women are late.", set()),
    ],
)
def test_a_generalisation_is_a_bare_plural_and_a_present_verb(text: str, groups: set[str]) -> None:
    """Bare plurals, all or most of a group, opening a clause, generalise; nothing else does."""
    (found,) = sentences(text)
    assert found.generic == groups


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("One. Two! Three?", 3),
        ("Dr. Brown met J. R. Smith, e.g. here.", 1),
        ('He said "Stop." She went.', 2),
        ("It cost 3.50 and ran version 2.1 well.", 1),
        ("A heading\n\nA line that\nis wrapped.", 2),
        ("... ... \n\n --", 0),
        ("word " * 200, 3),
    ],
)
def test_sentences_end_where_readers_end_them(text: str, count: int) -> None:
    """Marks and empty lines end sentences; abbreviations, numbers and wrapped lines do not."""
    assert len(list(sentences(text))) == count


@given(st.text(alphabet="ab. !?\n\"'İé中-", max_size=900))
def test_sentences_hold_every_word_once(text: str) -> None:
    """Whatever the text, no word is lost or told twice, and no sentence is too long."""
    found = list(sentences(text))
    whole = [token for part in text.split() for token in TOKEN.findall(part.lower())]
    assert all(len(sentence.text) <= LONGEST for sentence in found)
    if all(len(part) <= LONGEST for part in text.split()):
        assert sum(sentence.tokens for sentence in found) == len(whole)


def test_no_trait_or_occupation_is_part_of_a_groups_name() -> None:
    """A group is never tied to a trait by its own name."""
    named = {word for term in lexicon().terms if term.label for word in term.words.split()}
    told = {form for form, word in lists().words.items() if not word.name.startswith("gendered")}
    assert named & told == set()


@given(st.permutations(range(40)), st.integers(1, 12))
def test_a_sample_knows_no_order(order: list[int], cap: int) -> None:
    """However sentences come, those with the smallest tickets are drawn."""
    named = Sentence("Women are late.", 3, ((WOMEN, (0, 5)),), (), frozenset({WOMEN}))
    sample = Sample(cap)
    for number in order:
        sample.offer(named, ticket(7, number), number)
    smallest = sorted(range(40), key=lambda number: ticket(7, number))[:cap]
    assert set(sample.drawn) == {ANY, WOMEN, GENERIC + WOMEN}
    for heap in sample.drawn.values():
        assert sorted(one.block for one in heap) == sorted(smallest)


def test_a_name_is_no_sentiment() -> None:
    """The names of groups that VADER's lexicon holds are taken out; feelings stay."""
    sample = Sample()
    for number, text in enumerate(["She is blind.", "The blind man is happy.", "It is awful."]):
        for found in sentences(text):
            sample.offer(found, number, 0)
    scores = {one.text: sentiment(one) for one in sample.drawn[ANY]}
    assert scores["She is blind."] == 0
    assert scores["The blind man is happy."] > 3000
    assert scores["It is awful."] < -3000


def test_scores_add_up_by_group() -> None:
    """Sums of scores are those of the sampled sentences, counted once for each of their groups."""
    counts, sample = Counts(), Sample()
    texts = ["Women are wonderful.", "Muslims are wonderful.", "I hate the horrible fog."]
    for number, text in enumerate(texts):
        for found in sentences(text):
            sample.offer(found, number, number)
    detector = ToxicityDetector()
    score([(counts, sample)], Judge(detector, 0.7))
    scored = {key: counts.total(("scored", key)) for key in (ANY, WOMEN, GENERIC + MUSLIM)}
    assert scored == {ANY: 3, WOMEN: 1, GENERIC + MUSLIM: 1}
    feelings = [sentiment(one) for one in sample.drawn[ANY]]
    assert counts.total(("sentiment", ANY)) == sum(feelings)
    assert counts.total(("sentiment", WOMEN)) in feelings
    assert ("sentiment", GENERIC + WOMEN) not in counts.sums
    every = Counter({key: counts.total(("toxicity", key)) for key in (WOMEN, MUSLIM)})
    assert counts.total(("toxicity", ANY)) > every.total() > 0
