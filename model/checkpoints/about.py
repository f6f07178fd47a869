"""Where a model comes from: what stands beside its parameters, in every form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

# Under this name the headers of exported files say where the model comes from.
NOTE = "gemsieve"


class CheckpointError(Exception):
    """A run's folder holds no checkpoint that serves; says which and what to do."""


@dataclass(frozen=True)
class About:
    """Say where parameters come from: the chain of custody from corpus to model.

    Attributes:
        settings: The run's settings, as nested tables; of a merger, its recipe and parents.
        manifest: SHA-256 (hex) of the manifest of the data; several, of a merger, with `+` between.
        policy: `name` and `sha256` of the policy that sieved the data; several likewise.
        tokenizer: SHA-256 (hex) of the tokenizer's file.
        code: The version of gemsieve that trained, or converted.
        imported: Whose form it was converted from, where it was not trained here; or the model that
            it was tuned from.
    """

    settings: dict[str, Any]
    manifest: str
    policy: dict[str, str]
    tokenizer: str
    code: str
    imported: str = ""

    @property
    def warning(self) -> str | None:
        """What a user must be told before using the model, if anything."""
        if self.manifest and not self.imported:
            return None
        told = "all that" if self.manifest else "what"
        return (
            f"imported from {self.imported or 'elsewhere'}, unverified:"
            f" no manifest says {told} this model was trained on"
        )


def noted(about: About) -> dict[str, str]:
    """Return what is written into the header of an exported file."""
    return {NOTE: json.dumps(asdict(about), sort_keys=True)}


def read_note(folder: Path, notes: Mapping[str, str]) -> About | None:
    """Return what `noted` gave, if it is among the notes of a folder's files.

    Raises:
        ValueError: It is malformed.
    """
    if NOTE not in notes:
        return None
    try:
        return About(**json.loads(notes[NOTE]))
    except (TypeError, ValueError):
        raise ValueError(f"{folder}: its note of where it comes from is malformed") from None
