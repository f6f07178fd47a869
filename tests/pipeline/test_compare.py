"""Two runs beside each other: the shares are the reports', and a difference is more than chance."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gemsieve.cli import main
from gemsieve.pipeline import manifest
from gemsieve.pipeline.compare.compare import Run, compare, read_run
from gemsieve.pipeline.compare.page import compare_page
from gemsieve.pipeline.manifest import ManifestError, Shard, sha256_of
from gemsieve.pipeline.report.body import Clocks
from gemsieve.pipeline.report.counts import judged
from gemsieve.pipeline.report.report import write_report
from gemsieve.pipeline.report.templates import shown
from gemsieve.pipeline.tally import Tally

from .test_report import HOSTILE, Page, books, example, judge

LEAKS: dict[str, Any] = {
    "rule": {"limit": None, "suspected_limit": None},
    "entities": [],
    "proven": {},
    "suspected": {},
    "spared": {},
    "places": [],
    "planted": None,
    "records": 10,
    "characters": 2_000_000,
    "proven_values": 4,
    "suspected_values": 1,
    "sample": {"records": 5, "characters": 500_000},
}


def finished(folder: Path, tally: Tally, **changes: Any) -> Path:
    """Write the manifest and the report of a run with this tally."""
    held = books(folder, tally)
    shards = []
    for outcome in manifest.OUTCOMES:
        path = folder / outcome / "00000-of-00001.parquet"
        path.parent.mkdir(parents=True)
        path.write_bytes(b"unread")
        name = path.relative_to(folder).as_posix()
        shards.append(Shard(name, held.counts[outcome], 6, sha256_of(path)))
    held = replace(held, shards=shards, leak_check=LEAKS, **changes)
    write_report(held, judge(), tally, Clocks(), {})
    manifest.write(held)
    return folder


def runs(tmp_path: Path, first: Tally, second: Tally, **changes: Any) -> tuple[Run, Run]:
    """Return two runs, the second with changes."""
    a = finished(tmp_path / "a", first)
    return read_run(a), read_run(finished(tmp_path / "b", second, **changes))


def test_a_run_does_not_differ_from_itself(tmp_path: Path) -> None:
    """Equal runs have equal shares on every line, and nothing that they were given differs."""
    tally = example(["a", "b"], 400)
    found = compare(*runs(tmp_path, tally, tally))
    lines = [*found.outcomes, *found.reasons, *found.sources, *found.removal]
    assert len(lines) > 8
    assert {(line.change, line.chance, line.differs) for line in lines} == {(0.0, 1.0, False)}
    assert not any(found.differing.values())


def test_shares_are_those_of_the_tallies(tmp_path: Path) -> None:
    """Reasons are shares of the judged, sources of their own records, groups of theirs."""
    one, two = example(["a", "b"], 400), example(["a", "c"], 300, seed=8)
    found = compare(*runs(tmp_path, one, two))
    shares = {line.name: (line.first, line.second) for line in found.reasons}
    for (label, action), (first, second) in shares.items():
        for tally, share in ((one, first), (two, second)):
            hits = sum(n for k, n in tally.reasons.items() if k[1:3] == (label, action))
            assert (share.hits, share.trials) == (hits, judged(tally))
    kept = {line.name[0]: (line.first, line.second) for line in found.sources}
    assert set(kept) == {"a", "b", "c"}
    assert kept["c"][0].trials == kept["b"][1].trials == 0
    assert kept["a"][0].hits == one.outcomes["a", "kept"] + one.outcomes["a", "redacted"]
    for line in found.removal:
        for tally, share in ((one, line.first), (two, line.second)):
            mentioned = {
                o: tally.mentions[line.name[0], o] for o in ("kept", "redacted", "dropped")
            }
            assert (share.hits, share.trials) == (mentioned["dropped"], sum(mentioned.values()))
    assert found.leaks == {"proven values": (2.0, 2.0), "suspected values": (2.0, 2.0)}


def test_differing_inputs_policies_and_detectors_are_said(tmp_path: Path) -> None:
    """What the runs were given is told by name, with both values."""
    tally = example(["a", "b"], 100)
    policy = {"name": "other", "sha256": "ef" * 32}
    detectors = [{"name": "language", "version": "2", "sha256": "cd" * 32}]
    changes = {"policy": policy, "detectors": detectors, "code": "9.9.9"}
    found = compare(*runs(tmp_path, tally, example(["a", "c"], 90), **changes))
    differing = found.differing
    assert "name: test <policy> in A, other in B" in differing["policy"]
    assert differing["detectors"] == [f"language: 1 {'cd' * 6} in A, 2 {'cd' * 6} in B"]
    assert differing["gemsieve"] == ["version: 0.1.0 in A, 9.9.9 in B"]
    assert differing["settings"] == []
    assert [line.split(":")[0] for line in differing["inputs"]] == ["a", "b", "c"]
    page = compare_page(found, ["a", "b"])
    assert "different inputs" in page
    assert "different inputs" not in compare_page(compare(found.first, found.first), ["a", "a"])


def test_the_page_has_a_line_for_each_outcome_that_occurs(tmp_path: Path) -> None:
    """Where records went is a square of counts; what did not occur has no line."""
    first, second = runs(tmp_path, example(["a"], 50), example(["a"], 50))
    moved = {("kept", "dropped"): 1234, ("redacted", "redacted"): 5}
    found = compare(first, second, moved)
    page = Page(compare_page(found, ["a", "b"]))
    (caption,) = [title for title, _ in page.tables if title.startswith("Where each record went")]
    assert page.table(caption.strip()) == [
        ["kept", "0", "0", "1,234"],
        ["redacted", "0", "5", "0"],
        ["dropped", "0", "0", "0"],
    ]
    assert found.body()["moved"] == [["kept", "dropped", 1234], ["redacted", "redacted", 5]]
    assert "Where each record went" not in compare_page(compare(first, second), ["a", "b"])


def test_the_page_stands_alone_and_escapes(tmp_path: Path) -> None:
    """Hostile names of sources and runs become text; the numbers are the lines'; all is there."""
    one, two = example(HOSTILE[:4], 300), example(HOSTILE[:4], 300, seed=9)
    found = compare(*runs(tmp_path, one, two))
    text = compare_page(found, HOSTILE[:2])
    page = Page(text)
    tags = [tag for tag, _ in page.tags]
    assert tags.count("script") == 1
    assert not {"img", "link", "iframe", "object"} & set(tags)
    assert "http://" not in text.replace('xmlns="http://', "").replace('xlink="http://', "")
    (caption,) = [t for t, _ in page.tables if t.startswith("Kept, of the records of a source")]
    lines = page.table(caption.strip())
    assert [line[0] for line in lines] == [shown(x.name[0]).strip() for x in found.sources]
    assert [line[1:3] for line in lines] == [
        [f"{x.first.hits:,}", f"{x.first.trials:,}"] for x in found.sources
    ]
    labels = {told["label"] for told in found.first.report["scores"]}
    assert sum(tag == "figure" for tag in tags) == len(labels) > 0


def test_a_report_of_another_run_is_refused(tmp_path: Path) -> None:
    """A report that is missing, old or of other counts than the manifest's is no run."""
    folder = finished(tmp_path / "a", example(["a"], 100))
    path = folder / "report" / "report.json"
    body = json.loads(path.read_text())
    for other, words in (
        (body | {"counts": body["counts"] | {"in": 1}}, "is not of the run"),
        (body | {"format": 1}, "not a report of format"),
    ):
        path.write_text(json.dumps(other))
        with pytest.raises(ManifestError, match=words):
            read_run(folder)
    path.unlink()
    with pytest.raises(ManifestError, match=r"report\.json: cannot be read"):
        read_run(folder)


def test_an_output_after_a_takedown_is_refused(tmp_path: Path) -> None:
    """Its figures would be of records that went: the refusal says so, report or none."""
    folder = finished(tmp_path / "a", example(["a"], 100))
    books = manifest.read(folder)
    gone = {"in": books.counts["in"] + 3, "removed": 3}
    write = replace(books, counts={**books.counts, **gone}, takedowns=[{"removed": {"kept": 3}}])
    manifest.write(write)
    with pytest.raises(ManifestError, match="3 records were taken down after the job"):
        read_run(folder)


def test_the_command_writes_what_it_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says the largest sure changes, and writes the numbers and the page."""
    rng = random.Random(1)
    one, two = example(["a"], 300), Tally()
    for n in example(["a"], 300).outcomes.values():
        two.outcomes["b", rng.choice(["dropped", "kept"])] += n
    finished(tmp_path / "a", one)
    finished(tmp_path / "b", two)
    html, numbers = tmp_path / "c" / "x.html", tmp_path / "c" / "x.json"
    arguments = [str(tmp_path / "a"), str(tmp_path / "b"), "--html", str(html)]
    assert main(["compare", *arguments, "--json", str(numbers)]) == 0
    said = capsys.readouterr().out
    body = json.loads(numbers.read_text())
    assert body["outcomes"][0]["a"]["hits"] == 300 * body["outcomes"][0]["a"]["rate"]
    assert f"{body['outcomes'][0]['a']['rate']:.1%} in A" in said
    assert Page(html.read_text("utf-8")).tables
    assert main(["compare", str(tmp_path / "a"), str(tmp_path / "none")]) == 2
    assert "no _MANIFEST.json" in capsys.readouterr().err
    assert main(["compare", str(tmp_path / "a"), str(tmp_path / "a")]) == 2
    assert "00000-of-00001.parquet: cannot be read" in capsys.readouterr().err
