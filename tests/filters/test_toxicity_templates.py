"""Template sentences: balanced over groups, none for measuring learned, honest in their kinds."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.filters.toxicity_lists import lists

from gemsieve.filters.toxicity import held_out, identities, misspell, templates

CLASSES = (*templates.HARMLESS, *templates.HOSTILE)


def grams(skeletons: Iterable[str]) -> set[tuple[str, ...]]:
    """Return all runs of four words; marks and case do not tell words apart."""
    words = [re.findall(r"\w+(?:'\w+)*|\{\w+\}", skeleton.lower()) for skeleton in skeletons]
    return {tuple(some[i : i + 4]) for some in words for i in range(len(some) - 3)}


def test_measuring_and_training_share_no_run_of_four_words() -> None:
    """No skeleton for measuring, and no four words of one, can have been learned."""
    learnt = grams(skeleton for kind in CLASSES for skeleton in kind.skeletons)
    learnt |= grams(some for fillers in templates.FILLERS.values() for some in fillers)
    assert not learnt & grams((*held_out.HELD_OUT_HARMLESS, *held_out.HELD_OUT_HOSTILE))


def test_training_never_sees_the_last_terms_of_an_axis(tmp_path: Path) -> None:
    """Terms kept back are absent from rows, published lists included; measuring names them all."""
    rows = templates.sentences(random.Random(0), 3_000, lists(tmp_path))
    seen = " ".join(row.text for row in rows).lower()
    measured = " ".join(
        t for _, t in held_out.held_out(held_out.HELD_OUT_HARMLESS, random.Random(0))
    )
    for word in identities.kept_back():
        assert not re.search(rf"\b{re.escape(word)}\b", seen)
        assert re.search(rf"\b{re.escape(word)}\b", measured, re.IGNORECASE)
    assert "muslim" in seen
    assert "zoroan" in seen
    assert "qix" not in seen  # its bearers dislike the word


def test_a_group_is_no_evidence() -> None:
    """Of rows that name an axis, the same share is hostile for every axis, up to sampling."""
    writer = templates.Writer()
    for kind in CLASSES:
        skeletons = [s for s in kind.skeletons if identities.has_identity(s)]
        for skeleton in skeletons:
            rows = list(writer.frame(skeleton, kind, random.Random(0)))
            assert len(rows) == (len(identities.AXES) if "slur" not in kind.name else len(rows))
            assert {row.toxic for row in rows} == {kind.toxic}


def test_rows_are_half_hostile_seeded_and_varied() -> None:
    """Equal halves; the same seed gives the same rows, another seed others; few repeat."""
    first = templates.sentences(random.Random(1), 4_000, None)
    assert first == templates.sentences(random.Random(1), 4_000, None)
    assert first != templates.sentences(random.Random(2), 4_000, None)
    assert sum(row.toxic for row in first) / len(first) == pytest.approx(0.5, abs=0.02)
    assert len({row.text for row in first}) > 0.9 * len(first)
    assert not any(re.search(r"\{\w*\}", row.text) for row in first)


def test_a_class_left_out_is_in_no_row() -> None:
    """Neither as itself nor quoted in another, while all other classes still write."""
    (gone,) = (kind for kind in templates.HOSTILE if kind.name == "dehumanisation")
    kept = grams(s for kind in CLASSES if kind is not gone for s in kind.skeletons)
    own = {" ".join(some) for some in grams(gone.skeletons) - kept if "{" not in " ".join(some)}
    assert own

    def told(without: tuple[str, ...]) -> set[str]:
        rows = templates.sentences(random.Random(0), 6_000, None, without)
        words = " ".join(" ".join(re.findall(r"\w+", row.text.lower())) for row in rows)
        return {some for some in own if some in words}

    assert told(())
    assert not told(("dehumanisation",))


def test_slurs_come_from_the_list_alone(tmp_path: Path) -> None:
    """Harsh words for what people are fill the slots; without a list no row has a slot to fill."""
    folder = lists(tmp_path)
    assert templates.slurs(folder) == ["wugg"]
    rows = templates.sentences(random.Random(0), 4_000, folder)
    named = Counter(row.toxic for row in rows if "wugg" in row.text.lower())
    assert named[True] > 2 * named[False] > 0


def test_kinds_follow_the_words() -> None:
    """A harmless row is no attack of any kind; strong words are profanity, doubtful ones unsaid."""
    rows = templates.sentences(random.Random(0), 4_000, None)
    for row in rows:
        if not row.toxic:
            assert {row.kinds[name] for name in ("insult", "threat", "identity_attack")} == {False}
    assert templates.profanity("this fucking rain", "") == {"profanity": True}
    assert templates.profanity("damn rain", "") == {}
    assert templates.profanity("rain again", "") == {"profanity": False}
    assert templates.profanity("a wugg", "a {slur}") == {}


@pytest.mark.parametrize(
    ("skeleton", "adjective", "text"),
    [
        ("I am a {one}.", "old", "I am an old man."),
        ("A {one} won.", "gay", "A gay man won."),
        ("I saw an {adjective} dog, a African, and a {one}.", "European",
         "I saw a European dog, an African, and a European man."),
        ("{many} sing for an hour.", "blind", "Blind men sing for an hour."),
    ],
)  # fmt: skip
def test_articles_and_capitals_fit(skeleton: str, adjective: str, text: str) -> None:
    """The article follows the sound of the next word; a sentence starts large."""
    term = identities.Term(adjective)
    assert identities.in_sentence(skeleton, term, ("man", "men")) == text


@given(st.text("abcdefghij klmno", min_size=1, max_size=60), st.integers(0, 50))
def test_misspelling_touches_long_words_only(text: str, seed: int) -> None:
    """At most three words of four letters or more change; the rest stands as it was."""
    changed = misspell.misspelt(text, random.Random(seed))
    long = [word for word in re.split(r" ", text) if len(word) >= 4]
    if not long:
        assert changed == text
    short = [word for word in text.split(" ") if 0 < len(word) < 4]
    assert not Counter(short) - Counter(changed.split(" "))


def test_every_way_of_misspelling_changes_a_word() -> None:
    """Each way gives another word, from which the letters can still be guessed."""
    for way in misspell.SPELLINGS:
        changed = {way("stupid", random.Random(seed)) for seed in range(20)}
        assert "stupid" not in changed
        assert all(word[0] in "s$5" for word in changed)
