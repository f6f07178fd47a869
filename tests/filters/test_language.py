"""Language identification: sentences written for the purpose in fourteen languages."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemsieve.filters.finding import Batch, Finding
from gemsieve.filters.language import LEAST, MOST, LanguageDetector

DETECTOR = LanguageDetector()

SENTENCES = {
    "en": "The river rose in the night, and by morning the lower road was under water.",
    "de": "Am Abend saßen wir lange am Fluss und redeten über die Reise im Sommer.",
    "fr": "Nous avons marché jusqu'au marché pour acheter du pain et des pommes.",
    "es": "Mañana por la tarde vamos a visitar a mis abuelos en el pueblo.",
    "pt": "Ontem à noite choveu muito e as ruas da cidade ficaram cheias de água.",
    "it": "La biblioteca apre alle nove e chiude quando l'ultimo lettore se ne va.",
    "pl": "Wczoraj wieczorem spacerowaliśmy po parku i rozmawialiśmy o książkach.",
    "ru": "Сегодня утром мы поехали на поезде к морю и весь день гуляли по берегу.",
    "el": "Το πρωί πήγαμε στην αγορά για να αγοράσουμε φρέσκα ψάρια και λεμόνια.",
    "ja": "昨日の夜、友達と駅の近くの小さな店で晩ご飯を食べました。",
    "zh": "昨天下午我们在公园里散步，然后一起去图书馆看书。",
    "ko": "어제 저녁에 친구와 함께 강가를 걸으며 여행 이야기를 했습니다.",
    "ar": "ذهبنا في الصباح إلى السوق لنشتري الخبز والفاكهة ثم عدنا إلى البيت.",
    "hi": "कल शाम को हम नदी के किनारे टहलने गए और देर तक बातें करते रहे।",
}


def found(text: str) -> list[Finding]:
    """Return what the detector says of one text."""
    return DETECTOR(Batch([text]))[0]


@pytest.mark.parametrize("code", SENTENCES)
def test_names_the_language_of_a_sentence(code: str) -> None:
    """The likeliest language of a plain sentence is the one it is written in."""
    assert found(SENTENCES[code])[0].label == f"language.{code}"


@pytest.mark.parametrize("code", SENTENCES)
def test_names_the_language_of_a_long_text_over_many_lines(code: str) -> None:
    """Length and line breaks do not change the answer, and make it surer than chance."""
    first = found("\n".join([SENTENCES[code]] * 400))[0]
    assert first.label == f"language.{code}"
    assert first.score > 0.5


def test_a_text_in_two_languages_shows_both() -> None:
    """Half German, half Russian: both are found, whichever comes first."""
    german, russian = SENTENCES["de"] * 30, SENTENCES["ru"] * 30
    for text in (german + russian, russian + german):
        assert {f.label for f in found(text)} >= {"language.de", "language.ru"}


@pytest.mark.parametrize("text", ["", " \n\t", "12,5 + 3 = 15,5", "-----\n*****", "🙂🙂", "\x00"])
def test_text_without_letters_is_undetermined(text: str) -> None:
    """With no letters there is nothing to identify, and the detector says so."""
    assert found(text) == [Finding("language.und", 1.0)]


def test_a_window_without_letters_has_no_vote() -> None:
    """A table of numbers before a German text does not make it less German."""
    text = "3.14159 " * 80 + SENTENCES["de"] * 20
    assert found(text)[0].label == "language.de"
    assert found(text)[0].score > 0.8


ANY_TEXT = st.text(st.characters(), max_size=300) | st.text("ab \n\x00\ud800é漢_", max_size=40)


@given(st.lists(ANY_TEXT, max_size=6))
def test_every_text_gets_its_due_whatever_the_batch(texts: list[str]) -> None:
    """Each text has one to three declared labels in falling order, the same alone as in a batch."""
    together = DETECTOR(Batch(texts))
    assert together == [found(text) for text in texts]
    for findings in together:
        assert 1 <= len(findings) <= MOST
        assert {f.label for f in findings} <= DETECTOR.labels.choices
        assert all(0.0 <= f.score <= 1.0 and f.span is None for f in findings)
        scores = [f.score for f in findings]
        assert scores == sorted(scores, reverse=True)
        assert all(score >= LEAST for score in scores[1:])


def test_label_prefix_in_a_text_is_only_text() -> None:
    """A text cannot name its own language to the model."""
    assert found(SENTENCES["fr"] + " __label__en __label__en")[0].label == "language.fr"
    assert found("__label__de")[0].label.startswith("language.")


def test_labels_are_those_of_the_model() -> None:
    """The list in the source is the model's own, and `und`."""
    import fasttext

    path = resources.files("gemsieve.filters") / "weights" / "lid.176.ftz"
    model = fasttext.load_model(str(path))
    codes = {label.removeprefix("__label__") for label in model.labels}
    assert len(codes) == 176
    assert DETECTOR.labels.choices == {f"language.{code}" for code in codes | {"und"}}
    assert DETECTOR.labels.column() == "language"


def test_weights_are_the_file_named_in_the_notice() -> None:
    """The digest is that of the file, and the notice beside it tells the same one."""
    folder = resources.files("gemsieve.filters") / "weights"
    expected = hashlib.sha256((folder / "lid.176.ftz").read_bytes()).hexdigest()
    assert DETECTOR.weights == expected
    assert expected in (folder / "NOTICE.lid.176.md").read_text("utf-8")


def test_reading_the_labels_loads_no_library() -> None:
    """Importing, building and asking for labels and digest leaves fastText unimported."""
    code = (
        "import sys; from gemsieve.filters.language import LanguageDetector as D; d = D();"
        "d.labels, d.weights, d.needs; sys.exit('fasttext' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
