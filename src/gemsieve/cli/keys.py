"""`gemsieve keys`: make, list and revoke the API keys of `gemsieve serve --keys`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from gemsieve.cli import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the commands under this one."""
    from gemsieve.safety.keys import SCOPES

    commands = parser.add_subparsers(dest="do", required=True, metavar="create|list|revoke")
    create = commands.add_parser("create", help="make a key; its words are printed once")
    create.add_argument("name", metavar="NAME", help="whose key it is")
    create.add_argument(
        "--scope", action="append", choices=SCOPES, help="what it is good for; judge unless given"
    )
    create.add_argument("--rate", metavar="N/UNIT", help="most requests it may make: 100/minute")
    revoke = commands.add_parser("revoke", help="take a key out of force")
    revoke.add_argument("name", metavar="NAME", help="its name, or its id")
    listed = commands.add_parser("list", help="show the keys; their words are not kept")
    for one in (create, revoke, listed):
        one.add_argument(
            "--keys", type=Path, required=True, metavar="FILE", help="the file of keys"
        )


def run(args: argparse.Namespace) -> int:
    """Make, show or revoke."""
    from gemsieve.safety import keys

    try:
        if args.do == "create":
            key, words = keys.create(
                args.keys, args.name, args.scope or ["judge"], checked(args.rate)
            )
            print(words)
            print(f"key {key.id} of {key.name}: keep it, it is not shown again", file=sys.stderr)
        elif args.do == "revoke":
            key = keys.revoke(args.keys, args.name)
            print(f"key {key.id} of {key.name} is revoked", file=sys.stderr)
        else:
            for key in keys.load(args.keys):
                state = f"revoked {key.revoked}" if key.revoked else "in force"
                rate = key.rate or "-"
                print(
                    f"{key.id}  {key.name}  {','.join(key.scopes)}  {rate}  {key.created}  {state}"
                )
    except keys.KeysError as error:
        raise UsageError(str(error)) from None
    except OSError as error:
        raise UsageError(f"{args.keys}: cannot write the keys: {error.strerror}") from None
    return 0


def checked(rate: str | None) -> str | None:
    """Return a rate that a server will understand."""
    if rate is not None:
        from limits import parse

        try:
            parse(rate)
        except ValueError:
            raise UsageError(f"--rate {rate}: write it as 100/minute or 5/second") from None
    return rate
