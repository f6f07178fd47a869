"""What the inspector's page may ask, answered with plain data."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard, cast

from gemsieve.pipeline.inspector.export import NEEDED, Export, export
from gemsieve.pipeline.inspector.facets import Facets
from gemsieve.pipeline.inspector.marks import Mark, Marks, MarksError, Verdict
from gemsieve.pipeline.inspector.original import Originals
from gemsieve.pipeline.inspector.output import Output
from gemsieve.pipeline.inspector.pieces import plain
from gemsieve.pipeline.inspector.precision import precision
from gemsieve.pipeline.inspector.query import Query
from gemsieve.pipeline.inspector.record import Records
from gemsieve.pipeline.inspector.scan import Scans

PAGE = 20  # records in a list
PATIENCE = 0.6  # seconds that an answer waits for its first page
NOTE_CHARACTERS = 2000

Asked = Mapping[str, list[str]]  # the fields of a URL's query


class RefusedError(Exception):
    """What was asked cannot be answered; `status` is HTTP's, and no text is repeated."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass
class Inspector:
    """An output, its marks, and what was asked of them so far."""

    output: Output
    marks: Marks
    originals: Originals | None = None
    records: Records = field(init=False)
    scans: Scans = field(init=False)
    facets: Facets = field(init=False)

    def __post_init__(self) -> None:
        self.records = Records(self.output, self.originals)
        self.scans = Scans(self.output)
        self.facets = Facets(self.output)

    def about(self, _: Asked) -> dict[str, Any]:
        """Return what is looked at."""
        output = self.output
        return {
            "folder": output.folder.name,
            "state": output.state,
            "policy": output.policy,
            "counts": dict(output.counts),
            "records": output.records,
            "inputs": self.originals is not None,
            "page": PAGE,
            "marks": self.marks.path.name,
        }

    def words(self, _: Asked) -> dict[str, Any]:
        """Return the labels, reasons and sources that there are, as far as they were counted."""
        return self.facets.told()

    def search(self, asked: Asked) -> dict[str, Any]:
        """Return a page of the records that answer a query, as far as it was put to them."""
        page, seed, query = number(asked, "page") or 0, number(asked, "seed"), query_of(asked)
        scan = self.scans.of(query)
        first = page * PAGE
        scan.wait(lambda one: seed is None and one.total >= first + PAGE, PATIENCE)
        if scan.failed:
            raise RefusedError(
                500, "a shard could not be read; `gemsieve filter` again, or check the disk"
            )
        found = scan.page(first, PAGE, seed)
        marked = {mark.record for mark in self.marks.of(found)}
        rows = [self.records.glance(n, query.words) | {"marked": n in marked} for n in found]
        return {"total": scan.total, "done": scan.done, "share": scan.share, "rows": rows}

    def record(self, asked: Asked) -> dict[str, Any]:
        """Return a record with its texts and marks; `show` names the findings to be seen."""
        n = self._known(number(asked, "n"))
        told = self.records.whole(n, shown(asked.get("show", [""])[0]))
        places = [(f["label"], f["start"], f["end"]) for f in told["findings"]]
        marks = [
            {
                "finding": places.index(mark.place) if mark.place in places else None,
                "label": mark.label,
                "start": mark.start,
                "end": mark.end,
                "verdict": mark.verdict,
                "meant": mark.meant,
                "note": mark.note,
            }
            for mark in self.marks.of([n])
        ]
        return told | {"marks": marks}

    def marked(self, _: Asked) -> dict[str, Any]:
        """Return how many marks there are and how often labels were right."""
        marks = self.marks.every()
        records = len({mark.record for mark in marks})
        return {"marks": len(marks), "records": records, "labels": precision(marks)}

    def mark(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Write down a mark and return the new counts."""
        n = self._known(body.get("n"))
        (row,) = self.records.rows([n])
        label, start, end = self._place(row, body)
        self._kept(
            Mark(
                n,
                tuple(row["reasons"]),
                label,
                start,
                end,
                cast("Verdict", body["verdict"]),
                word(body, "meant", 200),
                word(body, "note", NOTE_CHARACTERS),
            )
        )
        return self.marked({})

    def _place(
        self, row: Mapping[str, Any], body: Mapping[str, Any]
    ) -> tuple[str | None, int | None, int | None]:
        verdict, place = body.get("verdict"), body.get("finding")
        if verdict == "missed":
            start, end, label = body.get("start"), body.get("end"), word(body, "meant", 200)
            if not (whole(start) and whole(end) and 0 <= start < end and label):
                raise RefusedError(400, "a missed finding has start, end and the label meant")
            return label, start, end
        if verdict not in ("right", "wrong"):
            raise RefusedError(400, "verdict: right, wrong or missed")
        if place is None:
            return None, None, None
        if not whole(place) or not 0 <= place < len(row["findings"]):
            raise RefusedError(400, "finding: there is no such finding")
        found = row["findings"][place]
        return found["label"], found["start"], found["end"]

    def _kept(self, mark: Mark) -> None:
        try:
            self.marks.add(mark)
        except (MarksError, OSError) as error:
            raise RefusedError(500, f"the mark was not kept: {error}") from None

    def undo(self, _: Mapping[str, Any]) -> dict[str, Any]:
        """Take back the last mark and return the new counts and its record, null where none is."""
        try:
            record = self.marks.undo()
        except MarksError as error:
            raise RefusedError(500, str(error)) from None
        if record is None:
            return {"record": None} | self.marked({})
        (row,) = self.records.rows([record])
        left = bool(self.marks.of([record]))
        return {"record": record, "id": plain(row["id"]), "marked": left} | self.marked({})

    def export(self, asked: Asked) -> Export:
        """Return the marks as labelled texts."""
        purpose = asked.get("for", ["all"])[0]
        if purpose not in NEEDED:
            raise RefusedError(400, f"for: one of {', '.join(NEEDED)}")
        return export(self.records, self.marks, purpose)

    def _known(self, n: object) -> int:
        if not whole(n) or not 0 <= n < self.output.records:
            raise RefusedError(404, "there is no such record")
        return n


def query_of(asked: Asked) -> Query:
    """Return the query that a URL asks."""
    found = Query(
        outcomes=tuple(sorted(set(asked.get("outcome", [])))),
        **{name: asked.get(name, [""])[0].strip() for name in ("reason", "label", "source")},
        words=asked.get("words", [""])[0],
        low=score(asked, "low"),
        high=score(asked, "high"),
    )
    if not found.label and (found.low, found.high) != (None, None):
        raise RefusedError(
            400, "a score is a finding's: name the finding, or a pattern such as pii.*"
        )
    return found


def number(asked: Asked, name: str) -> int | None:
    """Return a field that is a whole number, None where there is none."""
    said = asked.get(name, [""])[0]
    if not said:
        return None
    if not (said.isascii() and said.isdigit() and len(said) < 16):
        raise RefusedError(400, f"{name}: a whole number from 0 on")
    return int(said)


def score(asked: Asked, name: str) -> float | None:
    """Return a field that is a score, None where there is none."""
    said = asked.get(name, [""])[0]
    try:
        value = float(said) if said else None
    except ValueError:
        value = math.nan
    if value is not None and not math.isfinite(value):
        raise RefusedError(400, f"{name}: a number")
    return value


def shown(said: str) -> Collection[int] | None:
    """Return the findings that are to be seen: none of them, those named, or all (None)."""
    if said == "all":
        return None
    parts = said.split(",") if said else []
    if not all(part.isascii() and part.isdigit() for part in parts):
        raise RefusedError(400, "show: all, or numbers of findings")
    return frozenset(int(part) for part in parts)


def word(body: Mapping[str, Any], name: str, most: int) -> str:
    """Return a field of words, "" where there is none."""
    said = body.get(name) or ""
    if not isinstance(said, str) or len(said) > most:
        raise RefusedError(400, f"{name}: at most {most} characters")
    return said.strip()


def whole(value: object) -> TypeGuard[int]:
    """Say whether a value of JSON's is a whole number."""
    return isinstance(value, int) and not isinstance(value, bool)
