"""Heads: how far each chain has come, kept apart from it, so that a shortened one shows."""

from __future__ import annotations

import hmac
import json
from pathlib import Path

from gemsieve.filters.operators.key import Key
from gemsieve.pipeline.storage import write_atomically
from gemsieve.safety.audit_log.chain import Place
from gemsieve.safety.audit_log.segments import sync_folder
from gemsieve.safety.audit_log.store import AuditLogError


class Heads:
    """A folder with one small file a writer, replaced whole after every commit.

    A head is sealed with the key. Whoever can write here and in the log, and has kept an older
    head, can put both back to what they were: keep heads where the log's writers of other kinds
    do not reach, or copies elsewhere.
    """

    def __init__(self, folder: Path, key: Key) -> None:
        self.folder = folder
        self._key = key.derive("audit-log head")

    def writers(self) -> set[int]:
        """Return the writers that have a head here."""
        found = self.folder.glob("*.json") if self.folder.exists() else ()
        return {int(path.stem) for path in found if path.stem.isdecimal()}

    def read(self, writer: int) -> Place | None:
        """Return how far a writer has come; None where it has no head.

        Raises:
            AuditLogError: The head is not one that was written with this key.
        """
        path = self._path(writer)
        try:
            said = json.loads(path.read_text("ascii"))
            place = Place(said["count"], said["link"])
            sealed = hmac.compare_digest(str(said["seal"]), self._seal(writer, place))
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError):
            sealed = False
        if not sealed:
            raise AuditLogError(f"{path}: the head was changed, or is of another key")
        return place

    def write(self, writer: int, place: Place) -> None:
        """Put a head in the place of the one before; on return it is on the disk."""
        said = {"count": place.count, "link": place.link, "seal": self._seal(writer, place)}
        write_atomically(self._path(writer), f"{json.dumps(said)}\n".encode(), 0o600)
        sync_folder(self.folder)

    def _path(self, writer: int) -> Path:
        return self.folder / f"{writer}.json"

    def _seal(self, writer: int, place: Place) -> str:
        said = f"{writer} {place.count} {place.link}".encode()
        return hmac.digest(self._key, said, "sha256").hex()


def beside(folder: Path) -> Path:
    """Return where the heads of a log lie unless somebody says otherwise."""
    return folder.with_name(f"{folder.name}.heads")
