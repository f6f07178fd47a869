"""A run of adapters: its checkpoints hold them alone, and a note says where the model is."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import jax

from gemsieve.model.checkpoints.about import About, CheckpointError
from gemsieve.model.checkpoints.orbax_item import read_params, stored_shapes
from gemsieve.model.checkpoints.origin import START, digest_in, digest_of
from gemsieve.model.checkpoints.placement import Stored, abstract, leaves, nested, on_first_device
from gemsieve.model.gemma.transformer import Params
from gemsieve.model.training.tuning.lora import LoraSettings, attach, base_of, merge_back
from gemsieve.pipeline.storage import write_atomically

NAME = "base.json"


def note_base(run: Path, folder: Path, parameters: str) -> None:
    """Write down where the model is that a run's adapters stand beside.

    The place is told from the run's folder, so that both may be moved together.

    Raises:
        CheckpointError: The run's adapters stand beside another model, by its digest.
    """
    path = run / NAME
    if path.exists() and _noted(run)["parameters"] != parameters:
        raise CheckpointError(
            f"{run}: its adapters were trained beside another model than {folder}: give that one to"
            " resume, or another --output to start anew"
        )
    place = os.path.relpath(folder.absolute(), run.absolute())
    note = {"folder": Path(place).as_posix(), "parameters": parameters}
    write_atomically(path, (json.dumps(note, indent=1) + "\n").encode())


def open_adapted(run: Path, item: Path, about: About) -> Stored:
    """Open adapters with the model under them, to be read as one.

    To read them raises CheckpointError where that model is no longer what it was.

    Raises:
        CheckpointError: That model is not where it was.
    """
    from gemsieve.model.checkpoints.forms import open_model

    folder = run / _noted(run)["folder"]
    try:
        stored = open_model(folder).stored
    except CheckpointError as error:
        raise CheckpointError(
            f"{run}: its adapters stand beside a model that is not at {folder}: put it there, or"
            f" write its place into {NAME} ({error})"
        ) from None
    changed = f"{folder}: not the model that the adapters of {run} stand beside"
    base = _Base(stored, about.settings[START]["parameters"], changed)
    settings = LoraSettings(**about.settings["lora"])
    return Stored(stored.config, stored.dtype, partial(_merged, item, base, settings), {})


@dataclass
class _Base:
    """A model under adapters, read only if it is the one that they were trained beside.

    Attributes:
        stored: It, on disk.
        digest: The digest of its parameters.
        changed: What is said if they have another.
        known: Whether they were looked at.
    """

    stored: Stored
    digest: str
    changed: str
    known: bool = False

    def read(self, like: Params) -> Params:
        """Read weights as they are stored, in the shapes and shardings of `like`.

        Raises:
            CheckpointError: It is another model.
        """
        weights = self.stored.read(
            jax.tree.map(lambda leaf: _retyped(leaf, self.stored.dtype), like)
        )
        if not self.known:
            whole = len(jax.tree.leaves(like)) == len(jax.tree.leaves(abstract(self.stored.config)))
            if self.digest != (digest_in(weights) if whole else digest_of(self.stored)):
                raise CheckpointError(self.changed)
            self.known = True
        return weights


def _noted(run: Path) -> dict[str, str]:
    """Return what the note says."""
    path = run / NAME
    try:
        note = json.loads(path.read_bytes())
        return {key: str(note[key]) for key in ("folder", "parameters")}
    except (OSError, ValueError, KeyError, TypeError):
        raise CheckpointError(
            f"{path}: does not say where the model is that the run's adapters stand beside: begin"
            " again with `gemsieve train --init`"
        ) from None


def _merged(item: Path, base: _Base, settings: LoraSettings, like: Params) -> Params:
    """Read weights with their adapters added, in the shapes, types and shardings of `like`."""
    weights = base.read(like)
    adapted = {path for path, _ in leaves(like) if path[-1] in settings.names}
    halves = nested(
        (path, jax.ShapeDtypeStruct(found.shape, found.dtype))  # type: ignore[no-untyped-call]
        for path, found in stored_shapes(item).items()
        if path[:-1] in adapted
    )
    numbers = read_params(item, on_first_device(halves))
    whole = merge_back(attach(base_of(weights, settings), numbers, settings.scale))
    placed: Params = jax.tree.map(_as, whole, like)
    return placed


def _as(leaf: jax.Array, like: Any) -> jax.Array:  # noqa: ANN401 - jax.ShapeDtypeStruct has no types
    """Return an array in another's type and place."""
    placed: jax.Array = jax.device_put(leaf.astype(like.dtype), like.sharding)
    return placed


def _retyped(leaf: Any, dtype: str) -> Any:  # noqa: ANN401 - jax.ShapeDtypeStruct has no types
    """Return a shape of another type."""
    return jax.ShapeDtypeStruct(leaf.shape, dtype, sharding=leaf.sharding)  # type: ignore[no-untyped-call]
