"""Fine-tuning by the command: chats and pairs, by adapters or whole, from a model on disk."""

from __future__ import annotations

import json
import math
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gemsieve.cli import main
from gemsieve.model.checkpoints.about import About, CheckpointError
from gemsieve.model.checkpoints.checkpoint import write_model
from gemsieve.model.checkpoints.forms import load, open_model
from gemsieve.model.checkpoints.orbax_item import read_params, stored_shapes
from gemsieve.model.checkpoints.origin import digest_of
from gemsieve.model.checkpoints.placement import abstract, leaves, nested, on_first_device
from gemsieve.model.gemma.quantise import dequantise
from gemsieve.model.gemma.transformer import Params, initialise
from gemsieve.model.tokenizer import Tokenizer
from gemsieve.model.training.inputs import Inputs
from gemsieve.model.training.pretrain import pretrain
from gemsieve.model.training.settings import TrainSettings, read_settings
from gemsieve.model.training.start import Start
from gemsieve.model.training.train import train
from gemsieve.model.training.tuning.lora import LoraSettings, attach, base_of, merge_back
from gemsieve.model.training.watching import metrics
from gemsieve.pipeline.manifest import Manifest, Shard, sha256_of, verify, write

CONFIGS = Path(__file__).parents[2] / "configs" / "train"
NOTEBOOKS = Path(__file__).parents[2] / "examples" / "notebooks"
# A message in a text, as docs/fine-tuning.md has it.
WRITTEN = "<start_of_turn>{role}\n{content}<end_of_turn>\n"
CHANGES = (
    "data.sequence_length=40",
    "data.held_out_every=4",
    "lora.rank=2",
    "lora.base_bits=8",
    "lora.targets=q,down",
    "execution.attention=dense",  # the least to compile
    "optimizer.learning_rate=0.02",
    "optimizer.warmup_steps=1",
    "train.steps=6",
    "train.batch_size=2",
    "train.checkpoint_every=3",
    "train.evaluate_every=3",
)


def turns(question: str, answer: str) -> list[dict[str, str]]:
    """Return a chat of two turns."""
    return [{"role": "user", "content": question}, {"role": "model", "content": answer}]


def sieved(folder: Path, rows: Sequence[dict[str, Any]]) -> Path:
    """Write rows as a kept shard, and the manifest that vouches for it."""
    path = folder / "kept" / "00000.parquet"
    path.parent.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist([{"text": "as judged"} | row for row in rows]), path)
    shard = Shard("kept/00000.parquet", len(rows), path.stat().st_size, sha256_of(path))
    counts = {"in": len(rows), "kept": len(rows), "dropped": 0, "quarantined": 0}
    policy = {"name": "chats", "sha256": "1" * 64}
    write(Manifest(folder, policy, [], [], counts, [shard], "0"))
    return folder


@pytest.fixture(scope="module")
def chats(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return sieved chats whose answers can be learned, each the text that was judged."""
    words = ["river", "stones", "mills", "fields"]
    asked = [turns(f"{word} {number}?", f"old {word}") for number in range(4) for word in words]
    rows = [{"text": "".join(map(WRITTEN.format_map, chat))} for chat in asked]
    return sieved(tmp_path_factory.mktemp("chats") / "out", rows)


def command(config: str, base: Path, data: Path, run: Path, *more: str) -> int:
    """Run `gemsieve train`."""
    places = ["--init", str(base), "--data", str(data), "--output", str(run)]
    changes = [f"--set={change}" for change in CHANGES]
    return main(["train", str(CONFIGS / config), *places, *changes, *more])


@pytest.fixture(scope="module")
def base(
    tmp_path_factory: pytest.TempPathFactory, settings: TrainSettings, tokenizer: Tokenizer
) -> Path:
    """Return a verified model, of few numbers, that was never trained."""
    folder = tmp_path_factory.mktemp("bases") / "base"
    config = replace(settings.model, num_layers=1)
    tables = asdict(replace(settings, model=config))
    about = About(tables, "2" * 64, {"name": "texts"}, tokenizer.digest, "0")
    write_model(folder, initialise(config, seed=1), about, tokenizer)
    return folder


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory, base: Path, chats: Path) -> Path:
    """Return a run of adapters over weights in 8 bits."""
    run = tmp_path_factory.mktemp("tuned") / "run"
    assert command("chat.toml", base, chats, run) == 0
    return run


def numbers_of(run: Path) -> Params:
    """Return the adapters in a run's last checkpoint."""
    item = run / "checkpoints" / "6" / "params"
    shapes = {
        path: jax.ShapeDtypeStruct(found.shape, found.dtype)  # type: ignore[no-untyped-call]
        for path, found in stored_shapes(item).items()
    }
    return read_params(item, on_first_device(nested(shapes.items())))


def same(one: Params, other: Params) -> bool:
    """Tell whether two trees agree to the bit."""
    return all(jax.tree.leaves(jax.tree.map(np.array_equal, one, other)))


def test_adapters_are_all_that_is_trained_and_stored(tuned: Path, base: Path) -> None:
    """The loss falls; a checkpoint has two halves a weight; read, they are added to the weights."""
    lines = [entry for entry in metrics.read(tuned) if "held_out_loss" in entry]
    assert lines[-1]["held_out_loss"] < lines[0]["held_out_loss"]
    numbers = numbers_of(tuned)
    assert {path[-1] for path, _ in leaves(numbers)} == {"down", "up"}
    before, after = load(base), load(tuned)
    assert (after.config, after.tokenizer.digest) == (before.config, before.tokenizer.digest)
    lora = LoraSettings(rank=2, base_bits=8, targets="q,down")
    whole = dequantise(merge_back(attach(base_of(before.params, lora), numbers, lora.scale)))
    assert same(after.params, whole)
    moved = whole["layer_0"]["attention"]["q"] - before.params["layer_0"]["attention"]["q"]
    assert np.abs(moved).max() > 0.01


def test_the_chain_of_custody_goes_on(tuned: Path, base: Path, chats: Path) -> None:
    """The run names its data's manifest, and the digest and origin of the model it started from."""
    about = load(tuned).about
    assert (about.manifest, about.policy["name"]) == (verify(chats).digest, "chats")
    start = about.settings["start"]
    assert start["parameters"] == digest_of(open_model(base).stored)
    assert (start["manifest"], start["policy"]) == ("2" * 64, {"name": "texts"})
    assert about.warning is None
    imported = Start(
        {}, lambda _: {}, dict, origin=start | {"imported": "Hugging Face", "warning": "yes"}
    )
    assert "imported from Hugging Face" in (imported.descend(about).warning or "")


def test_a_run_that_was_told_to_end_resumes_to_the_bit(
    tuned: Path, base: Path, chats: Path, tmp_path: Path
) -> None:
    """Three steps and three more are six: the same adapters and the same metrics."""
    settings = read_settings(CONFIGS / "chat.toml", CHANGES, open_model(base).stored.config)
    asked = iter(range(100))
    inputs = Inputs((chats,), init=base)
    half = train(settings, inputs, tmp_path, stop=lambda: next(asked) == 3)
    whole = train(settings, inputs, tmp_path)
    assert (half.steps, whole.resumed_from, whole.steps) == (3, 3, 6)
    assert whole.entries == metrics.read(tuned)
    assert same(numbers_of(tmp_path), numbers_of(tuned))


def test_pairs_are_learned_by_the_whole_model(base: Path, tmp_path: Path) -> None:
    """At first it tells no answer from the other, at log 2; later every held-out one."""
    rows = [
        {"chosen": turns(f"{n} mills?", "bright stones"), "rejected": turns(f"{n} mills?", "7 42")}
        for n in range(16)
    ]
    data, run = sieved(tmp_path / "pairs", rows), tmp_path / "run"
    assert (
        command(
            "preference.toml", base, data, run, "--set=lora.rank=0", "--set=lora.base_bits=none"
        )
        == 0
    )
    first, *_, last = metrics.read(run)
    assert first["loss"] == pytest.approx(math.log(2), rel=1e-5)
    assert last["held_out_accuracy"] == 1
    assert last["held_out_margin"] > 1
    assert last["held_out_loss"] < math.log(2)
    assert last["tokens"] == 2 * 6 * 2 * 40  # two answers a pair


def test_adapters_follow_their_model(tuned: Path, base: Path, tmp_path: Path) -> None:
    """Moved together both are found; an absent model is refused, and another in its place.

    That other is refused whether all of it is read or a single tensor.
    """
    shutil.copytree(base, tmp_path / base.parent.name / "base")
    run = tmp_path / tuned.parent.name / "run"
    shutil.copytree(tuned, run)
    moved = tmp_path / base.parent.name / "base"
    assert same(load(run).params, load(tuned).params)
    config = load(base).config
    shutil.rmtree(moved)
    with pytest.raises(CheckpointError, match="stand beside a model that is not at"):
        load(run)
    about, tokenizer = load(base).about, load(base).tokenizer
    write_model(moved, initialise(config, seed=2), about, tokenizer)
    one = {"embedding": abstract(config)["embedding"]}
    for read in (load, lambda run: open_model(run).stored.read(one)):
        with pytest.raises(CheckpointError, match="not the model that the adapters"):
            read(run)


def test_a_whole_model_goes_on_learning_texts(
    base: Path, data: Path, settings: TrainSettings, tmp_path: Path
) -> None:
    """With `--init` pre-training starts from a model, its tokenizer and its digest."""
    settings = replace(settings, model=load(base).config)
    task = pretrain(settings, Inputs((data,), init=base), tmp_path)
    like = on_first_device(task.shapes)
    assert same(task.start(like), load(base).params)
    assert task.fixed == {}
    assert task.about.settings["start"]["parameters"] == digest_of(open_model(base).stored)
    assert Tokenizer.read(tmp_path / "tokenizer.model").digest == load(base).tokenizer.digest


def test_what_cannot_be_tuned_is_refused(
    base: Path, chats: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Contradicting settings, rows that say nothing, data without a manifest: told in one line."""
    loose = tmp_path / "loose.jsonl"
    loose.write_text(json.dumps({"messages": turns("a", "b")}) + "\n")
    wrong = sieved(tmp_path / "wrong", [{"text": "xyzzy"}] * 4)
    for data, more, told in (
        (chats, ["--set=model.num_layers=4"], "model.num_layers is 1, not 4"),
        (chats, ["--set=optimizer.kind=muon"], "optimizer.kind must be adamw"),
        (chats, ["--set=data.held_out_every=99"], "16 rows are too few"),
        (chats, ["--set=data.weights=[2]"], "data.weights is of texts"),
        (wrong, [], "row 1: `text`: message 1 is not between"),
        (loose, [], "--unverified"),
    ):
        assert command("chat.toml", base, data, tmp_path / "run", *more) == 2
        said = capsys.readouterr().err
        assert told in said
        assert "xyzzy" not in said
        assert not (tmp_path / "run").exists()
    assert (
        main(["train", str(CONFIGS / "chat.toml"), f"--data={chats}", f"--output={tmp_path}"]) == 2
    )
    assert "--init" in capsys.readouterr().err


def cells(name: str) -> list[str]:
    """Return the code of a notebook's cells, but for the one that installs."""
    book = json.loads((NOTEBOOKS / f"{name}.ipynb").read_text("utf-8"))
    code = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
    return ["".join(cell["source"]) for cell in code if not cell["metadata"]]


def test_notebooks_run(
    tuned: Path,
    base: Path,
    chats: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Their cells, in order and with a tiny model in place of Gemma, end its run and let it answer.

    A finished run is gone on from, so that no step is compiled here again.
    """
    first, *others = cells("colab")
    assert others == cells("kaggle")[1:]
    names: dict[str, Any] = {"sys": sys}
    exec(first, names)  # noqa: S102 - our own notebook
    shutil.copytree(tuned, tmp_path / "run")
    ours = {"MODEL": base, "CHATS": chats, "RUN": tmp_path / "run"}
    assert names.keys() >= ours.keys()
    names |= {key: str(value) for key, value in ours.items()}
    names |= {"SETTINGS": CHANGES, "PROMPT": "old mills?", "TOKENS": 4}
    monkeypatch.setattr(sys, "stdin", sys.stdin)
    for cell in others:
        exec(cell, names)  # noqa: S102
    said = capsys.readouterr().out
    assert "16 of 16 kept by chats" in said
    assert "step 6: " in said
    assert load(tmp_path / "run").about.manifest == verify(chats).digest
