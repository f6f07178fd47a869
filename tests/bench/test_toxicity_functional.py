"""The functional tests of toxicity detectors are what they say: varied, balanced, never learned."""

from __future__ import annotations

import json
import random
import re
import string
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import pytest
from functional_cases import GROUP, QUOTED, TABLE, Class, cases, filled, listed, load, names
from functional_spelling import WAYS, misspelt
from hypothesis import given
from hypothesis import strategies as st
from toxicity_functional import ANY, Asked, chosen_cases, measured, table

SUITE = load()
WRITTEN = [one for one in SUITE.classes if not one.way]
# Stand-ins for the words that the table does not hold.
WORDS = {**SUITE.fill, **{n: [f"x{c}" for c in string.ascii_lowercase] for n in SUITE.listed}}
KINDS = {"insult", "threat", "identity_attack", "profanity"}
SCRIPT = TABLE.with_suffix(".py")


def named(one: Class) -> str:
    """Return the name of a class, for the names of tests."""
    return one.name


def tokens(skeleton: str) -> list[str]:
    """Return the words of a skeleton, in small letters, every placeholder as the same one."""
    return re.findall(r"\{\}|\w+(?:'\w+)*", re.sub(r"\{\w+\}", "{}", skeleton.lower()))


def runs(skeletons: Iterable[str]) -> set[tuple[str, ...]]:
    """Return every run of four tokens with at least three words."""
    every = map(tokens, skeletons)
    found = {tuple(some[i : i + 4]) for some in every for i in range(len(some) - 3)}
    return {run for run in found if run.count("{}") < 2}


def test_both_kinds_of_class_are_many() -> None:
    """At least 25 classes are written by hand; neither polarity has fewer than 20."""
    polarity = Counter(one.toxic for one in WRITTEN)
    assert len(WRITTEN) >= 25
    assert min(polarity.values()) >= 20
    assert len({one.name for one in SUITE.classes}) == len(SUITE.classes)


@pytest.mark.parametrize("one", SUITE.classes, ids=named)
def test_a_class_is_well_formed(one: Class) -> None:
    """Its placeholders and kinds are known, and its contrast is of the other polarity."""
    polarity = {other.name: other.toxic for other in SUITE.classes}
    known = {*WORDS, "hostile", *(f"{GROUP}{form}" for form in ("plural", "adjective", "one"))}
    assert len(set(one.skeletons)) >= 8
    assert {name for s in one.skeletons for name in names(s)} <= known
    assert set(one.kinds) <= KINDS
    assert polarity[one.contrast] is not one.toxic
    assert one.about


def test_no_skeleton_is_used_twice() -> None:
    """No two classes share a skeleton, apart from the misspelt, which have none of their own."""
    every = Counter(skeleton for one in WRITTEN for skeleton in one.skeletons)
    assert max(every.values()) == 1
    spelt = {s for one in SUITE.classes if one.way for s in one.skeletons}
    assert spelt <= set(every)


@pytest.mark.parametrize("one", SUITE.classes, ids=named)
def test_groups_are_named_equally_often(one: Class) -> None:
    """Within a class every group has as many cases; no two sentences of it are the same."""
    some = cases(SUITE, one, WORDS, seed=0)
    assert some is not None
    counts = Counter(case.group for case in some if case.group)
    assert not counts or set(counts) == set(SUITE.groups)
    assert len(set(counts.values())) <= 1
    assert len({case.text for case in some}) == len(some)
    assert not [case for case in some if "{" in case.text]


def test_groups_differ_in_nothing_else() -> None:
    """Written with the group's terms taken out, the sentences of a skeleton are the same."""
    one = next(one for one in WRITTEN if one.name == "counter_quotation")
    some = cases(SUITE, one, WORDS, seed=3)
    assert some is not None
    forms = sorted(set(chain.from_iterable(f.values() for f in SUITE.groups.values())), key=len)
    terms = re.compile("|".join(rf"\b{re.escape(form)}\b" for form in reversed(forms)), re.I)
    bare = {re.sub(r"\bAn?\b", "A", terms.sub("X", case.text), flags=re.I) for case in some}
    assert len(bare) == len(one.skeletons)


def test_the_cases_follow_from_the_seed() -> None:
    """The same seed gives the same sentences, another seed others."""
    for one in SUITE.classes[::6]:
        assert cases(SUITE, one, WORDS, 1) == cases(SUITE, one, WORDS, 1)
        assert cases(SUITE, one, WORDS, 1) != cases(SUITE, one, WORDS, 2) or not one.way


def test_no_word_gives_a_class_away() -> None:
    """A word that stands in half of a class's skeletons stands with the other polarity too."""
    polarity = {toxic: [c for c in WRITTEN if c.toxic is toxic] for toxic in (True, False)}
    said = {
        t: {w for c in some for s in c.skeletons for w in tokens(s)} for t, some in polarity.items()
    }
    for one in WRITTEN:
        often = Counter(w for s in one.skeletons for w in set(tokens(s)))
        half = {w for w, n in often.items() if n >= len(one.skeletons) / 2}
        assert half <= said[not one.toxic], one.name


def strings(table: object) -> Iterator[str]:
    """Yield every string within a table."""
    if isinstance(table, str):
        yield table
    elif isinstance(table, dict | list):
        for inner in table.values() if isinstance(table, dict) else table:
            yield from strings(inner)


def test_no_run_of_four_words_was_learned() -> None:
    """No four words in a row, placeholders alike, are in a table that training sentences are of."""
    folder = TABLE.parents[1] / "filters/toxicity"
    learned = [
        s for path in folder.glob("*.toml") for s in strings(tomllib.loads(path.read_text()))
    ]
    known = runs(learned)
    assert len(known) > 1000
    for one in WRITTEN:
        shared = runs(one.skeletons) & known
        assert not shared, f"rephrase {one.name}: {shared}"


def test_slurs_and_strong_profanity_come_from_lists() -> None:
    """Classes about such words have one in every skeleton but homonyms, and none without lists."""
    for one in WRITTEN:
        needs = [s for s in one.skeletons if set(names(s)) & set(SUITE.listed)]
        assert bool(needs) == one.name.startswith(("slur", "profan")), one.name
        if needs:
            assert cases(SUITE, one, SUITE.fill, seed=0) is None
            assert len(needs) == len(one.skeletons) or one.name == "slur_homonym"


def test_quotations_hold_a_hostile_sentence_about_the_same_group() -> None:
    """What is quoted comes from a hostile class, whoever quotes it."""
    assert all(one.toxic for one in WRITTEN if one.name in QUOTED)
    assert {one.toxic for one in WRITTEN if "{hostile}" in one.skeletons[0]} == {True, False}


def test_a_list_gives_nouns_and_masked_words(tmp_path: Path) -> None:
    """A noun needs a listed plural, its category and severity; a mask takes whole words."""
    (tmp_path / "words_surge_profanity").mkdir()
    (tmp_path / "words_ldnoobw").mkdir()
    race, other = "racial / ethnic slurs", "bodily fluids / excrement"
    rows = ["text,category_1,severity_rating"]
    rows += [f"{w},{c},{n}" for w, c, n in (
        ("Zub", race, 2), ("zubs", race, 2), ("mild", race, 1), ("milds", race, 1),
        ("alone", race, 2), ("goo", other, 2), ("goos", other, 2), ("two words", race, 2),
    )]  # fmt: skip
    (tmp_path / "words_surge_profanity/profanity_en.csv").write_text("\n".join(rows))
    (tmp_path / "words_ldnoobw/en.txt").write_text("dyke\ndykes\n")
    found = listed(SUITE, tmp_path)
    assert (found["slur"], found["slurs"]) == (["zub"], ["zubs"])
    assert (found["dam"], found["curse"]) == (["dyke"], [])


def test_an_article_fits_what_follows() -> None:
    """Before a vowel "a" becomes "an", and only there; the first letter is a capital."""
    assert filled("a {x} met a {y}", {"x": "idiot", "y": "clown"}) == "An idiot met a clown"
    assert filled('"{x}" is it', {"x": "older"}) == '"Older" is it'


@pytest.mark.parametrize("way", sorted(WAYS))
@given(seed=st.integers(0, 1000))
def test_a_misspelt_sentence_can_still_be_read(way: str, seed: int) -> None:
    """It is never the sentence itself, and keeps the way's own promise."""
    text = "They should welcome wheelchair users, says Robin."
    spelt = misspelt(text, way, random.Random(seed))
    assert spelt != text
    assert misspelt(text, way, random.Random(seed)) == spelt
    if way.endswith("spaces"):
        assert spelt.replace(" ", "") == text.replace(" ", "")
    elif way == "swapped_letters":
        assert list(map(sorted, spelt.split())) == list(map(sorted, text.split()))
    elif way in {"leetspeak", "lookalikes"}:
        assert len(spelt) == len(text)
    elif way == "missing_letters":
        assert len(text) // 2 < len(spelt) < len(text)
    else:
        assert len(spelt) > len(text)
        assert re.sub(r"(.)\1+", r"\1", spelt) == re.sub(r"(.)\1+", r"\1", text)


def test_figures_are_those_of_the_scores() -> None:
    """A score that is the truth gets an area of 1 everywhere, a constant .5, the opposite 0."""
    some_classes = [one for one in SUITE.classes if one.way or one.name.endswith("_opinion")]
    made = [(one, cases(SUITE, one, WORDS, 0) or []) for one in some_classes]
    for right, wrong, area in ((1.0, 0.0, 1.0), (0.75, 0.75, 0.5), (0.0, 0.65, 0.0)):
        figures = measured(
            [Asked(c, some, {ANY: [right if c.toxic else wrong] * len(some)}) for c, some in made]
        )
        rows = figures["classes"].values()
        assert {row["auc"] for row in rows} == {row["contrast_auc"] for row in rows} == {area}
        assert (figures["auc"][ANY], figures["mean_class_auc"]) == (area, area)
        assert set(figures["groups"]) == set(SUITE.groups)
        for row in rows:
            said = right if row["toxic"] else wrong
            assert row["above"] == [float(said > limit) for limit in (0.5, 0.6, 0.7, 0.8)]
        assert len([*table(figures)]) == len(made) + 2


def test_a_kind_is_judged_by_its_own_label() -> None:
    """Of abuse of a trade and of a group, only the second is an attack on an identity."""
    wanted = {"trade_abuse": 0.2, "hostile_opinion": 0.9, "neutral_identity": 0.1}
    kind = "toxicity.identity_attack"
    asked = [
        Asked(c, some, {ANY: [float(c.toxic)] * len(some), kind: [wanted[c.name]] * len(some)})
        for c in SUITE.classes
        if c.name in wanted and (some := cases(SUITE, c, WORDS, 0))
    ]
    assert measured(asked)["auc"] == {ANY: 1.0, kind: 1.0}


@pytest.mark.parametrize(
    ("chosen", "words"),
    [(["personal_abuse", "nobody"], "no such class: nobody"), (["dialect"], "choose some of both")],
)
def test_a_choice_that_cannot_be_compared_is_refused(chosen: list[str], words: str) -> None:
    """Unknown classes, and classes of one polarity alone, are errors that say so."""
    with pytest.raises(ValueError, match=words):
        chosen_cases(None, chosen, 0)


def test_the_script_reports_classes_and_no_sentence(tmp_path: Path) -> None:
    """It runs without lists and says what it left out; it prints figures, not sentences."""
    chosen = ["personal_abuse", "object_abuse", "slur_attack"]
    written = tmp_path / "figures.json"
    done = subprocess.run(
        [sys.executable, SCRIPT, "--alone", "--json", written, "--classes", *chosen],
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(written.read_text())
    assert found["left_out"] == ["slur_attack"]
    assert set(found["detectors"]["gemsieve"]["classes"]) == set(chosen) - {"slur_attack"}
    assert "| `object_abuse` | no | 280 |" in done.stdout
    sentences = [c.text for one in WRITTEN for c in cases(SUITE, one, SUITE.fill, 0) or ()]
    assert not [text for text in sentences if text in done.stdout]
