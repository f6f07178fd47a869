"""Whatever befalls a job, it ends with balanced books or none, and goes on to the same bytes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gemsieve.pipeline.manifest import NAME, verify
from tests.faults import corpus
from tests.faults.cases import CASES, DONE, FAILED, KILLED, SAMPLE, Case
from tests.faults.harness import OUTCOMES, Said, Zygote, ids, rows, tree

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="faults are Linux's")

CULPRIT = "b.jsonl:9"
LIMITS = ["--seconds-per-record", "4", "--memory-limit", "600"]
BUSY = 2


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    """The warm process."""
    warm = Zygote()
    yield warm
    warm.close()


class Bench:
    """A corpus, and what comes of it when nothing goes wrong, policy by policy."""

    def __init__(self, folder: Path, zygote: Zygote) -> None:
        self.folder, self.zygote = folder, zygote
        self._references: dict[str, Path] = {}
        corpus.write(folder / "plain" / "in")

    def command(self, inputs: Path, policy: str, output: Path) -> list[str]:
        """Return the arguments that sieve inputs."""
        files = ["--input", str(inputs / "*.jsonl"), "--output", str(output)]
        return ["filter", *files, "--policy", str(inputs.parent / f"{policy}.toml"), *LIMITS]

    def reference(self, policy: str) -> Path:
        """Return the output of an undisturbed job."""
        if policy not in self._references:
            output = self.folder / "references" / policy
            command = self.command(self.folder / "plain" / "in", policy, output)
            said = self.zygote.run(command)
            assert said.status == 0, said.words
            self._references[policy] = output
        return self._references[policy]


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory, zygote: Zygote) -> Bench:
    """The corpus and its references."""
    return Bench(tmp_path_factory.mktemp("faults"), zygote)


@pytest.fixture
def box(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """Return the folder that the output goes to; for a small disk, one of its own."""
    folder = tmp_path / "box"
    folder.mkdir()
    small = request.node.callspec.params["case"].kind == "small disk"
    if small:
        mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
        if subprocess.run(mount, capture_output=True, check=False).returncode:
            pytest.skip("only root can mount a small disk")
    yield folder
    if small:
        unmounted(folder)


def unmounted(folder: Path) -> None:
    """Take a small disk away; what has just ended may hold it for a moment longer."""
    until = time.monotonic() + 20
    while subprocess.run(["umount", str(folder)], capture_output=True, check=False).returncode:
        assert time.monotonic() < until, "the small disk is still in use"
        time.sleep(0.2)


def prepared(case: Case, box: Path, inputs: Path, command: list[str]) -> Case:
    """Return a case whose fault knows the folders of this test."""
    if case.fault is None:
        return case
    given = {
        "deny": str(box),
        "fill": str(box),
        **dict.fromkeys(("alter", "remove", "grow", "cut"), str(inputs / case.changes)),
        "another": [sys.executable, "-m", "gemsieve.cli", *command, str(box.parent / "another")],
        **dict.fromkeys(("spoil", "wipe"), f"{box}/out/{case.fault.get('argument')}"),
    }
    mark = str(box.parent / "mark")
    more = {"argument": given.get(case.fault["do"]), "mark": mark}
    return replace(case, fault=case.fault | more)


def ended(said: Said) -> str:
    """Say how a command ended; a message is lines of the command's own, without a traceback."""
    assert "Traceback" not in said.words, said.words
    assert "quillwort" not in said.words.lower(), "a text's words"
    if said.status in {-9, -15, 130}:
        return KILLED
    if said.status == 0:
        return DONE
    assert said.status in {1, 2}, said
    assert said.words
    for line in said.words.splitlines():
        assert line.startswith("gemsieve filter: "), said.words
    return FAILED


def mended(case: Case, box: Path, inputs: Path, before: Path) -> None:
    """Put right what a fault did to folders, disks and inputs."""
    for path in [box, *box.rglob("*")]:
        if path.is_dir():
            path.chmod(0o755)
    (box / "filler").unlink(missing_ok=True)
    if case.changes:
        (inputs / case.changes).unlink(missing_ok=True)
        shutil.copy2(before / case.changes, inputs / case.changes)


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=case.name, marks=() if case.name in SAMPLE else pytest.mark.slow)
        for case in CASES
    ],
)
def test_a_fault(
    case: Case, bench: Bench, box: Path, tmp_path: Path, record_property: object
) -> None:
    """A fault costs no record, doubles none, leaves no half shard, and the job goes on after it."""
    inputs, before, output = tmp_path / "in" / "files", tmp_path / "before", box / "out"
    corpus.write(inputs, case.words)
    shutil.copytree(inputs, before, copy_function=shutil.copy2)
    reference = bench.reference(case.policy)
    command = bench.command(inputs, case.policy, output)
    case = prepared(case, box, inputs, command)

    said = bench.zygote.run(command, case.fault, case.settings)
    how = ended(said)
    met = case.fault is None or "word" in case.fault or (tmp_path / "mark").exists()
    assert met, "the fault did not happen"
    assert how in case.ends, said
    assert case.says in said.words
    assert not said.left, "processes outlived their job"
    assert (output / NAME).exists() == (how == DONE or case.stage == "cleanup")
    if not case.kind.startswith("damaged"):  # what we damaged ourselves cannot be read
        assert max(ids(output).values(), default=1) == 1, "a record is there twice"
    if case.kind == "another job":
        status, words = json.loads((tmp_path / "another").read_text())
        assert (status, "another job is at work" in words) == (BUSY, True), words
    if how == DONE and case.name != "forbidden-cleanup":  # there `_work` stays until then
        holds(case, output, reference)

    mended(case, box, inputs, before)
    again = bench.zygote.run(command)
    assert again.status == 0, again.words
    holds(case, output, reference)
    assert callable(record_property)
    record_property("records", sum(ids(output).values()))


def holds(case: Case, output: Path, reference: Path) -> None:
    """Assert that an output is whole, and what an undisturbed job would have written."""
    books = verify(output)
    assert sum(books.counts[outcome] for outcome in OUTCOMES) == books.counts["in"]
    assert ids(output) == ids(reference), "records are lost or doubled"
    assert {path.name for path in output.iterdir()} == {p.name for p in reference.iterdir()}
    if not case.words:
        assert tree(output) == tree(reference)
        return
    left = case.exempt if (case.exempt and not case.exempt.startswith("error.")) else ""
    if case.says:  # it failed while the text, or a limit, was in its way
        left = {"detect": "crashed"}.get(case.stage, "")
    assert list(books.exempt) == ([{"id": CULPRIT, "reason": left}] if left else [])
    aside = {row["id"]: row["reason"] for row in rows(output, "quarantined")}
    assert aside.get(CULPRIT, "") == (left or case.exempt)
    for outcome in OUTCOMES:
        mine, theirs = (
            [row for row in rows(folder, outcome) if row["id"] != CULPRIT]
            for folder in (output, reference)
        )
        assert mine == theirs, "another record's outcome depends on the culprit"
        for shard in ("00000-of-00003.parquet", "00002-of-00003.parquet"):
            ours, whole = (folder / outcome / shard for folder in (output, reference))
            assert not whole.exists() or ours.read_bytes() == whole.read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("do", ["leave", "hang"])
def test_a_page_that_nobody_can_take_apart_is_set_aside(
    do: str, zygote: Zygote, tmp_path: Path
) -> None:
    """A page that ends a child while its text is extracted costs no other page of the crawl."""
    pages = corpus.write_pages(tmp_path / "in" / "files", "QUILLWORT")
    output, policy = tmp_path / "out", str(tmp_path / "in" / "plain.toml")
    fault = {
        "in": "child",
        "at": "gemsieve.pipeline.reading.web_page:text_of",
        "do": do,
        "word": "QUILLWORT",
    }
    files = ["--input", str(pages / "*"), "--output", str(output)]
    limits = [*LIMITS, "--seconds-per-record", "2"]
    # A batch being read gets time for all that it may come to: here, for no more than a record.
    short = [("gemsieve.pipeline.workers.children", "MOST_READ", 0)]
    said = zygote.run(["filter", *files, "--policy", policy, *limits], fault, short)
    assert ended(said) == DONE, said.words
    reason = {"leave": "crashed", "hang": "timed_out"}[do]
    assert list(verify(output).exempt) == [{"id": "pages.warc:3", "reason": reason}]
    assert ids(output) == {f"pages.warc:{number}": 1 for number in range(1, 6)}


def test_the_table_covers_each_pair_once() -> None:
    """No two cases put the same kind of fault at the same stage, and the sample is of the table."""
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names)
    assert set(names) > SAMPLE
    assert os.cpu_count()
