"""A model on disk, whatever form it is in: found, opened, and read to sample from."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path

from gemsieve.model.checkpoints.about import About, CheckpointError, read_note
from gemsieve.model.checkpoints.checkpoint import (
    FOLDER,
    model_item,
    open_checkpoints,
    restore_about,
)
from gemsieve.model.checkpoints.kept import best_first
from gemsieve.model.checkpoints.placement import Stored, abstract
from gemsieve.model.checkpoints.whole import MODEL, flaw, last_whole, steps_in
from gemsieve.model.gemma.config import GemmaConfig
from gemsieve.model.gemma.transformer import Params
from gemsieve.model.tokenizer import FILE_NAME, Tokenizer


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

    def tokenizer_in(self, folder: Path) -> Tokenizer:
        """Return the tokenizer that must lie in the model's folder.

        Raises:
            CheckpointError: There is none.
        """
        if self.tokenizer is None:
            raise CheckpointError(
                f"{folder}: no {FILE_NAME} beside it: put the model's there, or name it once with"
                " `gemsieve convert --tokenizer`"
            )
        return self.tokenizer


def load(folder: Path, dtype: str | None = None, at: str = "last") -> Trained:
    """Read a model and its tokenizer, whatever form it is in (`open_model`), to sample from.

    Args:
        folder: A run, a conversion, or a Hugging Face folder.
        dtype: Of the parameters; as stored when None.
        at: Which checkpoint, as of `open_model`.

    Raises:
        CheckpointError: There is no model, or its tokenizer is absent or another.
    """
    return read(open_model(folder, at=at), folder, dtype)


def read(opened: Opened, folder: Path, dtype: str | None = None) -> Trained:
    """Read a model that was opened in a folder; for the rest see `load`."""
    tokenizer, config = opened.tokenizer_in(folder), opened.stored.config
    try:
        params = opened.stored.read(abstract(config, dtype or opened.stored.dtype))
    except ValueError as error:
        raise CheckpointError(str(error)) from None
    return Trained(params, config, tokenizer, opened.about, opened.step)


def open_model(folder: Path, config: GemmaConfig | None = None, at: str = "last") -> Opened:
    """Find out which form a folder has, and open it; no parameter is read yet.

    Args:
        folder: A run or conversion, a Hugging Face folder, or a checkpoint from Kaggle for Flax.
        config: The shape of the last, where it is of no named size.
        at: Of a run, which checkpoint: the `last` that is whole, the `best` by held-out loss, or a
            step.

    Raises:
        CheckpointError: It is none of these, or what is there does not fit together.
    """
    try:
        if (folder / FOLDER).is_dir():
            return _open_run(folder, at)
        if at != "last":
            raise CheckpointError(f"{folder}: no run of ours, so it has no checkpoint {at!r}")
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


def _open_run(run: Path, at: str) -> Opened:
    """Open a checkpoint of a run of ours, or of a conversion."""
    from gemsieve.model.checkpoints.adapted import open_adapted
    from gemsieve.model.checkpoints.orbax_item import read_params, stored_shapes
    from gemsieve.model.checkpoints.quantised_item import TABLE, read_quantised

    step = _step_at(run, at)
    with open_checkpoints(run) as manager:
        about = restore_about(manager, step)
    item = model_item(run, step)
    config = GemmaConfig(**about.settings["model"])
    if form := about.settings.get(TABLE):
        stored = Stored(config, f"int{form['bits']}", partial(read_quantised, item, **form), {})
    elif whole := stored_shapes(item).get(("embedding",)):
        stored = Stored(config, whole.dtype, partial(read_params, item), {})
    else:
        stored = open_adapted(run, item, about)
    try:
        # A conversion may have had none, and get one later.
        there = about.tokenizer or (run / FILE_NAME).exists()
        tokenizer = Tokenizer.read(run / FILE_NAME) if there else None
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{run}: the tokenizer cannot be read: {error}") from None
    _same_tokenizer(run, tokenizer, about)
    return Opened(stored, about, tokenizer, step)


def _step_at(run: Path, at: str) -> int:
    """Return the step of the checkpoint that was asked for.

    Raises:
        CheckpointError: It is not there, or damaged.
    """
    folder = run / FOLDER
    if at == "last":
        last = last_whole(folder, MODEL)
        if last is None:
            raise CheckpointError(f"{run}: no checkpoint was finished; train again to resume")
        return last
    steps = steps_in(folder)
    if at == "best" and not (ranked := best_first(run, steps)):
        raise CheckpointError(f"{run}: no checkpoint's held-out loss is known; name another")
    step = ranked[0] if at == "best" else next((s for s in steps if str(s) == at), None)
    if step is None:
        raise CheckpointError(
            f"{run}: no checkpoint {at!r}: there is last, best, {', '.join(map(str, steps))}"
        )
    if wrong := flaw(folder / str(step), MODEL):
        raise CheckpointError(f"{folder / str(step)} is damaged: {wrong}; name another checkpoint")
    return step


def _open_huggingface(folder: Path) -> Opened:
    """Open a folder of Hugging Face's; where we wrote it, it says where the model comes from."""
    from gemsieve.model.checkpoints.huggingface import open_huggingface

    stored = open_huggingface(folder)
    path = folder / FILE_NAME
    tokenizer = Tokenizer.read(path) if path.exists() else None
    about = read_note(folder, stored.notes)
    if about is None:
        return _imported("Hugging Face", stored, tokenizer)
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
