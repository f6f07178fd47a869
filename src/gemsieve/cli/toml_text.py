"""Write TOML: the few forms that `tomllib` needs to read the same values again."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

BARE = re.compile(r"[A-Za-z0-9_-]+")


def toml_text(body: Mapping[str, object]) -> str:
    """Return a document of one line a key; tables within are inline."""
    return "".join(f"{toml_key(key)} = {toml_value(value)}\n" for key, value in body.items())


def toml_key(key: str) -> str:
    """Return a key, in quotes where it needs them."""
    return key if BARE.fullmatch(key) else quoted(key)


def toml_value(value: object) -> str:
    """Return a value as TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(toml_value(one) for one in value)}]"
    if isinstance(value, Mapping):
        pairs = (f"{toml_key(key)} = {toml_value(one)}" for key, one in value.items())
        return f"{{{', '.join(pairs)}}}"
    return str(value)  # numbers, dates and times are written as Python writes them


def quoted(text: str) -> str:
    """Return a basic string: JSON's, but that DEL is a control character to TOML."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
