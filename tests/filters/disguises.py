"""Ways to write personal data so that it is overlooked, for tests of what looks behind them."""

from __future__ import annotations

import re
from functools import cache

from hypothesis import strategies as st

from gemsieve.filters.pii.lookalikes import CYRILLIC, GREEK

INVISIBLE = [
    *"\u200b\u200c\u200d\u2060\u2061\ufeff\u00ad\u034f\u061c\u180e\u200e\u200f\u202a\u202c\u202e",
    *"\u2066\u2069\ufe00\ufe0f\U000e0100\U000e0041\u3164\u115f",
]
OVERLAYS = "\u0335\u0336\u0338\u20d2"
SPACES = "\u00a0\u1680\u2000\u2003\u2007\u2009\u200a\u202f\u205f\u3000\u2800"
DASHES = "‐‑‒–—―−﹣－⁃"
STOPS = "。｡·・•"
SIGNS = {" ": SPACES, "-": DASHES, ".": "．﹒․", "@": "＠﹫", "/": "／∕⁄", ":": "：∶﹕", "_": "＿"}
# First code points of alphabets, capitals and then small letters, and of sets of digits.
FONTS = (0x1D400, 0x1D468, 0x1D4D0, 0x1D56C, 0x1D5A0, 0x1D5D4, 0x1D670)
DIGITS = (0x660, 0x6F0, 0x966, 0x9E6, 0xE50, 0x1040, 0xFF10, 0x1D7CE, 0x1D7D8, 0x1D7F6, 0x1FBF0)

# Texts of plain pieces and of all that a view changes.
disguised = st.lists(
    st.one_of(
        st.sampled_from([*INVISIBLE, *OVERLAYS, *SPACES, *DASHES, *STOPS, *"＠：／①Ⓐ𝐀ｚ٣１²½ﬁ"]),
        st.sampled_from(
            [*"aZ09@.-: \n", "example.com", "4111", "é", "\u0301", "中", "😀", "\ud800"]
        ),
        st.sampled_from([*"аеорсхАВЕМНαορΑΒбжДλΩ", "мост", "λόγος", "соm"]),
        st.text(max_size=3),
    ),
    max_size=20,
).map("".join)


@cache
def looks_like(sign: str) -> tuple[str, ...]:
    """Return characters of other digits and fonts, and signs, that stand for an ASCII one."""
    if sign.isdigit():
        circled = chr(0x245F + int(sign)) if sign > "0" else "\u24ea"
        return (*(chr(first + int(sign)) for first in DIGITS), circled)
    if sign.isalpha():
        place = ord(sign) - (65 if sign.isupper() else 71)
        return (*(chr(first + place) for first in FONTS), chr(ord(sign) + 0xFEE0))
    return tuple(SIGNS.get(sign, ""))


@cache
def twins(sign: str) -> tuple[str, ...]:
    """Return Cyrillic and Greek letters that look like a Latin one."""
    pairs = (pair for script in (CYRILLIC, GREEK) for pair in zip(*script, strict=True))
    return tuple(mask for mask, plain in pairs if plain == sign)


@st.composite
def disguise(draw: st.DrawFn, value: str) -> str:
    """Draw a disguise of a value: look-alikes for some characters, invisible ones between some.

    Letters of other scripts, and stops that are not just full stops in another width, disguise a
    token only where it has a digit or an @; elsewhere they may be what they seem.
    """
    pieces = []
    for token in re.split(r"(\s)", value):
        telling = re.search("[0-9@]", token) is not None
        for place, sign in enumerate(token):
            around = token[max(place - 1, 0) : place] + token[place + 1 : place + 2]
            others = looks_like(sign) if sign.isascii() else ()
            if telling:
                others += twins(sign)
            if telling and sign == "." and around.isascii() and around.isalnum():
                others += tuple(STOPS)
            masked = bool(others) and draw(st.booleans())
            pieces.append(draw(st.sampled_from(others)) if masked else sign)
            if draw(st.integers(0, 3)) == 0:
                pieces.append(draw(st.sampled_from(INVISIBLE)))
                if sign.isdigit():
                    pieces.append(draw(st.sampled_from([*OVERLAYS, "\u0301", ""])))
    # What follows the last character is not within the value.
    while pieces and pieces[-1] in {*INVISIBLE, *OVERLAYS, "\u0301", ""}:
        pieces.pop()
    return "".join(pieces)
