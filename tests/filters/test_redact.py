"""Redaction: nothing redacted survives, nothing else changes, and the way back is right."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests import strategies as own

from gemsieve.filters import Finding
from gemsieve.filters.finding import Span
from gemsieve.filters.operators.keyed import Encrypt, Hash
from gemsieve.filters.operators.operator import Edit, Operator
from gemsieve.filters.operators.plain import REDACT, Mask, Replace
from gemsieve.filters.operators.surrogate import Surrogate
from gemsieve.filters.redact import merge, redact, rewrite


@given(st.data())
def test_only_the_spans_change(data: st.DataObject) -> None:
    """Undoing the cuts gives the original, and what lies between them is untouched."""
    text = data.draw(own.texts)
    redaction = rewrite(text, data.draw(own.edits(text)), own.KEY)
    rebuilt, read = "", 0
    for cut in redaction.cuts:
        rebuilt += redaction.text[read : cut.replaced[0]]
        assert len(rebuilt) == cut.original[0]
        rebuilt += text[slice(*cut.original)]
        read = cut.replaced[1]
    assert rebuilt + redaction.text[read:] == text


@given(st.data())
def test_every_finding_is_inside_a_cut(data: st.DataObject) -> None:
    """Every character of every finding is replaced, and no character outside all findings is."""
    text = data.draw(own.texts)
    found = data.draw(own.edits(text))
    cut = {i for c in rewrite(text, found, own.KEY).cuts for i in range(*c.original)}
    assert cut == {i for edit in found for i in range(*edit.span)}


@given(st.data())
def test_order_does_not_matter(data: st.DataObject) -> None:
    """A permutation of the edits gives the same redaction."""
    text = data.draw(own.texts)
    found = data.draw(own.edits(text))
    shuffled = data.draw(st.permutations(found))
    assert rewrite(text, found, own.KEY) == rewrite(text, shuffled, own.KEY)


@given(st.data())
def test_locate_is_the_way_back(data: st.DataObject) -> None:
    """A span of the new text outside all replacements names the same characters in the old."""
    text = data.draw(own.texts)
    redaction = rewrite(text, data.draw(own.edits(text)), own.KEY)
    if not redaction.text:
        return
    start, end = data.draw(own.spans(len(redaction.text)))
    place = redaction.locate((start, end))
    touched = [c for c in redaction.cuts if c.replaced[0] < end and start < c.replaced[1]]
    if not touched:
        assert place is not None
        assert text[slice(*place)] == redaction.text[start:end]
    elif place is None:
        cut = redaction.cut((start, end))
        assert touched == [cut]
    else:
        assert redaction.cut((start, end)) is None
        assert all(place[0] <= c.original[0] and c.original[1] <= place[1] for c in touched)


@pytest.mark.parametrize("text", ["", "ab1@. \ud800"])
def test_findings_alone_get_placeholders(text: str) -> None:
    """`redact` writes one for every finding with a place; those of whole texts have none."""
    found = [Finding("pii.word", 1, (0, len(text)))] if text else []
    found.append(Finding("size.characters", 3.0))
    assert redact(text, found).text == ("<WORD>" if text else "")


@pytest.mark.parametrize("span", [(2, 2), (-1, 1), (0, 5)])
def test_a_span_outside_the_text_is_refused(span: tuple[int, int]) -> None:
    """A redaction that might hide the wrong words is none."""
    with pytest.raises(ValueError, match=r"pii\.a: span .* in a text of 4 characters"):
        redact("text", [Finding("pii.a", 1, span)])


FRONT, BACK = Mask(chars_to_mask=2), Mask(chars_to_mask=4, from_end=True)
OVERLAPS = [
    # The edits (label, span, operator), and the label, span and operator that stand.
    ([("b", (2, 6), REDACT), ("a", (0, 4), REDACT)], [("a", (0, 6), REDACT)]),
    (
        [("a", (0, 4), REDACT), ("c", (4, 5), REDACT)],
        [("a", (0, 4), REDACT), ("c", (4, 5), REDACT)],
    ),
    # One span: whatever reveals least, and its label.
    ([("a", (0, 4), Encrypt()), ("b", (0, 4), Hash())], [("b", (0, 4), Hash())]),
    ([("a", (0, 4), Hash()), ("b", (0, 4), Replace("x"))], [("b", (0, 4), Replace("x"))]),
    ([("a", (0, 4), Replace("x")), ("b", (0, 4), REDACT)], [("b", (0, 4), REDACT)]),
    ([("a", (0, 4), Surrogate()), ("b", (0, 4), Encrypt())], [("b", (0, 4), Encrypt())]),
    ([("a", (0, 4), Mask()), ("b", (0, 4), Surrogate())], [("b", (0, 4), Surrogate())]),
    ([("a", (0, 4), FRONT), ("b", (0, 4), FRONT)], [("a", (0, 4), FRONT)]),
    ([("a", (0, 4), FRONT), ("b", (0, 4), Mask())], [("b", (0, 4), Mask())]),
    # One inside another: the outer one's, unless it would show some of the inner.
    ([("a", (0, 6), Surrogate()), ("b", (2, 4), REDACT)], [("a", (0, 6), Surrogate())]),
    ([("a", (0, 6), FRONT), ("b", (2, 4), FRONT)], [("a", (0, 6), REDACT)]),
    ([("a", (0, 6), Mask()), ("b", (2, 4), REDACT)], [("a", (0, 6), Mask())]),
    # In part: whatever reveals less, for the stretch is one value of neither.
    ([("a", (0, 4), Surrogate()), ("b", (2, 6), Hash())], [("a", (0, 6), Hash())]),
    ([("a", (0, 4), Encrypt()), ("b", (2, 6), Encrypt())], [("a", (0, 6), Encrypt())]),
    ([("a", (0, 4), FRONT), ("b", (2, 6), FRONT)], [("a", (0, 6), REDACT)]),
    # Two masks that hide different ends of one span would show one another's.
    ([("a", (0, 4), FRONT), ("b", (0, 4), BACK)], [("b", (0, 4), REDACT)]),
]


@pytest.mark.parametrize(("edits", "standing"), OVERLAPS)
def test_overlaps_resolve_once(
    edits: list[tuple[str, Span, Operator]], standing: list[tuple[str, Span, Operator]]
) -> None:
    """The documented rule, row by row."""
    merged = merge(Edit(Finding(f"pii.{x}", 1, span), operator) for x, span, operator in edits)
    found = [(e.finding.label.removeprefix("pii."), e.span, e.operator) for e in merged]
    assert found == standing
