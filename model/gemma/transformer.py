"""Gemma 2 (arXiv 2408.00118): tied embeddings, alternating local and global blocks."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from flax import linen as nn

from gemsieve.model.gemma.block import make_block
from gemsieve.model.gemma.cache import Admission, Cache, admit, overflows
from gemsieve.model.gemma.config import GemmaConfig
from gemsieve.model.gemma.execution import Execution
from gemsieve.model.gemma.norm import RMSNorm
from gemsieve.model.gemma.product import product, rows
from gemsieve.model.gemma.sharding import looked_up, parameters_apart
from gemsieve.model.gemma.soft_cap import soft_cap
from gemsieve.model.gemma.stacked import scan_blocks, stack
from gemsieve.model.gemma.visible import Places, visible

# The parameters, as Flax nests them: names to arrays or to more names.
Params = dict[str, Any]


class Transformer(nn.Module):
    """Give logits over the vocabulary for the token that follows each token.

    Parameters are float32; `dtype` is the type of activations. Every method is pure: a cache
    goes in and the next cache comes out. With `execution.scan` it takes parameters in either form,
    its own or that of `stack`, and no cache.
    """

    config: GemmaConfig
    dtype: str = "float32"
    execution: Execution = Execution()

    def setup(self) -> None:
        """Declare the parameters."""
        config = self.config
        # Scaled by sqrt(embed_dim) on the way in, this spread makes a unit residual stream.
        spread = nn.initializers.normal(config.embed_dim**-0.5)
        shape = (config.vocab_size, config.embed_dim)
        self.embedding = self.param("embedding", spread, shape, jnp.float32)
        layers = range(config.num_layers)
        self.layer = [make_block(config, index, self.execution) for index in layers]
        self.final_norm = RMSNorm(config.norm_eps)

    def __call__(
        self,
        tokens: jax.Array,
        positions: jax.Array | None = None,
        segments: jax.Array | None = None,
        cache: Cache | None = None,
    ) -> tuple[jax.Array, Cache | None]:
        """Return logits [batch, length, vocab_size], float32, and the next cache.

        Arguments are those of `features`.
        """
        x, cache = self.features(tokens, positions, segments, cache)
        return self.unembed(x), cache

    def features(
        self,
        tokens: jax.Array,
        positions: jax.Array | None = None,
        segments: jax.Array | None = None,
        cache: Cache | None = None,
    ) -> tuple[jax.Array, Cache | None]:
        """Return the normalised residual stream after the last block, and the next cache.

        Sows `hidden` (the embeddings and, but for a scan, each block's output) into
        `intermediates`.

        Args:
            tokens: [batch, length], integers.
            positions: [batch, length], counted within each document; 0, 1, 2... when None. With
                padding on the left they must be given.
            segments: [batch, length]; tokens attend within equal segments only, 0 is padding;
                all ones when None.
            cache: Earlier tokens, to be attended to and added to. A row that would overflow
                comes out as NaN, never as text made from overwritten slots.

        Returns:
            [batch, length, embed_dim] in `dtype`, and a cache if one was given.
        """
        batch, length = tokens.shape
        if positions is None:
            positions = jnp.broadcast_to(jnp.arange(length, dtype=jnp.int32)[None], (batch, length))
        if segments is None:
            segments = jnp.ones((batch, length), jnp.int32)
        x = self._embed(tokens)
        self.sow("intermediates", "hidden", x)
        admission = None if cache is None else admit(cache, positions, segments)
        x, kept = self._blocks(x, (positions, segments), admission)
        if cache is not None:
            x = jnp.where(overflows(cache, segments)[:, None, None], jnp.nan, x)
        return self.final_norm(x), kept

    def unembed(self, x: jax.Array) -> jax.Array:
        """Map features [..., embed_dim] to soft-capped logits [..., vocab_size], float32."""
        logits = product("...d,vd->...v", x, self.embedding, jnp.float32)
        return soft_cap(logits, self.config.final_logit_softcap)

    def _embed(self, tokens: jax.Array) -> jax.Array:
        """Look tokens up, times sqrt(embed_dim) rounded to the activations' type, as trained."""
        scale = jnp.sqrt(jnp.float32(self.config.embed_dim)).astype(self.dtype)
        return looked_up(rows(self.embedding, tokens, self.dtype) * scale)

    def _blocks(
        self, x: jax.Array, places: Places, admission: Admission | None
    ) -> tuple[jax.Array, Cache | None]:
        """Run all blocks; a cache's two kinds of mask are made once."""
        if self.execution.scan and not self.is_initializing():
            return self._scanned(x, places, admission), None
        masks: list[jax.Array | None] = [None, None]
        if admission is not None and admission.seen is not None:
            seen, window = admission.seen, self.config.window
            masks = [visible(places, seen[kind], window(kind)) for kind in (0, 1)]
        kept = []
        for index, block in enumerate(self.layer):
            x, new = block(x, places, masks[index % 2], _layer(admission, index))
            self.sow("intermediates", "hidden", x)
            kept.append(new)
        if admission is None:
            return x, None
        keys, values = zip(*kept, strict=True)
        return x, dataclasses.replace(admission.cache, keys=keys, values=values)

    def _scanned(self, x: jax.Array, places: Places, admission: Admission | None) -> jax.Array:
        """Run all blocks in a scan."""
        if admission is not None:
            raise ValueError("a scan over layers takes no cache: use an execution without scan")
        params = dict(self.variables["params"])
        stacked = params if "pairs" in params else stack(params)
        return scan_blocks(self.config, self.execution, stacked, x, places)


def _layer(
    admission: Admission | None, index: int
) -> tuple[jax.Array, jax.Array, jax.Array] | None:
    """Return what a layer needs of the cache: its keys and values, and where new ones go."""
    if admission is None:
        return None
    cache = admission.cache
    return cache.keys[index], cache.values[index], admission.writes[index % 2]


def with_states(  # noqa: PLR0913, PLR0917 (what `features` takes, and of whom)
    model: Transformer,
    params: Params,
    tokens: jax.typing.ArrayLike,
    positions: jax.Array | None = None,
    segments: jax.typing.ArrayLike | None = None,
    cache: Cache | None = None,
) -> tuple[jax.Array, Any, Sequence[jax.Array]]:
    """Return what `features` does, and the residual stream before and after each block.

    The model has no scan; the other arguments are those of `features`.
    """
    (x, cache), sown = model.apply(
        {"params": params},
        tokens,
        positions,
        segments,
        cache,
        method="features",
        mutable=["intermediates"],
    )
    return x, cache, sown["intermediates"]["hidden"]


@partial(jax.jit, static_argnames="config")
def initialise(config: GemmaConfig, seed: int) -> Params:
    """Draw fresh parameters, float32, each straight into its place on the mesh in use, if any."""
    variables = Transformer(config).init(jax.random.key(seed), jnp.zeros((1, 1), jnp.int32))
    params: Params = parameters_apart(dict(variables["params"]))
    return params


class ParameterCount(NamedTuple):
    """Count the parameters as table 2 of the report does."""

    embedding: int
    other: int


def count_parameters(config: GemmaConfig) -> ParameterCount:
    """Count by shape evaluation alone: no array is made."""
    params = jax.eval_shape(lambda: initialise(config, seed=0))
    total = sum(leaf.size for leaf in jax.tree.leaves(params))
    return ParameterCount(params["embedding"].size, total - params["embedding"].size)
