"""`gemsieve check`: judge texts, one a line, and print one JSON verdict a line."""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO

from gemsieve.cli import UsageError, add_policy, add_use

if TYPE_CHECKING:
    from gemsieve.filters import Filter, Verdict
    from gemsieve.filters.policy import Use

BATCH_LINES = 64
READ_BYTES = 1 << 20

# What ends a line for Unicode but not for JSON, which escapes the control characters itself.
SEPARATORS = str.maketrans({c: f"\\u{ord(c):04x}" for c in "\x85\u2028\u2029"})

# Columns that detectors and rules may ask for beside the text.
COLUMNS = ("language", "source", "url", "prompt")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_use(parser, "rules judge", "output")
    add_policy(parser)
    parser.add_argument(
        "--jsonl",
        metavar="FILE",
        help="objects with a text and any id, one a line; - for standard input."
        " Without it, every line of standard input is a text",
    )


@dataclass(frozen=True)
class Line:
    """One line of the input: a text to judge, or why there is none."""

    id: Any
    text: str = ""
    columns: dict[str, str | None] = field(default_factory=dict)
    error: str | None = None


def run(args: argparse.Namespace) -> int:
    """Judge every line; status 1 if one could not be read."""
    from gemsieve.filters import load_filter
    from gemsieve.filters.policy_file import PolicyError
    from gemsieve.filters.readings import COLUMN as READINGS

    try:
        judge = load_filter(args.policy)
        judge.setup(args.use)
    except (PolicyError, LookupError) as error:
        raise UsageError(str(error)) from None
    except ModuleNotFoundError as error:
        raise UsageError(f"{error}; pip install 'gemsieve[detect]'") from None
    reads = judge.policy.ruleset(args.use).reads
    columns = (*COLUMNS, *sorted(reads.difference(COLUMNS, {READINGS})))  # a guard's alone
    read = plain if args.jsonl is None else partial(parsed, columns)
    unread = False
    try:
        with source(args.jsonl) as stream:
            for batch in batches(stream):
                lines = [read(number, line) for number, line in batch]
                unread |= any(line.error is not None for line in lines)
                sys.stdout.buffer.write(b"".join(answers(lines, columns, judge, args.use)))
                sys.stdout.buffer.flush()
    except BrokenPipeError:
        # Whoever read the verdicts has seen enough; Python would complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return int(unread)


def source(path: str | None) -> BinaryIO:
    """Open what is to be read, unbuffered, so that a line is judged when it arrives."""
    if path is None or path == "-":
        return open(sys.stdin.fileno(), "rb", buffering=0, closefd=False)
    try:
        return open(path, "rb", buffering=0)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None


def batches(stream: BinaryIO) -> Iterator[list[tuple[int, bytes]]]:
    """Yield numbered lines as they arrive, at most `BATCH_LINES` at once."""
    number, begun = 0, bytearray()
    while block := stream.read(READ_BYTES):
        begun += block
        if b"\n" not in block:
            continue
        *whole, rest = bytes(begun).split(b"\n")
        begun = bytearray(rest)
        for start in range(0, len(whole), BATCH_LINES):
            lines = whole[start : start + BATCH_LINES]
            yield list(enumerate(lines, number + 1))
            number += len(lines)
    if begun:
        yield [(number + 1, bytes(begun))]


def plain(number: int, line: bytes) -> Line:
    """Read a line as a text."""
    try:
        return Line(number, line.decode().removesuffix("\r"))
    except UnicodeDecodeError:
        return Line(number, error="not UTF-8")


def parsed(columns: Sequence[str], number: int, line: bytes) -> Line:
    """Read a line as an object with a text and, maybe, columns."""
    try:
        row = json.loads(line.decode(), parse_constant=refuse)
    except UnicodeDecodeError:
        return Line(number, error="not UTF-8")
    except (ValueError, RecursionError):
        return Line(number, error="not JSON")
    if not isinstance(row, dict):
        return Line(number, error="not an object")
    return record(columns, number, row)


def record(columns: Sequence[str], number: int, row: dict[str, Any]) -> Line:
    """Return what an object asks to have judged."""
    name = number if row.get("id") is None else row["id"]
    try:
        json.dumps(name, allow_nan=False)
    except (ValueError, RecursionError):
        return Line(number, error="an id that cannot be written again")
    if "text" not in row:
        return Line(name, error="no text")
    if not isinstance(row["text"], str):
        return Line(name, error="text is not a string")
    return Line(name, row["text"], {key: value(key, row.get(key)) for key in columns})


def value(name: str, given: object) -> str | None:
    """Return a column's value as rules read it; only a policy's own column may be no string."""
    from gemsieve.filters import over

    return given if isinstance(given, str) else None if name in COLUMNS else over.value(given)


def refuse(word: str) -> None:
    """Refuse what JSON does not have: `NaN` and the infinities."""
    raise ValueError(word)


def answers(
    lines: Sequence[Line], columns: Sequence[str], judge: Filter, use: Use
) -> Iterator[bytes]:
    """Yield one JSON object a line, in order."""
    from gemsieve.filters import Batch

    good = [line for line in lines if line.error is None]
    # A column that nobody gave is no column: a detector may fill it.
    given = [key for key in columns if any(line.columns.get(key) is not None for line in good)]
    beside = {key: [line.columns.get(key) for line in good] for key in given}
    verdicts = iter(judge(Batch([line.text for line in good], beside), use))
    for line in lines:
        if line.error is None:
            yield written(verdict(line.id, next(verdicts)))
        else:
            yield written({"id": line.id, "error": line.error})


def verdict(name: Any, found: Verdict) -> dict[str, Any]:  # noqa: ANN401  # an id is any JSON
    """Return a verdict in the fixed form of the command."""
    scores: dict[str, float | None] = {}
    for finding in sorted(found.findings, key=lambda f: f.score):
        if finding.span is None:
            scores[finding.label] = number(finding.score)
    return {
        "id": name,
        "action": found.action.name.lower(),
        "reasons": list(found.reasons),
        "scores": scores,
        "findings": [
            {"label": f.label, "score": number(f.score), "start": f.span[0], "end": f.span[1]}
            for f in found.findings
            if f.span is not None
        ],
        "redacted": found.redacted,
    }


def number(score: float) -> float | None:
    """Return a score, or None for one that JSON cannot hold; its text was dropped for it."""
    return score if math.isfinite(score) else None


def written(answer: dict[str, Any]) -> bytes:
    """Return an answer as a line of JSON in UTF-8, and as one line to every reader.

    Some readers break lines at Unicode's separators too: these are escaped, and so is all of an
    answer that UTF-8 cannot hold.
    """
    line = json.dumps(answer, ensure_ascii=False).translate(SEPARATORS)
    try:
        return line.encode() + b"\n"
    except UnicodeEncodeError:
        return json.dumps(answer).encode() + b"\n"
