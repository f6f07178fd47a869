"""`--limit` takes the first records of a plan; a dry run tells of them and writes nothing."""

from __future__ import annotations

import gzip
import json
from contextlib import nullcontext
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.pipeline.beam_warnings import BEAM_WARNINGS

from gemsieve.cli import main
from gemsieve.pipeline.job import Job
from gemsieve.pipeline.reading.limit import limited
from gemsieve.pipeline.reading.read import read
from gemsieve.pipeline.reading.record import Meter
from gemsieve.pipeline.reading.slices import plan
from gemsieve.pipeline.run import OutputError, run_job

pytestmark = [*BEAM_WARNINGS, pytest.mark.usefixtures("in_process")]
POLICY = """
name = "mails"
[[columns]]
column = "opt_out"
is = true
missing = "keep"
[[corpus]]
labels = "pii.*"
action = "redact"
"""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three files of ten records: lines, compressed lines with a fault, and row groups."""
    folder = tmp_path_factory.mktemp("corpus")
    rows = [{"text": f"record {i}", "opt_out": i % 5 == 4} for i in range(10)]
    rows[1]["text"] = "write to harbour.master@example.com"
    lines = [json.dumps(row) for row in rows]
    (folder / "a.jsonl").write_text("\n".join(lines) + "\n")
    packed = gzip.compress("\n".join([*lines[:9], "{"]).encode(), mtime=0)
    (folder / "b.jsonl.gz").write_bytes(packed)
    pq.write_table(pa.table({"text": [str(i) for i in range(10)]}), folder / "c.parquet", 3)
    return folder


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(most=st.integers(1, 40), size=st.sampled_from([1, 60, 1 << 20]))
def test_the_first_records_are_taken(corpus: Path, most: int, size: int) -> None:
    """However the files are cut, a limit leaves the first records of the whole plan, each once."""
    pieces = plan([str(corpus / "*")], size)
    every = [
        (piece.source, record.number)
        for piece in pieces
        for record in read(piece, "text", (), Meter())
    ]
    taken = [
        (piece.source, record.number)
        for piece in limited(pieces, most, "text")
        for record in read(piece, "text", (), Meter())
    ]
    assert len(every) == 30
    assert taken == every[:most]


def test_a_limited_job_balances_and_is_a_job_of_its_own(corpus: Path, tmp_path: Path) -> None:
    """The books hold the first records; another limit is another job."""
    job = Job(str(tmp_path / "out"), POLICY, "mails.toml", limit=13)
    outcome = run_job(job, [str(corpus / "*")], 1, [], lambda *_: nullcontext())
    assert outcome.manifest.counts == {"in": 13, "kept": 11, "dropped": 2, "quarantined": 0}
    assert [entry["records"] for entry in outcome.manifest.inputs] == [10, 3]
    assert outcome.manifest.settings["limit"] == 13
    other = Job(str(tmp_path / "out"), POLICY, "mails.toml", limit=14)
    with pytest.raises(OutputError, match="holds a finished job"):
        run_job(other, [str(corpus / "*")], 1, [], lambda *_: nullcontext())


def test_a_dry_run_tells_each_record_and_writes_nothing(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ids with their verdicts in order, the counts by reason, the same as a job's; and no file."""
    (tmp_path / "mails.toml").write_text(POLICY)
    command = ["filter", "--policy", str(tmp_path / "mails.toml"), "--dry-run", "--verbose"]
    assert main([*command, "--input", str(corpus / "*"), "--limit", "20"]) == 0
    *records, books, first, second, third, last = capsys.readouterr().out.splitlines()
    assert [line.split("\t")[0] for line in records] == [
        f"{name}:{i}" for name in ("a.jsonl", "b.jsonl.gz") for i in range(1, 11)
    ]
    assert records[0] == "a.jsonl:1\tkeep"
    assert records[1] == "a.jsonl:2\tredact\tpii.email_address"
    assert records[4] == "a.jsonl:5\tdrop\tcolumn.opt_out"
    assert records[-1] == "b.jsonl.gz:10\tquarantine\tmalformed_json"
    assert books == ("20 records in = 16 kept (2 of them redacted) + 3 dropped + 1 quarantined")
    assert [line.split() for line in (first, second, third)] == [
        ["3", "drop", "column.opt_out"],
        ["1", "quarantine", "malformed_json"],
        ["2", "redact", "pii.email_address"],
    ]
    assert last == "dry run: nothing was written"
    assert [path.name for path in tmp_path.iterdir()] == ["mails.toml"]


def test_verbose_is_of_a_dry_run(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A job that writes does not print its records."""
    assert main(["filter", "--verbose", "--input", str(corpus / "*"), "--output", "x"]) == 2
    assert "--verbose: is for a --dry-run" in capsys.readouterr().err
