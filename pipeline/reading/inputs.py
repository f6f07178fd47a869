"""What the inputs name: files, under a name of the user's or their own, and datasets."""

from __future__ import annotations

import glob
import json
import os
import posixpath
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from gemsieve.pipeline.reading.files import File, InputError, is_remote, match, open_file
from gemsieve.pipeline.reading.read_hub import HUB
from gemsieve.pipeline.reading.slices import Kind, Slice, kind_of

# `web=crawl/*.warc.gz`; a folder such as `year=2026` is a path, for it has files.
NAMED = re.compile(r"([A-Za-z0-9][\w.-]*)=(.+)", re.DOTALL)


def find(patterns: Sequence[str], encoding: str, *, by_line: bool) -> list[Slice]:
    """Return each file that the patterns name as one slice, in the order of patterns and paths.

    Raises:
        InputError: A pattern names nothing, a file of unknown kind, one whose name is no text, or
            one file twice.
    """
    found: list[Slice] = []
    for pattern in patterns:
        name, files = matched(pattern)
        names = source_names([file.path for file in files])
        for path, size in files:
            refuse_undecodable(path)
            kind: Kind = "hub" if path.startswith(HUB) else kind_of(path, by_line=by_line)
            told = encoding if kind in ("csv", "tsv", "text", "lines") else ""
            source = f"{name}/{names[path]}" if name else names[path]
            found.append(Slice(0, path, source, kind, 0, None, 1, size, name, told))
    identities = Counter(identity(whole.path) for whole in found)
    if twice := [whole.path for whole in found if identities[identity(whole.path)] > 1]:
        raise InputError(f"{twice[0]}: one file is named twice; give each input once")
    return told_apart(found)


def refuse_undecodable(path: str) -> None:
    """Refuse a file whose name could not be written beside its records.

    Raises:
        InputError: It is one; shows the bytes that are no UTF-8 by their numbers.
    """
    try:
        path.encode()
    except UnicodeEncodeError:
        shown = path.encode(errors="surrogateescape").decode(errors="backslashreplace")
        raise InputError(f"{shown}: this name is not UTF-8; rename the file") from None


def matched(pattern: str) -> tuple[str, list[File]]:
    """Return the name that a pattern gives its files, "" for none, and the files.

    Raises:
        InputError: It names none.
    """
    if files := list(expanded(pattern)):
        return "", files
    if named := NAMED.fullmatch(pattern):
        name, rest = named.groups()
        if files := list(expanded(rest)):
            return name, files
        pattern = rest
    raise InputError(f"{pattern}: no such file; quote a pattern so that it reaches us")


def expanded(pattern: str) -> Iterator[File]:
    """Yield what a pattern names: files, the Arrow files of a saved dataset, or a hub's dataset."""
    if pattern.startswith(HUB):
        yield File(pattern, 0)
    elif files := match(pattern):
        yield from files
    else:
        yield from saved_dataset(pattern.rstrip("/"))


def saved_dataset(folder: str) -> Iterator[File]:
    """Yield the files of a folder that `datasets` saved: a Dataset, or a DatasetDict of several.

    Raises:
        InputError: It is a folder, and no such one.
    """
    join = posixpath.join if is_remote(folder) else os.path.join
    dictionaries = match(join(folder, "dataset_dict.json"))
    states = match(join(folder, "state.json"))
    for listed in dictionaries:
        for split in described(listed.path, "splits"):
            yield from saved_dataset(join(os.path.dirname(listed.path), str(split)))
    for state in states:
        for entry in described(state.path, "_data_files"):
            yield from whole(join(os.path.dirname(state.path), entry["filename"]))
    if dictionaries or states:
        return
    if not is_remote(folder) and os.path.isdir(folder):
        raise InputError(
            f"{folder}: a folder, and no saved dataset; name its files, as in"
            f" '{join(folder, '**', '*.jsonl')}', or load it as a dataset: {HUB}{folder}"
        )


def whole(path: str) -> list[File]:
    """Return a file that a saved dataset names.

    Raises:
        InputError: It is not there.
    """
    if not (files := match(path if is_remote(path) else glob.escape(path))):
        raise InputError(f"{path}: no such file; the saved dataset is not whole")
    return files


def described(path: str, key: str) -> list[dict[str, str]]:
    """Return a list that one of a saved dataset's own files holds.

    Raises:
        InputError: It does not.
    """
    with open_file(path) as file:
        try:
            return list(json.load(file)[key])
        except (ValueError, LookupError, TypeError):
            raise InputError(f"{path}: not as `datasets` writes it: no list of {key!r}") from None


def source_names(paths: Sequence[str]) -> dict[str, str]:
    """Name each file by its last part, or by its path below the common folder if two share it."""
    last = [os.path.basename(path.rstrip("/")) for path in paths]
    if len(set(last)) == len(last):
        return dict(zip(paths, last, strict=True))
    full = [path if is_remote(path) else os.path.abspath(path) for path in paths]
    common = os.path.commonpath([os.path.dirname(path) for path in full])
    return {
        path: os.path.relpath(whole, common).replace(os.sep, "/")
        for path, whole in zip(paths, full, strict=True)
    }


def told_apart(found: Sequence[Slice]) -> list[Slice]:
    """Name files of several patterns by their paths where two have one name."""
    counts = Counter(whole.source for whole in found)
    if not (shared := {source for source, n in counts.items() if n > 1}):
        return list(found)
    names = source_names([whole.path for whole in found])
    return [
        replace(whole, source="/".join(filter(None, (whole.name, names[whole.path]))))
        if whole.source in shared
        else whole
        for whole in found
    ]


def identity(path: str) -> str:
    """Return what two paths of one file share."""
    return path if is_remote(path) else os.path.realpath(path)
