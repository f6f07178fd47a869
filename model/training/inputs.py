"""What a run reads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Inputs:
    """Name what a run reads.

    Attributes:
        data: Folders that `gemsieve filter` wrote; their manifests must verify.
        tokens: What `gemsieve tokenize` wrote of each; without it texts are tokenised by the run.
        init: A model to start from, in any form that `gemsieve sample` takes; None for a fresh one.
        teacher: A model to learn from, in any such form, or what `gemsieve teach` wrote; or none.
        unverified: Nothing need vouch for the data.
    """

    data: tuple[Path, ...]
    tokens: tuple[Path, ...] = ()
    init: Path | None = None
    teacher: Path | None = None
    unverified: bool = False
