"""API keys: made once, shown once, and kept as digests.

A key holds 256 random bits, so that a fast digest of it cannot be reversed by guessing, as that of
a password could be; a slow one would only let strangers keep the server busy.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

from gemsieve.pipeline.storage import write_atomically

Scope = Literal["judge", "generate", "metrics"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
PREFIX = "gemsieve"
NOBODY = "0" * 64


class KeysError(ValueError):
    """A file of keys cannot be used, or a key cannot be made or revoked; says why."""


@dataclass(frozen=True)
class ApiKey:
    """What is kept of a key.

    Attributes:
        id: The part of it that may be shown; logs and audits name a key by it.
        name: Whose it is.
        digest: SHA-256 (hex) of the whole key.
        scopes: What it is good for.
        created, revoked: When, in ISO 8601; None for a key in force.
        rate: Requests it may make, such as `100/minute`; None for the server's default.
    """

    id: str
    name: str
    digest: str
    scopes: tuple[Scope, ...]
    created: str
    revoked: str | None = None
    rate: str | None = None


def create(
    path: Path, name: str, scopes: Sequence[Scope], rate: str | None = None
) -> tuple[ApiKey, str]:
    """Add a key to a file, made if there is none, and return it with its words, never seen again.

    Raises:
        KeysError: A key of this name is in force, or the file is broken.
    """
    keys = load(path) if path.exists() else []
    if any(key.name == name and key.revoked is None for key in keys):
        raise KeysError(f"{path.name}: a key named {name!r} is in force; revoke it first")
    number = secrets.token_hex(6)
    words = f"{PREFIX}-{number}-{secrets.token_urlsafe(32)}"
    key = ApiKey(number, name, digest(words), tuple(scopes), now(), rate=rate)
    save(path, [*keys, key])
    return key, words


def revoke(path: Path, name: str) -> ApiKey:
    """Take a key, by its name or id, out of force; servers see it with their next request.

    Raises:
        KeysError: No such key is in force, or the file is broken.
    """
    keys = load(path)
    for i, key in enumerate(keys):
        if key.revoked is None and name in {key.name, key.id}:
            keys[i] = replace(key, revoked=now())
            save(path, keys)
            return keys[i]
    raise KeysError(f"{path.name}: no key named {name!r} is in force")


def load(path: Path) -> list[ApiKey]:
    """Read a file of keys.

    Raises:
        KeysError: It cannot be read or is none.
    """
    try:
        rows = json.loads(path.read_text("utf-8"))["keys"]
        return [ApiKey(**{**row, "scopes": tuple(row["scopes"])}) for row in rows]
    except OSError as error:
        raise KeysError(f"{path}: cannot read the keys: {error.strerror}") from None
    except (ValueError, KeyError, TypeError):
        message = f"{path}: not a file of keys; `gemsieve keys create` makes one"
        raise KeysError(message) from None


def save(path: Path, keys: Iterable[ApiKey]) -> None:
    """Write a file of keys that its owner alone may read, whole or not at all."""
    text = json.dumps({"keys": [asdict(key) for key in keys]}, indent=1)
    write_atomically(path, f"{text}\n".encode(), 0o600)


def digest(words: str) -> str:
    """Return what is kept of a key's words."""
    return hashlib.sha256(words.encode("utf-8", "surrogateescape")).hexdigest()


def now() -> str:
    """Return the time, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


class Keyring:
    """The keys of a file; read again when it has changed, so that a revoked key is refused at once.

    Raises:
        KeysError: The file cannot be read or is none; also later, for then nobody is known.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._keys: dict[str, ApiKey] = {}
        self._refresh()

    def find(self, words: str) -> ApiKey | None:
        """Return the key in force with these words; the time tells nothing of how near they are."""
        self._refresh()
        parts = words.split("-", 2)
        key = self._keys.get(parts[1]) if len(parts) == 3 else None
        same = hmac.compare_digest(digest(words), key.digest if key else NOBODY)
        return key if key and same and key.revoked is None else None

    def _refresh(self) -> None:
        try:
            stat = self._path.stat()
        except OSError as error:
            raise KeysError(f"{self._path}: cannot read the keys: {error.strerror}") from None
        seen = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
        if seen != self._seen:
            self._keys = {key.id: key for key in load(self._path)}
            self._seen = seen
