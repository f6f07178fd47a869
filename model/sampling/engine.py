"""The engine: many requests written at once, joining and leaving between steps."""

from __future__ import annotations

import dataclasses
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from gemsieve.filters.readings import Reading
from gemsieve.model.gemma.cache import BLOCK, slots_of
from gemsieve.model.gemma.config import GemmaConfig
from gemsieve.model.gemma.transformer import Params
from gemsieve.model.sampling.head import Arrays, Head
from gemsieve.model.sampling.request import Prefix, PromptTooLong, Request, Sampled
from gemsieve.model.sampling.rows import (
    Model,
    Rows,
    Steps,
    advance,
    begin,
    empty_rows,
    grown,
    join,
    least_rows,
    read,
    row_of,
)
from gemsieve.model.sampling.stream import Listener, Stream
from gemsieve.model.tokenizer import PAD

_SMALLEST_BUCKET = 16


def bucket(length: int, limit: int | None = None) -> int:
    """Return the power of two a prompt is padded to, within a limit: one compilation each."""
    size = max(_SMALLEST_BUCKET, 1 << (length - 1).bit_length())
    return size if limit is None else min(size, limit)


@final
@dataclass(kw_only=True, eq=False)
class Engine:
    """Write the texts of many requests on the rows of one batch.

    A request's tokens are the same whatever else is in the batch, whenever it joins and whichever
    row it gets. Methods may be called from several threads, one of which works at a time.

    Attributes:
        params: The model's parameters.
        config: Its shape.
        rows: How many requests are written at once; others wait.
        allowed: [vocab_size], bool: which tokens may be drawn; all if None.
        dtype: The type of activations and caches.
        alternatives: How many of the likeliest tokens to tell at each place.
        head: Reads each token that is written; a token is told once it is read.
        stride: The most tokens written between two looks at callers and at waiting requests.
        slots: Tokens a row has room for at first, at least `BLOCK`; doubled when a text needs it,
            up to the context.
        width: Rows of its arrays, the ones beyond `rows` at rest; what suits the device if None.

    Raises:
        ValueError: `rows`, `stride` or `slots` is below 1, `alternatives` below 0, or the head is
            made for another shape.
    """

    params: Params
    config: GemmaConfig
    rows: int = 8
    allowed: npt.NDArray[np.bool_] | None = None
    dtype: str = "float32"
    alternatives: int = 0
    head: Head | None = None
    stride: int = 8
    slots: int = 256
    width: int | None = None

    def __post_init__(self) -> None:
        for name, least in (("rows", 1), ("stride", 1), ("slots", 1), ("alternatives", 0)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} must be {least} or more, not {getattr(self, name)}")
        # Made once: a vocabulary is long, and every request needs it.
        everything = np.ones(self.config.vocab_size, bool)
        self._allowed = everything if self.allowed is None else self.allowed
        self._model = Model(self.config, self.dtype, self.stride, self.alternatives)
        self._probe: Arrays | None = None
        if self.head:
            self.head.check(self.config)
            labels = len(self.head.bias)
            self._model = self._model._replace(layer=self.head.layer, labels=labels)
            self._probe = jnp.asarray(self.head.weights), jnp.asarray(self.head.bias)
        self._waiting: deque[Stream] = deque()
        least = least_rows(jax.default_backend()) if self.width is None else self.width
        self._streams: list[Stream | None] = [None] * max(self.rows, least)
        self._state = self._empty()
        self._lock = threading.RLock()

    def _empty(self) -> Rows:
        """Return the rows before any request."""
        slots = min(max(self.slots, BLOCK), self.config.max_length)
        return empty_rows(self._model, len(self._streams), slots)

    def submit(self, request: Request, listener: Listener | None = None) -> Stream:
        """Put a request in the queue.

        Args:
            request: What is asked for.
            listener: Called with each token as soon as it is known, from within `step`; the stream
                yields none then, but tells how it ended.

        Raises:
            PromptTooLong: The prompt fills the context.
        """
        room = self._room(len(request.whole))
        left, read = min(request.max_new_tokens, room), self.head is not None
        stream = Stream(self, request, left, listener, read=read)
        with self._lock:
            if not stream.over:
                self._waiting.append(stream)
        return stream

    def prefix(self, tokens: Sequence[int], prefix: Prefix | None = None) -> Prefix:
        """Read tokens that many requests begin with, themselves after a prefix if one is given.

        Raises:
            PromptTooLong: They fill the context.
            ValueError: There are none.
        """
        if not (prefix or tokens):
            raise ValueError("a prefix needs a token, <bos> at least")
        self._room(len(tokens) + (len(prefix.tokens) if prefix else 0))
        with self._lock:
            return self._read(tokens, prefix)

    def step(self) -> bool:
        """Let requests join and write up to `stride` tokens of each; False if all is done."""
        with self._lock:
            self._admit()
            live = [stream for stream in self._streams if stream]
            if live:
                self._write(min(self.stride, max(stream.left for stream in live)))
            for stream in live:
                stream.tell()
            return any(self._streams) or bool(self._waiting)

    def run(self) -> None:
        """Work until nothing is left to do."""
        while self.step():
            pass

    def leave(self, stream: Stream) -> None:
        """Work no more for a stream; its row is free for another."""
        with self._lock:
            if stream in self._waiting:
                self._waiting.remove(stream)
            if stream in self._streams:
                index = self._streams.index(stream)
                left = self._state.left.at[index].set(0)
                self._state = dataclasses.replace(self._state, left=left)
                self._streams[index] = None

    def _room(self, length: int) -> int:
        """Return how many tokens may follow a prompt."""
        limit = self.config.max_length
        if length >= limit:
            raise PromptTooLong(
                f"the prompt has {length} tokens; the context holds {limit}"
                " and must leave room for one more: shorten the prompt"
            )
        return limit - length

    def _admit(self) -> None:
        """Start waiting requests on free rows."""
        if not any(self._streams) and self._state.cache.slots >= 2 * max(self.slots, BLOCK):
            self._state = self._empty()
        for index in range(self.rows):
            while self._waiting and self._streams[index] is None:
                stream = self._waiting[0]
                row, steps = self._start(stream)
                self._reserve(stream.read)
                self._state = join(self._state, row, jnp.int32(index))
                self._streams[index] = self._waiting.popleft()
                stream.settle()
                self._deliver(steps, [index])
                stream.tell()

    def _write(self, count: int) -> None:
        """Draw up to `count` tokens more for each live row."""
        self._reserve(max(s.read + min(count, s.left) for s in self._streams if s))
        self._state, steps = advance(
            self.params, self._model, self._state, jnp.int32(count), self._probe
        )
        for index, drawn in enumerate(np.asarray(steps.live).sum(axis=0)):
            if stream := self._streams[index]:
                stream.read += int(drawn)
        self._deliver(steps, range(len(self._streams)))

    def _deliver(self, steps: Steps, rows: Sequence[int]) -> None:
        """Hand drawn tokens to the streams of these rows, and free rows whose text has ended."""
        (tokens, logprobs, top, top_logprobs), live, read = jax.device_get(steps)
        for step, place in np.argwhere(live):
            stream = self._streams[rows[place]]
            at = (step, place)
            likeliest = zip(top[at].tolist(), top_logprobs[at].tolist(), strict=True)
            if stream:
                sampled = Sampled(int(tokens[at]), float(logprobs[at]), tuple(likeliest))
                stream.take(sampled, self._reading(read[at]))
        for row in rows:
            stream = self._streams[row]
            if stream and stream.over:
                self._streams[row] = None

    def _reading(self, logits: npt.NDArray[np.float32]) -> Reading | None:
        """Return what the head said."""
        return Reading(self.head.digest, tuple(logits.tolist())) if self.head else None

    def _reserve(self, slots: int) -> None:
        """Make room for this many tokens in each row."""
        size = self._state.cache.slots
        while size < slots:
            size = min(2 * size, self.config.max_length)
        if size > self._state.cache.slots:
            cache = grown(self._state.cache, self._model, size)
            self._state = dataclasses.replace(self._state, cache=cache)

    def _read(self, tokens: Sequence[int], prefix: Prefix | None) -> Prefix:
        """Read a prompt, after a prefix or into a fresh cache of its bucket."""
        if prefix and not tokens:
            return prefix
        size = bucket(len(tokens), slots_of(self.config, self.config.max_length)[1])
        padded = np.full((1, size), PAD, np.int32)
        padded[0, : len(tokens)] = tokens
        cache = None
        if prefix:
            cache = grown(prefix.cache, self._model, bucket(len(prefix.tokens) + size))
        count = jnp.int32(len(tokens))
        logits, cache = read(self.params, self._model, cache, jnp.asarray(padded), count)
        return Prefix((*(prefix.tokens if prefix else ()), *tokens), cache, logits)

    def _start(self, stream: Stream) -> tuple[Rows, Steps]:
        """Read a request's prompt and draw its first token."""
        request = stream.request
        prompt = self._read(request.tokens, request.prefix)
        row = row_of(prompt, request, stream.left, self._allowed)
        begun: tuple[Rows, Steps] = begin(self._model, row, prompt.logits)
        return begun
