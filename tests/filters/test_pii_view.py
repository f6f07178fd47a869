"""The view of a text: what it shows, what it leaves out, and the way back."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.counting import calls
from tests.filters.disguises import disguised

from gemsieve.filters.pii import view as module
from gemsieve.filters.pii.lookalikes import CYRILLIC, GREEK, STOPS
from gemsieve.filters.pii.view import normalise

SHOWN = [
    ("４１１１ ١٢٣ ۴۵ १२३ 𝟜𝟙 ①②", "4111 123 45 123 41 12"),
    ("ＤＥ８９ 𝐃𝐄 Ⓓⓔ ｄｅ", "DE89 DE De de"),
    ("4\u200b1\u200c1\u200d1", "4111"),
    ("a\u2060b\ufeffc\u00add\u034fe", "abcde"),
    ("\u202ea\u2066b\u200fc\u061cd", "abcd"),
    ("a\ufe0fb\U000e0101c\U000e0041d\u3164e", "abcde"),
    ("1️⃣2️⃣ 3\u0336\u20dd4\u0301", "12 34"),
    ("d\u0336e\u0338 é ñ", "de é ñ"),
    ("é e\u0301 कि กี", "é e\u0301 कि กี"),
    ("1\u00a02\u20093\u30004\u202f5\u28006", "1 2 3 4 5 6"),
    ("1‐2‑3–4—5−6﹣7－8", "1-2-3-4-5-6-7-8"),
    ("a＠b．c﹫d․e：f／g＿h∕i", "a@b.c@d.e:f/g_h/i"),
    ("a@b。com 1·2 x1｡y", "a@b.com 1.2 x1.y"),
    ("аlice@exаmple.соm", "alice@example.com"),
    ("DЕ89 Ѕ1234567D МС", "DE89 S1234567D МС"),
    ("pаypal Αmazon", "paypal Amazon"),
    ("аlice@exаmplе。com", "alice@example.com"),  # a letter unmasked shows what the stop parts
    ("Ту-154М", "Ty-154M"),  # the price: a genuine word of twins beside a digit
    ("m² H₂O 10⁶ nº word¹", "m² H₂O 10⁶ nº word¹"),
    ("½ … ™ ﬁ ℡", "½ … ™ ﬁ ℡"),
]

GENUINE = [
    "Мост построен в 2019 году, его длина 350 м, см. раздел 4.2.",
    "Пишите: сергей@пример.рф или звоните после 18:00.",
    "Хор, оса, рост, ТОРТ и СЕКТОР — слова из таких букв.",
    "Як-42Д, 5-й этаж, кв. 12, с 1998г. по 2003-й.",
    "Α' Μέρος: το 1821 άρχισε η επανάσταση.",
    "col·lecció instal·la",
    "今日は良い天気です。明日も。",
]


@pytest.mark.parametrize(("text", "expected"), SHOWN)
def test_what_a_view_shows(text: str, expected: str) -> None:
    """Digits, letters, spaces, dashes and stops in plain; nothing invisible; the rest as it is."""
    assert normalise(text).text == expected


@pytest.mark.parametrize("text", GENUINE)
def test_words_of_other_scripts_stay(text: str) -> None:
    """No letter and no stop changes in text that is what it seems; typography may."""
    plain = normalise(text).text
    changed = {a for a, b in zip(text, plain, strict=True) if a != b}
    assert changed <= {"—", "–"}


def test_every_decimal_digit_is_shown_as_such() -> None:
    """Whatever the script."""
    digits = [chr(c) for c in range(0x110000) if unicodedata.decimal(chr(c), None) is not None]
    assert len(digits) >= 650
    assert normalise("".join(digits)).text == "".join(str(unicodedata.decimal(d)) for d in digits)


def test_twins_are_letters_of_their_scripts() -> None:
    """Each stands for one ASCII letter, and looks like it by case at least."""
    for script, (masks, plain) in {"CYRILLIC": CYRILLIC, "GREEK": GREEK}.items():
        assert len(set(masks)) == len(masks)
        for mask, letter in zip(masks, plain, strict=True):
            assert unicodedata.name(mask).startswith(script)
            assert letter.isascii()
            assert letter.isalpha()
            assert normalise(f"1{mask}").text == f"1{letter}"


@given(st.text(st.characters(max_codepoint=127)))
def test_ascii_is_its_own_view(text: str) -> None:
    """The very text, without a way back to keep."""
    view = normalise(text)
    assert view.text is text
    assert view.offsets is None


@given(disguised)
@example("\u0301" * 3)
@example("\ud800１\u200b")
@example("1\u200b\u0301\u200b\u03362")
def test_the_way_back(text: str) -> None:
    """Characters stand in order, shown as they are or as ASCII; a second look changes nothing."""
    view = normalise(text)
    if view.offsets is None:
        assert view.text == text
        return
    offsets = view.offsets.tolist()
    assert len(offsets) == len(view.text)
    assert offsets == sorted(set(offsets))
    for place, sign in zip(offsets, view.text, strict=True):
        assert sign == text[place] or sign.isascii()
    for place in set(range(len(text))) - set(offsets):
        assert not text[place].isascii()
    again = normalise(view.text)
    assert again.offsets is None


@given(disguised, st.data())
def test_spans_cover_what_they_show(text: str, data: st.DataObject) -> None:
    """A span shows the same alone; it touches a change just when there is one in or beside it."""
    view = normalise(text)
    if not view.text:
        return
    begin = data.draw(st.integers(0, len(view.text) - 1))
    end = data.draw(st.integers(begin + 1, len(view.text)))
    first, last = view.span(begin, end)
    assert 0 <= first < last <= len(text)
    places = list(range(len(text))) if view.offsets is None else view.offsets.tolist()
    assert [p for p in places if first <= p < last] == places[begin:end]
    near = set(range(places[begin - 1] + 1 if begin else 0, first)) | set(range(first, last))
    near |= set(range(last, places[end] if end < len(places) else len(text)))
    shown = dict(zip(places, view.text, strict=True))
    assert view.touches(begin, end) == any(shown.get(p) != text[p] for p in near)


@given(st.lists(disguised, max_size=6), st.integers(1, 12))
def test_cutting_a_long_text_changes_nothing(parts: list[str], size: int) -> None:
    """A text of many chunks is shown as one, if it can be cut at white space."""
    text = " ".join(part[:size].replace("\n", "") for part in parts)
    whole = normalise(text)
    patch = pytest.MonkeyPatch()
    with patch.context() as context:
        context.setattr(module, "CHUNK", size + 1)
        pieces = normalise(text)
    assert pieces.text == whole.text
    for begin in range(len(whole.text)):
        assert pieces.span(begin, begin + 1) == whole.span(begin, begin + 1)


@pytest.mark.parametrize(
    "piece",
    ["а", "а1", "а ", "а1 ", "。", "a。", "1。", "\u200b", "1\u0301", "\u0301", "中а", "@а.", "é"],
)
def test_hostile_text_takes_linear_work(piece: str) -> None:
    """Eight times the text takes no more than eight times the calls."""
    normalise("é")
    short, long = (calls(lambda n=n: normalise(piece * n)) for n in (2_000, 16_000))  # type: ignore[misc]
    assert long <= 8 * short


def test_stops_are_no_twins() -> None:
    """What hides a full stop is no letter, so it parts words."""
    assert not any(sign.isalnum() for sign in STOPS)
