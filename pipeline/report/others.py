"""Reports that other packages make: entry points of the group `gemsieve.reporters`.

One is called with the numbers of `report.json` and returns files by name; they are written to
`report/NAME/`. It sees no text, no folder and no record.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from typing import Any

from gemsieve.pipeline.manifest import ManifestError
from gemsieve.pipeline.storage import Location, write_atomically

Reporter = Callable[[Mapping[str, Any]], Mapping[str, bytes | str]]
PLAIN = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*")


def write_others(folder: Location, numbers: Mapping[str, Any]) -> list[Location]:
    """Write what every installed reporter makes of a report's numbers, and return where.

    Raises:
        ManifestError: A reporter fails, or names a file that is not one; named without its words.
    """
    written: list[Location] = []
    for entry in sorted(entry_points(group="gemsieve.reporters"), key=lambda entry: entry.name):
        try:
            reporter: Reporter = entry.load()
            files = dict(reporter(numbers))
        except Exception as error:
            raise ManifestError(
                f"reporter {entry.name!r} ({entry.value}) failed: {type(error).__name__}; mend or"
                " uninstall it, and run the job again: nothing is sieved twice"
            ) from None
        for name, content in files.items():
            if not PLAIN.fullmatch(name):
                raise ManifestError(f"reporter {entry.name!r}: {name!r} is no file's name")
            place = folder / entry.name / name
            write_atomically(place, content.encode() if isinstance(content, str) else content)
            written.append(place)
    return written
