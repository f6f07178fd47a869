"""Records of a log by time, action, label or text; nothing is proven by finding them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from gemsieve.safety.audit_log.chain import read
from gemsieve.safety.audit_log.store import AuditLogError, Store


@dataclass(frozen=True)
class Wanted:
    """Which records; what is None is not asked for.

    Attributes:
        since, until: Bounds of the time, ISO 8601 in UTC: any beginning of one.
        action: `keep`, `redact` or `drop`.
        label: Among the reasons or flags; `pii.*` for all of those.
        digest: Of the text.
    """

    since: str | None = None
    until: str | None = None
    action: str | None = None
    label: str | None = None
    digest: str | None = None

    def __call__(self, record: dict[str, Any]) -> bool:
        """Say whether a record is wanted."""
        time = record.get("time", "")
        labels = [*record.get("reasons", ()), *record.get("flags", ())]
        return (
            (self.since is None or time >= self.since)
            and (self.until is None or time < self.until)
            and (self.action is None or record.get("action") == self.action)
            and (self.label is None or any(fnmatchcase(one, self.label) for one in labels))
            and (self.digest is None or record.get("digest") == self.digest)
        )


def search(store: Store, wanted: Wanted) -> Iterator[str]:
    """Yield the lines of records that are wanted, writer by writer.

    Raises:
        AuditLogError: A line is no record; `verify` says which.
    """
    for writer in sorted(store.writers()):
        for line in store.lines(writer):
            if not line.endswith(b"\n"):  # it was never finished
                continue
            record = read(line)
            if record is None:
                raise AuditLogError(f"writer {writer}: a line is no record")
            if wanted(record):
                yield line.decode("ascii").rstrip("\n")
