"""Marks as labelled texts: one JSON object a line, as `gemsieve eval` reads them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from gemsieve.filters.operators.operator import entity
from gemsieve.pipeline.inspector.marks import Mark, Marks
from gemsieve.pipeline.inspector.precision import by_record
from gemsieve.pipeline.inspector.record import Records

Purpose = Literal["all", "toxicity", "pii"]
# What a line must have for a purpose.
NEEDED: dict[Purpose, str] = {"all": "marks", "toxicity": "label", "pii": "spans"}
TOXIC = "toxicity."
PERSONAL = ("pii.", "names.")  # the labels that `gemsieve eval pii` looks at


@dataclass
class Export:
    """The lines of an export, and how many marked records had to be left out.

    Attributes:
        textless: Records whose text as it was read is not at hand.
        undecided: Records whose marks do not tell what the purpose asks.
    """

    lines: list[str] = field(default_factory=list)
    textless: int = 0
    undecided: int = 0


def export(records: Records, marks: Marks, purpose: Purpose) -> Export:
    """Return every marked record that serves a purpose, in the order of the output."""
    found = Export()
    for number, mine in by_record(marks.every()).items():
        (row,) = records.rows([number])
        text = records.original(row)
        told = line(row, mine)
        if NEEDED[purpose] not in told:
            found.undecided += 1
        elif text is None:
            found.textless += 1
        else:
            body = {"id": row["id"], "source": row["source"], "text": text} | told
            found.lines.append(json.dumps(body, ensure_ascii=False) + "\n")
    return found


def line(row: Mapping[str, Any], mine: Sequence[Mark]) -> dict[str, Any]:
    """Return what marks say of a record; `label` and `spans` only where they say them."""
    told: dict[str, Any] = {
        "outcome": row["outcome"],
        "reasons": row["reasons"],
        "marks": [said(mark) for mark in mine],
    }
    if (toxic := is_toxic(row, mine)) is not None:
        told["label"] = int(toxic)
    if (spans := personal(row, mine)) is not None:
        told["spans"] = spans
    return told


def said(mark: Mark) -> dict[str, Any]:
    """Return a mark as it is exported."""
    place = {"label": mark.label, "start": mark.start, "end": mark.end}
    told = {name: value for name, value in place.items() if value is not None}
    words = {"meant": mark.meant, "note": mark.note}
    return told | {"verdict": mark.verdict} | {name: word for name, word in words.items() if word}


def is_toxic(row: Mapping[str, Any], mine: Sequence[Mark]) -> bool | None:
    """Say whether marks call a text toxic; None where they do not tell.

    A finding or a label meant that is toxic decides; then the verdict, where toxicity was a reason
    or nothing was.
    """
    if any(mark.meant.startswith(TOXIC) for mark in mine):
        return True
    toxic = [mark for mark in mine if (mark.label or "").startswith(TOXIC)]
    if toxic:
        return any(mark.verdict == "right" for mark in toxic)
    blamed = any(label.startswith(TOXIC) for label in row["reasons"])
    for mark in mine:
        if mark.label is None and blamed:
            return mark.verdict == "right"
        if mark.label is None and not row["reasons"] and mark.verdict == "right":
            return False
    return None


def personal(row: Mapping[str, Any], mine: Sequence[Mark]) -> list[dict[str, Any]] | None:
    """Return the personal data in a text by its marks; None where they do not tell all of it.

    They do where each finding that counts is marked, by itself or with the verdict that it caused;
    and where a text was rightly kept as it was. Of a text that was dropped for something else every
    finding counts. A verdict that should have been about personal data does not tell where it is.
    """
    whole = next((mark for mark in mine if mark.label is None), None)
    if whole is not None and is_personal(whole.meant):
        return None
    found = [
        f for f in row["findings"] if f["label"].startswith(PERSONAL) and f["start"] is not None
    ]
    caused = [one for one in found if one["label"] in row["reasons"]]
    owed = caused or (found if row["reasons"] else [])
    rightly_kept = not row["reasons"] and whole is not None and whole.verdict == "right"
    marks = {mark.place: mark for mark in mine if mark.label is not None}
    spans = [missed(mark) for mark in mine if mark.verdict == "missed" and is_personal(mark.label)]
    if not (owed or rightly_kept or spans):
        return None
    for one in found:
        mark = marks.get((one["label"], one["start"], one["end"]))
        if mark is None and one in caused:
            mark = whole
        if mark is None and one in owed:
            return None
        if mark is not None:
            spans += spanned(one, mark)
    return sorted(spans, key=lambda span: (span["start"], span["end"], span["label"]))


def is_personal(label: str | None) -> bool:
    """Say whether a label is one of personal data."""
    return (label or "").startswith(PERSONAL)


def missed(mark: Mark) -> dict[str, Any]:
    """Return the span that a person found where no detector did."""
    return {"start": mark.start, "end": mark.end, "label": entity(mark.label or "")}


def spanned(one: Mapping[str, Any], mark: Mark) -> Iterator[dict[str, Any]]:
    """Yield the span that a finding comes to: as it is, under the label meant, or none."""
    label = one["label"] if mark.verdict == "right" else mark.meant
    if label.startswith(PERSONAL):
        yield {"start": one["start"], "end": one["end"], "label": entity(label)}
