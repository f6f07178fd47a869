"""Drawn cases of the guard's theorem: answers, policies, horizons, and ways to cut a text."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st
from tests.safety.conftest import RegexDetector, ShareDetector, build

from gemsieve.filters import Batch, Filter, Finding, Labels
from gemsieve.filters.readings import COLUMN, from_column

PROMPT = "lol"
# Digits, letters, what parts or joins them, ends of sentences and lines, and what breaks encodings.
ALPHABET = "1112223aabbcccl  @@..!?\n\r\t”。\u0301\u3000\ud83d\ude00é…"
PATTERNS = {
    "secret.number": r"[1-3]{2,5}",
    "secret.address": r"[a-c]+@[a-c1-3.]*[a-c1-3]",
    "secret.phone": r"[1-3](?: [1-3]){2,3}",
    "harm.mark": r"![a-c]",
}


@dataclass(frozen=True)
class EchoDetector:
    """Finds the words of the prompt in an answer to it."""

    name: str = "echo"
    version: str = "1"
    weights: str = ""
    needs: tuple[str, ...] = ("prompt",)
    labels: Labels = field(default_factory=lambda: Labels(events=frozenset({"echo.prompt"})))

    def setup(self) -> None:
        """Need nothing."""

    def __call__(self, batch: Batch) -> list[list[Finding]]:
        """Return where the prompt stands; of a text without one nothing."""
        prompts = batch.columns.get("prompt") or [None] * len(batch.texts)
        return [
            [Finding("echo.prompt", 1.0, m.span()) for m in re.finditer(re.escape(prompt), text)]
            if prompt
            else []
            for text, prompt in zip(batch.texts, prompts, strict=True)
        ]


@dataclass(frozen=True)
class HeadDetector:
    """Measures a text's readings by their sum's remainder, which any one more or less changes."""

    name: str = "probe"
    version: str = "1"
    weights: str = ""
    needs: tuple[str, ...] = (COLUMN,)
    labels: Labels = field(default_factory=lambda: Labels(measures={"probe.high": (0.0, 1.0)}))

    def setup(self) -> None:
        """Need nothing."""

    def __call__(self, batch: Batch) -> list[list[Finding]]:
        """Return the measure of each text."""
        columns = batch.columns.get(COLUMN) or [None] * len(batch.texts)
        readings = [from_column(value) if value else [] for value in columns]
        return [
            [Finding("probe.high", sum(round(one.logits[0]) for one in some) % 7 / 7)]
            for some in readings
        ]


def sieve(rules: list[dict[str, Any]]) -> Filter:
    """Return a filter of these rules for answers, and one that keeps every prompt."""
    found = RegexDetector("secrets", PATTERNS), ShareDetector("tone", "tone.loud", "[!.]|[a-c]")
    labels = [*PATTERNS, "tone.loud", "echo.prompt", "probe.high"]
    keep = [{"labels": labels, "action": "keep"}]
    return build({"output": rules, "prompt": keep}, *found, EchoDetector(), HeadDetector())


@dataclass(frozen=True)
class Case:
    """An answer, attempt by attempt, a policy, a horizon, and what cuts the answer up.

    Attributes:
        sizes: Lengths of tokens, each of which is a note; the last is the rest.
        logits: What a head says of them, one after another.
        seed: Draws the chunkings.
    """

    texts: tuple[str, ...]
    rules: list[dict[str, Any]]
    horizon: tuple[int, int, int, int]
    sizes: tuple[int, ...]
    logits: tuple[float, ...]
    seed: int


def rule_of(label: str, action: dict[str, Any]) -> dict[str, Any]:
    """Return a rule about a label."""
    return {"labels": label} | action


WRITES: list[dict[str, Any]] = [
    {"action": "redact"},
    {"action": "redact"},
    {"action": "hash"},
    {"action": "mask"},
    {"action": "mask", "chars_to_mask": 2},
    {"action": "replace", "new_value": "[no]"},
    {"action": "keep"},
    {"action": "flag"},
]
DROPS: list[dict[str, Any]] = [
    {"action": "drop"},
    {"action": "drop", "then": "replace", "message": "Sorry."},
    {"action": "drop", "then": "regenerate"},
    {"action": "drop", "then": "regenerate", "attempts": 2, "message": "Sorry."},
]
tables = st.builds(
    lambda secrets, mark, echo, many, limit, high: [
        *(rule_of(f"secret.{name}", action) for name, action in secrets.items()),
        rule_of("harm.mark", mark),
        rule_of("echo.prompt", echo),
        rule_of("secret.*", many[1] | {"count_above": many[0]}),
        rule_of("tone.loud", limit[1] | {"above": limit[0]}),
        {"labels": "tone.loud", "action": "keep"},
        rule_of("probe.high", high | {"above": 0.8}),
        {"labels": "probe.high", "action": "keep"},
    ],
    st.fixed_dictionaries(
        dict.fromkeys(("number", "address", "phone"), st.sampled_from([*WRITES, *WRITES, *DROPS]))
    ),
    st.sampled_from([*DROPS, {"action": "keep"}]),
    st.sampled_from([*WRITES, *WRITES, *DROPS]),
    st.tuples(st.integers(1, 8), st.sampled_from(DROPS)),
    st.tuples(st.sampled_from([0.5, 0.9, 1.0, 1.0]), st.sampled_from(DROPS)),
    st.sampled_from(DROPS),
)
horizons = st.builds(
    lambda before, after, shortest, more: (before, after, shortest, shortest + more),
    st.integers(0, 9),
    st.integers(0, 9),
    st.integers(1, 6),
    st.integers(0, 9),
)
WORDS = ["12", "123", "1 2 3", "a@b.c", "ab@", ".cc", "c3.b2.a1.b2.c3", "!", "!a", "a", "lol", "so"]
words = st.sampled_from([*WORDS, "so。", " ", " ", " ", ". ", "so. ", "\r\n", "\ud83d"])
sentences = st.lists(words, max_size=16).map("".join)
answers = sentences | sentences | st.text(ALPHABET, max_size=40)
cases = st.builds(
    Case,
    st.tuples(answers, answers, answers),
    tables,
    horizons,
    st.lists(st.integers(0, 4), max_size=20).map(tuple),
    st.lists(st.sampled_from([1.0, 2.0, 3.0]), max_size=12).map(tuple),
    st.integers(0, 2**32 - 1),
)


def chunkings(text: str, seed: int, count: int) -> Iterator[list[str]]:
    """Yield ways to cut a text: whole, by characters, and at random, with empty chunks."""
    yield [text]
    yield ["", *text, ""]
    draw = random.Random(seed)
    for _ in range(count - 2):
        places = sorted(draw.randint(0, len(text)) for _ in range(draw.randint(0, 12)))
        yield [text[a:b] for a, b in pairwise([0, *places, len(text)])]
