"""`_ANNOTATIONS.json`: which detectors looked at a corpus, and the shards of what they found.

It decides nothing: a trainer refuses the folder, and `gemsieve decide` makes one that it takes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from gemsieve.pipeline.annotate.looked import Looked
from gemsieve.pipeline.manifest import ANNOTATIONS, ManifestError, Shard, sha256_of
from gemsieve.pipeline.reading.slices import Slice
from gemsieve.pipeline.storage import Location, location, write_atomically

NAME = ANNOTATIONS
FORMAT = 1
FOLDER = "annotated"
OWN = ("number", "path")  # of a slice, which are not those of the input's


@dataclass(frozen=True)
class Annotations:
    """A finished annotation: every record of its inputs, in order, with all that was found.

    Attributes:
        policy: `name` and `sha256` of the policy whose detectors looked; its rules did nothing.
        detectors: Those that looked.
        settings: What the job was told beside its policy.
        slices: The plan: what each slice was of its input, and how many `records` it had.
        counts: Records `in`, `annotated`, and `unreadable` ones, which hold their fault.
        shards: One for each slice that has records.
        code: The version of gemsieve that ran.
    """

    folder: Location
    policy: Mapping[str, str]
    detectors: Sequence[Looked]
    settings: Mapping[str, Any]
    slices: Sequence[Mapping[str, Any]]
    counts: Mapping[str, int]
    shards: Sequence[Shard]
    code: str

    def text(self) -> str:
        """Return the file's exact text."""
        body = {
            "format": FORMAT,
            "gemsieve": self.code,
            "policy": dict(self.policy),
            "detectors": [asdict(one) for one in self.detectors],
            "settings": dict(self.settings),
            "counts": dict(self.counts),
            "slices": [dict(piece) for piece in self.slices],
            "shards": [asdict(shard) for shard in self.shards],
        }
        return json.dumps(body, indent=1, ensure_ascii=False) + "\n"

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the file's text: what decisions name as their origin."""
        return hashlib.sha256(self.text().encode()).hexdigest()

    def plan(self) -> list[Slice]:
        """Return the slices that the annotation had, each as its shard holds it."""
        found = []
        for number, entry in enumerate(self.slices):
            place = {"kind": "annotated", "start": 0, "end": entry["records"]}
            known = {name: value for name, value in entry.items() if name != "records"}
            piece = Slice(**{**known, **place}, number=number, path="")
            path = self.folder / FOLDER / piece.shard(len(self.slices))
            found.append(replace(piece, path=str(path)))
        return found

    def prove(self, piece: Slice) -> None:
        """Prove that a slice's shard is the one that was written.

        Raises:
            ManifestError: It is not; names it.
        """
        place = location(piece.path)
        listed = {shard.path: shard for shard in self.shards}
        shard = listed.get(f"{FOLDER}/{place.name}")
        if piece.end and (shard is None or not place.exists() or sha256_of(place) != shard.sha256):
            raise ManifestError(f"{place}: not what `gemsieve annotate` wrote; annotate again")

    def write(self) -> None:
        """Write the file whole or not at all."""
        write_atomically(self.folder / NAME, self.text().encode())


def read_annotations(folder: Location) -> Annotations:
    """Read the file without looking at the shards.

    Raises:
        ManifestError: There is none, or it is not one.
    """
    path = folder / NAME
    try:
        text = path.read_bytes().decode()
        body = json.loads(text)
        found = Annotations(
            folder=folder,
            policy=body["policy"],
            detectors=[
                Looked(**one | {"labels": tuple(one["labels"])}) for one in body["detectors"]
            ],
            settings=body["settings"],
            slices=body["slices"],
            counts=body["counts"],
            shards=[Shard(**shard) for shard in body["shards"]],
            code=body["gemsieve"],
        )
    except FileNotFoundError:
        raise ManifestError(
            f"{folder}: no {NAME}: no folder that `gemsieve annotate` finished; run it (again)"
        ) from None
    except (ValueError, KeyError, TypeError):
        raise ManifestError(f"{path}: damaged, or of another format; annotate again") from None
    if found.text() != text:
        raise ManifestError(f"{path}: edited after it was written; annotate again")
    return found
