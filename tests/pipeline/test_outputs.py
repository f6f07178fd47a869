"""What readers make of the shards: all of them the same, fast to search, no word in a footer."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest

from gemsieve.filters.catalogue import filter_from_text
from gemsieve.filters.policy_error import PolicyError
from gemsieve.pipeline.job import Job, asked
from gemsieve.pipeline.manifest import Shard, balance
from gemsieve.pipeline.run import planned
from gemsieve.pipeline.sieve import Siever
from gemsieve.pipeline.workers.place import Place
from gemsieve.pipeline.write_lines import lines_of, lines_without

POLICY = """
name = "short"
[[corpus]]
labels = "quality.*"
action = "keep"
[[corpus]]
labels = "quality.gopher.word_count"
below = 4
action = "drop"
"""
TEXTS = [f"The boat of day {i} brought {'fish ' * (i % 7)}and no wind é中😀." for i in range(60)]


def sieved(folder: Path, policy: str = POLICY, **settings: object) -> Path:
    """Sieve texts, each third of them too short, in this process; return the output."""
    lines = [
        json.dumps({"text": text if i % 3 else f"no {i}", "by": f"mate {i}"})
        for i, text in enumerate(TEXTS)
    ]
    (folder / "in.jsonl").write_text("\n".join(lines) + "\n")
    job = Job(str(folder / "out"), policy, "p.toml", columns=("by",), **settings)  # type: ignore[arg-type]
    judge = job.build_filter()
    job = replace(job, asked=asked(judge))
    slices = planned(job, judge, [str(folder / "in.jsonl")])
    Siever(job, "digest", len(slices)).work(slices[0], Place())
    return folder / "out"


@pytest.fixture
def output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Shards of several row groups."""
    monkeypatch.setattr("gemsieve.pipeline.write.ROW_GROUP_BYTES", 1)
    monkeypatch.setattr("gemsieve.pipeline.sieve.BATCH_RECORDS", 10)
    return sieved(tmp_path)


def test_every_reader_reads_the_same(output: Path, tmp_path: Path) -> None:
    """DuckDB, pandas, Polars and `datasets` find the same ids, texts and findings in `kept/`."""
    import datasets

    (path,) = map(str, (output / "kept").glob("*.parquet"))
    assert pq.read_metadata(path).num_row_groups > 1
    expected = [text for i, text in enumerate(TEXTS) if i % 3]
    assert pd.read_parquet(path)["text"].tolist() == expected
    assert pl.read_parquet(path)["text"].to_list() == expected
    assert [row[0] for row in duckdb.read_parquet(path).project("text").fetchall()] == expected
    loaded = datasets.load_dataset(
        "parquet", data_files=path, cache_dir=str(tmp_path / "cache"), split="train"
    )
    assert list(loaded["text"]) == expected
    assert loaded[0]["id"] == "in.jsonl:2"
    labels = {finding["label"] for finding in loaded[0]["findings"]}
    first = duckdb.read_parquet(path).filter("id = 'in.jsonl:2'")
    assert {row[0] for row in first.project("unnest(findings).label").fetchall()} == labels
    exploded = pl.read_parquet(path).explode("findings").unnest("findings")
    assert set(exploded.filter(pl.col("id") == "in.jsonl:2")["label"]) == labels


def test_footers_help_a_search_and_hold_no_words(output: Path) -> None:
    """Ids have ranges and pages an index; texts, columns and findings have neither range."""
    for path in output.rglob("*.parquet"):
        footer = pq.read_metadata(path)
        for number in range(footer.num_row_groups):
            group = footer.row_group(number)
            leaves = [group.column(i) for i in range(group.num_columns)]
            told = {leaf.path_in_schema for leaf in leaves if leaf.statistics is not None}
            assert told == {"id", "source", "action"} & {leaf.path_in_schema for leaf in leaves}
            assert all(leaf.has_offset_index and leaf.compression == "ZSTD" for leaf in leaves)
        assert b"brought" not in path.read_bytes()[-footer.serialized_size - 8 :]


@pytest.mark.parametrize("kind", ["zst", "gz"])
def test_lines_are_the_kept_rows(tmp_path: Path, kind: str) -> None:
    """`jsonl/` holds the rows of `kept/`, value for value, in bytes that do not change."""
    output = sieved(tmp_path, jsonl=kind)
    (path,) = (output / "jsonl").iterdir()
    assert path.name == f"00000-of-00001.jsonl.{kind}"
    kept = pq.read_table(output / "kept").to_pylist()
    assert [json.loads(line) for line in lines_of(path)] == kept
    assert kept
    before = path.read_bytes()
    sieved(tmp_path, jsonl=kind)
    assert path.read_bytes() == before
    target = tmp_path / path.name
    assert lines_without(path, {kept[0]["id"], kept[2]["id"]}, target) == len(kept) - 2
    assert [json.loads(line) for line in lines_of(target)] == [kept[1], *kept[3:]]


def test_the_books_hold_the_lines(tmp_path: Path) -> None:
    """Lines of another number of records than the shard beside them are refused."""
    counts = {"in": 2, "kept": 2, "dropped": 0, "quarantined": 0}
    kept = Shard("kept/a.parquet", 2, 1, "")
    assert balance(counts, [kept, Shard("jsonl/a.jsonl.zst", 2, 1, "")]) is None
    for name, records in (("a", 1), ("b", 2)):
        told = balance(counts, [kept, Shard(f"jsonl/{name}.jsonl.zst", records, 1, "")])
        assert told == "the files of JSON lines are not those of the kept shards"


def test_dropped_texts_are_written_where_the_policy_says_so(tmp_path: Path) -> None:
    """`[dropped] text = true` writes texts and passed columns of dropped records, else none."""
    (tmp_path / "a").mkdir()
    plain = pq.read_table(sieved(tmp_path / "a") / "dropped")
    assert plain.column_names == ["id", "source", "reasons", "findings"]
    (tmp_path / "b").mkdir()
    whole = pq.read_table(sieved(tmp_path / "b", f"{POLICY}[dropped]\ntext = true\n") / "dropped")
    assert whole.column_names == ["id", "source", "text", "reasons", "findings", "by"]
    assert whole["text"].to_pylist() == [f"no {i}" for i in range(0, 60, 3)]
    assert whole["by"].to_pylist() == [f"mate {i}" for i in range(0, 60, 3)]
    assert whole.select(plain.column_names).equals(plain)


def test_the_policy_says_so_in_its_digest(tmp_path: Path) -> None:
    """Two policies that differ in this alone are two, and a wrong value is named."""
    said = [
        filter_from_text(POLICY + more, "p.toml").policy
        for more in ("", "[dropped]\ntext = true\n")
    ]
    assert [policy.dropped_text for policy in said] == [False, True]
    assert said[0].sha256 != said[1].sha256
    for more, reason in (("text = 1", "dropped.text: 1"), ("txt = true", "did you mean 'text'")):
        with pytest.raises(PolicyError, match=reason):
            filter_from_text(f"{POLICY}[dropped]\n{more}\n", "p.toml")
