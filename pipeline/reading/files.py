"""Match, open and measure input files: local ones by the system, others by Beam."""

from __future__ import annotations

import glob
import io
import os
import re
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple, cast

SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


class InputError(Exception):
    """The inputs cannot be planned; the text names the pattern or file and what to do."""


class File(NamedTuple):
    """A file and its bytes on disk."""

    path: str
    size: int


def is_remote(path: str) -> bool:
    """Say whether a path begins with a scheme, such as `gs://`, which only Beam can open."""
    return SCHEME.match(path) is not None


def match(pattern: str) -> list[File]:
    """Return the files that a pattern names, in the order of their paths; `**` crosses folders.

    Raises:
        InputError: The filesystem is unknown here or refuses to list.
    """
    if not is_remote(pattern):
        found = sorted(p for p in glob.glob(pattern, recursive=True) if os.path.isfile(p))
        return [File(path, os.path.getsize(path)) for path in found]
    try:
        (matched,) = filesystems().match([pattern])
    except Exception as error:
        raise InputError(f"{pattern}: {reason(error)}") from None
    listed = sorted((data.path, data.size_in_bytes) for data in matched.metadata_list)
    # An object store shows a folder as an empty object.
    return [File(path, size) for path, size in listed if not path.endswith("/")]


def open_file(path: str) -> io.BufferedReader:
    """Open a file for reading as it stands, compressed or not; it can seek."""
    if not is_remote(path):
        return open(path, "rb")
    from apache_beam.io.filesystem import CompressionTypes

    plain = CompressionTypes.UNCOMPRESSED
    file = filesystems().open(path, compression_type=plain)
    return file if isinstance(file, io.BufferedReader) else io.BufferedReader(file, 1 << 20)


def size_of(path: str) -> int:
    """Return a file's bytes on disk."""
    if not is_remote(path):
        return os.path.getsize(path)
    (matched,) = filesystems().match([path])
    return cast("int", matched.metadata_list[0].size_in_bytes)


def configure(paths: Sequence[str], flags: Sequence[str]) -> None:
    """Let Beam's flags (credentials, an endpoint) reach its filesystems, if a path is remote.

    A path may stand after a name: `web=s3://crawl/*`.
    """
    if any("://" in path for path in paths):
        from apache_beam.options.pipeline_options import PipelineOptions

        filesystems().set_options(PipelineOptions(list(flags)))
    if any("s3://" in path for path in paths):
        _share_service_models()


@cache
def _share_service_models() -> None:
    """Let the clients of S3 share what boto3 knows of its service.

    Beam makes a client for every file that it opens or measures, and each would read 2 MB of JSON:
    half a second of processor time.
    """
    try:
        import botocore.session
    except ModuleNotFoundError:
        return  # whoever opens the first file says what is missing
    botocore.session.create_loader = cache(botocore.session.create_loader)


def filesystems() -> Any:  # noqa: ANN401 (Beam is untyped)
    """Import Beam's filesystems; it takes seconds, so only remote paths pay for it."""
    from apache_beam.io.filesystems import FileSystems

    return FileSystems


def reason(error: Exception) -> str:
    """Return what hinders us in a line: Beam wraps a filesystem's error in one of its own."""
    details = getattr(error, "exception_details", None)
    causes = list(details.values()) if isinstance(details, dict) else [error]
    if any("Unable to get filesystem" in str(cause) for cause in causes):
        return "no filesystem for it is installed; s3:// needs gemsieve[s3], gs:// apache-beam[gcp]"
    return "; ".join(" ".join(str(cause).split()) or type(cause).__name__ for cause in causes)
