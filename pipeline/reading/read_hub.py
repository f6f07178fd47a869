"""Stream a dataset of the Hugging Face hub, or a local folder of data files, by `datasets`.

`hf://NAME?split=train&name=en&revision=v1`: NAME is a hub's name or a folder, and each of the
others may be left out where there is one of it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from gemsieve.pipeline.reading.arrow_rows import is_damage, rows
from gemsieve.pipeline.reading.files import InputError
from gemsieve.pipeline.reading.record import Broken, Meter, Record
from gemsieve.pipeline.reading.slices import Slice

if TYPE_CHECKING:
    from datasets import IterableDataset

HUB = "hf://"
OPTIONS = ("split", "name", "revision")
BATCH_ROWS = 256


def parsed(path: str) -> tuple[str, dict[str, str]]:
    """Return a dataset's name and options.

    Raises:
        InputError: There is no such option.
    """
    name, _, query = path.removeprefix(HUB).partition("?")
    options = dict(parse_qsl(query, keep_blank_values=True))
    if unknown := sorted(set(options) - set(OPTIONS)):
        raise InputError(f"{path}: {', '.join(unknown)}: options are {', '.join(OPTIONS)}")
    return name, options


def shards(whole: Slice) -> Iterator[Slice]:
    """Yield a slice for each of a dataset's shards; a hub's dataset at the commit it has now.

    Raises:
        InputError: It cannot be had, or its split has to be named.
    """
    name, options = parsed(whole.path)
    try:
        if not os.path.isdir(name):
            options["revision"] = commit(name, options.get("revision"))
        found = loaded(name, options)
    except InputError as error:
        raise InputError(f"{whole.path}: {error}") from None
    except Exception as error:  # of the network, the hub, a builder: each has classes of its own
        lines = str(error).splitlines() or [type(error).__name__]
        raise InputError(f"{whole.path}: {lines[0]}") from None
    path = f"{HUB}{name}?{urlencode(options)}"
    source = whole.source.partition("?")[0]
    for i in range(found.num_shards):
        shard = f"{source}/{found.split}/{i:05d}-of-{found.num_shards:05d}"
        # How many bytes a shard has is known after it was read: each counts alike.
        yield replace(whole, path=path, source=shard, start=i, end=i + 1, size=1)


def commit(name: str, revision: str | None) -> str:
    """Ask the hub which commit a revision of a dataset is now."""
    from huggingface_hub import HfApi

    return str(HfApi().dataset_info(name, revision=revision).sha)


def loaded(name: str, options: dict[str, str]) -> IterableDataset:
    """Open a dataset as a stream of Arrow tables.

    Raises:
        InputError: It has several splits, and none was named.
    """
    import datasets

    datasets.utils.logging.set_verbosity(50)  # its errors are ours to tell
    datasets.disable_progress_bars()
    found = datasets.load_dataset(
        name, options.get("name"), revision=options.get("revision"), streaming=True
    )
    split = options.get("split") or (next(iter(found)) if len(found) == 1 else "")
    if split not in found:
        raise InputError(f"name one of its splits, as in ?split={next(iter(found))}: {list(found)}")
    return found[split].with_format("arrow")


def read_hub(
    piece: Slice, text_field: str, columns: Sequence[str], meter: Meter
) -> Iterator[Record | Broken]:
    """Yield the records of one shard; what breaks off is one more, truncated."""
    name, options = parsed(piece.path)
    found = loaded(name, options)
    shard = found.shard(found.num_shards, piece.start)
    number = piece.first
    try:
        for table in shard.iter(BATCH_ROWS):
            for batch in table.to_batches():
                yield from rows(batch, number, text_field, columns)
                number += batch.num_rows
    except Exception as error:
        # A builder's parsers raise the first two; a network's errors are of other classes.
        if not isinstance(error, ValueError | TypeError) and not is_damage(error):
            raise
        yield Broken(number, "truncated_input")
    meter.bytes = piece.size
