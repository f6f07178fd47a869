"""Checkpoints: parameters, optimizer state and where both come from, in Orbax's form.

A run's folder holds `tokenizer.model`, `metrics.jsonl` and `checkpoints/STEP/`, each of these
with the items `params`, `optimizer` and `about`; `average`, a running mean of parameters, where a
run keeps it: that is the model to use; and `losses`, where a run was told to end or looks for
spikes. Orbax writes a checkpoint under another name first, so one that is there was finished, and
`digests.json` says what it was then (`whole`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax

from gemsieve.model.checkpoints.about import About
from gemsieve.model.checkpoints.kept import Keep
from gemsieve.model.checkpoints.new_folder import new_folder
from gemsieve.model.checkpoints.whole import (
    last_whole,
    remove_drafts,
    set_aside_after,
    write_digests,
)
from gemsieve.model.gemma.transformer import Params
from gemsieve.model.tokenizer import FILE_NAME, Tokenizer
from gemsieve.model.training.hosts import first_alone

if TYPE_CHECKING:
    import orbax.checkpoint as ocp  # type: ignore[import-untyped]

FOLDER = "checkpoints"


def open_checkpoints(run: Path, keep: int | None = None, best: int = 0) -> ocp.CheckpointManager:
    """Open a run's checkpoints; close them (or use `with`) when done, which waits for the last.

    Args:
        run: The run's folder.
        keep: How many of the latest stay; what is damaged behind the last whole one is then set
            aside, with a warning. None to keep all and tidy nothing.
        best: How many of the lowest held-out loss stay besides.

    Raises:
        CheckpointError: There are checkpoints to go on from, and none is whole.
    """
    import orbax.checkpoint as ocp

    folder = (run / FOLDER).absolute()
    if keep:
        with first_alone("checkpoints are tidy"):  # the other processes find them so
            remove_drafts(folder)
            if (step := last_whole(folder)) is not None:
                set_aside_after(folder, step)
    finish = partial(write_digests, folder) if jax.process_index() == 0 else None
    options = ocp.CheckpointManagerOptions(
        preservation_policy=Keep(run, keep, best) if keep else None,
        async_options=ocp.AsyncOptions(post_finalization_callback=finish),
    )
    return ocp.CheckpointManager(folder, options=options)


def model_item(run: Path, step: int) -> Path:
    """Return where a checkpoint has the parameters to use: their running mean, if it is kept."""
    items = [run / FOLDER / str(step) / name for name in ("average", "params")]
    return next(filter(Path.is_dir, items), items[-1])


def save(  # noqa: PLR0913 (what a checkpoint holds)
    manager: ocp.CheckpointManager,
    step: int,
    params: Params,
    optimizer: object,
    about: About,
    *,
    average: Params | None = None,
    losses: Sequence[float] = (),
    vigil: Mapping[str, Any] | None = None,
) -> None:
    """Begin a checkpoint, whole or not at all; the caller may go on, and change what was given.

    It is written by a thread; older ones go when it is there. What goes wrong meanwhile is raised
    by the next call, or on closing. `optimizer` may be None; `losses` are those of steps that no
    line of metrics holds yet, `vigil` what is known of losses where spikes are looked for.
    """
    import orbax.checkpoint as ocp

    items = {
        "params": ocp.args.StandardSave(params),
        "about": ocp.args.JsonSave(asdict(about)),
    }
    if optimizer is not None:
        items["optimizer"] = ocp.args.StandardSave(optimizer)
    if average is not None:
        items["average"] = ocp.args.StandardSave(average)
    if losses or vigil:
        items["losses"] = ocp.args.JsonSave({"losses": list(losses), "vigil": dict(vigil or {})})
    manager.save(step, args=ocp.args.Composite(**items))


def write_model(
    folder: Path, params: Params, about: About, tokenizer: Tokenizer | None, step: int = 0
) -> None:
    """Write a new folder that is like a run's, without what only training needs.

    Raises:
        ValueError: There is something at `folder` already.
    """
    with new_folder(folder) as draft:
        if tokenizer:
            tokenizer.write(draft / FILE_NAME)
        with open_checkpoints(draft) as manager:
            save(manager, step, params, None, about)


def restore_about(manager: ocp.CheckpointManager, step: int) -> About:
    """Read where a checkpoint comes from."""
    import orbax.checkpoint as ocp

    items = manager.restore(step, args=ocp.args.Composite(about=ocp.args.JsonRestore()))
    return About(**items["about"])


def restore_losses(manager: ocp.CheckpointManager, step: int) -> tuple[list[float], dict[str, Any]]:
    """Read the losses of a checkpoint's steps that no line of metrics holds, and its vigil."""
    import orbax.checkpoint as ocp

    if not (manager.directory / str(step) / "losses").exists():
        return [], {}
    items = manager.restore(step, args=ocp.args.Composite(losses=ocp.args.JsonRestore()))
    told = items["losses"]
    return told["losses"], told.get("vigil", {})


def restore(manager: ocp.CheckpointManager, step: int, **like: object) -> dict[str, Any]:
    """Read trees of a checkpoint by the names of their items, in the shapes and types of `like`."""
    import orbax.checkpoint as ocp

    wanted = {name: ocp.args.StandardRestore(tree) for name, tree in like.items()}
    items = manager.restore(step, args=ocp.args.Composite(**wanted))
    return {name: items[name] for name in like}
