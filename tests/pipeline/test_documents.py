"""The card and the Croissant of an output are true, load its data, and hold no text."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from gemsieve.pipeline.job import Job
from gemsieve.pipeline.manifest import Manifest, Shard, sha256_of
from gemsieve.pipeline.report.card import size_category
from gemsieve.pipeline.report.counts import summed
from gemsieve.pipeline.report.documents import write_documents
from gemsieve.pipeline.report.templates import markdown, shown
from gemsieve.pipeline.tally import Tally
from gemsieve.pipeline.write import schema

from .test_report import HOSTILE, Page, books, example, judge

LEAKS = {
    "entities": ["EMAIL_ADDRESS"],
    "records": 2,
    "characters": 1000,
    "proven_values": 1,
    "suspected_values": 3,
    "sample": {"records": 2, "characters": 500},
}
ROWS: dict[str, list[Any]] = {
    "id": ["a:1", "a:2"],
    "source": ["a", "a"],
    "text": ["One text.", "Another."],
    "action": ["keep", "redact"],
    "reasons": [[], ["pii.email_address"]],
    "findings": [[], [{"label": "pii.email_address", "score": 1.0, "start": 0, "end": 3}]],
    "site": ["x", None],
}


def output(folder: Path, tally: Tally, **settings: Any) -> tuple[Manifest, str, dict[str, Any]]:
    """Write two kept shards and the documents; return the books, the card and the Croissant."""
    (folder / "kept").mkdir(parents=True)
    shards = []
    for number in range(2):
        path = folder / "kept" / f"0000{number}-of-00002.parquet"
        pq.write_table(pa.table(ROWS, schema("kept", ["site"])), path)
        name = path.relative_to(folder).as_posix()
        shards.append(Shard(name, 2, path.stat().st_size, sha256_of(path)))
    audit: dict[str, Any] = {"rules": {}, "flips": [], "verdicts": {}, "swapped": 0}
    policy = {"name": "test <policy>", "sha256": "ab" * 32, "operators": "redact"}
    held = replace(
        books(folder, tally), shards=shards, leak_check=LEAKS, audit=audit, policy=policy
    )
    job = Job(str(folder), "", "", columns=("site",), **settings)
    documents = write_documents(job, held, judge(), tally)
    for document in documents:
        assert document["sha256"] == sha256_of(folder / document["path"])
    assert {document["path"] for document in documents} == {"README.md", "croissant.json"}
    card = (folder / "README.md").read_text("utf-8")
    return held, card, json.loads((folder / "croissant.json").read_text("utf-8"))


def front(card: str) -> dict[str, Any]:
    """Return the front matter of a card."""
    start, matter, _ = card.split("---\n", 2)
    assert start == ""
    body: dict[str, Any] = yaml.safe_load(matter)
    return body


def tables(card: str) -> list[list[list[str]]]:
    """Return the cells of each table's lines."""
    found: list[list[list[str]]] = [[]]
    for line in card.splitlines():
        if line.startswith("|"):
            cells = line.replace("\\|", "\0").strip("|").split("|")
            found[-1].append([cell.strip().replace("\0", "\\|") for cell in cells])
        elif found[-1]:
            found.append([])
    return [lines for lines in found if lines]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_datasets_loads_the_folder_by_its_card(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a network, `load_dataset` of the folder gives the kept records and no others."""
    import datasets

    output(tmp_path / "out", example(["a"], 50))
    (tmp_path / "out" / "dropped").mkdir()
    pq.write_table(pa.table({"id": ["a:3"]}), tmp_path / "out/dropped/00000-of-00002.parquet")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    loaded = datasets.load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))
    assert set(loaded) == {"train"}
    assert loaded["train"]["text"][:] == ROWS["text"] * 2
    assert loaded["train"].column_names == list(ROWS)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the validator's own
def test_the_official_validator_accepts_the_croissant(tmp_path: Path) -> None:
    """It finds no error, knows the digests and the statements, and reads every kept record."""
    mlcroissant = pytest.importorskip("mlcroissant")
    held, _, _ = output(tmp_path / "out", example(["a"], 50), license="cc-by-4.0", title="A & B")
    found = mlcroissant.Dataset(str(tmp_path / "out" / "croissant.json"))
    metadata = found.metadata
    assert metadata.name == "A & B"
    assert metadata.license == ["cc-by-4.0"]
    assert {f.content_url: f.sha256 for f in metadata.distribution if hasattr(f, "sha256")} == {
        shard.path: shard.sha256 for shard in held.shards
    }
    assert "1 values proven" in metadata.personal_sensitive_information[0]
    assert len(metadata.data_limitations) > 1
    rows = list(found.records("records"))
    assert [row["records/text"].decode() for row in rows] == ROWS["text"] * 2
    assert [list(row["records/reasons"]) for row in rows[:2]] == [[], [b"pii.email_address"]]
    assert {key.split("/")[1] for key in rows[0]} == set(ROWS) - {"findings"}


def test_the_card_s_numbers_are_the_books(tmp_path: Path) -> None:
    """Counts, sources and reasons stand there as in the tally."""
    tally = example(["a.jsonl", "b_c.jsonl"], 400)
    held, card, _ = output(tmp_path / "out", tally, license="mit", title="Texts")
    cells = {line[0]: line[1:] for lines in tables(card) for line in lines}
    assert cells["kept"] == [f"{held.counts['kept']:,}"]
    assert cells["read"] == [f"{held.counts['in']:,}"]
    (by_source,) = [lines for lines in tables(card) if lines[0][0] == "source"]
    assert {line[0]: line[1] for line in by_source[2:]} == {
        markdown(source): f"{n:,}" for (source,), n in summed(tally.outcomes, 0).items()
    }
    reasons = {
        (line[0], line[1]): line[2]
        for lines in tables(card)
        if lines[0][:2] == ["label", "action"]
        for line in lines[2:]
    }
    expected = summed(tally.reasons, 1, 2)
    assert reasons == {(markdown(label), what): f"{n:,}" for (label, what), n in expected.items()}
    matter = front(card)
    assert matter["pretty_name"] == "Texts"
    assert matter["license"] == "mit"
    assert matter["language"] == ["en"]
    assert matter["size_categories"] == [size_category(held.counts["kept"])]
    assert matter["configs"][0]["data_files"] == [{"split": "train", "path": "kept/*.parquet"}]


def test_hostile_names_mean_nothing_in_a_card(tmp_path: Path) -> None:
    """Names with markup stay within their cells, escaped, and cannot end the front matter."""
    title = "---\nconfigs: [] # <b>"
    tally = example(HOSTILE, 300)
    _, card, croissant = output(tmp_path / "out", tally, title=title)
    assert front(card)["pretty_name"] == croissant["name"] == shown(title)
    assert front(card)["configs"]
    html = MarkdownIt("commonmark").enable("table").render(card.split("---\n", 2)[2])
    page = Page(f"<div>{html}</div>")
    assert not {"script", "img", "b"} & {tag for tag, _ in page.tags}
    (lines,) = [lines for _, lines in page.tables if lines[0][0] == "source"]
    assert {line[0].strip() for line in lines[1:]} == {shown(name).strip() for name in HOSTILE}
    assert {len(line) for line in lines} == {6}


def test_equal_jobs_have_equal_documents_wherever_they_stand(tmp_path: Path) -> None:
    """Neither the folder nor the order in which records were counted can be seen."""
    tally = example([f"s{i}" for i in range(30)], 500)
    other = Tally(**{k: Counter(dict(reversed(list(c.items())))) for k, c in vars(tally).items()})
    first = output(tmp_path / "a", tally)[1:]
    assert first == output(tmp_path / "b" / "c", other)[1:]
    assert str(tmp_path) not in first[0] + json.dumps(first[1])


def test_texts_that_were_dropped_are_warned_of(tmp_path: Path) -> None:
    """Where a policy has the dropped texts written, card and Croissant say not to publish them."""
    tally = example(["a"], 100)
    held, card, _ = output(tmp_path / "out", tally)
    assert "not to be published" not in card
    keeps = replace(judge(), policy=replace(judge().policy, dropped_text=True))
    write_documents(Job(str(tmp_path / "out"), "", ""), held, keeps, tally)
    for name in ("README.md", "croissant.json"):
        assert "not to be published" in (tmp_path / "out" / name).read_text("utf-8")


def test_an_output_without_kept_records_claims_no_data(tmp_path: Path) -> None:
    """Its card names no files, its Croissant no record set, and both are still valid."""
    tally = Tally()
    held, _, _ = output(tmp_path / "out", tally)
    job = Job(str(tmp_path / "out"), "", "")
    write_documents(job, replace(held, shards=[]), judge(), tally)
    assert "configs" not in front((tmp_path / "out" / "README.md").read_text())
    body = json.loads((tmp_path / "out" / "croissant.json").read_text())
    assert body["recordSet"] == body["distribution"] == []


@given(st.integers(0, 10**13))
def test_size_categories_hold_their_number(records: int) -> None:
    """The class of a number is the one between whose bounds it lies."""
    words = size_category(records)
    units = {"K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}
    bounds = [int(part[:-1]) * units[part[-1]] for part in words.replace(">", "<").split("<")
              if part != "n"]  # fmt: skip
    if words.startswith("n<"):
        assert records < bounds[0]
    elif words.startswith("n>"):
        assert records >= bounds[0]
    else:
        assert bounds[0] <= records < bounds[1]
        assert bounds[1] == 10 * bounds[0]
