"""Have the work of children done in this process: quicker, and a test can put itself between."""

from __future__ import annotations

import pytest

from gemsieve.pipeline.reading.slices import Slice
from gemsieve.pipeline.workers.children import Children
from gemsieve.pipeline.workers.place import Place

ASK = Children.ask


def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no child be started until the test ends."""

    def ask(_: Children, step: object, method: str, piece: Slice, *more: int) -> None:
        getattr(step, method)(piece, Place(), *more)

    monkeypatch.setattr(Children, "ask", ask)


def apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let children be started all the same until the test ends."""
    monkeypatch.setattr(Children, "ask", ASK)
