"""Take records out of a finished output: a new folder, whole or not at all, beside the old one.

The new manifest names the old one's digest and how many records went. It never holds the list.
"""

from __future__ import annotations

import hmac
import shutil
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from gemsieve.filters.operators.key import Key
from gemsieve.pipeline import manifest
from gemsieve.pipeline.manifest import LINES, OUTCOMES, REMOVED, WEIGHTS, Manifest, Shard, stem
from gemsieve.pipeline.takedown.documents import carry_documents
from gemsieve.pipeline.takedown.shards import carried, column_pairs, holds_texts, without


class TakedownError(Exception):
    """The takedown cannot be done as asked; says why and what to do."""


@dataclass(frozen=True)
class Listed:
    """What has to go.

    Attributes:
        by: Whether records are named by their ids or by URLs.
        values: Those; never written anywhere.
        column: The column that holds URLs.
    """

    by: Literal["ids", "urls"]
    values: frozenset[str]
    column: str = "url"

    def digest(self, key: Key) -> str:
        """Return what tells, to who has the key alone, whether this was the list.

        HMAC-SHA-512 (RFC 2104), cut to 128 bits; a plain digest would let anybody try addresses.
        """
        said = "\0".join([self.by, *sorted(self.values)]).encode("utf-8", "surrogatepass")
        return hmac.digest(key.derive("takedown"), said, "sha512")[:16].hex()


@dataclass(frozen=True)
class Found:
    """Which records those are.

    Attributes:
        ids: Theirs.
        held: How many of them each shard holds that holds any, by its path without what tells its
            format.
        unknown: How many of the listed values name none.
    """

    ids: frozenset[str]
    held: Mapping[str, int]
    unknown: int


def take_down(folder: Path, target: Path, listed: Listed, key: Key | None) -> Manifest:
    """Write an output again without the listed records and return its manifest, verified.

    Shards that hold none of them are linked, or copied where links cannot be, never rewritten.

    Raises:
        ManifestError: The output does not verify, or its shards do not say what is asked of them.
        TakedownError: The target is taken, or none of the records is there.
    """
    books = manifest.verify(folder)
    if target.exists():
        raise TakedownError(f"{target}: exists; name a new folder")
    found = find(folder, books, listed)
    if not found.ids:
        raise TakedownError(f"{folder}: holds none of the {len(listed.values):,} listed records")
    draft = target.with_name(f".{target.name}.takedown")
    shutil.rmtree(draft, ignore_errors=True)  # what a killed takedown left
    try:
        draft.mkdir(parents=True)
        entry = told(books, listed, found, key)
        manifest.write(rewritten(folder, books, draft, found, entry))
        manifest.verify(draft)
        draft.rename(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return manifest.read(target)


def find(folder: Path, books: Manifest, listed: Listed) -> Found:
    """Look the listed records up in the shards.

    Raises:
        ManifestError: URLs are listed and a shard with texts has no column of them.
    """
    by_url = listed.by == "urls"
    columns = ["id", listed.column] if by_url else ["id", "id"]
    ids: set[str] = set()
    met: set[str] = set()
    held: Counter[str] = Counter()
    for shard in books.shards:
        outcome, name = shard.path.split("/")
        if outcome not in OUTCOMES or (by_url and not holds_texts(folder / shard.path)):
            continue
        for one, value in column_pairs(folder / shard.path, columns):
            if value in listed.values:
                ids.add(str(one))
                met.add(str(value))
                held[stem(shard.path)] += 1
                for beside in (WEIGHTS, LINES):
                    held[f"{beside}/{stem(name)}"] += outcome == "kept"
    return Found(frozenset(ids), held, len(listed.values - met))


def told(books: Manifest, listed: Listed, found: Found, key: Key | None) -> dict[str, Any]:
    """Return what the new manifest tells of this takedown; `removed` is counted later."""
    proof = {"list": listed.digest(key), "key": key.fingerprint} if key else {}
    numbers = {"listed": len(listed.values), "unknown": found.unknown}
    return {"manifest": books.digest, "by": listed.by, **numbers, **proof}


def rewritten(
    folder: Path, books: Manifest, draft: Path, found: Found, entry: Mapping[str, Any]
) -> Manifest:
    """Write all files of the new folder but its manifest, and return that."""
    removed: Counter[str] = Counter()
    shards: list[Shard] = []
    for shard in books.shards:
        going = found.held.get(stem(shard.path), 0)
        removed[shard.path.split("/")[0]] += going
        if not going:
            shards.append(carried(folder, shard, draft))
        elif going < shard.records:
            shards.append(without(folder, shard, found.ids, draft))
    gone = {outcome: removed[outcome] for outcome in OUTCOMES}
    counts = {**books.counts, **{o: books.counts[o] - gone[o] for o in OUTCOMES}}
    counts[REMOVED] = books.counts.get(REMOVED, 0) + sum(gone.values())
    return replace(
        books,
        folder=draft,
        counts=counts,
        shards=shards,
        leak_check=forgotten(books.leak_check, found.ids),
        audit=forgotten(books.audit, found.ids),
        exempt=[record for record in books.exempt if record["id"] not in found.ids],
        documents=carry_documents(folder, books, draft, shards, sum(gone.values())),
        takedowns=[*books.takedowns, {**entry, "removed": gone}],
        format=manifest.FORMAT,
        absent=(),
    )


def forgotten(section: Mapping[str, Any], ids: Collection[str]) -> dict[str, Any]:
    """Return a section of the manifest without the places of records that went."""
    left = [place for place in section.get("places", ()) if place[0] not in ids]
    return {**section, "places": left} if "places" in section else dict(section)


def read_list(path: Path, by: Literal["ids", "urls"], column: str = "url") -> Listed:
    """Read a list, a value a line; blank lines are left out.

    Raises:
        TakedownError: It cannot be read, or holds nothing; names no line of it.
    """
    try:
        lines = path.read_text("utf-8-sig").split("\n")
    except OSError as error:
        raise TakedownError(f"{path}: cannot read the list: {error.strerror}") from None
    except UnicodeDecodeError:
        raise TakedownError(f"{path}: not UTF-8") from None
    values = frozenset(line.strip() for line in lines if line.strip())
    if not values:
        raise TakedownError(f"{path}: holds no line; write one record a line")
    return Listed(by, values, column)
