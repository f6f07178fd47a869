"""Records of an output as plain data for the inspector's page."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gemsieve.filters.finding import Span
from gemsieve.pipeline.inspector.original import Originals
from gemsieve.pipeline.inspector.output import Group, Output
from gemsieve.pipeline.inspector.pieces import LONGEST, pieces, plain
from gemsieve.pipeline.inspector.places import Hidden, given, hidden, knowable

if TYPE_CHECKING:
    import pyarrow as pa

TABLES = 8  # row groups that are remembered, of some 16 MB each
GLANCE = 240  # characters of a text in a list
BEFORE = 60  # of them before the words that were searched for

# Columns with a place of their own on the page, and the struct of an annotation's, which nobody
# sieved; the others are shown by their names.
KNOWN = frozenset(
    {"id", "source", "text", "action", "reasons", "findings", "reason", "fault", "transforms"}
)
UNSIEVED = "columns"
READ, KEPT, STORED = "as it was read", "as it was kept", "as it was stored"
ELSEWHERE = (
    "The findings' places are those of the text as it was read, which is not stored here: give the"
    " inputs by --input."
)


class Records:
    """Reads records by their numbers; safe among threads."""

    def __init__(self, output: Output, originals: Originals | None) -> None:
        self._output = output
        self._originals = originals
        self._lock = threading.Lock()
        self._tables: OrderedDict[int, pa.Table] = OrderedDict()

    def rows(self, numbers: Sequence[int]) -> list[dict[str, Any]]:
        """Return records as their shards hold them, with `n`, `outcome` and every known column."""
        return [self._row(self._output.group(n), n) for n in numbers]

    def _row(self, group: Group, number: int) -> dict[str, Any]:
        row: dict[str, Any] = dict.fromkeys(KNOWN)
        row |= self._table(group).slice(number - group.first, 1).to_pylist()[0]
        row |= {"n": number, "outcome": group.file.outcome}
        row["source"] = row["source"] or row["id"].rpartition(":")[0]
        for name in ("reasons", "findings", "transforms"):
            row[name] = row[name] or []
        return row

    def _table(self, group: Group) -> pa.Table:
        with self._lock:
            table = self._tables.pop(group.first, None)
            if table is None:
                table = group.read(sorted(group.file.columns))
            self._tables[group.first] = table
            if len(self._tables) > TABLES:
                self._tables.popitem(last=False)
            return table

    def glance(self, number: int, words: str) -> dict[str, Any]:
        """Return a record in a few lines, around the words that were searched for."""
        (row,) = self.rows([number])
        told = {name: row[name] for name in ("n", "id", "outcome", "source", "action", "reasons")}
        told |= {"fault": row["reason"] or row["fault"]} | named(row)
        text = row["text"]
        if text is None:
            return told | {"pieces": None}
        at = text.lower().find(words.lower()) if words else 0
        first = max(0, at - BEFORE)
        window = first, min(len(text), first + GLANCE)
        (places, written), _ = self.places(row)
        return told | {"pieces": list(pieces(text, places, written, window))}

    def whole(self, number: int, shown: Collection[int] | None) -> dict[str, Any]:
        """Return a record with its texts; findings are masked but for those in `shown`."""
        (row,) = self.rows([number])
        told = {name: row[name] for name in KNOWN - {"text", "reason"}}
        told |= {"n": number, "outcome": row["outcome"], "fault": row["reason"] or row["fault"]}
        told |= named(row)
        told["columns"] = {
            plain(name): plain(str(value))
            for name, value in row.items()
            if name not in told.keys() | KNOWN | {UNSIEVED} and value is not None
        }
        told["findings"] = [finding(one, row["reasons"]) for one in row["findings"]]
        return told | self.texts(row, shown)

    def texts(self, row: Mapping[str, Any], shown: Collection[int] | None) -> dict[str, Any]:
        """Return the texts of a record that are at hand, and why there are not more."""
        texts: list[dict[str, Any]] = []
        note = ""
        original = self._originals.of(row["id"]) if self._originals else None
        if original is not None and original.text is not None and original.text != row["text"]:
            texts.append(block(READ, original.text, given(row["findings"]), shown))
        if row["text"] is not None:
            (places, written), known = self.places(row)
            name = KEPT if row["outcome"] == "kept" else STORED
            seen = None if shown is None else written.union(shown)
            texts.append(block(name, row["text"], places, seen))
            note = "" if known or len(texts) > 1 else ELSEWHERE
        if not texts:
            note = self._why_none(row, original.fault if original else None)
        return {"texts": texts, "note": note}

    def places(self, row: Mapping[str, Any]) -> tuple[Hidden, bool]:
        """Return where findings stand in the stored text, and whether that is known."""
        text, findings = row["text"], row["findings"]
        rewritten = row["action"] == "redact" or row["transforms"]
        if not rewritten:
            return Hidden(given(findings), frozenset()), True
        if knowable(self._output.operators, row["transforms"]):
            return hidden(findings, text, row["reasons"]), True
        return Hidden({}, frozenset()), not given(findings)

    def original(self, row: Mapping[str, Any]) -> str | None:
        """Return a record's text as it was read; None where it is not at hand."""
        if row["text"] is not None and row["action"] in ("keep", None) and not row["transforms"]:
            return str(row["text"])
        found = self._originals.of(row["id"]) if self._originals else None
        return found.text if found else None

    def _why_none(self, row: Mapping[str, Any], fault: str | None) -> str:
        if fault:
            return f"The input holds no text for it: {fault}."
        if self._originals:
            return "The inputs given by --input hold no such record."
        kind = "quarantined" if row["outcome"] == "quarantined" else "dropped"
        return f"No text is stored for what was {kind}: give the inputs by --input."


def named(row: Mapping[str, Any]) -> dict[str, str]:
    """Return a record's id and source as they can be shown: both may come from the corpus."""
    return {"id": plain(row["id"]), "source": plain(row["source"])}


def block(
    name: str, text: str, places: Mapping[int, Span], shown: Collection[int] | None
) -> dict[str, Any]:
    """Return one text for the page."""
    told = list(pieces(text, places, shown))
    return {"name": name, "characters": len(text), "cut": len(text) > LONGEST, "pieces": told}


def finding(row: Mapping[str, Any], reasons: Collection[str]) -> dict[str, Any]:
    """Return one finding for the page; one without a place can be judged where it is a reason."""
    score = row["score"]
    acted = row["label"] in reasons
    return {
        **row,
        "score": score if math.isfinite(score) else None,
        "reason": acted,
        "judged": acted or row["start"] is not None,
    }
