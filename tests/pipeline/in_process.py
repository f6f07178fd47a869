"""Have the work of children done in this process, where a test can put itself between."""

from __future__ import annotations

import pytest

from gemsieve.pipeline.reading.slices import Slice
from gemsieve.pipeline.workers.children import Children
from gemsieve.pipeline.workers.place import Place


def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no child be started until the test ends."""

    def ask(_: Children, step: object, method: str, piece: Slice, *more: int) -> None:
        getattr(step, method)(piece, Place(), *more)

    monkeypatch.setattr(Children, "ask", ask)
