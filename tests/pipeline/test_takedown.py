"""A takedown: the listed records are nowhere, all others are as they were, and books balance."""

from __future__ import annotations

import json
import shutil
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.pipeline.beam_warnings import BEAM_WARNINGS

from gemsieve.cli import main
from gemsieve.filters.operators.key import Key
from gemsieve.pipeline.job import Job
from gemsieve.pipeline.manifest import (
    NAME,
    OUTCOMES,
    Manifest,
    ManifestError,
    Shard,
    sha256_of,
    verify,
    write,
)
from gemsieve.pipeline.run import run_job
from gemsieve.pipeline.takedown import takedown
from gemsieve.pipeline.takedown.takedown import Listed, TakedownError, read_list, take_down
from gemsieve.pipeline.write_lines import lines_of

pytestmark = [*BEAM_WARNINGS, pytest.mark.usefixtures("in_process")]
POLICY = """
name = "consent"
[[columns]]
column = "opt_out"
is = true
missing = "keep"
"""
KEY = Key(bytes(16))


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished job: three files of ten records, some dropped, one in quarantine."""
    folder = tmp_path_factory.mktemp("once")
    for name in "abc":
        rows = [
            {"text": f"{name}{i}", "url": f"https://x.example/{name}{i}", "opt_out": i == 4}
            for i in range(1, 10)
        ]
        lines = [*map(json.dumps, rows), "{"]
        (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n")
    job = Job(str(folder / "out"), POLICY, "consent.toml", columns=("url",), jsonl="zst")
    run_job(job, [str(folder / "*.jsonl")], 1, [], lambda *_: nullcontext())
    return folder / "out"


def rows(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Return each outcome's rows in order."""
    return {
        outcome: [
            row
            for path in sorted((folder / outcome).glob("*"))
            for row in pq.read_table(path).to_pylist()
        ]
        for outcome in OUTCOMES
    }


IDS = [f"{name}.jsonl:{i}" for name in "abc" for i in range(1, 11)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(ids=st.sets(st.sampled_from([*IDS, "d.jsonl:1"]), min_size=1))
def test_what_is_listed_goes_and_nothing_else(
    once: Path, tmp_path_factory: pytest.TempPathFactory, ids: set[str]
) -> None:
    """Every other row is as it was, in its place; untouched shards are the same file."""
    target = tmp_path_factory.mktemp("down") / "out"
    if ids == {"d.jsonl:1"}:
        with pytest.raises(TakedownError, match="holds none of the 1 listed"):
            take_down(once, target, Listed("ids", frozenset(ids)), None)
        return
    before = verify(once)
    books = take_down(once, target, Listed("ids", frozenset(ids)), None)
    assert verify(target) == books
    old, new = rows(once), rows(target)
    for outcome in OUTCOMES:
        assert new[outcome] == [row for row in old[outcome] if row["id"] not in ids]
        assert books.counts[outcome] == len(new[outcome])
    lines = [x for path in sorted((target / "jsonl").glob("*")) for x in lines_of(path)]
    assert [json.loads(line) for line in lines] == new["kept"]
    assert books.counts["removed"] == len(ids - {"d.jsonl:1"})
    assert books.takedowns[-1]["unknown"] == len(ids & {"d.jsonl:1"})
    assert books.takedowns[-1]["manifest"] == before.digest
    shards = {shard.path: shard for shard in before.shards}
    for shard in books.shards:
        same = (target / shard.path).samefile(once / shard.path)
        assert same == (shard == shards[shard.path])
    assert not any(one in (target / NAME).read_text() for one in ids)
    assert verify(once) == before


def test_urls_name_records_and_takedowns_add_up(once: Path, tmp_path: Path) -> None:
    """By URL, then by id from the result: the counts add up and each entry names its manifest."""
    urls = frozenset({"https://x.example/a1", "https://x.example/b2", "https://x.example/none"})
    first = take_down(once, tmp_path / "1", Listed("urls", urls), KEY)
    assert {row["id"] for row in rows(once)["kept"]} - {
        row["id"] for row in rows(tmp_path / "1")["kept"]
    } == {"a.jsonl:1", "b.jsonl:2"}
    assert first.takedowns[0]["unknown"] == 1
    second = take_down(
        tmp_path / "1", tmp_path / "2", Listed("ids", frozenset({"c.jsonl:4"})), None
    )
    assert second.counts["removed"] == 3
    assert [one["manifest"] for one in second.takedowns] == [verify(once).digest, first.digest]
    assert second.takedowns[1]["removed"] == {"kept": 0, "dropped": 1, "quarantined": 0}
    assert (tmp_path / "2" / "README.md").read_text().count("records were removed") == 2


def test_the_list_is_told_by_a_keyed_digest_alone(once: Path, tmp_path: Path) -> None:
    """Key and list, in any order, give the digest; another key or list does not."""
    ids = frozenset({"a.jsonl:1", "b.jsonl:2"})
    books = take_down(once, tmp_path / "out", Listed("ids", ids), KEY)
    (entry,) = books.takedowns
    assert entry["list"] == Listed("ids", ids).digest(KEY)
    assert entry["key"] == KEY.fingerprint
    others = [
        Listed("ids", ids).digest(Key(b"1" * 16)),
        Listed("urls", ids).digest(KEY),
        Listed("ids", frozenset({"a.jsonl:1"})).digest(KEY),
    ]
    assert entry["list"] not in others


def test_equal_takedowns_give_equal_bytes(once: Path, tmp_path: Path) -> None:
    """The same list of the same output is the same folder, file by file."""
    listed = Listed("ids", frozenset({"a.jsonl:1", "a.jsonl:4", "c.jsonl:10"}))
    for name in ("x", "y"):
        take_down(once, tmp_path / name, listed, KEY)
    trees = [
        {path.relative_to(tmp_path / name): path.read_bytes() for path in files}
        for name in ("x", "y")
        for files in [[p for p in (tmp_path / name).rglob("*") if p.is_file()]]
    ]
    assert trees[0] == trees[1]


def test_croissant_names_the_files_that_are_left(once: Path, tmp_path: Path) -> None:
    """Digests of files written anew are the new ones; without a kept record there are none."""
    take_down(once, tmp_path / "1", Listed("ids", frozenset({"a.jsonl:1"})), None)
    body = json.loads((tmp_path / "1/croissant.json").read_text())
    files = {one["@id"]: one["sha256"] for one in body["distribution"] if "sha256" in one}
    kept = {s.path: s.sha256 for s in verify(tmp_path / "1").shards if s.path.startswith("kept")}
    assert files == kept
    take_down(once, tmp_path / "2", Listed("ids", frozenset(IDS)), None)
    assert json.loads((tmp_path / "2/croissant.json").read_text())["distribution"] == []


def weighed(folder: Path) -> Path:
    """Write a finished output with weights by hand: two row groups, a record that failed a time."""
    table = pa.table({"id": ["a:1", "a:2", "a:3", "a:4"], "text": ["w", "x", "y", "z"]})
    weights = pa.table({"id": ["a:1", "a:2", "a:3", "a:4"], "weight": [0.5, 1.0, 1.5, 2.0]})
    shards = []
    for part, rows_ in (("kept", table), ("weights", weights)):
        path = folder / part / "0.parquet"
        path.parent.mkdir(parents=True)
        pq.write_table(rows_, path, row_group_size=2, compression="zstd")
        size = path.stat().st_size
        shards.append(Shard(f"{part}/0.parquet", 4, size, sha256_of(path)))
    counts = {"in": 4, "kept": 4, "dropped": 0, "quarantined": 0}
    places = {"places": [["a:1", "US_SSN"], ["a:2", "US_SSN"]]}
    write(
        Manifest(
            folder,
            {"name": "p", "sha256": "0"},
            [],
            [],
            counts,
            shards,
            "0",
            leak_check=places,
            exempt=[{"id": "a:2", "reason": "timed_out"}, {"id": "a:9", "reason": "crashed"}],
        )
    )
    return folder


def test_weights_go_with_their_records_and_places_are_forgotten(tmp_path: Path) -> None:
    """Each row left has its weight; the manifest names no record that went; row groups stay."""
    out = weighed(tmp_path / "out")
    books = take_down(out, tmp_path / "2", Listed("ids", frozenset({"a:2"})), None)
    left = pq.read_table(tmp_path / "2/weights/0.parquet").to_pydict()
    assert left == {"id": ["a:1", "a:3", "a:4"], "weight": [0.5, 1.5, 2.0]}
    assert pq.read_table(tmp_path / "2/kept/0.parquet")["text"].to_pylist() == ["w", "y", "z"]
    footer = pq.read_metadata(tmp_path / "2/kept/0.parquet")
    assert [footer.row_group(i).num_rows for i in range(2)] == [1, 2]
    assert books.leak_check["places"] == [["a:1", "US_SSN"]]
    assert books.exempt == ({"id": "a:9", "reason": "crashed"},)


def test_texts_that_no_url_can_find_are_not_passed_over(tmp_path: Path) -> None:
    """Where a shard has texts and no URLs, a takedown by URL is refused and writes nothing."""
    out = weighed(tmp_path / "out")
    with pytest.raises(ManifestError, match="has no column 'url'"):
        take_down(out, tmp_path / "2", Listed("urls", frozenset({"u"})), None)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_nothing_is_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A damaged output, a taken target or a failure on the way leaves no folder and no draft."""
    out = weighed(tmp_path / "out")
    listed = Listed("ids", frozenset({"a:2"}))
    stale = tmp_path / ".2.takedown"
    stale.mkdir()
    (stale / "half").write_text("")
    monkeypatch.setattr(takedown, "without", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        take_down(out, tmp_path / "2", listed, None)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    monkeypatch.undo()
    with pytest.raises(TakedownError, match="exists; name a new folder"):
        take_down(out, out, listed, None)
    (tmp_path / "ids").write_text("\ufeffa:2\r\n\na:7\n")
    command = ["takedown", str(out), "--ids", str(tmp_path / "ids"), "--output"]
    assert main([*command, str(tmp_path / "2")]) == 0
    told = capsys.readouterr().out
    assert "removed: 1 kept; of 2 listed, 1 are not there" in told
    assert "give --key-env or --key-file" in told
    shutil.copy(tmp_path / "ids", out / "kept" / "1.parquet")
    assert main([*command, str(tmp_path / "3")]) == 1
    assert "not listed in the manifest" in capsys.readouterr().err
    assert not (tmp_path / "3").exists()


@pytest.mark.parametrize(
    ("content", "error"),
    [(b"\n \n", "holds no line"), (b"\xff", "not UTF-8"), (None, "cannot read the list")],
)
def test_a_list_that_cannot_serve_is_told(
    tmp_path: Path, content: bytes | None, error: str
) -> None:
    """An empty, undecodable or absent list is named with what is wrong."""
    path = tmp_path / "ids"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(TakedownError, match=error):
        read_list(path, "ids")
