"""`gemsieve decrypt`: restore what a policy's `encrypt` wrote, with its key."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from gemsieve.cli import UsageError

if TYPE_CHECKING:
    from gemsieve.filters.operators.key import Key


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    place = parser.add_mutually_exclusive_group(required=True)
    place.add_argument("--policy", metavar="FILE", help="policy whose [key] names the key's place")
    place.add_argument("--key-env", metavar="NAME", help="environment variable that holds the key")
    place.add_argument("--key-file", metavar="FILE", help="file that holds the key")
    parser.add_argument(
        "--jsonl", action="store_true", help="the text is JSON; write values with its escapes"
    )
    parser.add_argument(
        "input", nargs="?", metavar="FILE", help="what to restore; else standard input"
    )


def run(args: argparse.Namespace) -> int:
    """Restore a whole text and write it; nothing is written of one that cannot be restored."""
    from gemsieve.filters.operators.keyed import DecryptError
    from gemsieve.filters.policy_file import PolicyError

    try:
        key = key_of(args)
        restored, others = restore(read(args.input), key, in_json if args.jsonl else in_text)
    except PolicyError as error:
        raise UsageError(str(error)) from None
    except ModuleNotFoundError as error:
        raise UsageError(f"{error}; pip install 'gemsieve[detect]'") from None
    except DecryptError as error:
        print(f"gemsieve decrypt: {error}", file=sys.stderr)
        return 1
    try:
        sys.stdout.buffer.write(restored.encode("utf-8", "surrogateescape"))
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # Whoever read has seen enough; Python would complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if others:
        print(f"gemsieve decrypt: left {others} ciphertexts of other keys", file=sys.stderr)
    return 0


def key_of(args: argparse.Namespace) -> Key:
    """Load the key from the place that was named."""
    from gemsieve.filters.catalogue import policy_text
    from gemsieve.filters.operators.key import KeySource
    from gemsieve.filters.policy_file import read as read_policy
    from gemsieve.filters.policy_operator import key_source

    if args.policy is None:
        return KeySource(args.key_env, args.key_file, "--key-").load()
    text, name = policy_text(args.policy)
    source = key_source(read_policy(text, name).get("key"), name)
    if source is None:
        raise UsageError(f"{args.policy}: has no table [key]; name the key's place yourself")
    return source.load()


def read(path: str | None) -> str:
    """Return all of the input; bytes that are no UTF-8 pass through."""
    try:
        data = sys.stdin.buffer.read() if path is None else Path(path).read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    return data.decode("utf-8", "surrogateescape")


def restore(text: str, key: Key, write: Callable[[str], str]) -> tuple[str, int]:
    """Return the text restored, and how many ciphertexts were of other keys.

    Raises:
        DecryptError: A ciphertext was changed; names its line.
        UsageError: There are ciphertexts, and none is of this key.
    """
    from gemsieve.filters.operators.keyed import DecryptError, decrypt

    restored: list[str] = []
    own = others = 0
    for number, line in enumerate(text.split("\n"), 1):
        try:
            plain, of_key, of_others = decrypt(line, key, write)
        except DecryptError as error:
            raise DecryptError(f"line {number}: {error}") from None
        restored.append(plain)
        own, others = own + of_key, others + of_others
    if others and not own:
        raise UsageError(
            f"the wrong key: {others} ciphertexts, and none of the key {key.fingerprint}; a job's"
            " manifest tells the fingerprint of its key"
        )
    return "\n".join(restored), others


def in_json(word: str) -> str:
    """Return a word as it stands in a string of JSON."""
    return json.dumps(word)[1:-1]


def in_text(word: str) -> str:
    """Return a word as it stands in a text that was read as `read` reads it."""
    return word.encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape")
