"""The files of weights that ship with the package, and their digests."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable


def weights_file(name: str) -> Traversable:
    """Return a file of the package's folder of weights."""
    return resources.files("gemsieve.filters") / "weights" / name


@cache
def digest(name: str) -> str:
    """Return the SHA-256, in hex, of a file of weights."""
    return hashlib.sha256(weights_file(name).read_bytes()).hexdigest()
