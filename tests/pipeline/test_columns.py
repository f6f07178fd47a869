"""Rules on columns in a job: they are read, never written, and counted like other reasons."""

from __future__ import annotations

import json
import re
from contextlib import nullcontext
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.pipeline.beam_warnings import BEAM_WARNINGS

from gemsieve.pipeline.job import Job
from gemsieve.pipeline.run import run_job

pytestmark = [*BEAM_WARNINGS, pytest.mark.usefixtures("in_process")]

POLICY = """
name = "consent"
[[columns]]
column = "license"
is_not = ["cc0-*", "cc-by-*"]
[[columns]]
column = "opt_out"
is = true
missing = "keep"
"""


def test_a_job_drops_by_licence_and_opt_out(tmp_path: Path) -> None:
    """JSON's and Parquet's values alike; the manifest's books and the report count each reason."""
    rows: list[dict[str, object]] = [
        {"text": "one", "license": ["CC0-1.0"]},
        {"text": "two", "license": ["CC0-1.0", "MIT"]},
        {"text": "three", "license": ["cc-by-4.0"], "opt_out": True},
        {"text": "four", "license": ["cc-by-4.0"], "opt_out": False},
        {"text": "five"},
    ]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    table = {key: [row.get(key) for row in rows] for key in ("text", "license", "opt_out")}
    pq.write_table(pa.table(table), tmp_path / "b.parquet")
    job = Job(str(tmp_path / "out"), POLICY, "consent.toml")
    inputs = [str(tmp_path / "a.jsonl"), str(tmp_path / "b.parquet")]
    outcome = run_job(job, inputs, 1, [], lambda *_: nullcontext())
    assert outcome.manifest.counts == {"in": 10, "kept": 4, "dropped": 6, "quarantined": 0}
    kept = [row for path in outcome.manifest.kept for row in pq.read_table(path).to_pylist()]
    assert [row["text"] for row in kept] == ["one", "four"] * 2
    assert "license" not in kept[0]
    numbers = json.loads((tmp_path / "out/report/report.json").read_text())
    counts = {tuple(row[1:-1]): 0 for row in numbers["tally"]["reasons"]}
    for row in numbers["tally"]["reasons"]:
        counts[tuple(row[1:-1])] += row[-1]
    assert {key[0]: n for key, n in counts.items()} == {"column.license": 4, "column.opt_out": 2}
    page = (tmp_path / "out/report/index.html").read_text()
    assert "column.license" in re.sub("<[^>]*>", "", page)
