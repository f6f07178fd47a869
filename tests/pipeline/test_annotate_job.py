"""Annotation and decision as commands, through Beam: resumed, balanced, the same bytes."""

from __future__ import annotations

import json
from contextlib import nullcontext
from hashlib import sha256
from pathlib import Path

import pytest
from tests.pipeline import test_job
from tests.pipeline.test_signature import write_key

from gemsieve.cli import main
from gemsieve.pipeline.annotate.annotate import Annotator
from gemsieve.pipeline.annotate.annotations import NAME, read_annotations
from gemsieve.pipeline.annotate.job import run_annotate, said
from gemsieve.pipeline.annotate.looked import digest
from gemsieve.pipeline.job import Job
from gemsieve.pipeline.manifest import NAME as MANIFEST
from gemsieve.pipeline.manifest import ManifestError, verify
from gemsieve.pipeline.run import OutputError, claim, prepared
from gemsieve.pipeline.workers.place import Place

pytestmark = [*test_job.pytestmark, pytest.mark.usefixtures("in_process")]
POLICY = """
name = "short"
[[corpus]]
labels = "quality.*"
action = "keep"
[[corpus]]
labels = "quality.gopher.word_count"
below = 9
action = "drop"
[leak_check]
records = 0
[audit]
sentences = 0
"""
CONFIG = """
version = 1
[inputs]
files = "elsewhere/*.jsonl"
limit = 1
[policy]
file = "{policy}"
[output]
sign_key = "{key}"
"""


def tree(folder: Path) -> dict[str, str]:
    """Return the digest of every shard and of the annotations' books."""
    return {
        path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.suffix == ".parquet" or path.name == NAME
    }


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two files, one without any record, a policy, and annotations made by the command."""
    folder = tmp_path_factory.mktemp("scene")
    lines = [
        json.dumps({"text": test_job.PROSE if i % 3 else f"{i}", "site": f"s{i}"})
        for i in range(20)
    ]
    (folder / "a.jsonl").write_text("\n".join([*lines, "{"]) + "\n")
    (folder / "b.jsonl").write_text("")
    (folder / "c.jsonl").write_text(lines[1] + "\n")
    (folder / "p.toml").write_text(POLICY)
    assert main(["annotate", *inputs(folder), "--output", str(folder / "ann")]) == 0
    return folder


def inputs(folder: Path) -> list[str]:
    """Return the options that name inputs, policy and fields."""
    return [
        *("--input", str(folder / "*.jsonl"), "--policy", str(folder / "p.toml")),
        *("--source-field", "site", "--columns", "site"),
    ]


def test_the_books_of_an_annotation(scene: Path) -> None:
    """Every record is counted, each slice has its own, and nothing but the outcome is left."""
    books = read_annotations(scene / "ann")
    assert books.counts == {"in": 22, "annotated": 21, "unreadable": 1}
    assert [piece["records"] for piece in books.slices] == [21, 0, 1]
    assert [one.name for one in books.detectors] == ["quality"]
    assert {path.name for path in (scene / "ann").iterdir()} == {"annotated", NAME}
    assert len(books.shards) == 2
    with pytest.raises(ManifestError, match="nothing was decided"):
        verify(scene / "ann")


def test_a_dry_run_of_a_decision_tells_what_a_filter_would_do(
    scene: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Record by record the same lines, and nothing is written."""
    before = sorted(scene.rglob("*"))
    decide = ["decide", str(scene / "ann"), "--policy", str(scene / "p.toml")]
    told = []
    for command in (decide, ["filter", *inputs(scene)]):
        assert main([*command, "--dry-run", "--verbose"]) == 0
        told.append(capsys.readouterr().out)
    assert told[0] == told[1]
    assert "22 records in = 14 kept (0 of them redacted) + 7 dropped" in told[0]
    assert sorted(scene.rglob("*")) == before
    assert main([*decide, "--verbose", "--output", "x"]) == 2
    assert "--verbose: is for a --dry-run" in capsys.readouterr().err


def test_a_decision_is_the_job_of_a_filter(
    scene: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Shards and manifest are those of `gemsieve filter`; the manifest names the annotations.

    Of a file of settings what belongs to other commands does not count.
    """
    one, two = tmp_path / "filter", tmp_path / "decide"
    assert main(["filter", *inputs(scene), "--output", str(one)]) == 0
    capsys.readouterr()
    write_key(tmp_path, "mine")
    config = CONFIG.format(policy=scene / "p.toml", key=tmp_path / "mine.pem")
    (tmp_path / "job.toml").write_text(config)
    decide = ["decide", str(scene / "ann"), "--config", str(tmp_path / "job.toml")]
    assert main([*decide, "--output", str(two)]) == 0
    assert "22 records in = 14 kept + 7 dropped + 1 quarantined" in capsys.readouterr().out
    assert tree(two) == tree(one)
    assert len(tree(one)) == 4
    bodies = [json.loads((folder / MANIFEST).read_text()) for folder in (one, two)]
    origin = bodies[1]["settings"].pop("annotations")
    assert origin == read_annotations(scene / "ann").digest
    assert bodies[0] == bodies[1]
    assert main(["verify", str(two), "--key", str(tmp_path / "mine.pub")]) == 0
    assert main([*decide, "--output", str(two), "--columns", ""]) == 2
    assert "holds a finished job" in capsys.readouterr().err
    assert main([*decide, "--output", str(tmp_path / "x"), "--columns", "by"]) == 2
    assert "holds no column 'by'" in capsys.readouterr().err
    assert main(["decide", str(one), "--output", str(tmp_path / "x")]) == 2
    assert "no _ANNOTATIONS.json" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


def test_an_annotation_is_resumed(scene: Path, tmp_path: Path) -> None:
    """What a killed run finished is not done again, and the bytes are those of one run."""
    job = Job(str(tmp_path / "ann"), POLICY, "p.toml", source_field="site", columns=("site",))
    patterns = [str(scene / "*.jsonl")]
    ready = prepared(job, patterns, [])
    mark = digest(said(ready.job, ready.judge, ready.slices))
    claim(ready.job, mark, ready.slices)
    Annotator(ready.job, mark, len(ready.slices)).work(ready.slices[0], Place())
    shard = tmp_path / "ann" / "annotated" / "00000-of-00003.parquet"
    (shard.parent / "00009-of-00003.parquet").write_text("of an attempt that never signed")
    written = shard.stat().st_mtime_ns
    watched = []

    def watch(*_: object) -> nullcontext[None]:
        watched.append(1)
        return nullcontext()

    run_annotate(job, patterns, 1, [], watch)
    assert shard.stat().st_mtime_ns == written
    assert tree(tmp_path / "ann") == tree(scene / "ann")
    run_annotate(job, patterns, 1, [], watch)
    assert watched == [1]
    with pytest.raises(OutputError, match="finished annotation"):
        run_annotate(job, [str(scene / "a.jsonl")], 1, [], watch)
