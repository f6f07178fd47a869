"""A probe of a model's states: taught, kept, and judging what the model writes and reads."""

from __future__ import annotations

import gzip
import io
import json
import random
import shutil
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.model.reference import loud_params

from gemsieve.cli import main
from gemsieve.filters import Action, Batch, Filter, load_filter
from gemsieve.filters.policy_error import PolicyError
from gemsieve.filters.readings import COLUMN, Reading, to_column
from gemsieve.model.checkpoints.huggingface import Form, write_huggingface
from gemsieve.model.gemma.config import named
from gemsieve.model.probe import ProbeDetector
from gemsieve.model.probe.along import along
from gemsieve.model.probe.parts import Wanted, use_of
from gemsieve.model.probe.reader import Part, reader
from gemsieve.model.probe.rows import Row
from gemsieve.model.probe.saved import FILE, Probe, ProbeError, parsed
from gemsieve.model.probe.saved import read as read_probe
from gemsieve.model.probe.score import scores
from gemsieve.model.probe.teach import teach
from gemsieve.model.sampling.draw import Drawing
from gemsieve.model.sampling.engine import Engine
from gemsieve.model.sampling.request import Request
from gemsieve.model.sampling.writing import drawable
from gemsieve.model.tokenizer import BOS, Tokenizer

CONFIG = replace(named("test"), vocab_size=300, num_layers=1)
WET, DRY = ("river", "stones", "sea", "small"), ("mills", "fields", "quiet", "old")
POLICY = """
name = "p"
[detectors.probe]
model = "{}"
[[prompt]]
labels = "pii.*"
action = "redact"
[[output]]
labels = "probe.wet"
above = {}
action = "drop"
[[output]]
labels = "probe.luck"
action = "keep"
"""


def rows_of(count: int, seed: int) -> list[Row]:
    """Return texts of two vocabularies; `wet` tells which, `luck` is a coin's."""
    rng, found = random.Random(seed), []
    for _ in range(count):
        wet = rng.random() < 0.5
        text = " ".join(rng.choices(WET if wet else DRY, k=rng.randint(2, 5)))
        found.append(Row(text, "the" if rng.random() < 0.5 else None, (wet, rng.random() < 0.5)))
    return found


def line(row: Row) -> str:
    """Return a row as JSON."""
    wet, luck = row.truths
    return json.dumps({"said": row.text, "asked": row.prompt, "wet": int(wet), "luck": luck * 0.7})


@dataclass(frozen=True)
class Taught:
    """A model with a probe, and what was printed when it was taught."""

    folder: Path
    status: int
    told: str
    complaints: str


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory, tokenizer: Tokenizer) -> Path:
    """Return a random model in Hugging Face's form."""
    folder = tmp_path_factory.mktemp("probe") / "model"
    write_huggingface(folder, loud_params(CONFIG, seed=3), Form(config=CONFIG, tokenizer=tokenizer))
    return folder


@pytest.fixture(scope="module")
def taught(model: Path) -> Taught:
    """Return the model after `gemsieve probe`, from two files, one of them with three bad lines."""
    rows = rows_of(300, seed=1)
    good, other = model.parent / "good.jsonl.gz", model.parent / "other.jsonl"
    bad = ["{", json.dumps({"said": "the secret sea", "wet": 2, "luck": 0}), '{"said": " "}']
    with gzip.open(good, "wt") as file:
        file.write("\n".join(map(line, rows[:200])))
    other.write_text("\n".join([*bad, *map(line, rows[200:])]))
    out, err = io.StringIO(), io.StringIO()
    command = ["probe", str(model), "--data", str(good), str(other), "--labels", "wet,luck"]
    command += ["--text-field", "said", "--prompt-field", "asked", "--held-out", "0.4"]
    exact = jax.default_matmul_precision("highest")  # as each test has it
    with exact, redirect_stdout(out), redirect_stderr(err):
        status = main([*command, "--seed", "4"])
    return Taught(model, status, out.getvalue(), err.getvalue())


@pytest.fixture(scope="module")
def detector(taught: Taught) -> ProbeDetector:
    """Return the detector with that probe."""
    return ProbeDetector(str(taught.folder))


def judge_by(folder: Path, limit: float) -> Filter:
    """Return the filter of a policy that drops by `probe.wet`."""
    path = folder.parent / f"{folder.name}-{limit}.toml"
    path.write_text(POLICY.format(folder, limit))
    return load_filter(path)


def test_it_finds_what_is_there_and_not_what_is_not(
    taught: Taught, detector: ProbeDetector
) -> None:
    """Two vocabularies are told apart in texts never seen; what a coin said is not."""
    assert taught.status == 0, taught.complaints
    figures = detector.probe.figures
    assert figures["labels"]["wet"]["auc"] > 0.95
    low, high = figures["labels"]["luck"]["interval"]
    assert low < 0.5 < high
    assert sum(figures["texts"].values()) == 300
    assert "wet: AUC" in taught.told
    assert "luck: no better than chance" in taught.told
    assert all(curve.slope < 10 for curve in detector.probe.curves)  # few texts prove little
    fresh = rows_of(60, seed=2)
    columns = {"prompt": [row.prompt for row in fresh]}
    found = [some[0].score for some in detector(Batch([row.text for row in fresh], columns))]
    right = [(score > 0.5) == row.truths[0] for score, row in zip(found, fresh, strict=True)]
    assert np.mean(right) > 0.9


def test_bad_lines_are_named_and_never_quoted(taught: Taught) -> None:
    """Each is told of by file, number and field; the words stay out."""
    for number, fault in ((1, "not JSON"), (2, "wet: must be true"), (3, "said: must be a text")):
        assert f"other.jsonl: line {number}: {fault}" in taught.complaints
    assert "lines left out: 3" in taught.complaints
    assert "secret" not in taught.complaints + taught.told


def test_equal_texts_and_seed_give_equal_bytes(taught: Taught) -> None:
    """Taught again from the same rows in another order of files, the parts are the same."""
    rows, before = rows_of(300, seed=1), (taught.folder / FILE).read_bytes()
    teach(taught.folder, rows, Wanted(("wet", "luck"), held_out=0.4, seed=4))
    assert (taught.folder / FILE).read_bytes() == before


def test_what_teaches_nothing_is_refused(taught: Taught) -> None:
    """A label of one kind, or that does not hold, or a layer that is not there: no file."""
    rows, before = rows_of(120, seed=1), (taught.folder / FILE).read_bytes()
    wanted = Wanted(("wet",), layer=0, held_out=0.4)
    wet = [replace(row, truths=row.truths[:1]) for row in rows]
    single = [replace(row, truths=(True,)) for row in rows]
    turned = [
        replace(row, truths=(row.truths[0] is not (use_of(row.text, wanted) == "curve"),))
        for row in wet
    ]
    for some, asked, words in (
        (single, wanted, r"wet: true of (\d+) of the \1 texts for the weights"),
        (wet, replace(wanted, layer=2), "layer 2: the model has 0, its embeddings, to 1"),
        (turned, wanted, "wet: what was learned of it does not hold"),
    ):
        with pytest.raises(ProbeError, match=words):
            teach(taught.folder, some, asked)
    for changes, words in (
        ({"width": 0}, "width"),
        ({"held_out": 1.0}, "held-out"),
        ({"labels": ()}, "one or more"),
        ({"labels": ("Wet",)}, "'Wet'"),
    ):
        with pytest.raises(ValueError, match=words):
            replace(Wanted(("wet",)), **changes)
    assert (taught.folder / FILE).read_bytes() == before


def test_a_file_is_read_as_it_was_written(detector: ProbeDetector) -> None:
    """Numbers survive to the bit."""
    probe = detector.probe
    again = parsed(probe.content)
    for name in ("weights", "bias"):
        assert np.array_equal(getattr(again, name), getattr(probe, name))
    assert (again.digest, again.curves) == (probe.digest, probe.curves)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("model", "ab", "model: must be a SHA-256"),
        ("layer", -1, "layer: must be"),
        ("width", 1.5, "width: must be"),
        ("labels", {}, "labels: needs"),
        ("labels.wet.bias", None, r"labels.wet.bias: must be numbers"),
        ("labels.wet.weights", [float("nan")], "labels.wet.weights: must be finite"),
        ("labels.wet.weights", [1e39], "too large"),
        ("labels.wet.weights", [1.0], "differ in number"),
        ("labels.wet.slope", -1, "positive slope"),
        ("labels.wet.extra", 1, "labels.wet.extra: unknown"),
        ("figures", ..., "figures: missing"),
    ],
)
def test_a_damaged_file_says_what_is_wrong(
    taught: Taught, tmp_path: Path, key: str, value: object, words: str
) -> None:
    """The error names the file and the key, and no policy is read with it."""
    body = json.loads((taught.folder / FILE).read_text())
    *way, last = key.split(".")
    table = body
    for name in way:
        table = table[name]
    table[last] = value
    if value is ...:
        del table[last]
    (tmp_path / FILE).write_text(json.dumps(body))
    with pytest.raises(PolicyError, match=rf"detectors.probe: .*{FILE}: .*{words}"):
        judge_by(tmp_path, 0.5)


def naive(probe: Probe, logits: list[tuple[float, ...]]) -> list[float]:
    """Return the scores by the definition, a window at a time."""
    width, found = min(probe.width, len(logits)), []
    for index, curve in enumerate(probe.curves):
        starts = range(len(logits) - width + 1)
        means = [sum(row[index] for row in logits[at : at + width]) / width for at in starts]
        value = curve.slope * max(means) + curve.intercept
        found.append(1 / (1 + np.exp(-value)))
    return found


LOGITS = st.lists(st.tuples(*[st.floats(-30, 30)] * 2), min_size=1, max_size=40)


@given(st.lists(LOGITS, min_size=1, max_size=4))
def test_readings_are_scored_by_the_definition(
    detector: ProbeDetector, texts: list[list[tuple[float, ...]]]
) -> None:
    """The highest mean of so many tokens in a row, through the curve; whatever stands beside it."""
    probe = detector.probe
    column = [to_column([Reading(probe.digest, row) for row in rows]) for rows in texts]
    batch = Batch(["any words"] * len(texts), {COLUMN: column})
    for rows, found in zip(texts, detector(batch), strict=True):
        assert [one.label for one in found] == ["probe.wet", "probe.luck"]
        assert [one.score for one in found] == pytest.approx(naive(probe, rows), abs=6e-5)


def test_foreign_readings_fail_closed(taught: Taught, detector: ProbeDetector) -> None:
    """Another head's, other labels', none, and what is no number: each drops its text."""
    digest, judge = detector.probe.digest, judge_by(taught.folder, 1.0)
    ours = [Reading(digest, (0.0, 0.0))]
    bad = [
        to_column([*ours, Reading("0" * 64, (0.0, 0.0))]),
        to_column([Reading(digest, (0.0,))]),
        to_column([Reading(digest, (float("nan"), 0.0))]),
        "[[],[]]",
        "?",
    ]
    for value in bad:
        (verdict,) = judge(Batch(["sea"], {COLUMN: [value]}), "output")
        assert (verdict.action, verdict.fault) == (Action.DROP, "error.probe")
    (verdict,) = judge(Batch(["sea"], {COLUMN: [to_column(ours)]}), "output")
    assert verdict.action is Action.KEEP


def test_no_record_vouches_for_itself(taught: Taught) -> None:
    """A column of readings in a corpus is not looked at: its record could say what it likes."""
    from gemsieve.filters.over import verdicts

    judge = judge_by(taught.folder, 0.5)
    calm = to_column([Reading(ProbeDetector(str(taught.folder)).weights, (-30.0, -30.0))])
    (verdict,) = verdicts(judge, [{"text": "river sea stones", COLUMN: calm}], "output")
    assert verdict.action is Action.DROP


def test_readings_need_no_model(taught: Taught, tmp_path: Path) -> None:
    """With the file alone what a model said of its words is judged; other words are dropped."""
    shutil.copy(taught.folder / FILE, tmp_path)
    judge = judge_by(tmp_path, 0.5)
    digest = read_probe(tmp_path).digest
    column = [to_column([Reading(digest, (value, 0.0))]) for value in (-30.0, 30.0)]
    found = judge(Batch(["a", "b", "c"], {COLUMN: [*column, None]}), "output")
    assert [v.reasons for v in found] == [(), ("probe.wet",), ("error.probe",)]


@settings(max_examples=10)
@given(st.lists(st.sampled_from(["", "sea", "old mills", "river " * 40]), max_size=4))
def test_company_and_order_say_nothing(detector: ProbeDetector, texts: list[str]) -> None:
    """A text has the same findings alone and in any batch; one without words scores 0."""
    together = detector(Batch(texts))
    assert together == [detector(Batch([text]))[0] for text in texts]
    for text, found in zip(texts, together, strict=True):
        assert text or {one.score for one in found} == {0.0}


def test_a_long_text_is_read_in_parts(taught: Taught, detector: ProbeDetector) -> None:
    """Every token is read once, after as much of the prompt as leaves room."""
    model, text = reader(taught.folder), "river mills " * 60
    parts = model.parts(text, "small stones " * 60)
    own = [piece for part in parts for piece in part.tokens[part.start :]]
    assert own == model.model.tokenizer.encode(text)
    assert {len(part.tokens) for part in parts[:-1]} == {CONFIG.max_length}
    assert {(part.start, part.tokens[0]) for part in parts} == {(CONFIG.max_length // 2, BOS)}
    logits = model.logits(detector.probe, text, "small stones " * 60)
    assert np.array_equal(logits, np.concatenate([model.said(detector.probe, p) for p in parts]))
    assert scores(detector.probe, logits) != scores(detector.probe, logits[:20])


def test_an_answer_is_judged_by_what_its_model_read_of_it(
    taught: Taught, detector: ProbeDetector, capsys: pytest.CaptureFixture[str]
) -> None:
    """The engine's readings are those of one pass over prompt and answer, and they decide.

    `gemsieve sample` blocks the answer just below their score and writes it at their score, which
    is not that of the same words read anew.
    """
    found = along(judge_by(taught.folder, 0.5), taught.folder)
    assert found
    model, tokenizer = found.model, found.model.tokenizer
    prompt = [BOS, *tokenizer.encode("the river")]
    allowed = drawable(tokenizer, CONFIG.vocab_size)
    engine = Engine(params=model.params, config=CONFIG, rows=1, allowed=allowed, head=found.head)
    drawing = Drawing(temperature=9.0)
    sampled = list(engine.submit(Request(tokens=prompt, drawing=drawing, max_new_tokens=12)))
    read = [one.reading.logits for one in sampled if one.reading]
    assert len(set(read)) == 12
    part = Part((*prompt, *(one.piece for one in sampled)), len(prompt))
    np.testing.assert_allclose(read, reader(taught.folder).said(detector.probe, part), atol=1e-4)

    text = tokenizer.decode([one.piece for one in sampled])
    score = scores(detector.probe, np.array(read))[0]
    (anew,) = detector(Batch([text], {"prompt": ["the river"]}))
    assert abs(anew[0].score - score) > 2e-4
    command = ["sample", str(taught.folder), "--prompt", "the river", "--temperature", "9"]
    for limit, blocked in ((score - 1e-4, True), (score, False)):
        judge_by(taught.folder, limit)
        policy = taught.folder.parent / f"model-{limit}.toml"
        assert main([*command, "--policy", str(policy), "--jsonl", "--max-tokens", "12"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert told.get("reasons") == (["probe.wet"] if blocked else None)
        assert told["text"] == ("" if blocked else text)
    assert along(judge_by(taught.folder, 0.5), taught.folder.parent) is None


def test_a_probe_of_another_model_is_refused(
    taught: Taught, tokenizer: Tokenizer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No filter is set up, no sampler begun, and what is judged all the same is dropped."""
    other = tmp_path / "other"
    write_huggingface(other, loud_params(CONFIG, seed=4), Form(config=CONFIG, tokenizer=tokenizer))
    shutil.copy(taught.folder / FILE, other)
    judge = judge_by(other, 1.0)
    with pytest.raises(ProbeError, match=r"probe\.json: model: .*gemsieve probe"):
        judge.setup("output")
    (verdict,) = judge(Batch(["sea"]), "output")
    assert (verdict.action, verdict.fault) == (Action.DROP, "error.probe")
    assert main(["sample", str(other), "--policy", str(tmp_path / "other-1.0.toml")]) == 2
    assert "another than this probe was made for" in capsys.readouterr().err


def test_without_a_model_there_is_nothing(tmp_path: Path) -> None:
    """No labels, no weights, no findings; a folder that is not there stops the policy."""
    off = ProbeDetector()
    assert (off.labels.ranges(), off.weights, off(Batch(["sea"]))) == ({}, "", [[]])
    with pytest.raises(PolicyError, match="nowhere is no folder"):
        judge_by(tmp_path / "nowhere", 0.5)
    with pytest.raises(PolicyError, match="cannot read the probe: No such file"):
        judge_by(tmp_path, 0.5)
