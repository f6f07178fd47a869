"""An explanation for a person to read."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from gemsieve.cli.limits_answer import limit_lines

SEEN = frozenset("\n\t")  # of the control characters, those a terminal takes as they are
INDENT = "    "


def show(answer: Mapping[str, Any], text: str | None) -> None:
    """Print an answer, under its text with the findings marked where the text is given."""
    console = Console(highlight=False, markup=False, soft_wrap=True)
    if text is not None:
        console.print(marked(text, answer["findings"]))
        console.print()
    reasons = f": {', '.join(answer['reasons'])}" if answer["reasons"] else ""
    console.print(f"{answer['action']}{reasons}  (policy {answer['policy']}, {answer['use']})")
    for row in answer["limits"]:
        console.print()
        for line in limit_lines(row):
            console.print(line)
    for row in answer["columns"]:
        says = "drops" if row["acts"] else "lets be"
        console.print(f"{row['rule']} {says}: what the source says in {row['column']}")
    for row in answer["findings"]:
        console.print()
        console.print(heading(row))
        for line in (*making(row.get("made_by")), *ruled(row)):
            console.print(f"{INDENT}{line}")
    if answer["refused"]:
        console.print("\nseen, and no finding:")
        for row in answer["refused"]:
            console.print(f"{INDENT}{row['label']}  {row['start']}..{row['end']}: {row['why']}")
            for line in making(row["made_by"]):
                console.print(f"{INDENT * 2}{line}")


def marked(text: str, rows: list[Mapping[str, Any]]) -> Text:
    """Return a text with the places of findings in reverse.

    Characters that would steer the terminal, or that it would hide, are replaced one for one.
    """
    out = Text("".join(visible(sign) for sign in text))
    for row in rows:
        if "start" in row:
            out.stylize("reverse", row["start"], row["end"])
    return out


def visible(sign: str) -> str:
    """Return a character that shows itself, or one that stands for it."""
    if sign in SEEN or unicodedata.category(sign) not in {"Cc", "Cf", "Cs"}:
        return sign
    return chr(0x2400 + ord(sign)) if ord(sign) < 0x20 else "\N{REPLACEMENT CHARACTER}"


def heading(row: Mapping[str, Any]) -> str:
    """Say what was found, how sure and where."""
    place = f"  {row['start']}..{row['end']}" if "start" in row else ""
    again = "  (uncovered when the others were redacted)" if row.get("second_look") else ""
    return f"{row['label']}  {row['score']!r}{place}{again}"


def making(made: Mapping[str, Any] | None) -> Iterator[str]:
    """Say how a finding of personal data was made."""
    if made is None:
        return
    parts = [f"pattern {made['pattern']!r}"] if made["pattern"] else []
    parts.append(f"score {made['original_score']!r}")
    if made["valid"] is not None:
        parts.append("its check passed" if made["valid"] else "its check failed")
    if made["context"]:
        parts.append(f"words near: {made['context']!r}")
    yield f"{made['recognizer']}: {', '.join(parts)}"


def ruled(row: Mapping[str, Any]) -> Iterator[str]:
    """Say what the rules make of a finding."""
    for said in row["rules"]:
        yield f"{said['rule']} {said['action']}: {'yes' if said['acts'] else 'no'}, {said['why']}"
    if row.get("let_be"):
        yield "it stands: an operator wrote it"
    if not any(said["holds"] for said in row["rules"]):
        yield "no rule in force names it, or its score or place is unusable: the text is dropped"
