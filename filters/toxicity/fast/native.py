"""Compile functions to machine code, and keep it: most of the work is done once a machine."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar, cast

from numba import njit
from numba.core import caching

from gemsieve.filters.pii.database import folder

F = TypeVar("F", bound=Callable[..., Any])


def native(function: F) -> F:
    """Return the function compiled when it is first called, for the types it is called with.

    The code is looked for in the user's cache and put there when it is new; a cache that cannot
    be read or written costs seconds, no more. Other threads run meanwhile.
    """
    compiled: Any = njit(nogil=True)(function)
    with suppress(OSError, RuntimeError):
        compiled._cache = Kept(function)  # type: ignore[no-untyped-call]
    return cast(F, compiled)


class Place(caching._CacheLocator):
    """Where code is kept: one folder for each state of the sources beside this one.

    Numba's own places ask about one source alone; ours compile each other's functions in.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.line = function.__code__.co_firstlineno
        self.stamp = sources()

    def get_cache_path(self) -> str:
        """Return the folder."""
        return str(folder() / f"native-{self.stamp}")

    def get_source_stamp(self) -> str:
        """Return what tells one state of the sources from another."""
        return self.stamp

    def get_disambiguator(self) -> str:
        """Return what tells functions of one name apart."""
        return str(self.line)

    @classmethod
    def from_function(cls, function: Callable[..., Any], _: str) -> Place:
        """Return the place of a function's code, which can be written to.

        Raises:
            OSError: It cannot.
        """
        place = cls(function)
        Path(place.get_cache_path()).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        place.ensure_cache_path()  # type: ignore[no-untyped-call]
        return place


class Form(caching.CompileResultCacheImpl):
    """How code is kept: as Numba does, elsewhere."""

    _locator_classes = [Place]  # type: ignore[list-item]  # noqa: RUF012  # as Numba has it


class Kept(caching.FunctionCache):
    """One function's code on disk."""

    _impl_class = Form

    def load_overload(self, sig: object, target_context: object) -> object:
        """Return what is kept, or None where there is nothing or nothing whole."""
        with suppress(Exception):
            return super().load_overload(sig, target_context)  # type: ignore[no-untyped-call]
        return None

    def save_overload(self, sig: object, data: object) -> None:
        """Keep code, where there is room."""
        with suppress(OSError):
            super().save_overload(sig, data)  # type: ignore[no-untyped-call]


def sources() -> str:
    """Return a digest of the sources in this folder."""
    bodies = [path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))]
    return hashlib.sha256(b"\0".join(bodies)).hexdigest()[:16]
