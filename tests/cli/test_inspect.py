"""`gemsieve inspect`: what it serves, what it exports, and which mistakes it tells before."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest
from tests.pipeline.inspected import inspector

from gemsieve.cli import main
from gemsieve.pipeline.manifest import verify


@pytest.fixture
def out(inspected: Path, tmp_path: Path) -> Path:
    """A copy of the output with two marks beside it: a kept record, and a dropped one."""
    copy = shutil.copytree(inspected, tmp_path / "out")
    one = inspector(copy)
    for n in (0, one.output.counts["kept"]):
        one.mark({"n": n, "verdict": "right"})
    one.marks.close()
    return copy


def test_it_serves_the_page_until_it_is_told_to_stop(out: Path) -> None:
    """The address is printed and answers; Ctrl-C ends it."""
    command = [sys.executable, "-m", "gemsieve.cli", "inspect", str(out), "--no-open"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        url = process.stdout.readline().split()[-1]
        with urlopen(url) as answer:  # noqa: S310  # our own
            assert b"<title>Inspector</title>" in answer.read()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert url.startswith("http://127.0.0.1:")
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert url.split("/")[3] not in errors


def test_marks_are_exported_with_what_is_left_out(
    out: Path, inspected: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the inputs a dropped text is not at hand, which is told and fails."""
    file = tmp_path / "marks.jsonl"
    assert main(["inspect", str(out), "--export", str(file)]) == 1
    assert "1 records exported; 1 left out: their texts are not stored" in capsys.readouterr().err
    inputs = str(inspected.parent / "in/*")
    assert main(["inspect", str(out), "--input", inputs, "--export", str(file)]) == 0
    assert [json.loads(line)["outcome"] for line in file.read_text().splitlines()] == [
        "kept",
        "dropped",
    ]
    options = ["--input", inputs, "--export", "-", "--for", "toxicity"]
    assert main(["inspect", str(out), *options]) == 0
    verify(out)  # marks are no strangers in it
    labels = [json.loads(line)["label"] for line in capsys.readouterr().out.splitlines()]
    assert labels == [0, 1]


def test_mistakes_end_with_status_2(
    out: Path, inspected: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No output, other inputs, inputs that changed, marks of another output, a port in use."""
    changed = shutil.copytree(inspected.parent / "in", tmp_path / "in")
    (changed / "a.jsonl").write_text("{}\n")
    (tmp_path / "c.jsonl").write_text("{}\n")
    other = shutil.copytree(inspected, tmp_path / "other")
    manifest = other / "_MANIFEST.json"
    manifest.write_text(manifest.read_text().replace('"inspected"', '"another"'))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        for options, reason in [
            ([str(tmp_path)], "no _MANIFEST.json"),
            (["gs://bucket/out"], "gs://bucket/out: copy the folder to a local disk"),
            ([str(out), "--input", str(tmp_path / "c.jsonl")], "the job read no such file"),
            ([str(out), "--input", str(changed / "*")], "changed since the job read it"),
            ([str(other), "--marks", str(tmp_path / "out.marks.sqlite")], "stood here before"),
            ([str(out), "--port", str(taken.getsockname()[1])], "Address already in use"),
            ([str(out), "--port", "70000"], "--port 70000: must be 0..65535"),
        ]:
            assert main(["inspect", *options, "--no-open"]) == 2
            assert reason in capsys.readouterr().err


def test_an_output_that_failed_at_a_gate_can_be_looked_at(out: Path) -> None:
    """Its shards stand without a manifest, and are the ones to look at."""
    manifest = json.loads((out / "_MANIFEST.json").read_text())
    (out / "_MANIFEST.json").unlink()
    (out / "_FAILED.json").write_text(json.dumps({"policy": manifest["policy"]}))
    (out.parent / "out.marks.sqlite").unlink()
    found = inspector(out)
    assert (found.output.state, found.output.records) == ("failed", 62)
    assert found.records.glance(0, "")["id"] == "a.jsonl:1"
    found.marks.close()
