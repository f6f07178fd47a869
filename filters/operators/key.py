"""The key of keyed operators: where it is read from, and what is derived from it."""

from __future__ import annotations

import hmac
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from gemsieve.filters.policy_error import PolicyError

LEAST_BYTES = 16
HEX = re.compile(f"(?:[0-9a-fA-F]{{2}}){{{LEAST_BYTES},}}")
HOW = f"at least {2 * LEAST_BYTES} hexadecimal digits, as `openssl rand -hex 32` writes them"


class Key:
    """A secret that many others are derived from; it shows itself to nobody.

    It is pickled as the place it was read from, and read again wherever it arrives.
    """

    __slots__ = ("_secret", "_source")

    def __init__(self, secret: bytes, source: KeySource | None = None) -> None:
        """Take a secret; ValueError for fewer than 16 bytes."""
        if len(secret) < LEAST_BYTES:
            raise ValueError(f"a key has at least {LEAST_BYTES} bytes, not {len(secret)}")
        self._secret, self._source = secret, source

    def derive(self, purpose: str, entity: str = "") -> bytes:
        """Return 64 bytes that serve one purpose for one entity and tell nothing of any other.

        HMAC-SHA-512 (RFC 2104) of the two under the key.
        """
        said = f"gemsieve\0{purpose}\0{entity}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._secret, said, "sha512")

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that tell keys apart and do not tell what they are."""
        return self.derive("fingerprint")[:8].hex()

    def __repr__(self) -> str:
        return f"Key({self.fingerprint})"

    def __reduce__(self) -> tuple[object, tuple[KeySource]]:
        if self._source is None:
            raise TypeError("a key that was read from nowhere cannot be sent anywhere")
        return load, (self._source,)


@dataclass(frozen=True)
class KeySource:
    """Where a key is read from; exactly one of the two is given.

    Attributes:
        env: Name of an environment variable.
        file: Path of a file, relative to the working directory.
        place: What the name of either is told behind, in errors.
    """

    env: str | None = None
    file: str | None = None
    place: str = field(default="key.", compare=False)

    def load(self) -> Key:
        """Read the key: hexadecimal digits, with white space around them or without.

        Raises:
            PolicyError: There is none, or it is not one; the text holds nothing of it.
        """
        text = self._environment(self.env) if self.env is not None else self._file(self.file or "")
        if not HEX.fullmatch(text.strip()):
            raise PolicyError(f"{self._name}: holds no key; write {HOW}")
        return Key(bytes.fromhex(text.strip()), self)

    @property
    def _name(self) -> str:
        return f"{self.place}env: {self.env}" if self.env else f"{self.place}file: {self.file}"

    def _environment(self, name: str) -> str:
        if name not in os.environ:
            raise PolicyError(f"{self._name}: is not set; set it to {HOW}")
        return os.environ[name]

    def _file(self, path: str) -> str:
        try:
            return Path(path).read_bytes().decode("ascii", "replace")
        except OSError as error:
            why = error.strerror or "cannot be read"
            raise PolicyError(f"{self._name}: {why}; write {HOW} into it") from None


def load(source: KeySource) -> Key:
    """Read a key again where a pickled one arrives."""
    return source.load()
