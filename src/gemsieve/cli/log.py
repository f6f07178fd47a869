"""Lines about slices on stderr, as text or as JSON; above the progress bar, if there is one."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TextIO

FORMATS = ("json", "text")


class Stderr(logging.StreamHandler[TextIO]):
    """Writes to what is stderr just then: a progress bar puts itself in its place."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        self.stream = sys.stderr
        super().emit(record)


class Lines(logging.Formatter):
    """One line a record, with its time in UTC."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self._json = kind == "json"

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        if not self._json:
            return f"{time} {record.getMessage()}"
        told = getattr(record, "told", None) or {"event": record.getMessage()}
        return json.dumps({"time": time, "level": record.levelname.lower(), **told})


def show(kind: str | None, name: str | None = None) -> None:
    """Write what a logger tells from now on, else what becomes of slices; None for nothing."""
    from gemsieve.pipeline.watch.seen import LOGGER

    logger = logging.getLogger(name or LOGGER)
    for handler in logger.handlers[:]:
        logger.removeHandler(handler)
    logger.setLevel(logging.INFO if kind else logging.NOTSET)
    logger.propagate = kind is None
    if kind:
        handler = Stderr(sys.stderr)
        handler.setFormatter(Lines(kind))
        logger.addHandler(handler)
