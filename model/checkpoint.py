"""Checkpoints: parameters, optimizer state and where both come from, in Orbax's form.

A run's folder holds `tokenizer.model`, `metrics.jsonl` and `checkpoints/STEP/`, each of these
with the items `params`, `optimizer` and `about`. Orbax writes a checkpoint under another name
first, so one that is there is whole.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gemsieve.model.config import GemmaConfig
from gemsieve.model.placement import abstract
from gemsieve.model.tokenizer import FILE_NAME, Tokenizer
from gemsieve.model.transformer import Params

if TYPE_CHECKING:
    import orbax.checkpoint as ocp  # type: ignore[import-untyped]

_FOLDER = "checkpoints"


class CheckpointError(Exception):
    """A run's folder holds no checkpoint that serves; says which and what to do."""


@dataclass(frozen=True)
class About:
    """Say where parameters come from: the chain of custody from corpus to model.

    Attributes:
        settings: The run's settings, as nested tables.
        manifest: SHA-256 (hex) of the manifest of the data.
        policy: `name` and `sha256` of the policy that sieved the data.
        tokenizer: SHA-256 (hex) of the tokenizer's file.
        code: The version of gemsieve that trained.
    """

    settings: dict[str, Any]
    manifest: str
    policy: dict[str, str]
    tokenizer: str
    code: str


@dataclass(frozen=True)
class Trained:
    """A trained model, ready for `Sampler`."""

    params: Params
    config: GemmaConfig
    tokenizer: Tokenizer
    about: About
    step: int


def open_checkpoints(run: Path, keep: int | None = None) -> ocp.CheckpointManager:
    """Open a run's checkpoints; close them (or use `with`) when done."""
    import orbax.checkpoint as ocp

    options = ocp.CheckpointManagerOptions(
        max_to_keep=keep, enable_async_checkpointing=False, cleanup_tmp_directories=keep is not None
    )
    return ocp.CheckpointManager((run / _FOLDER).absolute(), options=options)


def save(
    manager: ocp.CheckpointManager, step: int, params: Params, optimizer: object, about: About
) -> None:
    """Write a checkpoint, whole or not at all, and let the oldest go."""
    import orbax.checkpoint as ocp

    manager.save(
        step,
        args=ocp.args.Composite(
            params=ocp.args.StandardSave(params),
            optimizer=ocp.args.StandardSave(optimizer),
            about=ocp.args.JsonSave(asdict(about)),
        ),
    )


def restore_about(manager: ocp.CheckpointManager, step: int) -> About:
    """Read where a checkpoint comes from."""
    import orbax.checkpoint as ocp

    items = manager.restore(step, args=ocp.args.Composite(about=ocp.args.JsonRestore()))
    return About(**items["about"])


def restore(manager: ocp.CheckpointManager, step: int, **like: object) -> dict[str, Any]:
    """Read the items `params` or `optimizer` of a checkpoint, in the shapes and types of `like`."""
    import orbax.checkpoint as ocp

    wanted = {name: ocp.args.StandardRestore(tree) for name, tree in like.items()}
    items = manager.restore(step, args=ocp.args.Composite(**wanted))
    return {name: items[name] for name in like}


def load(run: Path) -> Trained:
    """Read the last checkpoint of a run and its tokenizer.

    Raises:
        CheckpointError: There is none, or the tokenizer is not the one trained with.
    """
    if not (run / _FOLDER).is_dir():
        raise CheckpointError(f"{run}: no checkpoint here; `gemsieve train` writes one")
    with open_checkpoints(run) as manager:
        step = manager.latest_step()
        if step is None:
            raise CheckpointError(f"{run}: no checkpoint was finished; train again to resume")
        about = restore_about(manager, step)
        config = GemmaConfig(**about.settings["model"])
        params = restore(manager, step, params=abstract(config))["params"]
    try:
        tokenizer = Tokenizer.read(run / FILE_NAME)
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{run}: the tokenizer cannot be read: {error}") from None
    if tokenizer.digest != about.tokenizer:
        raise CheckpointError(f"{run / FILE_NAME}: not the tokenizer this model was trained with")
    return Trained(params, config, tokenizer, about, step)
