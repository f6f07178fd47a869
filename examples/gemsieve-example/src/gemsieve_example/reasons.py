"""A reporter: how often each reason was given, as a table for a spreadsheet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any


def reasons(numbers: Mapping[str, Any]) -> dict[str, str]:
    """Return one file, made of the numbers of `report.json`."""
    counts: Counter[tuple[str, str]] = Counter()
    for _source, label, action, *_, records in numbers["tally"]["reasons"]:
        counts[action, label] += records
    rows = [f"{action},{label},{n}" for (action, label), n in sorted(counts.items())]
    return {"reasons.csv": "\n".join(["action,label,records", *rows]) + "\n"}
