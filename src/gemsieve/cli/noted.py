"""A signal that is noted, so that what is begun can be ended well."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event


@contextmanager
def noted(number: signal.Signals, event: Event) -> Iterator[None]:
    """Have the first signal of this number set the event; a second one does as usual."""
    usual = signal.getsignal(number)

    def note(*_: object) -> None:
        event.set()
        signal.signal(number, usual)

    signal.signal(number, note)
    try:
        yield
    finally:
        signal.signal(number, usual)
