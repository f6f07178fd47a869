"""Compile expressions into one database, and keep it: most of the work is done once a machine."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import hyperscan

# An expression of the recognizers', and whether it ignores case.
Gate = tuple[str, bool]


def database(gates: Sequence[Gate]) -> hyperscan.Database | None:
    """Return the database that reports, by their numbers, where gates end; None for no gates.

    It is looked for in the user's cache (XDG_CACHE_HOME, else ~/.cache) and put there when it is
    new; a cache that cannot be read or written costs seconds, no more.

    Raises:
        hyperscan.CompilerError: An expression is too large or not understood.
    """
    import hyperscan

    if not gates:
        return None
    place = folder() / f"{digest(gates)}.hsdb"
    with suppress(OSError, hyperscan.HyperscanError, ValueError):
        body = place.read_bytes()
        checksum, serialized = body[:32], body[32:]
        if hashlib.sha256(serialized).digest() == checksum:
            return hyperscan.loadb(serialized, hyperscan.HS_MODE_BLOCK)
    compiled = compile_gates(gates)
    serialized = hyperscan.dumpb(compiled)
    with suppress(OSError):
        store(place, hashlib.sha256(serialized).digest() + serialized)
    return compiled


def compile_gates(gates: Sequence[Gate]) -> hyperscan.Database:
    """Compile the expressions; what the scanner cannot do in full it does approximately."""
    import hyperscan

    # Zero-width assertions are left out, and so on: where an expression matches, so does its gate.
    common = hyperscan.HS_FLAG_PREFILTER | hyperscan.HS_FLAG_DOTALL | hyperscan.HS_FLAG_MULTILINE
    compiled = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    compiled.compile(
        [expression.encode() for expression, _ in gates],
        ids=list(range(len(gates))),
        flags=[common | (hyperscan.HS_FLAG_CASELESS * caseless) for _, caseless in gates],
    )
    return compiled


def understood(gate: Gate) -> bool:
    """Say whether one expression compiles by itself."""
    import hyperscan

    try:
        compile_gates([gate])
    except hyperscan.HyperscanError:
        return False
    return True


def digest(gates: Sequence[Gate]) -> str:
    """Return what names a database: the expressions, the library and the processor's features."""
    # A database made here says which version made it and for which instructions.
    made = [metadata.version("hyperscan"), str(compile_gates([("a", False)]).info())]
    return hashlib.sha256(json.dumps([made, *gates]).encode()).hexdigest()


def folder() -> Path:
    """Return the folder of this user's databases."""
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser() / "gemsieve"


def store(place: Path, body: bytes) -> None:
    """Write a file whole or not at all, for this user alone."""
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.NamedTemporaryFile(dir=place.parent, delete=False) as file:
        file.write(body)
    os.replace(file.name, place)
