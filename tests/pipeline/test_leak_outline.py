"""The outline finds what plain expressions find, in any script."""

from __future__ import annotations

import re

from hypothesis import example, given
from hypothesis import strategies as st

from gemsieve.pipeline.leak.outline import Outline

TEXT = st.text(st.characters(), max_size=80) | st.text(
    "12 .()-AZaé\u0663\uff11\U0001d7d9", max_size=80
)


@given(TEXT)
@example("4111 1111-1111(1111)")
@example("DE\u0661\u0662 and GB82")
def test_places_are_those_of_the_expressions(text: str) -> None:
    """Runs and countries stand where the expressions over the text itself say."""
    outline = Outline(text)
    runs = re.finditer(r"\d[\d .()\-]{5,}\d", text)
    assert outline.runs == [match.span() for match in runs]
    assert outline.countries == [match.span() for match in re.finditer(r"[A-Z]{2}\d{2}", text)]
