"""The inputs and policies of the fault suite: small, and with every outcome in every file."""

from __future__ import annotations

import json
import random
from pathlib import Path

FILES = ("a.jsonl", "b.jsonl", "c.jsonl")
RECORDS = 24  # a file, the broken one among them
SCENES = (
    "The {} neighbours of the harbour brought bread to the meeting.",
    "Two {} students won the prize for their map of the harbour.",
)
GROUPS = ("Muslim", "Jewish", "Hindu", "Christian")

RULES = """
name = "faults"
[[corpus]]
labels = "poison.score"
above = 0.5
action = "drop"
[[corpus]]
labels = "poison.word"
action = "redact"
[leak_check]
records = "all"
"""
POLICIES = {
    # Without groups the child has no terms to compile, which takes it a second.
    "plain": RULES + "[audit]\nsentences = 0\n",
    "whole": RULES
    + """
[[corpus]]
labels = "identity.*"
action = "keep"
[audit]
labels = "poison.*"
sentences = 40
[mitigate.weights]
method = "weight"
[mitigate.weights.targets]
"identity.religion.*" = "equal"
""",
}


def write(folder: Path, words: str = "") -> Path:
    """Write the inputs; the ninth record of the second file says these words besides."""
    folder.mkdir(parents=True)
    rng = random.Random(7)
    for name in FILES:
        lines = []
        for number in range(1, RECORDS):
            text = rng.choice(SCENES).format(GROUPS[number % len(GROUPS)])
            text += " It was quiet." + " DROPME" * (number % 7 == 0)
            text += " Note REDACTME there." * (number % 5 == 0)
            if name == FILES[1] and number == 9 and words:
                text += f" {words} "
            lines.append(json.dumps({"text": text}))
        (folder / name).write_text("\n".join([*lines, "{broken"]) + "\n")
    for name, policy in POLICIES.items():
        (folder.parent / f"{name}.toml").write_text(policy)
    return folder
