"""`gemsieve audit-log`: prove and search what `gemsieve serve --audit-log` has written."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from gemsieve.cli import UsageError

if TYPE_CHECKING:
    from gemsieve.filters.operators.key import Key
    from gemsieve.safety.audit_log import Account
    from gemsieve.safety.audit_log.store import Store

VARIABLE = "GEMSIEVE_AUDIT_KEY"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the commands under this one."""
    commands = parser.add_subparsers(dest="do", required=True, metavar="verify|show")
    verify = commands.add_parser("verify", help="prove that nothing was changed or taken away")
    verify.add_argument(
        "--heads",
        type=Path,
        action="append",
        metavar="DIR",
        help="heads, and with more of these copies of them (default LOG.heads)",
    )
    show = commands.add_parser("show", help="print records, one a line")
    show.add_argument("--since", metavar="TIME", help="from then on: 2026-11-27T09:30, in UTC")
    show.add_argument("--until", metavar="TIME", help="before then")
    show.add_argument("--action", choices=("keep", "redact", "drop"), help="what was decided")
    show.add_argument("--label", metavar="LABEL", help="a reason or flag; `pii.*` for all of them")
    show.add_argument(
        "--text", type=Path, metavar="FILE", help="of this text, by its digest; needs the key"
    )
    for one in (verify, show):
        one.add_argument("log", metavar="LOG", help="its folder, or postgresql://...")
        one.add_argument(
            "--key", type=Path, metavar="FILE", help=f"the log's key (default ${VARIABLE})"
        )


def run(args: argparse.Namespace) -> int:
    """Verify or show; status 1 where the log is not what was written."""
    return verify(args) if args.do == "verify" else show(args)


def verify(args: argparse.Namespace) -> int:
    """Print an account of every writer."""
    from gemsieve.safety import audit_log

    heads = args.heads or [default_heads(args.log, "--heads")]
    try:
        accounts = audit_log.verify(store(args.log), read_key(args.key, "--key"), heads)
    except audit_log.AuditLogError as error:
        raise UsageError(str(error)) from None
    except OSError as error:
        raise UsageError(f"{error.filename}: cannot be read: {error.strerror}") from None
    for account in accounts:
        print(told(account), file=sys.stderr if account.fault else sys.stdout)
    return int(not accounts or any(account.fault for account in accounts))


def told(account: Account) -> str:
    """Return an account in words."""
    words = f"writer {account.writer}: {account.records:,} records"
    if account.fault:
        return f"{words} are as they were written, then: {account.fault}"
    return (
        f"{words}, all as they were written"
        + f"; {account.unsealed} after the newest head" * bool(account.unsealed)
        + f"; {account.torn} bytes of one that a crash left unfinished" * bool(account.torn)
    )


def show(args: argparse.Namespace) -> int:
    """Print the records that are wanted."""
    from gemsieve.safety.audit_log import AuditLogError, Wanted, digest, search

    try:
        sought = args.text and digest(read_key(args.key, "--key"), args.text.read_text("utf-8"))
        for line in search(
            store(args.log), Wanted(args.since, args.until, args.action, args.label, sought)
        ):
            print(line)
    except OSError as error:
        raise UsageError(f"{error.filename}: cannot be read: {error.strerror}") from None
    except AuditLogError as error:
        raise UsageError(f"{error}; `gemsieve audit-log verify` says which") from None
    except UnicodeDecodeError:
        raise UsageError(f"--text {args.text}: not UTF-8") from None
    return 0


def store(place: str) -> Store:
    """Return a log by its folder or URL."""
    from gemsieve.safety.audit_log import open_store

    try:
        return open_store(place)
    except ModuleNotFoundError as error:
        raise UsageError(f"{error}; pip install 'gemsieve[postgres]'") from None


def default_heads(place: str, option: str) -> Path:
    """Return where the heads of a log lie unless somebody says otherwise: beside its folder."""
    from gemsieve.safety.audit_log import beside

    if "://" in place:
        raise UsageError(f"{option}: say where the heads of a database's log lie")
    return beside(Path(place))


def read_key(file: Path | None, option: str) -> Key:
    """Return the key of a log, from a file or the environment."""
    from gemsieve.filters.operators.key import KeySource
    from gemsieve.filters.policy_file import PolicyError

    place = f"{option} "
    source = KeySource(file=str(file), place=place) if file else KeySource(VARIABLE, place=place)
    try:
        return source.load()
    except PolicyError as error:
        raise UsageError(str(error)) from None
