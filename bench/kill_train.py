"""Kill a training run again and again, and compare its end with that of an undisturbed run.

    python bench/kill_train.py DATA [--kills 20] [--pace 25] [--seed 0] [--vocab 300]

DATA is a folder that `gemsieve filter` wrote. A model of "test" size is trained on it twice. The
second run gets SIGKILL so many times at random moments, one in each stretch of the run and some
before a first step, SIGTERM a fifth as often, and is resumed each time. Prints, as JSON, how often
each came, from which steps the run was resumed, and whether parameters, optimizer and metrics are
the same to the bit.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import numpy as np
import orbax.checkpoint as ocp  # type: ignore[import-untyped]

from gemsieve.cli import main as gemsieve
from gemsieve.model.checkpoints.checkpoint import FOLDER
from gemsieve.model.checkpoints.whole import steps_in

# Imported before any fork, so that no child has to; JAX has no threads until a device is used.
from gemsieve.model.training.train import train  # noqa: F401
from gemsieve.model.training.watching import metrics

CONFIG = """
[model]
size = "test"
vocab_size = {vocab}
num_layers = {layers}
[data]
sequence_length = 32
held_out_every = 20
[optimizer]
warmup_steps = 5
learning_rate = 0.01
[train]
steps = {steps}
log_every = 1
evaluate_every = {evaluate}
checkpoint_every = 6
"""


def start(arguments: list[str]) -> int:
    """Train in a process of its own and return its number."""
    process = os.fork()
    if not process:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os._exit(gemsieve(["train", *arguments]))
    return process


def last_step(run: Path) -> int:
    """Return the last recorded step, 0 for none."""
    return max((entry["step"] for entry in metrics.read(run)), default=0)


def last_checkpoint(run: Path) -> int:
    """Return the step of the last whole checkpoint, 0 for none."""
    return max(steps_in(run / FOLDER), default=0)


def signals(kills: int, pace: int, chance: random.Random) -> Iterator[tuple[signal.Signals, int]]:
    """Yield so many SIGKILLs, one in each stretch of the run, and SIGTERM after some.

    With each comes the step from which on it may strike.
    """
    for number in range(kills):
        step = number * pace + chance.randrange(pace)
        yield signal.SIGKILL, step
        if number % 5 == 0:
            yield signal.SIGTERM, step + 1


def ended(process: int) -> bool:
    """Tell whether a process is over, and leave it to be waited for."""
    return bool(os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT))


def disturb(run: Path, arguments: list[str], kills: int, pace: int, seed: int) -> dict[str, Any]:
    """Train to the end, ended on the way by signals, and tell what came."""
    chance, came, resumed = random.Random(seed), Counter[str](), []
    for number, wanted in signals(kills, pace, chance):
        metrics.rewind(run, last_checkpoint(run))  # as the process will: what is new is its own
        process, early = start(arguments), number == signal.SIGKILL and chance.random() < 0.1
        while not (early or ended(process)) and last_step(run) < max(1, wanted):
            time.sleep(0.002)
        time.sleep(chance.uniform(0, 1.0 if early else 0.05))
        os.kill(process, number)
        status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        if status > 0 and status != 143:  # whatever it was, it would be so again
            raise SystemExit(f"the run ended by itself, with status {status}")
        came[{-signal.SIGKILL: "SIGKILL", 143: "SIGTERM"}.get(status, f"status {status}")] += 1
        resumed.append(last_checkpoint(run))
    process = start(arguments)
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    return {"came": came, "resumed_from": resumed, "status": status}


def state_of(run: Path) -> dict[str, Any]:
    """Return every array of a run's last checkpoint, by item."""
    folder = (run / FOLDER / str(last_checkpoint(run))).absolute()
    reader = ocp.StandardCheckpointer()
    return {item: reader.restore(folder / item) for item in ("params", "optimizer")}


def same(left: Any, right: Any) -> bool:  # noqa: ANN401 - any trees of arrays
    """Tell whether two trees hold the same bits."""
    return all(jax.tree.leaves(jax.tree.map(np.array_equal, left, right)))


def main() -> None:
    """Train twice and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", help="a folder that `gemsieve filter` wrote")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--pace", type=int, default=25, help="steps to a kill")
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--vocab", type=int, default=300, help="pieces; more for a richer corpus")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        jax.config.update("jax_compilation_cache_dir", f"{place}/compiled")  # type: ignore[no-untyped-call]
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)  # type: ignore[no-untyped-call]
        config = Path(place) / "run.toml"
        shape = {"vocab": args.vocab, "layers": args.layers}
        steps = {"steps": args.pace * args.kills, "evaluate": 2 * args.pace}
        config.write_text(CONFIG.format(**shape, **steps))
        runs = [Path(place) / name for name in ("disturbed", "undisturbed")]
        for run in runs:
            run.mkdir()
        called = [[str(config), "--data", args.data, "--output", str(run)] for run in runs]
        told = disturb(runs[0], called[0], args.kills, args.pace, args.seed)
        os.waitpid(start(called[1]), 0)
        left, right = map(state_of, runs)
        told["same"] = {item: same(left[item], right[item]) for item in left}
        lines = [(run / metrics.FILE_NAME).read_bytes() for run in runs]
        told["same"]["metrics"] = lines[0] == lines[1]
    print(json.dumps(told))


if __name__ == "__main__":
    main()
