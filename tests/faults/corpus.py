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
sentences = 4000
[mitigate.weights]
method = "weight"
[mitigate.weights.targets]
"identity.religion.*" = "equal"
""",
}


def write_pages(folder: Path, words: str) -> Path:
    """Write a WARC of five pages; the third says these words."""
    folder.mkdir(parents=True)
    records = b""
    for number in range(1, 6):
        said = f"The harbour was quiet on day {number}. {words if number == 3 else ''}"
        page = f"<html><body><p>{said}</p></body></html>".encode()
        body = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + page
        head = (
            "WARC/1.0\r\nWARC-Type: response\r\nContent-Type: application/http; msgtype=response"
            f"\r\nWARC-Target-URI: https://example.com/{number}\r\nContent-Length: {len(body)}"
            f"\r\nWARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-00000000000{number}>"
            "\r\nWARC-Date: 2026-01-01T00:00:00Z\r\n\r\n"
        )
        records += head.encode() + body + b"\r\n\r\n"
    (folder / "pages.warc").write_bytes(records)
    (folder.parent / "plain.toml").write_text(POLICIES["plain"])
    return folder


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
                text = text.replace(" of the", f" {words} of the")
            lines.append(json.dumps({"text": text}))
        (folder / name).write_text("\n".join([*lines, "{broken"]) + "\n")
    for name, policy in POLICIES.items():
        (folder.parent / f"{name}.toml").write_text(policy)
    return folder
