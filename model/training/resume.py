"""A run's state into a checkpoint and out of it, for the same run only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax

from gemsieve.model.checkpoints import checkpoint
from gemsieve.model.checkpoints.about import About, CheckpointError
from gemsieve.model.checkpoints.origin import START
from gemsieve.model.training.record import Losses
from gemsieve.model.training.settings import TrainSettings
from gemsieve.model.training.step import State

if TYPE_CHECKING:
    import orbax.checkpoint as ocp  # type: ignore[import-untyped]

# Tables of settings that say how to compute: a run may go on with others.
_FREE = ("execution",)


def resume(
    run: Path, about: About, manager: ocp.CheckpointManager, like: State
) -> tuple[State, Losses] | None:
    """Return the state of the last checkpoint and its losses not yet recorded, if there is one.

    Args:
        run: The run's folder.
        about: What the run is.
        manager: That of its checkpoints.
        like: A state of shapes, types and shardings.

    Raises:
        CheckpointError: It comes from other data, settings, another tokenizer or start.
    """
    step = manager.latest_step()
    if step is None:
        return None
    old = checkpoint.restore_about(manager, step)
    for what in ("settings", "manifest", "tokenizer", "start"):
        if _identity(old, what) != _identity(about, what):
            raise CheckpointError(
                f"{run}: its checkpoint was trained with another {what}: give the same again to"
                " resume, or another --output to start anew"
            )
    losses: Losses = [*checkpoint.restore_losses(manager, step)]
    return State(step, **checkpoint.restore(manager, step, **_trees(like))), losses


def save(
    manager: ocp.CheckpointManager,
    state: State,
    about: About,
    losses: Sequence[jax.Array | float] = (),
) -> None:
    """Write a checkpoint, with the losses that no line of metrics holds yet."""
    checkpoint.save(
        manager,
        state.step,
        state.params,
        state.optimizer,
        about,
        average=state.average,
        losses=[float(loss) for loss in losses],
    )


def _identity(about: About, what: str) -> object:
    """Return an entry that a resumed run must share; how a model is computed may change.

    A setting that did not exist yet when a checkpoint was written had what is now its default.
    """
    if what == "start":
        return about.settings.get(START, {}).get("parameters")
    value = getattr(about, what)
    if what == "settings":
        known = asdict(TrainSettings())
        return {
            name: table | value.get(name, {}) for name, table in known.items() if name not in _FREE
        }
    return value


def _trees(state: State) -> dict[str, Any]:
    """Return a state's trees by the names a checkpoint gives them."""
    trees = {"params": state.params, "optimizer": state.optimizer}
    return trees if state.average is None else trees | {"average": state.average}
