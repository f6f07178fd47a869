"""Measure training and decoding beside google-deepmind's `gemma`, `transformers` and `tunix`.

    python bench/model.py [--gemma PYTHON] [--transformers PYTHON] [--tunix PYTHON] [--rounds 5]
                          [--only train]

Each contender loads the same checkpoint (8.0 million parameters, float32, random) into a process
of its own; questions go round, so that what else the machine does falls on all alike. Prints
medians of tokens per second of processor time (all threads), the ratio of ours, and peak memory;
and compares the losses and the tokens that came out.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from contender import serve, tokens

from gemsieve.model.gemma.config import GemmaConfig

PEERS = Path(__file__).with_name("model_peers.py")
CONFIG = GemmaConfig(
    vocab_size=8192,
    embed_dim=256,
    hidden_dim=1024,
    num_layers=6,
    num_heads=4,
    num_kv_heads=2,
    head_dim=64,
    query_pre_attn_scalar=64,
    sliding_window=128,
    max_length=512,
)
QUESTIONS = ("train 4 256", "decode 1 128", "decode 8 128")


def main() -> None:
    """Run the comparison and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gemma", help="a Python with gemma 3.3.0 and safetensors")
    parser.add_argument("--transformers", help="a Python with transformers and torch")
    parser.add_argument("--tunix", help="a Python with google-tunix 0.1.7, which only trains here")
    parser.add_argument(
        "--only", default="", help="what to ask: train, or decode; both if left out"
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve:
        serve(Ours(args.serve))
        return
    with tempfile.TemporaryDirectory() as place:
        folder = str(Path(place) / "checkpoint")
        write_checkpoint(Path(folder))
        commands = {"gemsieve": [sys.executable, __file__, "--serve", folder]}
        for name in ("gemma", "transformers", "tunix"):
            if python := getattr(args, name):
                commands[name] = [python, str(PEERS), name, folder]
        contenders = {name: start(command) for name, command in commands.items()}
        questions = [question for question in QUESTIONS if question.startswith(args.only)]
        compare(contenders, questions, args.rounds)


def start(command: list[str]) -> subprocess.Popen[str]:
    """Start a contender."""
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def ask(contender: subprocess.Popen[str], question: str) -> dict[str, Any]:
    """Ask one question and wait for the answer."""
    assert contender.stdin
    assert contender.stdout
    contender.stdin.write(question + "\n")
    contender.stdin.flush()
    answer: dict[str, Any] = json.loads(contender.stdout.readline())
    return answer


def compare(
    contenders: dict[str, subprocess.Popen[str]], questions: list[str], rounds: int
) -> None:
    """Ask everyone all it can do, `rounds` times after the first, and print a table."""
    for question in questions:
        able = {
            name: one
            for name, one in contenders.items()
            if name != "tunix" or question.startswith("train")
        }
        first = {name: ask(one, question) for name, one in able.items()}
        answers: dict[str, list[dict[str, Any]]] = {name: [] for name in able}
        for _ in range(rounds):
            for name, one in able.items():
                answers[name].append(ask(one, question))
        print(question)
        rates = {
            name: statistics.median(each["tokens"] / each["seconds"] for each in every)
            for name, every in answers.items()
        }
        for name, rate in rates.items():
            ratio, result = rates["gemsieve"] / rate, first[name]["result"]
            alike = result == first["gemsieve"]["result"]
            told = f"first loss {result:.4f}" if isinstance(result, float) else f"equal: {alike}"
            peak = answers[name][-1]["peak"]
            print(f"  {name:<14}{rate:9.1f} tokens/s {ratio:6.2f} x {peak:7.0f} MB  {told}")
    for one in contenders.values():
        one.communicate()


def write_checkpoint(folder: Path) -> None:
    """Write random weights as Hugging Face does."""
    from gemsieve.model.checkpoints.huggingface.write import Form, write_huggingface
    from gemsieve.model.gemma.transformer import initialise

    write_huggingface(folder, initialise(CONFIG, seed=0), Form(config=CONFIG))


class Ours:
    """This project's model, trainer's step and sampler."""

    def __init__(self, folder: Path) -> None:
        from gemsieve.model.checkpoints.huggingface import load_huggingface

        self.config, self.params = load_huggingface(folder)

    def train(self, rows: int, length: int) -> Callable[[], float]:
        """Step as the trainer does: `next_token_loss`, AdamW."""
        from functools import partial

        import jax
        import jax.numpy as jnp
        import optax  # type: ignore[import-untyped]

        from gemsieve.model.gemma.transformer import Transformer
        from gemsieve.model.training.loss import next_token_loss

        raw = jnp.asarray(tokens(rows, length + 1, self.config.vocab_size), jnp.int32)
        batch = {
            "tokens": raw[:, :-1],
            "targets": raw[:, 1:],
            "positions": jnp.broadcast_to(jnp.arange(length), (rows, length)),
            "segments": jnp.ones((rows, length), jnp.int32),
            "weights": jnp.ones((rows, length)),
        }
        optimizer = optax.adamw(1e-3)
        loss_of = partial(next_token_loss, Transformer(self.config))

        @partial(jax.jit, donate_argnums=(0, 1))
        def step(params: Any, memory: Any) -> Any:  # noqa: ANN401
            loss, gradient = jax.value_and_grad(loss_of)(params, batch)
            updates, memory = optimizer.update(gradient, memory, params)
            return optax.apply_updates(params, updates), memory, loss

        params = jax.tree.map(jnp.copy, self.params)
        state = [params, optimizer.init(params)]

        def run() -> float:
            *state[:], loss = step(*state)
            return float(loss)

        return run

    def decode(self, rows: int, count: int) -> Callable[[], list[int]]:
        """Write with the engine, as many tokens between two looks as its peers do: all."""
        from gemsieve.model.sampling.draw import Drawing
        from gemsieve.model.sampling.engine import Engine
        from gemsieve.model.sampling.request import Request
        from gemsieve.model.tokenizer import BOS

        engine = Engine(params=self.params, config=self.config, rows=rows, stride=count)
        request = Request(
            tokens=[BOS], drawing=Drawing(temperature=0), max_new_tokens=count, ends=()
        )

        def run() -> list[int]:
            streams = [engine.submit(request) for _ in range(rows)]
            engine.run()
            return [sampled.piece for sampled in streams[0]]

        return run


if __name__ == "__main__":
    main()
