"""Reading Gemma 2 as Kaggle has it for Flax: an Orbax checkpoint of other names and layouts.

The keys are those of the reference implementation (github.com/google-deepmind/gemma): flat
(`transformer/layer_0/attn/q_einsum`, then `w`) in what is published, nested all the way, with or
without `params` around it, in what older and newer versions of that code save.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from gemsieve.model.checkpoints.orbax_item import Found, read_array, stored_shapes
from gemsieve.model.checkpoints.placement import Array, Stored, abstract, fill, leaves
from gemsieve.model.checkpoints.placement import Path as Place
from gemsieve.model.gemma.config import SIZES, GemmaConfig
from gemsieve.model.gemma.transformer import Params

_EMBEDDING = "embedder/input_embedding"
# Ours within a layer, and theirs: the name, and which of the matrices stacked there.
_PARTS: Mapping[Place, tuple[str, int | None]] = {
    ("attention", "q"): ("attn/q_einsum", None),
    ("attention", "k"): ("attn/kv_einsum", 0),
    ("attention", "v"): ("attn/kv_einsum", 1),
    ("attention", "o"): ("attn/attn_vec_einsum", None),
    ("feed_forward", "gate"): ("mlp/gating_einsum", 0),
    ("feed_forward", "up"): ("mlp/gating_einsum", 1),
    ("feed_forward", "down"): ("mlp/linear", None),
    ("pre_attention_norm", "scale"): ("pre_attention_norm", None),
    ("post_attention_norm", "scale"): ("post_attention_norm", None),
    ("pre_feed_forward_norm", "scale"): ("pre_ffw_norm", None),
    ("post_feed_forward_norm", "scale"): ("post_ffw_norm", None),
}
# Where there are as many keys as queries, all three are stacked under one name.
_JOINT = "attn/qkv_einsum"
_JOINED: Mapping[Place, int] = {("attention", name): part for part, name in enumerate("qkv")}

Tensors = Mapping[str, tuple[Place, Found]]


def open_kaggle(folder: Path, config: GemmaConfig | None = None) -> Stored:
    """Open such a checkpoint; parameters are read tensor by tensor when asked for.

    Without a configuration, the shapes must be those of a named size.

    Raises:
        ValueError: It is none, or a tensor is absent, left over, of another shape than the
            configuration's or of a layout that its shape leaves open; the message names the
            folder and the tensor.
    """
    tensors = {_plain(keys): (keys, leaf) for keys, leaf in stored_shapes(folder).items()}
    if _EMBEDDING not in tensors:
        raise ValueError(f"{folder}: tensor {_EMBEDDING!r} is missing")
    config = config or _config(folder, tensors)
    turned = _check(folder, config, tensors)

    def read(like: Params) -> Params:
        held: dict[str, Array] = {}  # the tensor read last: two or three of ours lie in one

        def view(path: Place) -> Array:
            name, part = _place(path, tensors)
            if name not in held:
                held.clear()
                held[name] = read_array(folder, tensors[name][0])
            whole = held[name] if part is None else held[name][part]
            return _as_ours(path, whole, turned)

        return fill(like, view, lambda: None)

    return Stored(config, tensors[_EMBEDDING][1].dtype, read, {})


def _plain(keys: Place) -> str:
    """Return `layer_0/attn/q_einsum` for any nesting of it."""
    names = "/".join(keys).split("/")
    while names[0] in {"params", "transformer"}:
        names = names[1:]
    return "/".join(names[:-1] if names[-1] in {"w", "scale"} else names)


def _place(path: Place, tensors: Tensors) -> tuple[str, int | None]:
    """Return the name of the tensor that holds our parameter, and the part of it."""
    if path == ("embedding",):
        return _EMBEDDING, None
    if path[0] == "final_norm":
        return "final_norm", None
    name, part = _PARTS[path[1:]]
    if path[1:] in _JOINED and f"{path[0]}/{_JOINT}" in tensors:
        name, part = _JOINT, _JOINED[path[1:]]
    return f"{path[0]}/{name}", part


def _as_ours(path: Place, theirs: Array, turned: bool) -> Array:
    """View their matrix as ours; `turned` if gates are [hidden_dim, embed_dim]."""
    if path[-1] in {"q", "k", "v"}:
        return theirs.transpose(1, 0, 2)
    return theirs.T if turned and path[-1] in {"gate", "up"} else theirs


def _config(folder: Path, tensors: Tensors) -> GemmaConfig:
    """Return the named size of these shapes, with their rows of the embedding."""
    layers = {name.split("/")[0] for name in tensors if name.startswith("layer_")}
    rows, width = tensors[_EMBEDDING][1].shape
    linear = "layer_0/mlp/linear"
    hidden = tensors[linear][1].shape[0] if linear in tensors else 0
    for size in SIZES.values():
        if (width, len(layers), hidden) == (size.embed_dim, size.num_layers, size.hidden_dim):
            return replace(size, vocab_size=rows)
    raise ValueError(
        f"{folder}: {len(layers)} layers of width {width} are none of the sizes"
        f" {', '.join(SIZES)}: say which configuration it is"
    )


def _check(folder: Path, config: GemmaConfig, tensors: Tensors) -> bool:
    """Refuse tensors that are not this configuration's; say whether gates are turned."""
    turned = _turned(folder, config, tensors)
    unread = set(tensors)
    for path, leaf in leaves(abstract(config)):
        name, part = _place(path, tensors)
        if name not in tensors:
            raise ValueError(f"{folder}: tensor {name!r} is missing")
        stack = () if part is None else (3 if name.endswith(_JOINT) else 2,)
        # A transposition or a swap of the first two axes undoes itself.
        wanted = stack + _as_ours(path, np.broadcast_to(0, leaf.shape), turned).shape
        if tensors[name][1].shape != wanted:
            raise ValueError(
                f"{folder}: tensor {name!r} is {tensors[name][1].shape},"
                f" by the configuration {wanted}"
            )
        unread.discard(name)
    if unread:
        raise ValueError(f"{folder}: unexpected tensor {min(unread)!r}")
    return turned


def _turned(folder: Path, config: GemmaConfig, tensors: Tensors) -> bool:
    """Say whether gates are [2, hidden_dim, embed_dim], as in 9B and 27B, not as in 2B."""
    name = "layer_0/mlp/gating_einsum"
    if config.embed_dim == config.hidden_dim:
        raise ValueError(
            f"{folder}: tensor {name!r} is square, so nothing tells its rows from its columns"
        )
    turned = (2, config.hidden_dim, config.embed_dim)
    return name in tensors and tensors[name][1].shape == turned
