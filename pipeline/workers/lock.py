"""One job at a time in an output folder."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from gemsieve.pipeline.storage import Location, Remote


class BusyError(Exception):
    """Another job is at work in the folder; says what to do."""


@contextmanager
def alone(folder: Location) -> Iterator[None]:
    """Hold a folder while the body runs; the system lets go of it when the process ends, however.

    The folder itself is locked, so that there is no file to be left behind. An object store has
    no locks, and some network file systems have none for folders: there it is the user's part.

    Raises:
        BusyError: Somebody else holds it.
    """
    if isinstance(folder, Remote):
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError(
                f"{folder}: another job is at work in it; wait for its end, or name another folder"
            ) from None
        except OSError:
            pass  # a file system without locks
        yield
    finally:
        os.close(descriptor)
