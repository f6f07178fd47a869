"""A run's state into a checkpoint and out of it, for the same run only."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax

from gemsieve.model.checkpoints import checkpoint
from gemsieve.model.checkpoints.about import About, CheckpointError
from gemsieve.model.checkpoints.origin import START, TEACHER
from gemsieve.model.training.data.corpora import SOURCES
from gemsieve.model.training.hosts import wait_for_all
from gemsieve.model.training.settings import TrainSettings
from gemsieve.model.training.step import State
from gemsieve.model.training.watching.record import Losses
from gemsieve.model.training.watching.spikes import NEW, Vigil, read_vigil

if TYPE_CHECKING:
    import orbax.checkpoint as ocp  # type: ignore[import-untyped]

# Tables of settings that say how to compute: a run may go on with others.
_FREE = ("execution", "mesh")


def resume(
    run: Path, about: About, manager: ocp.CheckpointManager, like: State
) -> tuple[State, Losses, Vigil] | None:
    """Return the last checkpoint's state, losses not yet recorded and vigil, if there is one.

    Args:
        run: The run's folder.
        about: What the run is.
        manager: That of its checkpoints.
        like: A state of shapes, types and shardings.

    Raises:
        CheckpointError: It comes from other data, settings, another tokenizer, start or teacher.
    """
    step = manager.latest_step()
    if step is None:
        return None
    old = checkpoint.restore_about(manager, step)
    for what in ("settings", "manifest", "tokenizer", START, TEACHER):
        if _identity(old, what) != _identity(about, what):
            raise CheckpointError(
                f"{run}: its checkpoint was trained with another {what}: give the same again to"
                " resume, or another --output to start anew"
            )
    losses, vigil = checkpoint.restore_losses(manager, step)
    state = State(step, **checkpoint.restore(manager, step, **_trees(like)))
    return state, [*losses], read_vigil(vigil)


def save(
    manager: ocp.CheckpointManager,
    state: State,
    about: About,
    losses: Sequence[jax.Array | float] = (),
    vigil: Vigil = NEW,
) -> None:
    """Write a checkpoint, with the losses that no line of metrics holds yet, and the vigil.

    Every process writes what its devices hold; which older ones stay is read of the metrics.
    """
    wait_for_all(f"step {state.step} is recorded")
    checkpoint.save(
        manager,
        state.step,
        state.params,
        state.optimizer,
        about,
        average=state.average,
        losses=[float(loss) for loss in losses],
        vigil=None if vigil == NEW else asdict(vigil),
    )


def _identity(about: About, what: str) -> object:
    """Return an entry that a resumed run must share; how a model is computed may change.

    A setting that did not exist yet when a checkpoint was written had what is now its default.
    """
    if what in {START, TEACHER}:
        return about.settings.get(what, {}).get("parameters")
    value = getattr(about, what)
    if what == "manifest":
        return value, list(about.settings.get(SOURCES, {}).values())
    if what == "settings":
        known = asdict(TrainSettings())
        tables = {
            name: table | value.get(name, {}) for name, table in known.items() if name not in _FREE
        }
        return json.loads(json.dumps(tables))  # a checkpoint has lists where settings have tuples
    return value


def _trees(state: State) -> dict[str, Any]:
    """Return a state's trees by the names a checkpoint gives them."""
    trees = {"params": state.params, "optimizer": state.optimizer}
    return trees if state.average is None else trees | {"average": state.average}
