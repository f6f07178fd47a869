"""`_MANIFEST.json`: what a finished job wrote, under which policy; the only way into the trainer.

It holds no time, no host and no absolute path, so equal jobs have equal manifests.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from gemsieve.pipeline.storage import Location, lies_in, listed, size_at, write_atomically

NAME = "_MANIFEST.json"
FAILED = "_FAILED.json"
ANNOTATIONS = "_ANNOTATIONS.json"  # stands where nothing was decided
FORMAT = 4
# Still read. Format 3 grew: what an older one of it does not say was not there.
BEFORE = 3
LATER = ("documents", "exempt")  # keys that an older one of it lacks
OUTCOMES = ("kept", "dropped", "quarantined")
LINES = "jsonl"  # kept records once more, as JSON lines; where the job was asked for them
REMOVED = "removed"  # what `gemsieve takedown` took out of any of them
WEIGHTS = "weights"  # what kept records count for, shard by shard; where the policy weighs them
PARTS = (*OUTCOMES, WEIGHTS, LINES)


class ManifestError(Exception):
    """The folder is no finished, untouched output of `gemsieve filter`; says what to do."""


class GateError(ManifestError):
    """The output did not pass a limit of the policy's: its shards stand, and no manifest."""


@dataclass(frozen=True)
class Shard:
    """One written file: path relative to the output folder, records, bytes, SHA-256 (hex)."""

    path: str
    records: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """A finished job's books: what went in, what came out, and what judged it.

    Attributes:
        policy: The policy's `name` and `sha256`, the `operators` that write over findings and,
            where they need one, their `key`'s fingerprint; and `gender_terms`, the digest of the
            words that are swapped, where any are.
        detectors: Each detector's `name`, `version` and, where it has weights, their `sha256`.
        inputs: Each input's `name`, `bytes` and `records`.
        counts: Records `in`, `kept`, `dropped`, `quarantined`.
        shards: Every shard of the three outcomes, and of weights, sorted by path.
        code: The version of gemsieve that ran.
        settings: What the job was told beside its policy.
        leak_check: What the check of the kept records looked for, and how much of it remains.
        mitigation: What the policy's `[mitigate]` asked for, and what came of it.
        audit: How equally the filter judged sentences and dropped records about each group.
        documents: The data card and its like, each with its `path` and `sha256`. They are for
            people to add to: a changed one is no fault.
        exempt: `id` and `reason` of each quarantined record that took too much time or memory, or
            ended a process: another machine, or more patience, may judge it.
        takedowns: Of each takedown, the digest of the `manifest` before it, whether records were
            listed `by` ids or urls, how many were `listed`, `unknown` and `removed`, and the
            keyed digest of the `list`. `counts` has the `removed` of all of them, if any.
        format: The one it was written in.
        absent: Keys that it lacks, as one of an earlier format may.
    """

    folder: Location
    policy: Mapping[str, str]
    detectors: Sequence[Mapping[str, str]]
    inputs: Sequence[Mapping[str, Any]]
    counts: Mapping[str, int]
    shards: Sequence[Shard]
    code: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    leak_check: Mapping[str, Any] = field(default_factory=dict)
    mitigation: Mapping[str, Any] = field(default_factory=dict)
    audit: Mapping[str, Any] = field(default_factory=dict)
    documents: Sequence[Mapping[str, str]] = ()
    exempt: Sequence[Mapping[str, str]] = ()
    takedowns: Sequence[Mapping[str, Any]] = ()
    format: int = FORMAT
    absent: Sequence[str] = ()

    def body(self) -> dict[str, Any]:
        """Return the JSON object that is written, in its written order."""
        body = {
            "format": self.format,
            "gemsieve": self.code,
            "policy": dict(self.policy),
            "detectors": [dict(detector) for detector in self.detectors],
            "settings": dict(self.settings),
            "inputs": [dict(entry) for entry in self.inputs],
            "counts": dict(self.counts),
            "leak_check": dict(self.leak_check),
            "mitigation": dict(self.mitigation),
            "audit": dict(self.audit),
            "documents": [dict(document) for document in self.documents],
            "exempt": [dict(record) for record in self.exempt],
            **({"takedowns": [dict(one) for one in self.takedowns]} if self.takedowns else {}),
            "shards": [asdict(shard) for shard in self.shards],
        }
        return {key: value for key, value in body.items() if key not in self.absent}

    def text(self) -> str:
        """Return the file's exact text."""
        return json.dumps(self.body(), indent=1, ensure_ascii=False) + "\n"

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the file's text: what a checkpoint names as its origin."""
        return hashlib.sha256(self.text().encode()).hexdigest()

    @property
    def kept(self) -> tuple[Path, ...]:
        """The Parquet shards a trainer may read, in order."""
        return self._local("kept")

    @property
    def weights(self) -> tuple[Path, ...]:
        """The files of weights, one for each of the kept shards, or none at all."""
        return self._local(WEIGHTS)

    def places(self, part: str) -> tuple[Location, ...]:
        """Return where an outcome's shards or the weights stand, in order."""
        paths = (shard.path for shard in self.shards)
        return tuple(self.folder / path for path in paths if path.startswith(f"{part}/"))

    def _local(self, part: str) -> tuple[Path, ...]:
        local = tuple(place for place in self.places(part) if isinstance(place, Path))
        if len(local) < len(self.places(part)):
            raise ManifestError(f"{self.folder}: copy the folder to a local disk to read it here")
        return local


def balance(counts: Mapping[str, int], shards: Sequence[Shard]) -> str | None:
    """Return what does not add up, or None: in = kept + dropped + quarantined, shard by shard.

    What was taken down later counts as well. Where kept records are weighed, each has its weight.
    """
    for outcome in OUTCOMES:
        held = sum(shard.records for shard in shards if shard.path.startswith(f"{outcome}/"))
        if held != counts[outcome]:
            return f"{counts[outcome]} records were {outcome}, the shards hold {held}"
    total = sum(counts[outcome] for outcome in OUTCOMES) + counts.get(REMOVED, 0)
    if counts["in"] != total:
        return f"{counts['in']} records went in, {total} came out"
    kept, weighed, lines = (sorted_records(shards, part) for part in ("kept", WEIGHTS, LINES))
    if weighed and weighed != kept:
        return "the files of weights are not those of the kept shards"
    if lines and lines != kept:
        return "the files of JSON lines are not those of the kept shards"
    return None


def read_counts(body: Mapping[str, Any]) -> dict[str, int]:
    """Return the counts of a manifest; those taken down are there only where some were."""
    names = ("in", *OUTCOMES, *([REMOVED] if REMOVED in body else []))
    return {name: int(body[name]) for name in names}


def sorted_records(shards: Sequence[Shard], folder: str) -> list[tuple[str, int]]:
    """Return names, without what tells their format, and records of the shards in a folder."""
    mine = (shard for shard in shards if shard.path.startswith(f"{folder}/"))
    return sorted((stem(shard.path.removeprefix(folder)), shard.records) for shard in mine)


def stem(name: str) -> str:
    """Return a shard's name without what tells its format."""
    return name.partition(".")[0]


def sha256_of(path: Location) -> str:
    """Return a file's SHA-256 (hex), read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(manifest: Manifest) -> Location:
    """Write the manifest whole or not at all."""
    path = manifest.folder / NAME
    (manifest.folder / FAILED).unlink(missing_ok=True)
    write_atomically(path, manifest.text().encode())
    return path


def write_failed(books: Manifest, gate: str, reasons: Sequence[str]) -> Location:
    """Write `_FAILED.json` in place of a manifest: which gate, why, and the counts behind it."""
    path = books.folder / FAILED
    body = {"format": FORMAT, "gate": gate, "reasons": list(reasons)}
    body |= {
        key: books.body()[key] for key in ("gemsieve", "policy", "counts", "leak_check", "audit")
    }
    write_atomically(path, (json.dumps(body, indent=1, ensure_ascii=False) + "\n").encode())
    return path


def read(folder: Location) -> Manifest:
    """Read a manifest without looking at the shards.

    Raises:
        ManifestError: There is none, or it is not one.
    """
    path = folder / NAME
    try:
        body = json.loads(path.read_bytes())
    except FileNotFoundError:
        if (folder / FAILED).exists():
            raise GateError(
                f"{folder}: no {NAME}: the job did not pass a limit of its policy's; see {FAILED}"
            ) from None
        if (folder / ANNOTATIONS).exists():
            raise ManifestError(
                f"{folder}: holds annotations, and nothing was decided; run `gemsieve decide` on it"
            ) from None
        raise ManifestError(
            f"{folder}: no {NAME}: the job that wrote it did not finish; run it again to resume"
        ) from None
    except ValueError as error:
        raise ManifestError(f"{path}: not JSON ({error}); run the job again") from None
    if not isinstance(body, dict) or body.get("format") not in {BEFORE, FORMAT}:
        raise ManifestError(
            f"{path}: not a manifest of format {FORMAT} or {BEFORE}; run the job again"
        )
    absent = [key for key in LATER if body["format"] == BEFORE and key not in body]
    body |= dict.fromkeys(absent, ())
    try:
        return Manifest(
            folder=folder,
            policy=body["policy"],
            detectors=body["detectors"],
            inputs=body["inputs"],
            counts=read_counts(body["counts"]),
            shards=[Shard(**shard) for shard in body["shards"]],
            code=body["gemsieve"],
            settings=body["settings"],
            leak_check=body["leak_check"],
            mitigation=body["mitigation"],
            audit=body["audit"],
            documents=tuple(body["documents"]),
            exempt=tuple(body["exempt"]),
            takedowns=tuple(body.get("takedowns", ())),
            format=body["format"],
            absent=tuple(absent),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ManifestError(f"{path}: damaged near {error}; run the job again") from None


def verify(folder: Location) -> Manifest:
    """Read a manifest and prove it: digests, sizes, no stranger among the shards, balanced books.

    Raises:
        ManifestError: Anything differs; the message names the file.
    """
    manifest = read(folder)
    if (folder / NAME).read_bytes() != manifest.text().encode():
        raise ManifestError(f"{folder / NAME}: edited after it was written; run the job again")
    for shard in manifest.shards:
        path = folder / shard.path
        if not lies_in(path, folder):
            raise ManifestError(f"{path}: lies outside the folder; run the job again")
        size = size_at(path)
        if size is None:
            raise ManifestError(f"{path}: listed in the manifest but missing; run the job again")
        if size != shard.bytes or sha256_of(path) != shard.sha256:
            raise ManifestError(f"{path}: changed after the job wrote it; run the job again")
    named = {shard.path for shard in manifest.shards}
    for part in PARTS:
        for path in listed(folder / part):
            if f"{part}/{path.name}" not in named:
                raise ManifestError(f"{path}: not listed in the manifest; move it elsewhere")
    fault = balance(manifest.counts, manifest.shards)
    if fault:
        raise ManifestError(f"{folder / NAME}: {fault}; run the job again")
    return manifest
