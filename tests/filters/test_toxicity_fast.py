"""The fast tier: words and sentences as a slow reader cuts them, sums as a matrix gives them."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gemsieve.filters.toxicity.fast import fit, memory
from gemsieve.filters.toxicity.fast.letters import (
    EDGES,
    INNERS,
    KIND,
    LETTER,
    NONE,
    PLAIN,
    SINGLE,
    WORD,
    letters,
)
from gemsieve.filters.toxicity.fast.model import Model
from gemsieve.filters.toxicity.fast.spelling import LATIN, SPELT, UNSPELT, readings, spelled
from gemsieve.filters.toxicity.fast.tables import BITS, FAMILIES, Tables, load, uncalibrated
from gemsieve.filters.toxicity.fast.words import CELL, Words, bounds, cut, passages, seen

TEXT = st.text(st.characters(), max_size=60) | st.text(
    "ab A1'@$*.!?\n\u2019\u200bé\u0301漢х\U0001f600", max_size=300
)
PROSE = [
    "The committee met on Monday. It heard two architects, and put off its decision!",
    "st.ill w0rking, d@y & night; don't ask me why... f**k",
    "Ünïcode “quotes” and — dashes: 漢字 are words, хорошо is one.",
    "again again again. Again again again.",
]


def slow_words(text: str) -> list[str]:
    """Cut a text as its definition says, one character at a time; return plain forms."""
    known = letters()

    def letter(c: str) -> int:
        return int(known[ord(c)]) if ord(c) < len(known) else ord(c) << PLAIN | SINGLE

    def kind(c: str) -> int:
        return letter(c) & KIND

    seen = [c for c in text if kind(c) != NONE]
    words: list[str] = []
    grown = False
    run = 0
    for i, c in enumerate(seen):
        run = run + 1 if i and letter(seen[i - 1]) == letter(c) else 1
        before = i > 0 and kind(seen[i - 1]) == WORD
        behind = i + 1 < len(seen) and kind(seen[i + 1]) == WORD
        inside = (c in INNERS and before and behind) or (c in EDGES and (before or behind))
        plain = chr(letter(c) >> PLAIN)
        if kind(c) == WORD or inside:
            words = [*words[:-1], words[-1] + plain] if grown else [*words, plain]
            grown = True
        else:
            words += [plain] if kind(c) >= SINGLE and run <= 3 else []
            grown = False
    return words


@given(st.lists(TEXT, min_size=1, max_size=4))
@example(["=====", "a ---- b!!!!!c ****d", "哈哈哈哈哈 aaaaa @@@@@ ''''"])
def test_words_are_those_of_the_definition(texts: list[str]) -> None:
    """All texts at once give each text's words, in order, none of them across a border."""
    words = cut(texts)
    found: list[list[str]] = [[] for _ in texts]
    owner = np.repeat(words.text, np.diff(words.first))
    for text, start, end in zip(owner, words.starts, words.ends, strict=True):
        found[text].append("".join(map(chr, words.letters[start:end] >> PLAIN)))
    assert found == [slow_words(text) for text in texts]


@given(st.lists(TEXT, min_size=1, max_size=4))
def test_places_lead_back_to_the_words(texts: list[str]) -> None:
    """A sentence's place holds its words and ends with them, whatever was left out before it."""
    words = cut(texts)
    every = np.arange(len(words.sentence) - 1)
    for i, (text, start, end) in zip(every, words.spans(words.sentence, every), strict=True):
        first, last = words.sentence[i], words.sentence[i + 1]
        mine = [
            "".join(map(chr, words.letters[s:e] >> PLAIN))
            for s, e in zip(words.starts, words.ends, strict=True)
        ]
        assert slow_words(texts[text][start:end]) == mine[first:last]


@given(st.text("ab. \n漢", max_size=2_000))
def test_passages_are_short_and_end_with_sentences_where_they_can(text: str) -> None:
    """No passage is longer than two cells; all words are in one; sentences part none of them."""
    words = cut([text])
    assert words.first[0] == 0
    assert words.first[-1] == words.sentence[-1] == len(words.starts)
    assert (np.diff(words.first) > 0).all()
    sizes = words.ends[words.first[1:] - 1] - words.starts[words.first[:-1]]
    assert (sizes <= 2 * CELL).all()
    assert set(words.first.tolist()) <= set(words.sentence.tolist())


def test_one_spelling_for_case_accents_and_typography() -> None:
    """What looks alike to a reader is the same word; letters that differ are not."""
    one, other = cut(["Caf\u00e9 don\u2019t"]), cut(["xx CAFE\u0301 DON'T"])
    assert one.keys.tolist() == other.keys[1:].tolist()
    assert len(set(cut(["cafe cave"]).keys.tolist())) == 2
    assert unicodedata.normalize("NFC", "e\u0301") == "\u00e9"


def slow_features(text: str) -> tuple[int, list[int]]:
    """Return the name and the groups of a text of one word, as their definitions say."""
    known = letters()
    seen = [int(known[ord(c)]) for c in text if ord(c) < len(known)]
    seen = [letter for letter in seen if letter & KIND != NONE][:24]
    codes = [letter >> PLAIN for letter in seen]
    spelt = [code for code, letter in zip(codes, seen, strict=True) if letter & LETTER]
    sort = LATIN if any(code < 0x80 for code in spelt) else SPELT if spelt else UNSPELT
    codes = [int(readings()[sort, code]) if code < 0x4FF else code for code in codes]
    codes = [c for i, c in enumerate(codes) if i < 2 or {c} != {*codes[i - 2 : i]}]

    def stretch(some: list[int]) -> int:
        total: int = sum(code * 0x9E3779B97F4A7C15**i for i, code in enumerate(some)) % 2**64
        total = (total ^ (total >> 32)) * 0xD6E8FEB86659FD93 % 2**64
        return total ^ (total >> 29)

    edged = [1, *codes, 2]
    groups = [edged[i : i + n] for n in (2, 3, 4, 5) for i in range(len(edged) - n + 1)]
    return stretch(codes), [stretch(group) for group in groups]


@given(st.text("ab0139$eëаягσ漢ﾊ\u0301", min_size=1, max_size=30))
def test_features_are_those_of_the_definition(text: str) -> None:
    """Names and groups of letters are the hashes of the plain spelling and of its stretches."""
    words = cut([text])
    for i, (start, end) in enumerate(zip(words.starts, words.ends, strict=True)):
        if len(words.hidden) == 0:
            found = spelled(words, np.array([i]))
            assert (int(found.names[0]), found.groups.tolist()) == slow_features(text[start:end])


@given(st.lists(TEXT, min_size=1, max_size=4))
def test_compiled_code_does_what_its_source_says(texts: list[str]) -> None:
    """The compiled cut is Python's own, which wraps at 64 bits as well."""
    words = cut(texts)
    ends = np.cumsum([len(text) + 1 for text in texts])
    codes = np.frombuffer("\0".join([*texts, ""]).encode("utf-32-le", "surrogatepass"), np.uint32)
    with np.errstate(over="ignore"):
        read, hidden = plain_python(seen)(codes, letters())
        starts, stops, keys, closing = plain_python(bounds)(read)
        borders = ends - np.searchsorted(hidden + np.arange(len(hidden)), ends)
        text, first, sentence = plain_python(passages)(stops, closing, borders)
    expected = Words(read, starts, stops, keys, text, first, sentence, ends, hidden)
    for one, other in zip(words, expected, strict=True):
        assert np.array_equal(one, other)  # type: ignore[arg-type]  # zip forgets their types


def plain_python(compiled: object) -> Callable[..., Any]:
    """Return the function that was compiled."""
    function: Callable[..., Any] = getattr(compiled, "py_func")  # noqa: B009  # untyped
    return function


def test_an_ideograph_is_no_word_of_two_letters() -> None:
    """Words whose codes are the same bytes are two words: 0x6163 is an ideograph, and "ca"."""
    model = Model(TABLES)
    alone = Model(TABLES)(["\u6163"]).scores
    assert (model(["ca", "\u6163"]).scores[1:] == alone).all()


def tables(seed: int = 0, labels: tuple[str, ...] = ("toxicity", "insult")) -> Tables:
    """Return tables of random weights over random rarities."""
    rng = np.random.default_rng(seed)
    thetas = [rng.normal(size=sum(1 << b for b in BITS)).astype(np.float32) for _ in labels]
    rare = fit.Rarity(tuple(rng.uniform(1, 9, 1 << b).astype(np.float32) for b in BITS))
    return uncalibrated(labels, fit.families(thetas, rare))


TABLES = tables()


def by_matrix(texts: list[str]) -> np.ndarray:
    """Return the raw scores of texts of one passage each, by what training multiplies."""
    total = np.zeros((len(texts), len(TABLES.labels)))
    for counts, (said, rare) in zip(fit.features(texts).families, whole_tables(), strict=True):
        total += (counts @ said) / np.sqrt(np.maximum(counts @ rare, 1e-3))[:, None]
    return total


@cache
def whole_tables() -> list[tuple[np.ndarray, np.ndarray]]:
    """Return, of each family, what every feature says and how rare it is."""
    return [
        (family.says(every).astype(float), family.rare(every).astype(float))
        for family in TABLES.families
        for every in [np.arange(len(family.weights))]
    ]


@given(st.lists(st.sampled_from(PROSE[:3]) | st.text(st.characters(), max_size=40), max_size=5))
def test_scores_are_those_of_the_matrix_that_was_trained(texts: list[str]) -> None:
    """Remembered words, letters and pairs add up to what the training matrix gives."""
    texts = [text for text in texts if len(slow_words(text)) and len(set(sentences(text))) == 1]
    if texts:
        found = Model(TABLES)(texts).scores
        raw = np.log(found / (1 - found))
        assert raw == pytest.approx(np.clip(by_matrix(texts), -30, 30), abs=2e-2, rel=2e-3)


def sentences(text: str) -> list[tuple[int, int, int]]:
    """Return the places of a text's sentences; one of one alone."""
    words = cut([text])
    return words.spans(words.sentence, np.arange(len(words.sentence) - 1))


def test_what_is_forgotten_is_computed_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """With room for four words, scores are those of a memory with room for all."""
    wide = Model(TABLES)(PROSE).scores
    monkeypatch.setattr(memory, "SLOTS", 2)
    narrow = Model(TABLES)
    for _ in range(2):
        assert (narrow(PROSE).scores == wide).all()


def test_threads_do_not_see_each_others_half_written_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two threads over one small memory get the scores that each gets alone."""
    monkeypatch.setattr(memory, "SLOTS", 3)
    model = Model(TABLES)
    texts = [
        [f"{word} {i} {text}" for i in range(20)] for word, text in zip("xyzw", PROSE, strict=True)
    ]
    alone = [Model(TABLES)(some).scores for some in texts]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(5):
            for found, expected in zip(pool.map(model, texts), alone, strict=True):
                assert (found.scores == expected).all()


def test_a_sentence_said_again_changes_no_passage() -> None:
    """A sentence counts once in its passage; another one counts."""
    model = Model(TABLES)
    once, twice, other = model([PROSE[0], PROSE[0] + "\n" + PROSE[0], " ".join(PROSE[:2])]).scores
    assert once == pytest.approx(twice)
    assert once[0] != other[0]


def test_tables_survive_their_file() -> None:
    """A file gives the tables back, and the same tables are the same bytes."""
    body = TABLES.dump()
    again = load(io.BytesIO(body))
    assert again.dump() == body
    assert again.labels == TABLES.labels
    for one, other in zip(again.families, TABLES.families, strict=True):
        assert (one.weights == other.weights).all()
        assert (one.squares == other.squares).all()
    assert len(FAMILIES) == len(again.families)


def test_tables_of_other_sizes_are_refused() -> None:
    """Compiled code looks rows up without a fence: a file of another version stops at once."""
    words, *others = TABLES.families
    small = replace(words, squares=words.squares[:-1], weights=words.weights[:-1])
    body = replace(TABLES, families=(small, *others)).dump()
    with pytest.raises(ValueError, match="words are not those of this version"):
        load(io.BytesIO(body))


def test_eight_bits_keep_what_weights_say() -> None:
    """A weight is off by at most the step at its size: small ones are told apart."""
    rng = np.random.default_rng(1)
    theta = (rng.normal(size=sum(1 << b for b in BITS)) ** 3).astype(np.float32)
    ones = fit.Rarity(tuple(np.ones(1 << b, np.float32) for b in BITS))
    parts = np.split(theta, np.cumsum([1 << b for b in BITS[:-1]]))
    for part, family in zip(parts, fit.families([theta], ones), strict=True):
        said = family.says(np.arange(len(part)))[:, 0]
        top = np.abs(part).max()
        step = np.sqrt(top * np.abs(part)) / 127 + top / (4 * 127**2)
        assert (np.abs(said - part) <= step * 1.01).all()


def test_regression_finds_what_made_the_labels_and_the_offset_takes_up_the_sets() -> None:
    """Two sets with the same rule and other shares of toxic texts teach one rule."""
    rng = np.random.default_rng(0)
    words = [f"word{i}" for i in range(40)]
    texts = [" ".join(rng.choice(words, 12)) for _ in range(3_000)]
    said = np.array([text.split().count("word0") + text.split().count("word1") for text in texts])
    sets = np.arange(len(texts)) % 2
    chance = 1 / (1 + np.exp(-(2.5 * said - 2 + 3 * (sets - 0.5))))
    toxic = (rng.uniform(size=len(texts)) < chance).astype(float)
    counts = fit.features(texts)
    rare = fit.rarity(counts)
    matrix = fit.scaled(counts, rare)
    raw = matrix @ fit.learn(matrix, toxic, np.ones(len(texts)), sets)
    assert np.corrcoef(raw, said)[0, 1] > 0.9
    assert abs(np.corrcoef(raw, sets)[0, 1]) < 0.1
