"""What the audit found in one slice, beside the slice's receipt."""

from __future__ import annotations

import hashlib
import json

from gemsieve.filters import Filter
from gemsieve.filters.audit.counts import Swaps, swaps_from
from gemsieve.pipeline.storage import Location, write_atomically


def digest_of(judge: Filter, sieved: str) -> str:
    """Return the digest (hex) of all that decides what an audit finds, limits aside.

    `sieved` is the digest of what decides the findings that it starts from, our code's version
    among it.
    """
    rule = judge.policy.audit
    said = {"sieved": sieved, "labels": list(rule.labels), "sentences": rule.sentences}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def write_swaps(folder: Location, number: int, digest: str, swaps: Swaps) -> None:
    """Write what was found in one slice, whole or not at all."""
    body = {"audit": digest, "swaps": swaps.body()}
    write_atomically(folder / f"{number:05d}.json", json.dumps(body).encode())


def read_swaps(folder: Location, number: int, digest: str) -> Swaps | None:
    """Return what was found in one slice, or None when nobody looked so far."""
    try:
        body = json.loads((folder / f"{number:05d}.json").read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return swaps_from(body["swaps"]) if body["audit"] == digest else None
