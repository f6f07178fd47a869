"""What a run starts from: a fresh model or one on disk, trained whole or by adapters beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import jax

from gemsieve.model.checkpoints.about import About, CheckpointError
from gemsieve.model.checkpoints.adapted import note_base
from gemsieve.model.checkpoints.forms import open_model
from gemsieve.model.checkpoints.origin import START, descending, digest_of, told
from gemsieve.model.checkpoints.placement import Stored, abstract, in_parts, leaves, nested
from gemsieve.model.gemma.transformer import Params, initialise
from gemsieve.model.tokenizer import FILE_NAME, Tokenizer
from gemsieve.model.training.loss import Whole, alone
from gemsieve.model.training.settings import TrainSettings
from gemsieve.model.training.tuning.lora import LoraSettings, attach, base_of, fresh_adapters


@dataclass(frozen=True)
class Start:
    """Hold what a run begins with.

    Attributes:
        shapes: Those of the numbers that are trained.
        begin: Gives these numbers, in the shapes, types and shardings of such a tree.
        read: Gives the model that was started from.
        fixed: The model under adapters; empty without.
        whole: Puts both together.
        origin: What descendants tell of the model it was read from; empty for a fresh one.
    """

    shapes: Params
    begin: Callable[[Params], Params]
    read: Callable[[], Params]
    fixed: Params = field(default_factory=dict)
    whole: Whole = alone
    origin: dict[str, Any] = field(default_factory=dict)

    def descend(self, about: About) -> About:
        """Return where a model comes from that is trained from here on."""
        return descending(about, START, self.origin) if self.origin else about


@cache
def beside(scale: float) -> Whole:
    """Return a function that puts adapters beside the weights under them."""

    def whole(trained: Params, fixed: Params) -> Params:
        return attach(fixed, trained, scale)

    return whole


def fresh_start(settings: TrainSettings) -> Start:
    """Return a model that knows nothing yet.

    Raises:
        ValueError: Adapters are asked for.
    """
    if settings.lora.rank:
        raise ValueError("lora.rank: adapters stand beside a trained model: name one with --init")
    draw = partial(initialise, settings.model, settings.train.init_seed)
    return Start(jax.eval_shape(draw), lambda _: draw(), draw)


def start_from(folder: Path, settings: TrainSettings) -> tuple[Start, Tokenizer]:
    """Return the start from a model in any form that `gemsieve sample` takes, and its tokenizer.

    Raises:
        CheckpointError: There is no model, it is quantised, or has no tokenizer.
    """
    opened = open_model(folder)
    stored, lora = opened.stored, settings.lora
    if stored.dtype.startswith("int"):
        raise CheckpointError(
            f"{folder}: quantised: start from floats; lora.base_bits rounds them beside adapters"
        )
    tokenizer = opened.tokenizer_in(folder)
    as_stored = abstract(stored.config, stored.dtype)
    start = Start(
        shapes=abstract(stored.config),
        begin=stored.read,
        read=partial(stored.read, as_stored),
        origin=told(opened, digest_of(stored)),
    )
    if not lora.rank:
        return start, tokenizer
    fixed = read_base(stored, lora)
    draw = partial(fresh_adapters, settings=lora, seed=settings.train.init_seed)

    def begin(like: Params) -> Params:
        numbers: Params = jax.tree.map(_placed, draw(fixed), like)
        return numbers

    shapes, whole = jax.eval_shape(draw, fixed), beside(lora.scale)
    start = replace(start, shapes=shapes, begin=begin, fixed=fixed, whole=whole)
    return start, tokenizer


def settle(run: Path, folder: Path, start: Start, tokenizer: Tokenizer) -> None:
    """Give a run its model's tokenizer and, under adapters, a note of where the model is.

    Raises:
        CheckpointError: It has another tokenizer, or its adapters stand beside another model.
    """
    path = run / FILE_NAME
    if not path.exists():
        tokenizer.write(path)
    elif Tokenizer.read(path).digest != tokenizer.digest:
        raise CheckpointError(f"{path} is not the tokenizer of {folder}")
    if start.fixed:
        note_base(run, folder, start.origin["parameters"])


def read_base(stored: Stored, settings: LoraSettings) -> Params:
    """Read what adapters stand beside, part by part where it is rounded."""
    like = abstract(stored.config, stored.dtype)
    if settings.base_bits is None:
        return stored.read(like)
    parts = (base_of(stored.read(part), settings) for part in in_parts(like))
    return nested(leaf for part in parts for leaf in leaves(part))


def _placed(leaf: jax.Array, like: Any) -> jax.Array:  # noqa: ANN401 - jax.ShapeDtypeStruct has no types
    """Put an array where a shape says."""
    placed: jax.Array = jax.device_put(leaf, like.sharding)
    return placed
