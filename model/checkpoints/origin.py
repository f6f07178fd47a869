"""What a model descends from: told of the models that it was merged or tuned from."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from gemsieve.model.checkpoints.about import About
from gemsieve.model.checkpoints.forms import Opened
from gemsieve.model.checkpoints.placement import Stored, abstract, in_parts, leaves
from gemsieve.model.gemma.quantise import FORMS
from gemsieve.model.gemma.transformer import Params

# Tables of a model's settings that tell of others: those it was merged from, the one it was tuned
# from, and the one it learned from.
MERGED, START, TEACHER = "merged", "start", "teacher"


class Digest:
    """SHA-256 of parameters, a tree at a time, with their names, types and shapes."""

    def __init__(self) -> None:
        self._seen = hashlib.sha256()

    def add(self, params: Params) -> None:
        """Take some more parameters in."""
        for path, leaf in leaves(params):
            self._seen.update(f"{'/'.join(path)} {leaf.dtype} {leaf.shape}\n".encode())
            self._seen.update(np.asarray(leaf).tobytes())

    @property
    def value(self) -> str:
        """Of all so far, in hex."""
        return self._seen.hexdigest()


def digest_in(params: Params) -> str:
    """Return the digest of a model in memory."""
    digest = Digest()
    digest.add(params)
    return digest.value


def digest_of(stored: Stored) -> str:
    """Return the digest of a model on disk.

    In memory are 64 MiB of tensors at a time, or a larger one alone; but quantised weights are read
    together, in float32.
    """
    if stored.dtype in FORMS:
        return digest_in(stored.read(abstract(stored.config, "float32")))
    digest = Digest()
    for part in in_parts(abstract(stored.config, stored.dtype)):
        digest.add(stored.read(part))
    return digest.value


def told(opened: Opened, parameters: str) -> dict[str, Any]:
    """Tell where a model comes from and, by their digest, which parameters it had."""
    about = asdict(opened.about)
    settings = about.pop("settings")
    found: dict[str, Any] = {"parameters": parameters, "step": opened.step} | about
    found["warning"] = opened.about.warning or ""
    found["settings"] = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
    return found | {table: settings[table] for table in (MERGED, START) if table in settings}


def descending(about: About, table: str, origin: dict[str, Any]) -> About:
    """Tell of a model whom it descends from, as `told` says; it is as unverified as that one."""
    known = origin["imported"] or "elsewhere" if origin["warning"] else ""
    imported = "+".join(filter(None, dict.fromkeys((about.imported, known))))
    return replace(about, settings=about.settings | {table: origin}, imported=imported)
