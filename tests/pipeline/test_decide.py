"""Decisions by annotations: the same bytes as of a filter, whatever the policy, and no model."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.drawn_policies import BROAD, LANGUAGE, QUALITY, policies

from gemsieve.filters import Finding
from gemsieve.filters.policy_error import PolicyError
from gemsieve.pipeline.annotate.annotate import Annotator
from gemsieve.pipeline.annotate.annotations import NAME, Annotations, read_annotations
from gemsieve.pipeline.annotate.job import signed
from gemsieve.pipeline.annotate.recall import deciding, remember
from gemsieve.pipeline.job import Job, asked
from gemsieve.pipeline.manifest import OUTCOMES, ManifestError
from gemsieve.pipeline.run import planned, prepared
from gemsieve.pipeline.sieve import Siever
from gemsieve.pipeline.workers.place import Place

PROSE = (
    "The harbour master keeps a ledger of every boat that comes in with the tide, and of the"
    " people who have business with it. She writes to each of them in the evening."
)
GERMAN = "Der Hafenmeister führt ein Buch über jedes Schiff, das mit der Flut hereinkommt."
TEXTS = (
    PROSE,
    f"{PROSE} Write to harbour.master@example.com, or to mate@example.org.",
    f"{PROSE} Call +1 650 253 0000; her daughter calls from 192.168.7.7.",
    f"{PROSE} It was <EMAIL_ADDRESS> then, and is 192.168.7.7 now.",
    GERMAN,
    f"{GERMAN} Post an hafen@example.com.",
    "Too short: mate@example.com",
    "1.2.3.4.5.6.7.8 4111 1111 1111 1111 DE89 3700 0400 4405 3201 30",
    "no no no no no no no no no no " * 8,
)
swaps = st.sampled_from(["", "[mitigate.gender]\nshare = 0.5\n"])


def corpus(folder: Path) -> Path:
    """Write records of every text, twice, and broken ones between them."""
    lines = [
        json.dumps({"text": text, "site": f"s{i % 2}", "by": f"mate{i}@example.com"})
        for i, text in enumerate(TEXTS * 2)
    ]
    lines[3:3] = ['{"text": ', "", '{"text": 7}']
    path = folder / "in.jsonl"
    path.write_text("\n".join(lines) + "\n")
    return path


def job(output: Path, policy: str = BROAD, columns: tuple[str, ...] = ("by",)) -> Job:
    """Return a job whose source is a field."""
    return Job(str(output), policy, "p.toml", source_field="site", columns=columns)


def annotated(path: Path, output: Path, policy: str = BROAD) -> Annotations:
    """Annotate a file in this process."""
    ready = prepared(job(output, policy, ("by", "site", "language")), [str(path)], [])
    annotator = Annotator(ready.job, "digest", len(ready.slices))
    for piece in ready.slices:
        annotator.work(piece, Place())
    found = signed(ready.job, ready.judge, ready.slices, "digest")
    found.write()
    return found


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A corpus, and its annotations."""
    folder = tmp_path_factory.mktemp("annotations")
    path = corpus(folder)
    annotated(path, folder / "ann")
    return path, folder / "ann"


def shards(mine: Job, patterns: list[str]) -> dict[str, str]:
    """Sieve in this process and return the digests of the shards."""
    judge = mine.build_filter()
    mine = replace(mine, asked=asked(judge))
    slices = planned(mine, judge, patterns)
    siever = Siever(mine, "digest", len(slices))
    for piece in slices:
        siever.work(piece, Place())
    return {
        f"{outcome}/{path.name}": sha256(path.read_bytes()).hexdigest()
        for outcome in OUTCOMES
        for path in Path(mine.output, outcome).glob("*")
    }


@given(policies, swaps)
@example({"site": '[[columns]]\ncolumn = "site"\nis = "s1"\n'}, "[mitigate.gender]\nshare = 0.5\n")
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_decisions_are_those_of_a_filter(
    found: tuple[Path, Path], rules: dict[str, str], swap: str
) -> None:
    """For any policy whose detectors looked, shards are those of `gemsieve filter`, to the byte."""
    path, ann = found
    policy = "\n".join(['name = "drawn"', *rules.values(), swap])
    with TemporaryDirectory() as folder:
        one, two = Path(folder, "filter"), Path(folder, "decide")
        by_looking = shards(job(one, policy), [str(path)])
        by_memory = shards(deciding(job(two, policy), str(ann), ("by",)), [])
    assert by_looking
    assert by_memory == by_looking


def test_every_record_is_stored_as_it_was_read(found: tuple[Path, Path]) -> None:
    """The shards hold each record, broken ones too, with its text, columns and all findings."""
    path, ann = found
    books = read_annotations(ann)
    rows = pq.read_table(ann / "annotated").to_pylist()
    lines = path.read_text().splitlines()
    assert books.counts == {"in": len(lines), "annotated": len(TEXTS) * 2, "unreadable": 3}
    assert [row["id"] for row in rows] == [f"in.jsonl:{i}" for i in range(1, len(lines) + 1)]
    assert [row["fault"] for row in rows[3:6]] == [
        "malformed_json",
        "blank_line",
        "text_not_string",
    ]
    for line, row in zip(lines, rows, strict=True):
        if row["fault"] is None:
            whole = json.loads(line)
            assert (row["text"], row["source"]) == (whole["text"], whole["site"])
            assert row["columns"] == {"by": whole["by"], "site": whole["site"], "language": None}
            labels = {finding["label"] for finding in row["findings"]}
            assert {"quality.gopher.word_count", "quality.gopher.stop_words"} < labels
            assert any(label.startswith("language.") for label in labels)


def test_a_decision_loads_no_model(found: tuple[Path, Path], tmp_path: Path) -> None:
    """A fresh process that drops by stored language and personal data loads no detector at all."""
    policy = (
        'name = "strict"\n'
        + LANGUAGE
        + 'any_of = "language.en"\nbelow = 0.5\naction = "drop"\n'
        + QUALITY
        + '[[corpus]]\nlabels = "pii.*"\nabove = 0.4\naction = "drop"\n'
    )
    heavy = "fasttext presidio_analyzer hyperscan spacy phonenumbers"
    program = f"""
import sys
from pathlib import Path
from gemsieve.pipeline.workers.place import Place
from gemsieve.pipeline.annotate.recall import deciding
from gemsieve.pipeline.run import planned
from gemsieve.pipeline.sieve import Siever
from tests.drawn_policies import BROAD, LANGUAGE, QUALITY, policies
from gemsieve.pipeline.job import Job
job = deciding(Job({str(tmp_path)!r}, {policy!r}, "p.toml"), {str(found[1])!r}, ())
slices = planned(job, job.build_filter(), [])
receipt = Siever(job, "digest", len(slices)).work(slices[0], Place())
print(sorted(set({heavy!r}.split()) & set(sys.modules)), dict(receipt.tally.by_outcome()))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    loaded, outcomes = done.stdout.strip().split("] ", 1)
    assert loaded == "["
    assert json.loads(outcomes.replace("'", '"')) == {"kept": 2, "dropped": 16, "quarantined": 3}


def misfits(ann: Path, policy: str) -> str:
    """Return the error that a policy meets."""
    mine = deciding(Job("out", policy, "p.toml"), str(ann), ())
    judge = mine.build_filter()
    with pytest.raises(PolicyError) as caught:
        remember(replace(mine, asked=asked(judge)), judge)
    return str(caught.value)


def test_what_was_not_stored_is_named(found: tuple[Path, Path]) -> None:
    """A detector that did not look, other options and an absent column are errors that say so."""
    name = 'name = "x"\n'
    told = misfits(found[1], name + '[[corpus]]\nlabels = "dialect.*"\naction = "keep"\n')
    assert "detector 'dialect' finds dialect.aae" in told
    assert "gemsieve annotate" in told
    keep = '[[corpus]]\nlabels = "pii.*"\naction = "keep"\n'
    told = misfits(found[1], name + keep + '[detectors.pii]\nallow_list = ["mate"]\n')
    assert "[detectors.pii] differs" in told
    told = misfits(found[1], name + keep + 'when = { licence = "CC0" }\n')
    assert "looks at column 'licence'" in told
    with pytest.raises(ManifestError, match="holds no column 'url'"):
        deciding(Job("out", name + keep, "p.toml"), str(found[1]), ("url",))


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("version", "0", "is of version"),
        ("sha256", "0" * 64, "has other weights now"),
        ("options", "0" * 64, "differs from what"),
        ("digest", "0" * 64, "columns that others fill"),
    ],
)
def test_what_another_detector_stored_is_refused(
    found: tuple[Path, Path], tmp_path: Path, field: str, value: str, words: str
) -> None:
    """Findings of another version, other weights, options or columns are never decided by."""
    stored = read_annotations(found[1])
    changed = [replace(one, **{field: value}) for one in stored.detectors]  # type: ignore[arg-type]
    replace(stored, folder=tmp_path, detectors=changed).write()
    assert words in misfits(tmp_path, LANGUAGE.join(['name = "x"\n', 'action = "keep"\n']))


def damaged(change: Callable[[Path], None], ann: Path, folder: Path) -> str:
    """Decide by a changed copy of annotations and return the error."""
    copy = folder / "copy"
    for path in ann.rglob("*.*"):
        if path.is_file():
            (copy / path.relative_to(ann)).parent.mkdir(parents=True, exist_ok=True)
            (copy / path.relative_to(ann)).write_bytes(path.read_bytes())
    change(copy)
    with pytest.raises(ManifestError) as caught:
        shards(deciding(job(folder / "out"), str(copy)), [])
    return str(caught.value)


def swap_a_byte(folder: Path) -> None:
    """Change a shard and leave its size."""
    (shard,) = (folder / "annotated").iterdir()
    content = bytearray(shard.read_bytes())
    content[100] ^= 1
    shard.write_bytes(content)


def test_changed_annotations_are_refused(found: tuple[Path, Path], tmp_path: Path) -> None:
    """A shard or a manifest that somebody changed decides nothing, and the error names it."""
    told = damaged(swap_a_byte, found[1], tmp_path / "a")
    assert "00000-of-00001.parquet: not what" in told

    def edit(folder: Path) -> None:
        text = (folder / NAME).read_text()
        (folder / NAME).write_text(text.replace('"unreadable": 3', '"unreadable": 4').strip())

    assert "edited" in damaged(edit, found[1], tmp_path / "b")


def test_findings_of_any_value_are_read_as_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scores and spans come back as they were, from any row group: a NaN still fails closed."""
    monkeypatch.setattr("gemsieve.pipeline.write.ROW_GROUP_BYTES", 1)
    from gemsieve.pipeline.annotate.annotate import schema
    from gemsieve.pipeline.reading.read import read
    from gemsieve.pipeline.reading.record import Meter, Record
    from gemsieve.pipeline.reading.slices import Slice
    from gemsieve.pipeline.write import ShardWriter

    rows = [
        [Finding("a.b", 0.1 + 0.2), Finding("a.c", float("inf"), (3, 1))],
        [],
        [Finding("a.b", float("nan"), (0, 2_000_000_000)), Finding("a.b", -0.0, (-1, 0))],
    ]
    with ShardWriter(tmp_path, tmp_path, "annotated", "x.parquet", schema(())) as writer:
        for i, row in enumerate(rows, 1):
            names = {"id": [f"a:{i}"], "source": ["a"]}
            writer.write({**names, "text": ["one"], "fault": [None], "findings": [row]})
        writer.publish()
    piece = Slice(0, str(tmp_path / "annotated/x.parquet"), "a", "annotated", 0, 3, 1, 10)
    back = list(read(piece, "text", (), Meter()))
    assert [record.found for record in back if isinstance(record, Record)][:2] == rows[:2]
    last = back[2]
    assert isinstance(last, Record)
    assert repr(last.found) == repr(rows[2])
