"""Where a model comes from: what stands beside its parameters, in every form."""

from __future__ import annotations

from dataclasses import dataclass
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
