"""Whether a checkpoint is still what was written: each file's size and SHA-256, written last.

Orbax gives a checkpoint its name when all of it is there, and asks for these digests just before.
So one that is named was finished, and one whose files fit its digests has not changed since.
"""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Collection
from pathlib import Path

from gemsieve.model.checkpoints.about import CheckpointError
from gemsieve.pipeline.manifest import sha256_of
from gemsieve.pipeline.storage import write_atomically

NAME = "digests.json"
# What a model is read from; `average` is there where a run keeps one.
MODEL = ("params", "average", "about")
_DRAFTS = "*.orbax-checkpoint-tmp*"


def write_digests(folder: Path) -> None:
    """Write the digests of the checkpoint that is being finished in a run's folder of them."""
    (draft,) = folder.glob(_DRAFTS)
    files = {
        path.relative_to(draft).as_posix(): {
            "bytes": path.stat().st_size,
            "sha256": sha256_of(path),
        }
        for path in sorted(draft.glob("*/**/*"))
        if path.is_file()
    }
    write_atomically(draft / NAME, (json.dumps(files, indent=1) + "\n").encode())


def flaw(checkpoint: Path, items: Collection[str] = ()) -> str | None:
    """Say what is wrong with a checkpoint, if anything; one without digests is taken as it is.

    Args:
        checkpoint: Its folder, named after the step.
        items: Which of its items to look at; all when empty.
    """
    path = checkpoint / NAME
    if not path.exists():  # from before there were any
        return None if (checkpoint / "about").is_dir() else "its item about is missing"
    try:
        files = json.loads(path.read_bytes())
        for name, entry in files.items():
            if items and name.partition("/")[0] not in items:
                continue
            file = checkpoint / name
            if not file.is_file():
                return f"{name} is missing"
            if (found := file.stat().st_size) != entry["bytes"]:
                return f"{name} has {found} bytes, not {entry['bytes']}"
            if sha256_of(file) != entry["sha256"]:
                return f"{name} has changed since it was written"
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"{NAME} is malformed"
    return None


def last_whole(folder: Path, items: Collection[str] = ()) -> int | None:
    """Return the last whole checkpoint's step, with a warning of each later one; None for none.

    Args:
        folder: A run's folder of checkpoints.
        items: As of `flaw`.

    Raises:
        CheckpointError: There are checkpoints, and none is whole.
    """
    damaged: list[str] = []
    for step in reversed(steps_in(folder)):
        wrong = flaw(folder / str(step), items)
        if wrong is None:
            for told in damaged:
                logging.getLogger(__name__).warning("%s; using step %d instead", told, step)
            return step
        damaged.append(f"{folder / str(step)} is damaged: {wrong}")
    if damaged:
        raise CheckpointError(
            f"{'; '.join(damaged)}; no checkpoint of this run is whole: put back a copy of one, or"
            " name another --output to begin anew"
        )
    return None


def remove_drafts(folder: Path) -> None:
    """Remove what a killed process had begun; Orbax would do so while the next one writes."""
    for draft in folder.glob(_DRAFTS):
        shutil.rmtree(draft)


def set_aside_after(folder: Path, step: int) -> None:
    """Rename checkpoints of later steps, which a run takes again, to STEP.damaged."""
    for later in steps_in(folder):
        if later > step:
            aside = folder / f"{later}.damaged"
            shutil.rmtree(aside, ignore_errors=True)
            (folder / str(later)).rename(aside)


def steps_in(folder: Path) -> list[int]:
    """Return the steps that have a finished checkpoint in a run's folder of them."""
    return sorted(int(p.name) for p in folder.glob("*") if p.name.isdigit() and p.is_dir())
