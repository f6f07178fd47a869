"""Converting a model from one form to another, whole or not at all."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import jax
import jax.numpy as jnp

from gemsieve.model.checkpoints import checkpoint, forms
from gemsieve.model.checkpoints.about import About, CheckpointError, noted
from gemsieve.model.checkpoints.forms import Opened
from gemsieve.model.checkpoints.huggingface import Form, write_huggingface
from gemsieve.model.checkpoints.placement import abstract
from gemsieve.model.checkpoints.quantised_item import TABLE, apart
from gemsieve.model.gemma.config import GemmaConfig, named
from gemsieve.model.gemma.quantise import quantise
from gemsieve.model.gemma.transformer import Params
from gemsieve.model.tokenizer import Tokenizer

# What GGUF calls a type, and its nearest form to a number of bits.
_GGUF: dict[str | int, str] = {
    "float32": "f32",
    "float16": "f16",
    "bfloat16": "bf16",
    8: "q8_0",
    4: "q4_0",
}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Say what a conversion makes.

    Attributes:
        to: `hf` for Hugging Face's form, `orbax` for that of our runs, `gguf` for a file that
            llama.cpp reads, `peft` for a run's adapters alone.
        dtype: `float32`, `bfloat16` or, for GGUF, `float16`; as stored when None.
        bits: 8 or 4 for quantised weights, not of Hugging Face's form; None for floats.
        group: As of `quantise`; GGUF has its own blocks.
        vocab: Rows of the embedding; as stored when None.
        tokenizer: The model's tokenizer, where it is not beside it.
        size: The named size of a model from Kaggle, where its shapes do not tell.
        at: Which checkpoint of a run, as of `open_model`.
        adapters: PEFT's adapters, added to the weights.
    """

    to: str
    dtype: str | None = None
    bits: int | None = None
    group: int | None = None
    vocab: int | None = None
    tokenizer: Path | None = None
    size: str | None = None
    at: str = "last"
    adapters: Path | None = None


@dataclass(frozen=True)
class Converted:
    """Tell what was written: its shape, number and type of parameters, and where it comes from."""

    config: GemmaConfig
    parameters: int
    dtype: str
    about: About


def convert(source: Path, target: Path, wanted: Wanted) -> Converted:
    """Read a model in any form and write it to a new folder.

    Memory holds the parameters once, in the target's type, and one of them twice.

    Raises:
        CheckpointError: There is no model at the source, or its tokenizer is another.
        ValueError: There is something at the target, or rows of the embedding would be lost that
            a token may use.
    """
    if target.exists():
        raise ValueError(f"{target}: there already; name a new folder")
    if wanted.bits and wanted.to == "hf":
        raise ValueError("Hugging Face's form holds floats: quantise a run (orbax) or GGUF")
    if wanted.to == "peft":
        return _write_peft(source, target, wanted)
    opened = forms.open_model(source, named(wanted.size) if wanted.size else None, wanted.at)
    if wanted.tokenizer:
        opened = _with_tokenizer(opened, Tokenizer.read(wanted.tokenizer))
    config, dtype = opened.stored.config, wanted.dtype or _floating(opened.stored.dtype)
    params = opened.stored.read(abstract(config, dtype))
    if wanted.adapters:
        params, opened = _with_adapters(params, opened, wanted.adapters)
    if wanted.vocab:
        params["embedding"] = resized(params["embedding"], wanted.vocab, opened.tokenizer)
        config = replace(config, vocab_size=wanted.vocab)
    settings = {key: value for key, value in opened.about.settings.items() if key != TABLE}
    about = replace(opened.about, settings=settings | {"model": asdict(config)})
    count = sum(leaf.size for leaf in jax.tree.leaves(params))
    if wanted.to == "hf":
        _write_huggingface(target, params, about, opened)
    elif wanted.to == "gguf":
        _write_gguf(target, params, about, opened, wanted.bits or dtype)
    else:
        _write_orbax(target, params, about, opened, wanted)
    return Converted(config, count, f"int{wanted.bits}" if wanted.bits else dtype, about)


def _floating(dtype: str) -> str:
    """Return the type that parameters of a stored type are read in."""
    return "float32" if dtype.startswith("int") else dtype


def resized(embedding: jax.Array, rows: int, tokenizer: Tokenizer | None) -> jax.Array:
    """Return an embedding of so many rows: zeros added, or cut where no token has a row.

    Raises:
        ValueError: The tokenizer has more pieces; or, without one, a row to be cut is not zero.
    """
    now = len(embedding)
    if rows >= now:
        return jnp.pad(embedding, ((0, rows - now), (0, 0)))
    if tokenizer and tokenizer.vocab_size > rows:
        raise ValueError(
            f"{rows} rows are too few: the tokenizer has {tokenizer.vocab_size} pieces"
        )
    if not tokenizer and (used := jnp.any(embedding[rows:] != 0, axis=1)).any():
        raise ValueError(
            f"row {rows + int(jnp.argmax(used))} of the embedding is not zero, and without a"
            " tokenizer nothing shows that no token has it: name it with --tokenizer"
        )
    return embedding[:rows]


def _with_tokenizer(opened: Opened, tokenizer: Tokenizer) -> Opened:
    """Give a model the tokenizer that is not beside it."""
    if opened.about.tokenizer not in {"", tokenizer.digest}:
        raise CheckpointError("the model has a tokenizer already, and this is another")
    about = replace(opened.about, tokenizer=tokenizer.digest)
    return replace(opened, about=about, tokenizer=tokenizer)


def _with_adapters(params: Params, opened: Opened, folder: Path) -> tuple[Params, Opened]:
    """Add adapters to the weights they were trained beside, and say so.

    Raises:
        ValueError: They are not for such a model.
        CheckpointError: They are ours, and were trained beside another model.
    """
    from gemsieve.model.checkpoints.adapters import read_adapters
    from gemsieve.model.checkpoints.origin import START, digest_of
    from gemsieve.model.training.tuning.lora import attach, base_of, merge_back

    found = read_adapters(folder, opened.stored.config)
    if found.about is None:
        about = replace(opened.about, manifest="", policy={}, imported="PEFT's adapters")
    else:
        about = found.about
        if digest_of(opened.stored) != about.settings[START]["parameters"]:
            raise CheckpointError(f"{folder}: these adapters were trained beside another model")
    base, dtype = base_of(params, found.settings), params["embedding"].dtype
    merged = merge_back(attach(base, found.numbers, found.settings.scale))
    return jax.tree.map(lambda leaf: leaf.astype(dtype), merged), replace(opened, about=about)


def _write_peft(source: Path, target: Path, wanted: Wanted) -> Converted:
    """Write a run's adapters alone.

    Raises:
        ValueError: The run has none, or something was asked for that adapters have not.
    """
    from gemsieve.model.checkpoints.adapters import export_adapters

    if wanted != Wanted(to=wanted.to, at=wanted.at):
        raise ValueError("adapters alone are written as they are: leave other options out")
    opened, count = export_adapters(source, target, wanted.at)
    return Converted(opened.stored.config, count, "float32", opened.about)


def _write_huggingface(target: Path, params: Params, about: About, opened: Opened) -> None:
    """Write a folder for Hugging Face's libraries."""
    config, dtype = GemmaConfig(**about.settings["model"]), str(params["embedding"].dtype)
    form = Form(config=config, dtype=dtype, tokenizer=opened.tokenizer, notes=noted(about))
    write_huggingface(target, params, form)


def _write_orbax(
    target: Path, params: Params, about: About, opened: Opened, wanted: Wanted
) -> None:
    """Write a folder that is like a run's, without what only training needs."""
    if wanted.bits:
        params = apart(quantise(params, wanted.bits, wanted.group))
        table = {TABLE: {"bits": wanted.bits, "group": wanted.group}}
        about = replace(about, settings=about.settings | table)
    checkpoint.write_model(target, params, about, opened.tokenizer, opened.step)


def _write_gguf(
    target: Path, params: Params, about: About, opened: Opened, kind: str | int
) -> None:
    """Write a GGUF file, which cannot do without a tokenizer."""
    from gemsieve.model.checkpoints.gguf import Form as GgufForm
    from gemsieve.model.checkpoints.gguf import write_gguf

    if opened.tokenizer is None:
        raise ValueError("GGUF holds the tokenizer too: name it with --tokenizer")
    notes = {"about": json.dumps(asdict(about), sort_keys=True)}
    config = GemmaConfig(**about.settings["model"])
    form = GgufForm(config=config, tokenizer=opened.tokenizer, kind=_GGUF[kind], notes=notes)
    write_gguf(target, params, form)
