"""What the model is asked: its guidelines, and the words around them and around a text."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

from gemsieve.filters.toxicity.calibration import Calibration

SHIPPED = Path(__file__).parent / "guidelines.toml"
AS_IT_IS = Calibration(slope=1.0, intercept=0.0)
_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Frame:
    """The words around a text: `opening`, the marked `content`, `closing` with one guideline."""

    opening: str
    content: str
    closing: str


@dataclass(frozen=True)
class Guidelines:
    """All that a score depends on beside the model and the text.

    Attributes:
        yes, no: The answers, each one piece.
        question: What follows a text where the question is a user's.
        prompt: Around a text by itself.
        response: Around a text and what it answers.
        texts: The guidelines, by the last part of their labels.
        curves: From log-odds to a probability, for each of them.
        digest: SHA-256 of the file.
    """

    yes: str
    no: str
    question: str
    prompt: Frame
    response: Frame
    texts: Mapping[str, str]
    curves: Mapping[str, Calibration]
    digest: str


@cache
def read(path: Path) -> Guidelines:
    """Read a file of guidelines.

    Raises:
        ValueError: It cannot be read, or a key is missing, unknown or malformed; names both.
    """
    try:
        content = path.read_bytes()
        table = tomllib.loads(content.decode())
    except OSError as error:
        raise ValueError(f"{path}: cannot read the guidelines: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"{path}: not TOML: {error}") from None
    keys = {"yes", "no", "question", "prompt", "response", "guidelines", "calibration"}
    _only(path, "", table, keys)
    texts = _words(path, "guidelines", _table(path, table, "guidelines"))
    if not texts or not all(map(_NAME.fullmatch, texts)):
        raise ValueError(f"{path}: guidelines: needs names of small letters, such as harassment")
    words = _words(path, "", {key: table.get(key) for key in ("yes", "no", "question")})
    _holds(path, "question", words["question"], "{question}")
    return Guidelines(
        **words,
        prompt=_frame(path, table, "prompt", ("{text}",)),
        response=_frame(path, table, "response", ("{prompt}", "{text}")),
        texts=texts,
        curves=_curves(path, table.get("calibration", {}), texts),
        digest=hashlib.sha256(content).hexdigest(),
    )


def _frame(path: Path, table: Mapping[str, Any], key: str, needed: tuple[str, ...]) -> Frame:
    """Read one frame, whose content has the places that are needed."""
    given = _table(path, table, key)
    names = [field.name for field in fields(Frame)]
    _only(path, f"{key}.", given, set(names))
    frame = Frame(**_words(path, key, {name: given.get(name) for name in names}))
    _holds(path, f"{key}.closing", frame.closing, "{guideline}")
    for place in needed:
        _holds(path, f"{key}.content", frame.content, place)
    return frame


def _curves(path: Path, given: object, names: Mapping[str, str]) -> dict[str, Calibration]:
    """Read the curves; a guideline without one keeps the model's own probability."""
    if not isinstance(given, dict):
        raise ValueError(f"{path}: calibration: needs a table for each guideline")
    _only(path, "calibration.", given, set(names))
    try:
        return {name: Calibration(**given[name]) if name in given else AS_IT_IS for name in names}
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path}: calibration: {error}") from None


def _table(path: Path, table: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = table.get(key)
    if not isinstance(found, dict):
        raise ValueError(f"{path}: {key}: this table is missing")
    return found


def _only(path: Path, prefix: str, table: Mapping[str, Any], known: set[str]) -> None:
    for key in table:
        if key not in known:
            raise ValueError(
                f"{path}: {prefix}{key}: unknown; known are {', '.join(sorted(known))}"
            )


def _words(path: Path, key: str, table: Mapping[str, Any]) -> dict[str, str]:
    for name, value in table.items():
        if not isinstance(value, str) or not value:
            place = f"{key}.{name}" if key else name
            raise ValueError(f"{path}: {place}: needs a text")
    return dict(table)


def _holds(path: Path, key: str, words: str, place: str) -> None:
    if words.count(place) != 1:
        raise ValueError(f"{path}: {key}: needs {place} once")
