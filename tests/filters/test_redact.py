"""Redaction: nothing redacted survives, nothing else changes, and the way back is right."""

from hypothesis import given
from hypothesis import strategies as st
from tests import strategies as own

from gemsieve.filters import Finding
from gemsieve.filters.redact import Redaction, merge, placeholder, redact


@given(st.data())
def test_only_the_spans_change(data: st.DataObject) -> None:
    """Undoing the cuts gives the original, and what lies between them is untouched."""
    text = data.draw(own.texts)
    redaction = redact(text, data.draw(own.findings(text)))
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
    found = data.draw(own.findings(text))
    cut = {i for c in redact(text, found).cuts for i in range(*c.original)}
    assert cut == {i for f in found if f.span for i in range(*f.span)}


@given(st.data())
def test_order_of_findings_does_not_matter(data: st.DataObject) -> None:
    """A permutation of the findings gives the same redaction."""
    text = data.draw(own.texts)
    found = data.draw(own.findings(text))
    assert redact(text, found) == redact(text, data.draw(st.permutations(found)))


@given(st.data())
def test_locate_is_the_way_back(data: st.DataObject) -> None:
    """A span of the new text outside all placeholders names the same characters in the old."""
    text = data.draw(own.texts)
    redaction = redact(text, data.draw(own.findings(text)))
    if not redaction.text:
        return
    start, end = data.draw(own.spans(len(redaction.text)))
    place = redaction.locate((start, end))
    touched = [c for c in redaction.cuts if c.replaced[0] < end and start < c.replaced[1]]
    if not touched:
        assert place is not None
        assert text[slice(*place)] == redaction.text[start:end]
    elif place is not None:
        assert all(place[0] <= c.original[0] and c.original[1] <= place[1] for c in touched)


def test_the_first_and_longest_names_an_overlap() -> None:
    """Overlapping findings become one placeholder; touching ones stay two."""
    overlap = [
        Finding("pii.b", 1, (2, 6)),
        Finding("pii.a", 1, (0, 4)),
        Finding("pii.c", 1, (6, 7)),
    ]
    assert merge(overlap) == [((0, 6), "pii.a"), ((6, 7), "pii.c")]
    assert redact("0123456789", overlap) == Redaction(
        "<A><C>789", redact("0123456789", overlap).cuts
    )


def test_a_placeholder_is_presidios() -> None:
    """The kind of the label, upper case, in angle brackets."""
    assert placeholder("pii.email_address") == "<EMAIL_ADDRESS>"
