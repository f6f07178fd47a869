"""Tokens of a sieved corpus on disk: one ArrayRecord a kept shard, one record a document.

Random access is what a global shuffle asks for; the format is the one that grain reads. A record
is a document's pieces between `<bos>` and `<eos>`, little-endian, two bytes each where the
vocabulary allows, else four. Beside each file another holds the tokens of every document, four
bytes each, so that rows can be cut without reading any. `_TOKENS.json`, written last, names the
manifest and the tokenizer that they come from, and the digest of every file.
"""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np

from gemsieve.model.tokenizer import FILE_NAME, Tokenizer
from gemsieve.model.training.data.rows import read_texts, token_type
from gemsieve.model.training.data.stored import StoredDocuments
from gemsieve.pipeline.manifest import Manifest, sha256_of
from gemsieve.pipeline.storage import publish, remove_all, write_atomically

NAME = "_TOKENS.json"
FORMAT = 2
SUFFIX = ".array_record"
LENGTHS = ".lengths"
# A group of one record costs some compression and makes one read of every random access.
OPTIONS = "group_size:1,zstd"


class TokensError(Exception):
    """A folder does not hold the tokens of these shards; says what to do."""


@dataclass(frozen=True)
class TokenShard:
    """One written file: path in its folder, documents, tokens, bytes, SHA-256 (hex).

    `lengths_sha256` is that of the file of lengths beside it.
    """

    path: str
    documents: int
    tokens: int
    bytes: int
    sha256: str
    lengths_sha256: str

    @property
    def lengths_path(self) -> str:
        """Where, in the same folder, the lengths of its documents are."""
        return self.path.removesuffix(SUFFIX) + LENGTHS


@dataclass(frozen=True)
class Tokens:
    """What a folder of tokens holds.

    Attributes:
        manifest: Digest of the manifest of the shards that were tokenised.
        tokenizer: Digest of the tokenizer's file, which lies beside.
        width: Bytes of a token.
        shards: In the manifest's order of kept shards.
    """

    folder: Path
    manifest: str
    tokenizer: str
    width: int
    shards: tuple[TokenShard, ...]

    @property
    def paths(self) -> list[Path]:
        """The files, as `grain.sources.ArrayRecordDataSource` takes them."""
        return [self.folder / shard.path for shard in self.shards]

    @property
    def count(self) -> int:
        """How many tokens there are."""
        return sum(shard.tokens for shard in self.shards)

    def write(self) -> None:
        """Write `_TOKENS.json`."""
        body = {
            "format": FORMAT,
            "manifest": self.manifest,
            "tokenizer": self.tokenizer,
            "width": self.width,
            "shards": [asdict(shard) for shard in self.shards],
        }
        write_atomically(self.folder / NAME, (json.dumps(body, indent=1) + "\n").encode())


def write_tokens(
    manifest: Manifest,
    tokenizer: Tokenizer,
    folder: Path,
    workers: int = 1,
    watch: Callable[[int], None] = lambda _: None,
) -> Tokens:
    """Tokenise the kept shards of a verified manifest; equal input gives equal bytes.

    Args:
        manifest: What `pipeline.manifest.verify` returned.
        tokenizer: Written beside the tokens.
        folder: A new folder, or what a killed attempt left.
        workers: Processes, each at one shard.
        watch: Called with the documents of every shard that is done.

    Raises:
        TokensError: The folder holds something else, or finished tokens.
    """
    strangers = [path for path in folder.glob("*") if path.name not in {FILE_NAME, "tokens"}]
    if strangers:
        raise TokensError(f"{folder}: holds {strangers[0].name}; name a new folder")
    remove_all(folder / "tokens")
    tokenizer.write(folder / FILE_NAME)
    (folder / "tokens").mkdir()
    work = partial(write_shard, tokenizer.content, folder)
    shards: list[TokenShard] = []
    for shard in spread(work, list(manifest.kept), workers):
        watch(shard.documents)
        shards.append(shard)
    made = Tokens(
        folder,
        manifest.digest,
        tokenizer.digest,
        token_type(tokenizer.vocab_size).itemsize,
        tuple(shards),
    )
    made.write()
    return made


def spread(
    work: Callable[[Path], TokenShard], paths: list[Path], workers: int
) -> Iterator[TokenShard]:
    """Yield what becomes of each shard, in order."""
    if workers == 1:
        yield from map(work, paths)
        return
    # JAX may have threads in this process, and a fork copies their locks.
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(work, paths)


def write_shard(content: bytes, folder: Path, source: Path) -> TokenShard:
    """Tokenise one shard; its files appear whole or not at all."""
    tokenizer = Tokenizer(content)
    kind = token_type(tokenizer.vocab_size)
    path = folder / "tokens" / f"{source.stem}{SUFFIX}"
    lengths: list[int] = []

    def records() -> Iterator[bytes]:
        for batch in read_texts([source]):
            for pieces in tokenizer.encode_documents(batch):
                lengths.append(len(pieces))
                yield np.asarray(pieces, kind).tobytes()

    write_records(path, records())
    beside = path.with_suffix(LENGTHS)
    write_atomically(beside, np.asarray(lengths, "<u4").tobytes())
    return TokenShard(
        path=path.relative_to(folder).as_posix(),
        documents=len(lengths),
        tokens=sum(lengths),
        bytes=path.stat().st_size,
        sha256=sha256_of(path),
        lengths_sha256=sha256_of(beside),
    )


def write_records(path: Path, records: Iterable[bytes]) -> None:
    """Write an ArrayRecord file, which appears whole or not at all."""
    from array_record.python.array_record_module import ArrayRecordWriter

    draft = path.with_name(f".{path.name}.tmp")
    writer = ArrayRecordWriter(str(draft), OPTIONS)
    for record in records:
        writer.write(record)
    writer.close()
    publish(draft, path)


def verify_tokens(folder: Path, manifest: Manifest) -> Tokens:
    """Return a folder's tokens, proven to be those of a verified manifest's kept shards.

    Raises:
        TokensError: They are not, are not finished, or were changed; names the file.
    """
    try:
        body = json.loads((folder / NAME).read_bytes())
        if body["format"] < FORMAT:
            raise TokensError(f"{folder}: written by an earlier gemsieve; tokenise the data again")
        shards = tuple(TokenShard(**shard) for shard in body["shards"])
        found = Tokens(folder, body["manifest"], body["tokenizer"], body["width"], shards)
    except FileNotFoundError:
        raise TokensError(f"{folder}: no {NAME}; run `gemsieve tokenize` to its end") from None
    except (ValueError, KeyError, TypeError):
        raise TokensError(f"{folder / NAME}: damaged; tokenise the data again") from None
    if found.manifest != manifest.digest:
        raise TokensError(f"{folder}: holds the tokens of other data; tokenise these shards")
    if sha256_of(folder / FILE_NAME) != found.tokenizer:
        raise TokensError(f"{folder / FILE_NAME}: changed; tokenise the data again")
    for shard in shards:
        for name, digest in (
            (shard.path, shard.sha256),
            (shard.lengths_path, shard.lengths_sha256),
        ):
            path = folder / name
            if not path.is_file() or sha256_of(path) != digest:
                raise TokensError(f"{path}: missing or changed; tokenise the data again")
    return found


def read_tokens(tokens: Tokens) -> StoredDocuments:
    """Return verified tokens, in the order of the manifest's kept documents, left on disk."""
    import grain  # type: ignore[import-untyped]

    files = [str(path) for path in tokens.paths]
    paths = [tokens.folder / shard.lengths_path for shard in tokens.shards]
    lengths = np.concatenate([np.zeros(0, "<u4"), *(np.fromfile(path, "<u4") for path in paths)])
    return StoredDocuments(
        records=grain.sources.ArrayRecordDataSource(files) if files else (),
        kind=np.dtype(f"<u{tokens.width}"),
        numbers=np.arange(len(lengths)),
        bounds=np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]),
    )
