"""The tokens of one request, as they come."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Literal, Protocol, final

from gemsieve.model.sampling.draw import FAILED
from gemsieve.model.sampling.request import Request, Sampled

Listener = Callable[[Sampled], None]


class Worker(Protocol):
    """What a stream needs of its engine."""

    def step(self) -> bool:
        """Write some tokens."""

    def leave(self, stream: Stream, /) -> None:
        """Work no more for this stream."""


@final
class Stream(Iterator[Sampled]):
    """Yield the tokens of one request; the engine works on while one is waited for.

    Attributes:
        request: What was asked for.
        left: How many tokens may still be drawn.
        read: How many tokens its row of the cache holds.
        finish_reason: `stop` where a token of `ends` was drawn, `length` where the tokens asked for
            or the context were used up, `failed` where logits were not finite; None until then,
            and if the stream was closed before.
    """

    def __init__(
        self, worker: Worker, request: Request, left: int, listener: Listener | None
    ) -> None:
        self.request = request
        self.left = left
        self.read = len(request.whole)
        self.finish_reason: Literal["stop", "length", "failed"] | None = None if left else "length"
        self._worker = worker
        self._listener = listener
        self._ready: deque[Sampled] = deque()
        self._closed = False

    def __iter__(self) -> Stream:
        return self

    def __next__(self) -> Sampled:
        """Return the next token.

        Raises:
            FloatingPointError: The model's logits are not finite.
        """
        while not (self._ready or self.over):
            self._worker.step()
        if self._ready:
            return self._ready.popleft()
        if self.finish_reason == "failed":
            raise FloatingPointError(
                "the model's logits are not finite, so no token can be drawn: its parameters are"
                " damaged, or the type of its activations is too narrow"
            )
        raise StopIteration

    @property
    def over(self) -> bool:
        """Tell whether no token is to come."""
        return self._closed or self.finish_reason is not None

    def close(self) -> None:
        """Cancel the request: its row is free for another, and what waits is thrown away."""
        self._closed = True
        self._ready.clear()
        self._worker.leave(self)

    def take(self, sampled: Sampled) -> None:
        """Note a drawn token, and whether it is the last one."""
        self.left -= 1
        if sampled.piece == FAILED:
            self.finish_reason = "failed"
        elif sampled.piece in self.request.ends:
            self.finish_reason = "stop"
        else:
            self._ready.append(sampled)
            if not self.left:
                self.finish_reason = "length"

    def tell(self) -> None:
        """Hand what is ready to the listener, if there is one."""
        while self._listener and self._ready:
            self._listener(self._ready.popleft())
