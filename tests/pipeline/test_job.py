"""The job from end to end, through Beam: balanced books, the same bytes, and resumption."""

import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import nullcontext
from hashlib import sha256
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import zstandard
from tests.pipeline.beam_warnings import BEAM_WARNINGS
from tests.pipeline.in_process import here

from gemsieve.cli import main
from gemsieve.filters.catalogue import policy_text
from gemsieve.pipeline.job import Job
from gemsieve.pipeline.manifest import NAME, OUTCOMES, verify
from gemsieve.pipeline.run import Outcome, OutputError, run_job

pytestmark = BEAM_WARNINGS

PROSE = (
    "The harbour master keeps a ledger of every boat that comes in with the tide, and of the"
    " people who have business with it. She writes to each of them in the evening, when the"
    " light is good, and the letters are read with care by those who wait for news of the sea."
    " Most of the boats carry fish and timber, and some of them carry nothing but the wind."
)


def write_corpus(folder: Path) -> int:
    """Write four small files of every readable kind, with faults; return their records."""
    folder.mkdir()
    good = [json.dumps({"text": f"{PROSE} Page {i}.", "site": f"s{i % 2}"}) for i in range(40)]
    mail = json.dumps({"text": f"{PROSE} Write to harbour.master@example.com for a berth."})
    short = json.dumps({"text": "Too short."})
    broken = '{"text": '
    (folder / "a.jsonl").write_text("\n".join([*good, mail, short, broken]) + "\n")
    packed = "\n".join([mail, broken, *good]).encode()
    (folder / "b.jsonl.gz").write_bytes(gzip.compress(packed, mtime=0))
    (folder / "c.jsonl.zst").write_bytes(zstandard.ZstdCompressor().compress(packed))
    import pyarrow as pa

    pq.write_table(pa.table({"text": [PROSE, None, "short"]}), folder / "d.parquet")
    return 43 + 42 + 42 + 3


def job(output: Path, **settings: object) -> Job:
    """Return a job under the shipped policy."""
    text, name = policy_text(None)
    return Job(str(output), text, name, **settings)  # type: ignore[arg-type]


def run(output: Path, corpus: Path, workers: int = 1, **settings: object) -> Outcome:
    """Run a job without a bar."""
    patterns = [str(corpus / "*")]
    return run_job(job(output, **settings), patterns, workers, [], lambda *_: nullcontext())


def tree(folder: Path) -> dict[str, str]:
    """Return the digest of every file but the report, whose timings are exempt."""
    return {
        path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).parts[0] != "report"
    }


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of every kind of file."""
    folder = tmp_path_factory.mktemp("corpus") / "in"
    write_corpus(folder)
    return folder


@pytest.fixture(scope="module")
def once(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The corpus sieved by one worker."""
    output = tmp_path_factory.mktemp("once") / "out"
    run(output, corpus)
    return output


def rows(output: Path, outcome: str) -> Iterator[dict[str, object]]:
    """Yield an outcome's rows in order."""
    for path in sorted((output / outcome).glob("*.parquet")):
        yield from pq.read_table(path).to_pylist()


def test_the_books_balance(once: Path, tmp_path: Path) -> None:
    """Every record comes out once, under its own number, and the manifest verifies."""
    books = verify(once)
    expected = write_corpus(tmp_path / "again")
    assert books.counts["in"] == expected == sum(books.counts[o] for o in OUTCOMES)
    ids = [row["id"] for outcome in OUTCOMES for row in rows(once, outcome)]
    assert len(set(ids)) == len(ids) == expected
    assert {"a.jsonl:43", "b.jsonl.gz:2", "c.jsonl.zst:2", "d.parquet:2"} == {
        row["id"] for row in rows(once, "quarantined")
    }
    assert [entry["records"] for entry in books.inputs] == [43, 42, 42, 3]


def test_planted_mail_is_redacted_and_nothing_leaks(once: Path) -> None:
    """The address is gone from every file of the output; its placeholder stands in the text."""
    redacted = [row for row in rows(once, "kept") if row["action"] == "redact"]
    assert len(redacted) == 3
    assert all("Write to <EMAIL_ADDRESS> for a berth." in str(row["text"]) for row in redacted)
    assert all(row["reasons"] == ["pii.email_address"] for row in redacted)
    for path in once.rglob("*"):
        if path.suffix == ".parquet":
            content = json.dumps(pq.read_table(path).to_pylist())
        elif path.is_file():
            content = path.read_text()
        else:
            continue
        assert "harbour.master" not in content, path


def test_dropped_records_say_why_and_not_what(once: Path) -> None:
    """A dropped record has reasons and findings, and no text."""
    dropped = list(rows(once, "dropped"))
    assert {row["id"] for row in dropped} == {"a.jsonl:42", "d.parquet:3"}
    for row in dropped:
        assert "quality.gopher.word_count" in row["reasons"]  # type: ignore[operator]
        assert set(row) == {"id", "source", "reasons", "findings"}


def test_the_output_describes_itself(once: Path) -> None:
    """Croissant's validator reads each kept record of a real job; the manifest names the documents.

    The report knows how long each stage took.
    """
    mlcroissant = pytest.importorskip("mlcroissant")
    found = mlcroissant.Dataset(str(once / "croissant.json"))
    texts = [row["records/text"].decode() for row in found.records("records")]
    assert texts == [row["text"] for row in rows(once, "kept")]
    told = {document["path"]: document["sha256"] for document in verify(once).documents}
    assert told == {name: sha256((once / name).read_bytes()).hexdigest() for name in told}
    assert set(told) == {"README.md", "croissant.json"}
    stages = json.loads((once / "report" / "report.json").read_text())["throughput"]["stages"]
    assert {"read", "detect pii", "detect toxicity", "decide", "write", "leak check"} <= set(stages)


def test_nothing_but_the_outcome_is_left(once: Path) -> None:
    """Drafts, receipts and heartbeats are gone when the manifest is there."""
    documents = {"README.md", "croissant.json"}
    assert {path.name for path in once.iterdir()} == {*OUTCOMES, *documents, "report", NAME}


def test_two_workers_write_the_same_bytes(once: Path, corpus: Path, tmp_path: Path) -> None:
    """Two processes give byte for byte what one gives."""
    run(tmp_path / "out", corpus, workers=2)
    assert tree(tmp_path / "out") == tree(once)


def test_columns_pass_by_name_and_sieved(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only columns that were asked for are in kept shards, and a source field names the source."""
    here(monkeypatch)
    run(tmp_path / "out", corpus, columns=("site",), source_field="site")
    kept = list(rows(tmp_path / "out", "kept"))
    assert {row["site"] for row in kept} == {"s0", "s1", None}
    assert {row["source"] for row in kept} > {"s0", "s1"}


def test_a_finished_job_is_not_run_again_and_another_is_refused(
    once: Path, corpus: Path, tmp_path: Path
) -> None:
    """The same job over a finished folder changes nothing; another job is told to go elsewhere."""
    before = tree(once)
    assert run(once, corpus).manifest.counts == verify(once).counts
    assert tree(once) == before
    with pytest.raises(OutputError, match="finished job"):
        run(once, corpus, text_field="body")
    shutil.copytree(corpus, tmp_path / "grown")
    with (tmp_path / "grown" / "a.jsonl").open("a") as file:
        file.write('{"text": "one more"}\n')
    with pytest.raises(OutputError, match="finished job"):
        run(once, tmp_path / "grown")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("not yours")
    with pytest.raises(OutputError, match="not empty"):
        run(tmp_path / "mine", corpus)


@pytest.mark.slow
def test_a_killed_job_resumes_to_the_same_bytes(once: Path, corpus: Path, tmp_path: Path) -> None:
    """SIGKILL after a slice: no manifest, no strange file among the shards; run again: the same."""
    output = tmp_path / "out"
    command = [sys.executable, "-m", "gemsieve.cli", "filter"]
    command += ["--input", str(corpus / "*"), "--output", str(output)]
    killed = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
    receipts = output / "_work" / "receipts"
    while not any(receipts.glob("*.json")) and killed.poll() is None:
        time.sleep(0.002)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    assert not (output / NAME).exists()
    for outcome in OUTCOMES:
        for path in (output / outcome).glob("*"):
            pq.read_table(path)
    done = {path.name: path.stat().st_mtime_ns for path in receipts.glob("*.json")}
    assert 0 < len(done) < 4
    outcome_ = run(output, corpus)
    assert outcome_.resumed == len(done)
    assert tree(output) == tree(once)


def test_mistakes_end_with_status_2_and_a_reason(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wrong flags, inputs and policies are told in a line, without a traceback or an output."""
    (tmp_path / "bad.toml").write_text('name = "x"\ncorpsu = 1')
    output = str(tmp_path / "out")
    good = ["filter", "--input", str(corpus / "*"), "--output", output]
    for arguments, reason in [
        (["filter", "--input", "none*", "--output", output], "none*: no such file"),
        ([*good, "--policy", str(tmp_path / "bad.toml")], "did you mean 'corpus'"),
        ([*good, "--no_such_beam_flag=1"], "--no_such_beam_flag=1: neither"),
        ([*good, "--runner=DaskRunner"], "DaskRunner mixes up"),
        ([*good, "--workers", "0"], "at least 1"),
    ]:
        assert main(arguments) == 2
        assert reason in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
