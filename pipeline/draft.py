"""A file on its way: it gets its name when it is whole, and is gone when it never is."""

from __future__ import annotations

import uuid
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import Self

from gemsieve.pipeline.manifest import Shard, sha256_of
from gemsieve.pipeline.storage import Location, publish


class Draft(ABC):
    """A file of rows that is being written.

    Attributes:
        path: Where it will stand in the output's folder.
        records: Rows so far.
    """

    def __init__(self, folder: Location, drafts: Path, path: str, name: str) -> None:
        self.path = path
        self._final = folder / path
        self._draft = drafts / f"{name}-{uuid.uuid4().hex}"
        self.records = 0

    @abstractmethod
    def close(self) -> None:
        """End the writing, finished or not; again does nothing."""

    def named(self) -> Shard:
        """Give what was written and closed its name, and describe it."""
        shard = Shard(self.path, self.records, self._draft.stat().st_size, sha256_of(self._draft))
        publish(self._draft, self._final)
        return shard

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self.close()
        except OSError:  # its disk is full, which the body's error tells
            if error is None:
                raise
        finally:
            self._draft.unlink(missing_ok=True)
