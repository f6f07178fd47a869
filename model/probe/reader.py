"""What a model's states are while it reads a text that it did not write."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from gemsieve.model.checkpoints import once
from gemsieve.model.checkpoints.forms import Trained
from gemsieve.model.gemma.config import GemmaConfig
from gemsieve.model.gemma.transformer import Params, Transformer, with_states
from gemsieve.model.probe.saved import FILE, Probe, ProbeError
from gemsieve.model.sampling.engine import bucket
from gemsieve.model.sampling.head import Arrays, logits_of
from gemsieve.model.tokenizer import BOS, PAD

LONGEST = 1024  # tokens read at once; of a longer text, parts
BATCH = 8192  # tokens of texts that are read side by side, to learn from

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Part:
    """Tokens that are read at once: first what stands before, then a text's own from `start` on."""

    tokens: tuple[int, ...]
    start: int


class Rows(NamedTuple):
    """Parts side by side, each array [rows, size].

    Attributes:
        tokens: Padded.
        real: 1 where there is one.
        own: Whether it is of the text.
    """

    tokens: npt.NDArray[np.int32] | jax.Array
    real: npt.NDArray[np.int32] | jax.Array
    own: npt.NDArray[np.bool_] | jax.Array


@dataclass(frozen=True, eq=False)
class Reader:
    """Reads texts with a model, each as `gemsieve sample` would go on from its prompt."""

    model: Trained

    @property
    def dtype(self) -> str:
        """The type of activations, as the sampler has it."""
        return str(self.model.params["embedding"].dtype)

    def parts(self, text: str, prompt: str | None) -> list[Part]:
        """Return a text's parts; all stand after `<bos>` and the last half a part of the prompt."""
        room = min(LONGEST, self.model.config.max_length)
        asked = self.model.tokenizer.encode(prompt or "")
        before = [BOS, *asked[max(0, len(asked) - room // 2 + 1) :]]
        own, size = self.model.tokenizer.encode(text), room - len(before)
        starts = range(0, len(own), size)
        return [Part((*before, *own[at : at + size]), len(before)) for at in starts]

    def logits(self, probe: Probe, text: str, prompt: str | None = None) -> npt.NDArray[np.float64]:
        """Return what a probe says after each token of a text, [tokens, labels].

        Raises:
            FloatingPointError: A state is not finite.
        """
        nothing = np.zeros((0, len(probe.labels)))
        return np.concatenate([nothing, *(self.said(probe, p) for p in self.parts(text, prompt))])

    def said(self, probe: Probe, part: Part) -> npt.NDArray[np.float64]:
        """Return what a probe says after each of a part's own tokens, [tokens, labels].

        Raises:
            FloatingPointError: A state is not finite.
        """
        head = jnp.asarray(probe.weights), jnp.asarray(probe.bias)
        rows = padded([part], self._size(part))
        logits = _said(self.model.params, self._made, probe.layer, head, rows)
        found = np.asarray(logits, np.float64)[0, part.start : len(part.tokens)]
        sound(found)
        return found

    def means(
        self, texts: Sequence[tuple[str, str | None]], layers: tuple[int, ...]
    ) -> Iterator[tuple[list[int], Floats]]:
        """Yield, in some order, places of texts and what their tokens add to the mean state.

        Texts come with their prompts. The sum of what is yielded of a text is the mean of its
        tokens' states after each of these layers, [layers, embed_dim].
        """
        owned: dict[int, list[tuple[int, Part, int]]] = defaultdict(list)
        for place, (text, prompt) in enumerate(texts):
            parts = self.parts(text, prompt)
            count = sum(len(part.tokens) - part.start for part in parts)
            for part in parts:
                owned[self._size(part)].append((place, part, count))
        for size, rows in sorted(owned.items()):
            step = max(1, BATCH // size)
            for at in range(0, len(rows), step):
                places, some, counts = zip(*rows[at : at + step], strict=True)
                sums = _sums(self.model.params, self._made, layers, padded(some, size, step))
                shares = np.asarray(sums)[: len(some)] / np.array(counts, "f4")[:, None, None]
                sound(shares)
                yield list(places), shares

    @property
    def _made(self) -> tuple[GemmaConfig, str]:
        return self.model.config, self.dtype

    def _size(self, part: Part) -> int:
        return bucket(len(part.tokens), min(LONGEST, self.model.config.max_length))


def padded(parts: Sequence[Part], size: int, count: int = 1) -> Rows:
    """Return so many rows, of which the first hold these parts."""
    tokens = np.full((count, size), PAD, np.int32)
    starts, ends = np.zeros((2, count, 1), int)
    for row, part in enumerate(parts):
        tokens[row, : len(part.tokens)] = part.tokens
        starts[row], ends[row] = part.start, len(part.tokens)
    places = np.arange(size)
    return Rows(tokens, (places < ends).astype(np.int32), (places >= starts) & (places < ends))


def sound(values: npt.NDArray[np.floating]) -> None:
    """Raise FloatingPointError where a number is not finite."""
    if not np.isfinite(values).all():
        raise FloatingPointError("the model's states are not finite")


def _states(params: Params, made: tuple[GemmaConfig, str], rows: Rows) -> Sequence[jax.Array]:
    """Return the embeddings and each block's output, [rows, size, embed_dim]."""
    return with_states(Transformer(*made), params, rows.tokens, segments=rows.real)[2]


@partial(jax.jit, static_argnames=("made", "layer"))
def _said(
    params: Params,
    made: tuple[GemmaConfig, str],
    layer: int,
    head: Arrays,
    rows: Rows,
) -> jax.Array:
    """Return a head's logits after each token, [rows, size, labels], float32."""
    return logits_of(head, _states(params, made, rows)[layer])


@partial(jax.jit, static_argnames=("made", "layers"))
def _sums(
    params: Params, made: tuple[GemmaConfig, str], layers: tuple[int, ...], rows: Rows
) -> jax.Array:
    """Return the sums of states over the tokens of a text's own, [rows, layers, embed_dim]."""
    states = _states(params, made, rows)
    own = rows.own[..., None]
    kept = [jnp.where(own, states[layer].astype(jnp.float32), 0) for layer in layers]
    return jnp.stack([state.sum(axis=1) for state in kept], axis=1)


@cache
def reader(folder: Path) -> Reader:
    """Load a model, once a process.

    Raises:
        CheckpointError: There is no model, or it has no tokenizer.
    """
    return Reader(once.load(folder))


def check(folder: Path, probe: Probe) -> None:
    """Refuse a probe that was made on the states of another model.

    Raises:
        CheckpointError: There is no model.
        ProbeError: It was.
    """
    if once.digest(folder) != probe.model:
        raise ProbeError(
            f"{folder / FILE}: model: the model in {folder} is another than this probe was made"
            " for; `gemsieve probe` makes one for it"
        )
