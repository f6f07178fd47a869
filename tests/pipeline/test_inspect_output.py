"""What the inspector opens beside a plain output: annotations, dropped texts, damage."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gemsieve.pipeline.annotate.annotate import Annotator
from gemsieve.pipeline.annotate.job import signed
from gemsieve.pipeline.inspector.export import export
from gemsieve.pipeline.inspector.original import Originals
from gemsieve.pipeline.inspector.output import open_output
from gemsieve.pipeline.inspector.query import Query
from gemsieve.pipeline.inspector.scan import Scan
from gemsieve.pipeline.job import Job
from gemsieve.pipeline.manifest import ManifestError
from gemsieve.pipeline.reading.slices import plan
from gemsieve.pipeline.workers.place import Place

from .inspected import MAIL, POLICY, inspector, make, text, whole_text


def test_annotations_can_be_looked_at(inspected: Path, tmp_path: Path) -> None:
    """Every record has its text and findings, though nothing was decided; faults are told."""
    inputs = [str(inspected.parent / "in/a.jsonl")]
    job = Job(str(tmp_path / "notes"), POLICY, "inspected.toml")
    judge, slices = job.build_filter(), plan(inputs)
    step = Annotator(job, "digest", len(slices))
    for piece in slices:
        step.work(piece, Place())
    signed(job, judge, slices, "digest").write()
    one = inspector(tmp_path / "notes")
    assert (one.output.state, one.output.records) == ("annotated", 31)
    scan = Scan(one.output, Query(label="pii.email_address"))
    scan.work()
    assert scan.total == 9
    masked = one.records.whole(5, ())
    (block,) = masked["texts"]
    assert MAIL not in json.dumps(masked)
    assert "•" * len(MAIL) in whole_text(block)
    (block,) = one.records.whole(5, None)["texts"]
    assert whole_text(block) == text(6)
    assert one.records.glance(30, "")["fault"] == "malformed_json"
    one.marks.close()


def test_dropped_texts_are_shown_masked_and_exported_where_they_were_written(
    tmp_path: Path,
) -> None:
    """By `[dropped] text = true`, they need no inputs."""
    out = make(tmp_path, f"{POLICY}\n[dropped]\ntext = true\n")
    one = inspector(out)
    n = one.output.counts["kept"]
    assert MAIL not in json.dumps([one.records.whole(n, ()), one.records.glance(n, "")])
    (block,) = one.records.whole(n, None)["texts"]
    assert whole_text(block) == text(7)
    one.mark({"n": n, "verdict": "right"})
    (line,) = map(json.loads, export(one.records, one.marks, "toxicity").lines)
    assert (line["text"], line["label"]) == (text(7), 1)
    one.marks.close()


def test_findings_are_not_placed_where_their_places_are_not_known(tmp_path: Path) -> None:
    """What writes words of other lengths moves what is behind them: then no place is guessed."""
    out = make(tmp_path, POLICY.replace('"redact"', '"replace"\nnew_value = "?"'))
    one = inspector(out)
    told = one.records.whole(5, ())
    assert "--input" in told["note"]
    assert all("findings" not in part for part in told["texts"][0]["pieces"])
    one.marks.close()


@settings(max_examples=30)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 32)), max_size=8))
def test_texts_are_found_by_their_numbers_in_any_order(
    inspected: Path, asked: list[tuple[str, int]]
) -> None:
    """Forwards, backwards, twice, in turns; a broken line has its fault, one beyond is nobody."""
    output = open_output(inspected)
    originals = Originals(output, [str(inspected.parent / "in/*")])
    for name, number in asked:
        found = originals.of(f"{name}.jsonl:{number}")
        if number == 32:
            assert found is None
        elif number == 31:
            assert found == (None, "malformed_json")
        else:
            assert found == (text(number + (30 if name == "b" else 0)), None)
    assert originals.of("c.jsonl:1") is None


def test_a_missing_or_damaged_shard_is_named(inspected: Path, tmp_path: Path) -> None:
    """The output is not opened: what is not there cannot be looked at."""
    copy = shutil.copytree(inspected, tmp_path / "out")
    shard = next((copy / "dropped").iterdir())
    shard.write_bytes(b"nothing of the kind")
    with pytest.raises(ManifestError, match=rf"dropped/{shard.name}: missing or damaged"):
        open_output(copy)
    shard.unlink()
    with pytest.raises(ManifestError, match=rf"dropped/{shard.name}: missing or damaged"):
        open_output(copy)
