"""The texts a run reads: kept shards that a manifest vouches for or, where asked, any texts."""

from __future__ import annotations

import glob
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any

from gemsieve.model.checkpoints.about import About
from gemsieve.model.training.data.emphasis import Emphasis, read_emphasis
from gemsieve.model.training.data.rows import TEXTS_AT_ONCE, read_texts
from gemsieve.pipeline.manifest import Manifest, ManifestError, sha256_of, verify
from gemsieve.pipeline.reading.compression import without_compression
from gemsieve.pipeline.reading.files import InputError
from gemsieve.pipeline.reading.slices import Slice

# The table of a model's settings that tells of several sources, or of what nothing vouches for.
SOURCES = "sources"
_SUFFIXES = (".parquet", ".jsonl", ".arrow")
_SAVED = ("state.json", "dataset_dict.json")


@dataclass(frozen=True)
class Corpus:
    """One source of texts.

    Attributes:
        place: The folder, or file, that was named.
        texts: Gives the texts in order, some hundred at a time.
        digest: SHA-256 (hex) of the manifest or, without one, of the files.
        manifest: What vouches for them; None where nothing does.
        fault: Why nothing does.
        emphasis: What the manifest's weights say of them.
    """

    place: Path
    texts: Callable[[], Iterator[list[str]]]
    digest: str
    manifest: Manifest | None = None
    fault: str = ""
    emphasis: Emphasis = field(default_factory=Emphasis)


def open_corpus(place: Path, *, unverified: bool = False) -> Corpus:
    """Open the output of a finished job; where nothing need vouch for it, any texts.

    Args:
        place: A folder that `gemsieve filter` wrote. If unverified: such a folder whose manifest
            is missing or wrong, a dataset that `datasets` saved, a folder of Parquet files or JSON
            lines, or one such file, each with the texts in `text`.
        unverified: Nothing need vouch for the texts.

    Raises:
        ManifestError: The manifest does not verify, and must.
        InputError: There are no texts to be read.
    """
    try:
        manifest = verify(place)
    except (ManifestError, NotADirectoryError) as error:
        told = error if isinstance(error, ManifestError) else f"{place}: no folder that a job wrote"
        if not unverified:
            raise ManifestError(f"{told}; --unverified trains on it all the same") from None
        files = loose_files(place)
        seen = "".join(f"{file.source} {sha256_of(Path(file.path))}\n" for file in files)
        digest = hashlib.sha256(seen.encode()).hexdigest()
        fault = str(told).partition(";")[0].removeprefix(str(place)).lstrip(":/ ")
        return Corpus(place, partial(_loose_texts, files), digest, fault=fault)
    texts = partial(read_texts, manifest.kept)
    return Corpus(place, texts, manifest.digest, manifest, emphasis=read_emphasis(manifest))


def open_corpora(places: Sequence[Path], *, unverified: bool = False) -> tuple[Corpus, ...]:
    """Open several, each once.

    Raises:
        ManifestError, InputError: As of `open_corpus`.
        ValueError: A place is named twice.
    """
    if twice := [place for number, place in enumerate(places) if place in places[:number]]:
        raise ValueError(f"{twice[0]}: named twice; weigh it instead, by data.weights")
    return tuple(open_corpus(place, unverified=unverified) for place in places)


def names_of(corpora: Sequence[Corpus]) -> tuple[str, ...]:
    """Return what metrics call each: the last part of its path, numbered where several share it."""
    last = [corpus.place.resolve().name for corpus in corpora]
    return tuple(
        name if last.count(name) == 1 else f"{name}-{last[: number + 1].count(name)}"
        for number, name in enumerate(last)
    )


def origin_of(settings: dict[str, Any], corpora: Sequence[Corpus], tokenizer: str) -> About:
    """Tell where a model comes from: no manifest vouches where none does for a part of its data.

    Args:
        settings: The run's, as nested tables.
        corpora: What it reads, in order.
        tokenizer: SHA-256 (hex) of its tokenizer's file.
    """
    loose = any(corpus.manifest is None for corpus in corpora)
    if loose or len(corpora) > 1:
        names = names_of(corpora)
        settings |= {SOURCES: dict(zip(names, map(_told, corpora), strict=True))}
    return About(
        settings=settings,
        manifest="" if loose else "+".join(corpus.digest for corpus in corpora),
        policy={} if loose else _policy([dict(c.manifest.policy) for c in corpora if c.manifest]),
        tokenizer=tokenizer,
        code=version("gemsieve"),
        imported="texts without a manifest" if loose else "",
    )


def _told(corpus: Corpus) -> str:
    """Tell of one source of several, or of one that nothing vouches for, and why."""
    if corpus.manifest is None:
        return f"unverified, files {corpus.digest}: {corpus.fault}"
    return f"manifest {corpus.digest}"


def _policy(policies: Sequence[dict[str, str]]) -> dict[str, str]:
    """Return the policy that sieved the data, or of several the different names and digests."""
    if len(policies) == 1:
        return policies[0]
    each = {key: dict.fromkeys(p.get(key, "none") for p in policies) for key in ("name", "sha256")}
    return {key: "+".join(values) for key, values in each.items()}


def loose_files(place: Path) -> list[Slice]:
    """Return the files of texts at a place, in the order they are read.

    Raises:
        InputError: There are none.
    """
    from gemsieve.pipeline.reading.inputs import find

    if (kept := place / "kept").is_dir():
        place = kept
    patterns = [str(place)]
    if place.is_dir() and not any((place / name).exists() for name in _SAVED):
        inner = sorted(path for path in place.rglob("*") if path.is_file())
        texts = (path for path in inner if without_compression(path.name).endswith(_SUFFIXES))
        patterns = [glob.escape(str(path)) for path in texts]
        if not patterns:
            raise InputError(f"{place}: no Parquet files, JSON lines or saved dataset here")
    return find(patterns, "", by_line=False)


def _loose_texts(files: Sequence[Slice]) -> Iterator[list[str]]:
    """Yield the texts of files that nothing vouches for.

    Raises:
        InputError: A record cannot be read; names the file and the record's number.
    """
    from gemsieve.pipeline.reading.read import read
    from gemsieve.pipeline.reading.record import Broken, Meter

    def texts() -> Iterator[str]:
        for file in files:
            for record in read(file, "text", (), Meter()):
                if isinstance(record, Broken):
                    raise InputError(
                        f"{file.path}: record {record.number}: {record.fault}; mend it, or let"
                        " `gemsieve filter` set it aside"
                    )
                yield record.text

    found = texts()
    while batch := list(islice(found, TEXTS_AT_ONCE)):
        yield batch
