"""The example package, installed as any other: its detector, reader and reporter take part."""

from __future__ import annotations

import json
import mailbox
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from gemsieve.pipeline.manifest import ManifestError
from gemsieve.pipeline.reading.files import InputError
from gemsieve.pipeline.reading.read import read
from gemsieve.pipeline.reading.read_other import others, readers_of
from gemsieve.pipeline.reading.record import Broken, Meter, Record
from gemsieve.pipeline.reading.slices import kind_of, plan
from gemsieve.pipeline.report.others import write_others

PACKAGE = Path(__file__).parents[2] / "examples/gemsieve-example"
LETTERS = [
    ("roses", "The roses are in the ground. Write to jane.doe@example.org."),
    ("loud", "PLEASE SEND MONEY NOW TO ME"),
    ("half", "I told you to STOP DOING THAT NOW and you did not listen to a word of it."),
    ("blank", " "),
]
POINTS = """
[gemsieve.readers]
letters = failing:letters
[gemsieve.reporters]
reasons = failing:reasons
"""
FAILING = """
def letters(path):
    yield {"body": {"plain": "The roses are in the ground.", "subject": "roses"}}
    yield {"body": 1}
    raise ValueError("jane.doe@example.org")

def reasons(numbers):
    return {numbers["name"]: "x"}
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package installed, as `pip install` would."""
    folder = tmp_path_factory.mktemp("site")
    source = shutil.copytree(PACKAGE, folder / "source")
    subprocess.run(
        [
            *(sys.executable, "-m", "uv", "pip", "install", "--offline", "--no-deps", "--quiet"),
            *("--no-build-isolation", "--python", sys.executable),
            *("--target", str(folder / "installed"), str(source)),
        ],
        check=True,
        capture_output=True,
    )
    return folder / "installed"


def write_letters(folder: Path) -> Path:
    """Write a mailbox."""
    box = mailbox.mbox(folder / "letters.mbox")
    for subject, text in LETTERS:
        letter = mailbox.mboxMessage()
        letter["Subject"] = subject
        letter.set_payload(text, "utf-8")
        box.add(letter)
    box.close()
    return folder / "letters.mbox"


def sieve(site: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run `gemsieve filter` where the package is installed."""
    command = [sys.executable, "-m", "gemsieve.cli", "filter", "--columns", "subject"]
    command += ["--input", str(write_letters(folder)), "--output", str(folder / "out")]
    command += ["--policy", str(site / "gemsieve_example/policy.toml")]
    path = os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": path}
    )


def test_the_example_package_takes_part(site: Path, tmp_path: Path) -> None:
    """Its reader reads, its detector finds, its reporter reports: through the command."""
    done = sieve(site, tmp_path)
    assert done.returncode == 0, done.stderr
    (kept,) = (tmp_path / "out/kept").glob("*")
    rows = pq.read_table(kept).to_pylist()
    assert [(row["id"], row["subject"]) for row in rows] == [
        ("letters.mbox:1", "roses"),
        ("letters.mbox:3", "half"),
    ]
    assert "<EMAIL_ADDRESS>" in rows[0]["text"]
    assert "I told you to <RUN> and you" in rows[1]["text"]
    manifest = json.loads((tmp_path / "out/_MANIFEST.json").read_text())
    assert "shouting" in {detector["name"] for detector in manifest["detectors"]}
    assert (tmp_path / "out/report/reasons/reasons.csv").read_text() == (
        "action,label,records\n"
        "drop,shouting.share,1\n"
        "redact,pii.email_address,1\n"
        "redact,shouting.run,1\n"
    )


@pytest.fixture
def failing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An installed package, in this process, whose reader and reporter fail."""
    (tmp_path / "failing-1.dist-info").mkdir()
    (tmp_path / "failing-1.dist-info/METADATA").write_text("Name: failing\nVersion: 1\n")
    (tmp_path / "failing-1.dist-info/entry_points.txt").write_text(POINTS)
    (tmp_path / "failing.py").write_text(FAILING)
    monkeypatch.syspath_prepend(str(tmp_path))
    others.cache_clear()
    yield tmp_path
    others.cache_clear()
    sys.modules.pop("failing", None)


def test_where_a_reader_fails_the_rest_is_quarantined(failing: Path) -> None:
    """Records before the failure stand, what is no text has its fault, and no word is told."""
    (failing / "a.letters").write_text("x")
    (piece,) = plan([str(failing / "a.letters")])
    assert readers_of([piece]) == {".letters": "failing 1"}
    assert list(read(piece, "body.plain", ("body.subject",), Meter())) == [
        Record(1, "The roses are in the ground.", {"body.subject": "roses"}),
        Broken(2, "missing_text"),
        Broken(3, "truncated_input"),
    ]


@pytest.mark.parametrize(
    ("numbers", "error"),
    [
        ({"name": "../kept/x"}, "reporter 'reasons': '../kept/x' is no file's name"),
        ({"name": ""}, "reporter 'reasons': '' is no file's name"),
        ({}, r"reporter 'reasons' \(failing:reasons\) failed: KeyError; mend or uninstall it"),
    ],
)
def test_a_reporter_that_fails_is_named(failing: Path, numbers: dict[str, str], error: str) -> None:
    """A file outside its folder and an error end a job, without what the error said."""
    with pytest.raises(ManifestError, match=error):
        write_others(failing / "report", numbers)
    assert not (failing / "kept").exists()
    assert write_others(failing / "report", {"name": "a.txt"}) == [failing / "report/reasons/a.txt"]


def test_without_the_package_its_files_are_unknown() -> None:
    """A suffix that nobody reads is refused as before."""
    with pytest.raises(InputError, match="unknown kind of file"):
        kind_of("letters.mbox")
