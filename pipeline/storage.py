"""Where a job's output stands: in a local folder, as ever, or on an object store behind Beam.

An object store knows neither folders nor renames, but an object appears whole or not at all: so
a shard is drafted on local disk and put there under its final name.
"""

from __future__ import annotations

import errno
import io
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir
from typing import BinaryIO, Literal, cast

from gemsieve.pipeline.reading.files import filesystems, is_remote, open_file


@dataclass(frozen=True)
class Remote:
    """A name on an object store, with those verbs of `Path` that a job's output needs."""

    url: str

    def __truediv__(self, name: str) -> Remote:
        return Remote(f"{self.url.rstrip('/')}/{name}")

    def __str__(self) -> str:
        return self.url

    @property
    def name(self) -> str:
        """The last part."""
        return self.url.rpartition("/")[2]

    def exists(self) -> bool:
        """Say whether there is an object of this name."""
        return cast("bool", filesystems().exists(self.url))

    def open(self, mode: Literal["rb"] = "rb") -> io.BufferedReader:  # noqa: ARG002  # as of `Path`
        """Open the object for reading; it can seek."""
        return open_file(self.url)

    def size(self) -> int | None:
        """Return the object's bytes, None where there is none."""
        try:
            return cast("int", filesystems().get_filesystem(self.url).size(self.url))
        except Exception:
            if self.exists():
                raise
            return None

    def read_bytes(self) -> bytes:
        """Return the object.

        Raises:
            FileNotFoundError: There is none.
        """
        try:
            with self.open() as file:
                return file.read()
        except FileNotFoundError:
            raise
        except Exception:  # not every filesystem of Beam's says so
            if self.exists():
                raise
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), self.url) from None

    def put(self, content: BinaryIO) -> None:
        """Make an object of a stream, in place of any before; others see all of it or nothing."""
        from apache_beam.io.filesystem import CompressionTypes

        plain = CompressionTypes.UNCOMPRESSED
        file = filesystems().create(self.url, compression_type=plain)
        shutil.copyfileobj(content, file, 1 << 20)
        file.close()  # only now it appears: no `with`, which would end a broken stream as well

    def glob(self, pattern: str) -> Iterator[Remote]:
        """Yield the objects below this name that match; `**` crosses slashes."""
        (matched,) = filesystems().match([f"{self.url.rstrip('/')}/{pattern}"])
        yield from (Remote(data.path) for data in matched.metadata_list)

    def unlink(self, missing_ok: bool = False) -> None:
        """Remove the object."""
        if not missing_ok or self.exists():
            filesystems().delete([self.url])


Location = Path | Remote


def location(name: str) -> Location:
    """Return the location of that name."""
    return Remote(name) if is_remote(name) else Path(name)


def scratch() -> Path:
    """Return a folder on local disk that only this user can look into, made where it is missing.

    Raises:
        PermissionError: Another user has a folder of that name.
    """
    folder = Path(gettempdir()) / f"gemsieve-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise PermissionError(errno.EPERM, "belongs to another user", str(folder))
    return folder


def size_at(place: Location) -> int | None:
    """Return the bytes of a file, None where there is none."""
    if isinstance(place, Remote):
        return place.size()
    return place.stat().st_size if place.is_file() else None


def readable(place: Location) -> Path | BinaryIO:
    """Return what Arrow can read a file from."""
    return place if isinstance(place, Path) else place.open()


def listed(folder: Location, pattern: str = "*") -> list[Location]:
    """Return what stands in a folder under names that match, in order."""
    return sorted(folder.glob(pattern), key=str)


def is_empty(folder: Location) -> bool:
    """Say whether nothing stands in a folder."""
    if isinstance(folder, Path):
        return not folder.exists() or not any(folder.iterdir())
    return next(folder.glob("**"), None) is None


def lies_in(place: Location, folder: Location) -> bool:
    """Say whether a file stands in a folder, wherever links and dots lead."""
    if isinstance(place, Path) and isinstance(folder, Path):
        return place.resolve().is_relative_to(folder.resolve())
    inside = str(place).startswith(f"{folder}/")
    return inside and ".." not in str(place).split("/")


def write_atomically(place: Location, content: bytes, mode: int = 0o666) -> None:
    """Write a file whole or not at all: locally a synced neighbour, then a rename.

    `mode` says who may read a local one, as far as the process's mask lets them.
    """
    if isinstance(place, Remote):
        place.put(io.BytesIO(content))
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = place.with_name(f".{place.name}.{os.getpid()}.tmp")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(place)
    finally:
        draft.unlink(missing_ok=True)


def publish(draft: Path, place: Location) -> None:
    """Give a finished local file its final name; it appears there whole or not at all."""
    with draft.open("rb") as file:
        if isinstance(place, Remote):
            place.put(file)
            return
        os.fsync(file.fileno())
    place.parent.mkdir(parents=True, exist_ok=True)
    draft.replace(place)


def remove_all(folder: Location) -> None:
    """Remove a folder and all in it; what cannot be removed stays."""
    if isinstance(folder, Path):
        shutil.rmtree(folder, ignore_errors=True)
        return
    if urls := [place.url for place in folder.glob("**")]:
        filesystems().delete(urls)
