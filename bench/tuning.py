"""What does tuning gain and cost, by adapters or of the whole model, on chats made here?

    python bench/tuning.py RUN [--steps 60] [--seed 0]

RUN is a model to start from, such as `gemsieve train configs/train/tiny.toml` makes in a minute. It
is to learn chats that are made here, in which the answer stands in the question, and then pairs of
answers of which one repeats the question's colour and the other another one. Every tenth is held
out. Nothing is kept.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax

from gemsieve.model.checkpoints.forms import open_model
from gemsieve.model.checkpoints.placement import on_first_device
from gemsieve.model.training.inputs import Inputs
from gemsieve.model.training.settings import settings_from
from gemsieve.model.training.step import make_evaluate
from gemsieve.model.training.task import make_task
from gemsieve.model.training.train import train

_COLOURS = ("red", "green", "blue", "black", "white", "brown", "grey", "yellow")
_THINGS = ("house", "river", "book", "table", "horse", "coat", "ship", "door", "stone", "field")
_ROWS = 400
# A learning rate, which is a tenth of it for pairs, and the settings of adapters.
_WAYS: dict[str, tuple[float, dict[str, int]]] = {
    "whole": (1e-3, {}),
    "adapters": (1e-2, {"rank": 8}),
    "adapters on 4 bits": (1e-2, {"rank": 8, "base_bits": 4}),
}


def main() -> None:
    """Tune in each way, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="a run to start from")
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0, help="of what is made")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        made = {"chat": made_chats(args.seed), "preference": made_pairs(args.seed)}
        for kind, rows in made.items():
            data = folder / f"{kind}.jsonl"
            data.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
            base = folder / "chat-whole" if kind == "preference" else args.model
            for name, way in _WAYS.items():
                steps = args.steps
                print(
                    kind,
                    name,
                    tuned(kind, way, base, data, folder / f"{kind}-{name}", steps),
                    flush=True,
                )


def made_chats(seed: int) -> list[dict[str, Any]]:
    """Return chats whose answers can be known."""
    drawn = random.Random(seed)
    return [{"messages": _turns(*_question(drawn))} for _ in range(_ROWS)]


def made_pairs(seed: int) -> list[dict[str, Any]]:
    """Return pairs of a right answer and one of another colour."""
    drawn, rows = random.Random(seed + 1), []
    for _ in range(_ROWS):
        thing, colour = _question(drawn)
        other = drawn.choice([name for name in _COLOURS if name != colour])
        chosen, rejected = _turns(thing, colour), _turns(thing, colour, other)
        rows.append({"chosen": chosen, "rejected": rejected})
    return rows


def _question(drawn: random.Random) -> tuple[str, str]:
    """Draw a thing and its colour."""
    return drawn.choice(_THINGS), drawn.choice(_COLOURS)


def _turns(thing: str, colour: str, answered: str = "") -> list[dict[str, str]]:
    """Return a question and its answer."""
    question = f"The {thing} is {colour}. What colour is the {thing}?"
    answer = f"The {thing} is {answered or colour}."
    return [{"role": "user", "content": question}, {"role": "model", "content": answer}]


def tuned(  # noqa: PLR0913, PLR0917 (what an experiment is)
    kind: str, way: tuple[float, dict[str, int]], base: Path, data: Path, run: Path, steps: int
) -> str:
    """Tune a model and tell what came of it."""
    rate, lora = way
    tables = {
        "task": {"kind": kind},
        "data": {"sequence_length": 64, "held_out_every": 10},
        "lora": lora,
        "optimizer": {
            "learning_rate": rate * (0.1 if kind == "preference" else 1),
            "warmup_steps": steps // 10,
            "weight_decay": 0.0,
        },
        "train": {"steps": steps, "evaluate_every": steps, "checkpoint_every": steps},
    }
    settings = settings_from(tables, open_model(base).stored.config)
    inputs = Inputs((data,), init=base, unverified=True)
    task = make_task(settings, inputs, run)
    evaluate = make_evaluate(settings, task.measure, task.fixed, task.held_out)
    before = evaluate(task.start(on_first_device(task.shapes)))
    trained = sum(leaf.size for leaf in jax.tree.leaves(task.shapes))
    started = time.process_time()
    last = train(settings, inputs, run).entries[-1]
    spent = time.process_time() - started
    after = {name: last[f"held_out_{name}"] for name in before}
    told = ", ".join(f"{name} {before[name]:.3f} -> {after[name]:.3f}" for name in before)
    size = sum(path.stat().st_size for path in _stored(run, steps))
    return f"{trained:,} numbers, {told}, {spent:.0f} s of processor time, {size:,} bytes stored"


def _stored(run: Path, step: int) -> Sequence[Path]:
    """Return the files of a checkpoint."""
    folder = run / "checkpoints" / str(step)
    return [path for path in folder.rglob("*") if path.is_file()]


if __name__ == "__main__":
    main()
