"""Identity mentions: what counts, what does not, and that spans hold for any text."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.counting import calls

from gemsieve.filters import Batch
from gemsieve.filters.identity import IdentityDetector
from gemsieve.filters.identity_terms import lexicon

AXES = {
    "gender",
    "religion",
    "race_ethnicity",
    "nationality",
    "sexual_orientation",
    "disability",
    "age",
}


def found(text: str) -> list[tuple[str, str, float]]:
    """Return group, matched words and score of each mention in a text."""
    (findings,) = IdentityDetector()(Batch([text]))
    assert all(f.span for f in findings)
    return [
        (f.label.removeprefix("identity."), text[f.span[0] : f.span[1]], f.score)
        for f in findings
        if f.span
    ]


SURE = [
    ("Muslims and Christians met", ["religion.muslim:Muslims", "religion.christian:Christians"]),
    ("MUSLIM neighbours", ["religion.muslim:MUSLIM"]),
    ("non-binary people", ["gender.nonbinary:non-binary"]),
    ("the women's room", ["gender.women:women"]),
    ("a trans woman", ["gender.transgender:trans", "gender.women:woman"]),
    ("black people", ["race_ethnicity.black:black"]),
    ("a white man", ["race_ethnicity.white:white", "gender.men:man"]),
    ("White working-class voters", ["race_ethnicity.white:White"]),
    (
        "Black, Asian and Latino families",
        [
            "race_ethnicity.black:Black",
            "race_ethnicity.asian:Asian",
            "race_ethnicity.latino:Latino",
        ],
    ),
    ("black and white people", ["race_ethnicity.black:black", "race_ethnicity.white:white"]),
    ("African\u2011Americans vote", ["race_ethnicity.black:African\u2011Americans"]),
    (
        "Māori and Métis artists",
        ["race_ethnicity.indigenous:Māori", "race_ethnicity.indigenous:Métis"],
    ),
    ("women of color", ["race_ethnicity.people_of_color:women of color", "gender.women:women"]),
    ("a German woman", ["nationality.german:German", "gender.women:woman"]),
    ("Polish workers", ["nationality.polish:Polish"]),
    ("Chinese Americans", ["nationality.chinese:Chinese", "nationality.american:Americans"]),
    ("in French families", ["nationality.french:French"]),
    ("a gay couple", ["sexual_orientation.gay:gay"]),
    ("straight people", ["sexual_orientation.heterosexual:straight"]),
    ("queer artists", ["sexual_orientation.queer:queer"]),
    ("a blind user", ["disability.blind:blind"]),
    ("a wheelchair\nuser", ["disability.wheelchair_user:wheelchair\nuser"]),
    ("two autistic children", ["disability.autistic:autistic", "age.children:children"]),
    ("an old man", ["age.older_people:old man", "gender.men:man"]),
    ("elderly people", ["age.older_people:elderly"]),
    ("teenagers", ["age.teenagers:teenagers"]),
    ("日本のwomen? “women”", ["gender.women:women"]),
    ("İıſK 😀 Jewish", ["religion.jewish:Jewish"]),
]
WEAK = [
    ("I'm black.", ["race_ethnicity.black:black"]),
    ("because she is legally blind and", ["disability.blind:blind"]),
    ("help for the deaf.", ["disability.deaf:deaf"]),
    ("the disabled are heard", ["disability.disabled:disabled"]),
    ("I am gay.", ["sexual_orientation.gay:gay"]),
    ("the French said no", ["nationality.french:French"]),
    ("the English.", ["nationality.english:English"]),
    ("a Christian, she said", ["religion.christian:Christian"]),
    ("My brother is black.", ["race_ethnicity.black:black"]),
    ("Most voters were white, they say", ["race_ethnicity.white:white"]),
    ("I was born deaf.", ["disability.deaf:deaf"]),
    ("are you straight?", ["sexual_orientation.heterosexual:straight"]),
    ("she identifies as queer.", ["sexual_orientation.queer:queer"]),
    ("whites and blacks", ["race_ethnicity.white:whites", "race_ethnicity.black:blacks"]),
]
NOTHING = [
    "black coffee and black holes, a black cat and people",
    "dressed in black and watched",
    "a straight line, keep straight on",
    "a white paper in the White House",
    "it is white. The wall was black.",
    "egg whites",
    "Polish the table. Nail polish.",
    "turkey with French fries by the Indian Ocean",
    "the French Revolution, German Shepherds, American Airlines",
    "written in German, she speaks Thai",
    "english, german, american: no capitals",
    "Christian Bale and Hans Christian Andersen",
    "the man page, a man-made child process, child nodes",
    "a blind spot, a blind date, blind rage, tone deaf",
    "color blind",
    "the Isle of Man",
    "non-Muslim and non-white",
    "trans fat, a queer feeling",
    "a female connector and male plugs",
    "mankind human womens semen omen manwomen women_x xwomen éwomen womené",
    "women\u0301 \u0431women",
    "Roma is a city",
    "asexual reproduction",
    "the young and the restless",
    "man of the match at Man City, a boy band, Lady Gaga, Boys Town",
    "male and female connectors, a dead man's switch",
    "A Dutch oven, German measles, Spanish flu, Chinese checkers, Canadian bacon",
    "a Great Dane and AS Roma, the Arab Spring, a Swiss Army knife",
    "used as white, known as straight. the lines are straight. Is it black?",
    "",
]


@pytest.mark.parametrize(("text", "expected"), SURE)
def test_terms_of_persons_are_found_for_sure(text: str, expected: list[str]) -> None:
    """Terms that name persons, or stand beside a person word, score 1.0 with the term's span."""
    assert found(text) == [(*e.split(":"), 1.0) for e in expected]


@pytest.mark.parametrize(("text", "expected"), WEAK)
def test_weaker_contexts_score_less(text: str, expected: list[str]) -> None:
    """A predicate of a person, a noun after "the" or a bare demonym scores 0.7."""
    assert found(text) == [(*e.split(":"), 0.7) for e in expected]


@pytest.mark.parametrize("text", NOTHING)
def test_other_senses_and_parts_of_words_are_not_mentions(text: str) -> None:
    """Colours, tongues, things, names and parts of longer words name no group."""
    assert found(text) == []


def test_every_term_is_found_beside_a_person_word() -> None:
    """No term is dead: each, with a capital before "people", yields its own group and span."""
    for term in lexicon().terms:
        if term.label:
            text = f"{term.words.capitalize()} people"
            group = term.label.removeprefix("identity.")
            assert (group, text[: len(term.words)], 1.0) in found(text)


def test_terms_are_clean() -> None:
    """Each term stands once, in lower case with single spaces, on a known axis."""
    terms = lexicon().terms
    words = [term.words for term in terms]
    assert len(set(words)) == len(words)
    assert all(w == " ".join(w.lower().split()) for w in words)
    assert {label.split(".")[1] for label in IdentityDetector().labels.events} == AXES
    assert lexicon().people.isdisjoint(lexicon().things)


PIECES = st.sampled_from([term.words for term in lexicon().terms]) | st.sampled_from(
    [
        "people",
        "White",
        "Polish",
        "the",
        ".",
        "İ",
        "ſ",
        "\u0301",
        "\ud800",
        "\0",
        "-",
        "\u2011",
        "_",
    ]
)
TEXTS = st.lists(st.lists(PIECES | st.characters()).map(" ".join) | st.text(st.characters()))


@given(TEXTS)
@settings(max_examples=300)
def test_spans_are_whole_words_and_batching_is_pure(texts: list[str]) -> None:
    """Each span lies in its text and holds its term; a batch finds what its texts find alone."""
    detector = IdentityDetector()
    terms = {(term.words, term.label) for term in lexicon().terms}
    answer = detector(Batch(texts))
    assert answer == [detector(Batch([text]))[0] for text in texts]
    for text, findings in zip(texts, answer, strict=True):
        for f in findings:
            assert f.span
            start, end = f.span
            words = "".join(
                " " if c.isspace() or c in "-\u2010\u2011\xad" else c for c in text[start:end]
            )
            assert (words.lower(), f.label) in terms
            beside = text[max(0, start - 1) : start] + text[end : end + 1]
            assert not any(c.isalnum() for c in beside)


def test_threads_may_share_the_detector() -> None:
    """Concurrent calls find what one call finds."""
    detector = IdentityDetector()
    batch = Batch([f"{i} women and old men, a Polish worker " * 200 for i in range(20)])
    alone = detector(batch)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(detector, [batch] * 16)) == [alone] * 16


@pytest.mark.parametrize("unit", ["women ", "black and ", "x", "the ", "polish the man page "])
def test_hostile_texts_cost_in_proportion(unit: str) -> None:
    """A text four times as long takes at most some four times the calls, not sixteen."""
    detector = IdentityDetector()
    detector.setup()
    small, large = (Batch([unit * (size // len(unit))]) for size in (50_000, 200_000))
    assert calls(lambda: detector(large)) <= 5 * calls(lambda: detector(small))


def test_reading_labels_loads_no_library() -> None:
    """A policy can be checked without the scanner or NumPy."""
    code = (
        "import sys; from gemsieve.filters.identity import IdentityDetector as D;"
        "assert len(D().labels.events) > 100 and len(D().weights) == 64;"
        "assert not {'hyperscan', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
