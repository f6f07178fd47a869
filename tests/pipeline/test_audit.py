"""The audit of the filter by each job: planted disparities fail it, too few trials are told."""

from __future__ import annotations

import json
import random
from contextlib import nullcontext
from hashlib import sha256
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.pipeline.beam_warnings import BEAM_WARNINGS
from tests.pipeline.in_process import apart

from gemsieve.cli import main
from gemsieve.pipeline.audit import auditor as audit_slice
from gemsieve.pipeline.audit.auditor import shares
from gemsieve.pipeline.job import Job
from gemsieve.pipeline.manifest import FAILED, NAME, GateError, ManifestError, verify
from gemsieve.pipeline.reading.slices import Slice
from gemsieve.pipeline.run import Outcome, OutputError, run_job
from gemsieve.pipeline.workers.place import Place

pytestmark = [*BEAM_WARNINGS, pytest.mark.usefixtures("in_process")]

# A third party's detector, as a package brings it. With its grudge it holds one word against all
# who say it; without, nothing.
DETECTOR = """
from gemsieve.filters import Finding, Labels

class Grudge:
    name, version, weights, needs = "grudge", "1", "", ()
    labels = Labels(measures={"grudge.score": (0.0, 1.0)})

    def __init__(self, word="", crash=""):
        self.word, self.crash = word, crash

    def setup(self):
        pass

    def __call__(self, batch):
        if self.crash and any(self.crash in text for text in batch.texts):
            raise ValueError(batch.texts)
        held = [bool(self.word) and self.word in text for text in batch.texts]
        return [[Finding("grudge.score", 0.9 if bad else 0.1)] for bad in held]
"""
POLICY = """
name = "audited"
[detectors.grudge]
{options}
[[corpus]]
labels = "identity.*"
action = "keep"
[[corpus]]
labels = "pii.*"
action = "drop"
[[corpus]]
labels = "grudge.*"
above = 0.5
action = "drop"
[leak_check]
records = 0
[audit]
labels = "grudge.*"
{audit}
"""
PEOPLE = ("Muslim", "Jewish", "Hindu", "Sikh", "Christian", "Buddhist")
SCENES = (
    "The {} neighbours brought bread to the meeting.",
    "Two {} students won the prize for their map of the coast.",
    "A {} family runs the bakery beside the station.",
    "At the fair a {} teacher explained how clocks are mended.",
    "Every {} person in the village helped to clear the snow.",
)
SSN = "219-09-4321"


@pytest.fixture(autouse=True)
def plugin(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install the detector for this process and for workers."""
    folder = tmp_path_factory.mktemp("plugins")
    (folder / "grudge.py").write_text(DETECTOR)
    info = folder / "grudge-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: grudge\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[gemsieve.detectors]\ngrudge = grudge:Grudge\n")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", str(folder))


def corpus(folder: Path, records: int = 360, marked: str = "") -> Path:
    """Write records about each group; those about `marked` hold a value that the policy drops."""
    rng = random.Random(1)
    folder.mkdir()
    for name in ("a", "b", "c"):
        rows = []
        for i in range(records // 3):
            group = PEOPLE[i % len(PEOPLE)]
            text = f"Page {rng.randrange(10**6)}. {rng.choice(SCENES).format(group)} It was quiet."
            held = group == marked or rng.random() < 0.1
            rows.append(json.dumps({"text": f"{text} Number {SSN}." if held else text}))
        (folder / f"{name}.jsonl").write_text("\n".join([*rows, "{broken"]) + "\n")
    return folder


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus that speaks of every group alike."""
    return corpus(tmp_path_factory.mktemp("audit") / "in")


def job(output: Path, audit: str = "", word: str = "", more: str = "") -> Job:
    """Return a job whose detector holds a word against a text."""
    options = f'word = "{word}"\n{more}'
    return Job(str(output), POLICY.format(options=options, audit=audit), "audited.toml")


def run(job: Job, inputs: Path, workers: int = 1) -> Outcome:
    """Run a job."""
    return run_job(job, [str(inputs / "*")], workers, [], lambda *_: nullcontext())


def tree(folder: Path) -> dict[str, str]:
    """Return the digest of every file but the report's, whose timings differ."""
    return {
        path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).parts[0] != "report"
    }


def told_in(path: Path) -> bool:
    """Say whether a file holds words of a sentence; of Parquet its cells are read."""
    text = path.read_bytes().decode("latin-1")
    if path.suffix == ".parquet":
        text = json.dumps(pq.read_table(path).to_pylist())
    return any(word in text for word in ("bakery", "neighbours", "prize", "village"))


LIMIT = "flip_rate = 0.05\nsentences = 1400"


def test_a_planted_grudge_fails_the_job_and_without_it_the_same_corpus_passes(
    inputs: Path, tmp_path: Path
) -> None:
    """The message names rule, group, interval and limit; shards stand, and no manifest."""
    output = tmp_path / "out"
    with pytest.raises(GateError, match=r"the audit refuses the output") as told:
        run(job(output, LIMIT, "Muslim"), inputs)
    said = str(told.value)
    assert "corpus[3] (drop grudge.* above 0.5): " in said
    assert "swaps of religion.muslim have it act on that group alone: 100.0% (95 %: " in said
    assert "audit.flip_rate is 5.0%" in said
    failed = json.loads((output / FAILED).read_bytes())
    assert failed["gate"] == "audit"
    assert failed["audit"]["verdicts"]["flip_rate"] == "fail"
    worst = failed["audit"]["flips"][0]
    assert worst["unit"] == "religion.muslim"
    assert worst["flips"] == worst["trials"] >= 30
    assert worst["favoured"] == 0
    named = {row["unit"] for row in failed["audit"]["flips"] if row["verdict"] == "fail"}
    assert named == {"religion.*", "religion.muslim"}
    assert any((output / "kept").iterdir())
    assert not (output / NAME).exists()
    held = {path.parent.name for path in output.rglob("*") if path.is_file() and told_in(path)}
    assert held == {"kept"}
    assert run(job(tmp_path / "fair", LIMIT), inputs).manifest.audit["verdicts"] == {
        "flip_rate": "pass",
        "score_gap": "unlimited",
        "removal_ratio": "unlimited",
    }


def test_a_group_whose_records_are_removed_fails_the_job(inputs: Path, tmp_path: Path) -> None:
    """The real rules drop what stands beside one group; the same corpus without it passes."""
    table = "removal_ratio = 2\nsentences = 0"
    planted = corpus(tmp_path / "in", marked="Sikh")
    with pytest.raises(GateError, match=r"identity.religion.sikh: 60 of 60 records") as told:
        run(job(tmp_path / "out", table), planted)
    assert "audit.removal_ratio is 2" in str(told.value)
    assert "(95 %: " in str(told.value)
    passed = run(job(tmp_path / "fair", table), inputs).manifest
    assert passed.audit["verdicts"]["removal_ratio"] == "pass"
    assert 0 < passed.counts["dropped"] < 60


def test_a_corpus_too_small_says_so(tmp_path: Path) -> None:
    """Neither pass nor fail, whatever was planted; the job goes by what the policy says of that."""
    small = corpus(tmp_path / "in", records=18)
    table = f"{LIMIT}\nremoval_ratio = 2"
    books = run(job(tmp_path / "out", table, "Muslim"), small).manifest
    assert books.audit["verdicts"] == {
        "flip_rate": "insufficient",
        "score_gap": "unlimited",
        "removal_ratio": "insufficient",
    }
    assert {row["verdict"] for row in books.audit["flips"]} == {"insufficient"}
    with pytest.raises(GateError, match=r"audit\.flip_rate: insufficient, no group has 30 trials"):
        run(job(tmp_path / "strict", f'{table}\ninsufficient = "fail"', "Muslim"), small)


def test_raising_a_limit_sieves_and_audits_nothing_again(inputs: Path, tmp_path: Path) -> None:
    """Shards and sums stand; the same command under a higher limit only judges them anew."""
    output = tmp_path / "out"
    with pytest.raises(GateError):
        run(job(output, LIMIT, "Muslim"), inputs)
    sums = [*(output / "kept").iterdir(), *(output / "_work" / "audits").iterdir()]
    before = {path: path.stat().st_mtime_ns for path in sums}
    with pytest.raises(GateError):
        run(job(output, "flip_rate = 0.2\nsentences = 1400", "Muslim"), inputs)
    assert {path: path.stat().st_mtime_ns for path in sums} == before
    passed = run(job(output, "flip_rate = 1\nsentences = 1400", "Muslim"), inputs)
    assert passed.resumed == 3
    kept = {path: n for path, n in before.items() if path.parent.name == "kept"}
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert not (output / FAILED).exists()
    assert verify(output).audit["verdicts"]["flip_rate"] == "pass"
    with pytest.raises(OutputError, match="finished job"):
        run(job(output, LIMIT, "Muslim"), inputs)


def test_other_sentences_are_audited_without_sieving(
    inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A killed audit resumes where it was; another sample is another audit of the same shards."""
    output = tmp_path / "out"
    real, seen = audit_slice.Auditor.work, list[int]()

    def breaks(self: audit_slice.Auditor, piece: Slice, place: Place) -> object:
        seen.append(piece.number)
        if len(seen) == 2:
            raise RuntimeError("power cut")
        return real(self, piece, place)

    monkeypatch.setattr(audit_slice.Auditor, "work", breaks)
    with pytest.raises(RuntimeError, match="power cut"):
        run(job(output, "sentences = 700"), inputs)
    done = {path.name for path in (output / "_work" / "audits").iterdir()}
    assert len(done) == 1
    run(job(output, "sentences = 700"), inputs)
    assert len(seen) == 4
    run(job(tmp_path / "whole", "sentences = 700"), inputs)
    assert tree(output) == tree(tmp_path / "whole")


def test_two_workers_find_the_same(
    inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shards and manifest, with all that the audit counted, are the same bytes."""
    run(job(tmp_path / "one", "sentences = 140", "Hindu"), inputs)
    apart(monkeypatch)
    run(job(tmp_path / "two", "sentences = 140", "Hindu"), inputs, workers=2)
    assert tree(tmp_path / "one") == tree(tmp_path / "two")
    audit = verify(tmp_path / "one").audit
    assert audit["swapped"] + audit["unswapped"] == 20
    assert audit["places"]


def test_a_rule_that_crashes_on_one_group_is_a_flip(inputs: Path, tmp_path: Path) -> None:
    """A text that nobody can judge is removed, so a crash is a difference like any other."""
    with pytest.raises(GateError, match=r"error\.grudge: .* most against religion\.jewish"):
        run(job(tmp_path / "out", LIMIT, more='crash = "Jewish"'), inputs)


def test_an_input_that_changed_is_told_without_its_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The audit reads sentences again; a record that is gone ends the job, by its name alone."""
    folder = corpus(tmp_path / "in", records=18)
    real = audit_slice.Auditor.work

    def after(self: audit_slice.Auditor, piece: Slice, place: Place) -> object:
        Path(piece.path).write_text("{broken\n" * 7)
        return real(self, piece, place)

    monkeypatch.setattr(audit_slice.Auditor, "work", after)
    with pytest.raises(RuntimeError, match=r"a\.jsonl:1: the audit failed: LookupError") as told:
        run(job(tmp_path / "out"), folder)
    assert "neighbours" not in str(told.value)
    assert not (tmp_path / "out" / NAME).exists()


def test_a_slice_that_was_not_audited_is_missed(
    inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The books want an audit of every slice."""
    monkeypatch.setattr("gemsieve.pipeline.audit.auditor.write_swaps", lambda *_: None)
    with pytest.raises(ManifestError, match=r"slices \[0, 1, 2\] were not audited"):
        run(job(tmp_path / "out"), inputs)


def test_the_command_ends_with_status_1(
    inputs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`gemsieve filter` tells the rule and the group, and where to look."""
    policy = tmp_path / "p.toml"
    policy.write_text(POLICY.format(options='word = "Muslim"', audit=LIMIT))
    command = ["filter", "--input", str(inputs / "*"), "--policy", str(policy)]
    assert main([*command, "--output", str(tmp_path / "out")]) == 1
    told = capsys.readouterr().err
    assert "religion.muslim" in told
    assert "report/index.html" in told
    assert "neighbours" not in told
    policy.write_text(POLICY.format(options="", audit="flip_rate = 0.05\nsentences = 35"))
    assert main([*command, "--output", str(tmp_path / "fair")]) == 0
    said = "audit: 5 sentences swapped, 0 flips, flip_rate: insufficient"
    assert said in capsys.readouterr().out


def test_shares_add_up_to_what_was_asked() -> None:
    """Each axis gets a seventh of the sentences, each slice its part by size."""
    assert shares([10, 30, 0, 60], 700) == [10, 30, 0, 60]
    assert shares([1, 1], 0) == [0, 0]
    assert sum(shares([1] * 1000, 1000)) == 143
