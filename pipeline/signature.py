"""`_MANIFEST.sig`: an Ed25519 signature (RFC 8032) of `_MANIFEST.json`, its 64 bytes and no more.

The manifest holds every shard's digest, so that who signs for it signs for all of them. OpenSSL
checks the file as well: `openssl pkeyutl -verify -rawin`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gemsieve.pipeline.manifest import NAME as MANIFEST
from gemsieve.pipeline.manifest import ManifestError
from gemsieve.pipeline.storage import Location, write_atomically

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

NAME = "_MANIFEST.sig"
HOW = "write one with `openssl genpkey -algorithm ed25519`"


class KeyFileError(Exception):
    """A file does not hold the key that it should; says why and what to do."""


def private_key(path: Path) -> Ed25519PrivateKey:
    """Read a private key (PEM, not encrypted).

    Raises:
        KeyFileError: There is none, or it is of another kind.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    content = read(path)
    try:
        key = load_pem_private_key(content, password=None)
    except TypeError:
        raise KeyFileError(f"{path}: the key is encrypted; give a copy without password") from None
    except Exception:  # the library has one kind for each way of being no key
        raise KeyFileError(f"{path}: no private key in PEM; {HOW}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(f"{path}: a private key, but not Ed25519; {HOW}")
    return key


def public_key(path: Path) -> Ed25519PublicKey:
    """Read a public key (PEM).

    Raises:
        KeyFileError: There is none, or it is of another kind.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    how = "`openssl pkey -pubout` makes it of the private one"
    content = read(path)
    try:
        key = load_pem_public_key(content)
    except Exception:
        raise KeyFileError(f"{path}: no public key in PEM; {how}") from None
    if not isinstance(key, Ed25519PublicKey):
        raise KeyFileError(f"{path}: a public key, but not Ed25519; {how}")
    return key


def read(path: Path) -> bytes:
    """Return a key file's content.

    Raises:
        KeyFileError: It cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise KeyFileError(f"{path}: cannot read the key: {error.strerror}") from None


def sign(folder: Location, key: Ed25519PrivateKey) -> Location:
    """Sign a folder's manifest and return where the signature stands."""
    place = folder / NAME
    write_atomically(place, key.sign((folder / MANIFEST).read_bytes()))
    return place


def check(folder: Location, key: Ed25519PublicKey) -> None:
    """Prove that the owner of a key signed a folder's manifest as it stands.

    Raises:
        ManifestError: There is no signature, or it is not of this key and manifest.
    """
    from cryptography.exceptions import InvalidSignature

    place = folder / NAME
    try:
        signed = place.read_bytes()
    except FileNotFoundError:
        raise ManifestError(f"{folder}: not signed: no {NAME}; see `gemsieve sign`") from None
    try:
        key.verify(signed, (folder / MANIFEST).read_bytes())
    except InvalidSignature:
        raise ManifestError(
            f"{place}: not the signature of this key under this {MANIFEST}: another key signed,"
            " or one of the two was changed"
        ) from None
