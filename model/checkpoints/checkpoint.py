"""Checkpoints: parameters, optimizer state and where both come from, in Orbax's form.

A run's folder holds `tokenizer.model`, `metrics.jsonl` and `checkpoints/STEP/`, each of these
with the items `params`, `optimizer` and `about`; `average`, a running mean of parameters, where a
run keeps it: that is the model to use; and `losses` where a run was told to end. Orbax writes a
checkpoint under another name first, so one that is there is whole.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gemsieve.model.checkpoints.new_folder import new_folder
from gemsieve.model.checkpoints.placement import Stored, abstract
from gemsieve.model.gemma.config import GemmaConfig
from gemsieve.model.gemma.transformer import Params
from gemsieve.model.tokenizer import FILE_NAME, Tokenizer

if TYPE_CHECKING:
    import orbax.checkpoint as ocp  # type: ignore[import-untyped]

_FOLDER = "checkpoints"
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
        imported: Whose form it was converted from, where it was not trained here.
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
        if self.manifest:
            return None
        return (
            f"imported from {self.imported or 'elsewhere'}, unverified:"
            " no manifest says what this model was trained on"
        )


@dataclass(frozen=True)
class Trained:
    """A trained model, ready for `Sampler`."""

    params: Params
    config: GemmaConfig
    tokenizer: Tokenizer
    about: About
    step: int


@dataclass(frozen=True)
class Opened:
    """A model that was found, its parameters still on disk.

    Attributes:
        stored: Its shape, and how to read it.
        about: Where it comes from.
        tokenizer: Its tokenizer, where there is one.
        step: The training step it was written after, 0 where that is not known.
    """

    stored: Stored
    about: About
    tokenizer: Tokenizer | None
    step: int


def open_checkpoints(run: Path, keep: int | None = None) -> ocp.CheckpointManager:
    """Open a run's checkpoints; close them (or use `with`) when done."""
    import orbax.checkpoint as ocp

    options = ocp.CheckpointManagerOptions(
        max_to_keep=keep, enable_async_checkpointing=False, cleanup_tmp_directories=keep is not None
    )
    return ocp.CheckpointManager((run / _FOLDER).absolute(), options=options)


def save(  # noqa: PLR0913 (what a checkpoint holds)
    manager: ocp.CheckpointManager,
    step: int,
    params: Params,
    optimizer: object,
    about: About,
    *,
    average: Params | None = None,
    losses: Sequence[float] = (),
) -> None:
    """Write a checkpoint, whole or not at all, and let the oldest go; `optimizer` may be None.

    `losses` are those of steps that no line of metrics holds yet.
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
    if losses:
        items["losses"] = ocp.args.JsonSave({"losses": list(losses)})
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


def restore_losses(manager: ocp.CheckpointManager, step: int) -> list[float]:
    """Read the losses of a checkpoint's steps that no line of metrics holds."""
    import orbax.checkpoint as ocp

    if not (manager.directory / str(step) / "losses").exists():
        return []
    items = manager.restore(step, args=ocp.args.Composite(losses=ocp.args.JsonRestore()))
    losses: list[float] = items["losses"]["losses"]
    return losses


def restore(manager: ocp.CheckpointManager, step: int, **like: object) -> dict[str, Any]:
    """Read trees of a checkpoint by the names of their items, in the shapes and types of `like`."""
    import orbax.checkpoint as ocp

    wanted = {name: ocp.args.StandardRestore(tree) for name, tree in like.items()}
    items = manager.restore(step, args=ocp.args.Composite(**wanted))
    return {name: items[name] for name in like}


def load(folder: Path, dtype: str | None = None) -> Trained:
    """Read a model and its tokenizer, whatever form it is in (`open_model`), to sample from.

    Args:
        folder: A run, its last checkpoint; a conversion; or a Hugging Face folder.
        dtype: Of the parameters; as stored when None.

    Raises:
        CheckpointError: There is no model, or its tokenizer is absent or another.
    """
    opened = open_model(folder)
    if opened.tokenizer is None:
        raise CheckpointError(
            f"{folder}: no {FILE_NAME} beside it: put the model's there, or name it once with"
            " `gemsieve convert --tokenizer`"
        )
    config = opened.stored.config
    try:
        params = opened.stored.read(abstract(config, dtype or opened.stored.dtype))
    except ValueError as error:
        raise CheckpointError(str(error)) from None
    return Trained(params, config, opened.tokenizer, opened.about, opened.step)


def open_model(folder: Path, config: GemmaConfig | None = None) -> Opened:
    """Find out which form a folder has, and open it; no parameter is read yet.

    Args:
        folder: A run or conversion, a Hugging Face folder, or a checkpoint from Kaggle for Flax.
        config: The shape of the last, where it is of no named size.

    Raises:
        CheckpointError: It is none of these, or what is there does not fit together.
    """
    try:
        if (folder / _FOLDER).is_dir():
            return _open_run(folder)
        if (folder / "config.json").exists():
            return _open_huggingface(folder)
        if (item := _orbax_item(folder)) is not None:
            from gemsieve.model.checkpoints.kaggle import open_kaggle

            found = (place / FILE_NAME for place in (item, item.parent))
            tokenizer = next((Tokenizer.read(path) for path in found if path.exists()), None)
            return _imported("Kaggle, for Flax", open_kaggle(item, config), tokenizer)
    except ValueError as error:
        raise CheckpointError(str(error)) from None
    raise CheckpointError(
        f"{folder}: no checkpoint here; `gemsieve train` writes one, `gemsieve convert` another"
    )


def _open_run(run: Path) -> Opened:
    """Open the last checkpoint of a run of ours, or of a conversion."""
    from gemsieve.model.checkpoints.orbax_item import read_params, stored_shapes
    from gemsieve.model.checkpoints.quantised_item import TABLE, read_quantised

    with open_checkpoints(run) as manager:
        step = manager.latest_step()
        if step is None:
            raise CheckpointError(f"{run}: no checkpoint was finished; train again to resume")
        about = restore_about(manager, step)
    items = [run / _FOLDER / str(step) / name for name in ("average", "params")]
    item = next(filter(Path.is_dir, items), items[-1])
    config = GemmaConfig(**about.settings["model"])
    if form := about.settings.get(TABLE):
        stored = Stored(config, f"int{form['bits']}", partial(read_quantised, item, **form), {})
    else:
        dtype = stored_shapes(item)["embedding",].dtype
        stored = Stored(config, dtype, partial(read_params, item), {})
    try:
        # A conversion may have had none, and get one later.
        there = about.tokenizer or (run / FILE_NAME).exists()
        tokenizer = Tokenizer.read(run / FILE_NAME) if there else None
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{run}: the tokenizer cannot be read: {error}") from None
    _same_tokenizer(run, tokenizer, about)
    return Opened(stored, about, tokenizer, step)


def _open_huggingface(folder: Path) -> Opened:
    """Open a folder of Hugging Face's; where we wrote it, it says where the model comes from."""
    from gemsieve.model.checkpoints.huggingface import open_huggingface

    stored = open_huggingface(folder)
    path = folder / FILE_NAME
    tokenizer = Tokenizer.read(path) if path.exists() else None
    if NOTE not in stored.notes:
        return _imported("Hugging Face", stored, tokenizer)
    try:
        about = About(**json.loads(stored.notes[NOTE]))
    except (TypeError, ValueError):
        raise CheckpointError(f"{folder}: its note of where it comes from is malformed") from None
    _same_tokenizer(folder, tokenizer, about)
    return Opened(stored, about, tokenizer, 0)


def _same_tokenizer(folder: Path, tokenizer: Tokenizer | None, about: About) -> None:
    """Refuse a tokenizer that is not the model's own."""
    if tokenizer and about.tokenizer and tokenizer.digest != about.tokenizer:
        raise CheckpointError(
            f"{folder / FILE_NAME}: not the tokenizer this model was trained with"
        )


def _imported(source: str, stored: Stored, tokenizer: Tokenizer | None) -> Opened:
    """Say of a foreign model what is known: no manifest vouches for its data."""
    digest = tokenizer.digest if tokenizer else ""
    settings = {"model": asdict(stored.config)}
    about = About(settings, "", {}, digest, version("gemsieve"), imported=source)
    return Opened(stored, about, tokenizer, 0)


def _orbax_item(folder: Path) -> Path | None:
    """Return the folder itself, or the only one in it, if it is an item of Orbax's."""
    found = [path.parent for pattern in ("", "*/") for path in folder.glob(f"{pattern}_METADATA")]
    return found[0] if len(found) == 1 else None
