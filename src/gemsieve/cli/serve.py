"""`gemsieve serve`: the safety-check service."""

from __future__ import annotations

import argparse
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from gemsieve.cli import UsageError, add_policy
from gemsieve.cli.audit_log import VARIABLE, default_heads, read_key, store
from gemsieve.cli.sampling import add_form, engine_from

if TYPE_CHECKING:
    from gemsieve.filters import Filter
    from gemsieve.safety.api import Access, Limits
    from gemsieve.safety.audit_log import AuditLog
    from gemsieve.safety.author import Author


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--host", default="127.0.0.1", help="address (default 127.0.0.1)")
    parser.add_argument(
        "--port", type=int, default=8080, metavar="N", help="default 8080; 0 for any that is free"
    )
    add_policy(parser)
    model = parser.add_argument_group("a model that answers, under guard")
    model.add_argument("--model", type=Path, metavar="MODEL", help="its folder; else none answers")
    model.add_argument("--model-name", metavar="NAME", help="for clients; the folder's if absent")
    add_form(model)
    add_numbers(
        model,
        ("--rows", 8, "answers written at a time"),
        ("--max-answers", 64, "answers that wait for a row"),
        ("--max-tokens", 1024, "tokens of an answer"),
        ("--warm", 2048, "tokens of prompts that are compiled for before the server is ready"),
    )
    who = parser.add_argument_group("who may ask")
    who.add_argument(
        "--keys",
        type=Path,
        metavar="FILE",
        help="API keys, from `gemsieve keys`; else no key is asked",
    )
    who.add_argument(
        "--rate", metavar="N/UNIT", help="most requests of a key or address: 100/minute"
    )
    who.add_argument(
        "--rate-store",
        default="memory://",
        metavar="URL",
        help="where they are counted: redis://...",
    )
    who.add_argument(
        "--cors",
        action="append",
        default=[],
        metavar="ORIGIN",
        help="a web page's origin; none else",
    )
    kept = parser.add_argument_group("what is recorded")
    kept.add_argument(
        "--audit-log", metavar="DIR", help="record every decision there, or at postgresql://..."
    )
    kept.add_argument(
        "--audit-key", type=Path, metavar="FILE", help=f"their key (default ${VARIABLE})"
    )
    kept.add_argument(
        "--audit-heads", type=Path, metavar="DIR", help="where their heads lie (default DIR.heads)"
    )
    kept.add_argument("--audit-text", action="store_true", help="record the texts too")
    limit = parser.add_argument_group("how much")
    add_numbers(
        limit,
        ("--max-body", 4_000_000, "bytes of a body"),
        ("--max-connections", 1000, "connections at a time"),
        ("--max-requests", 128, "requests answered at a time, those written included"),
        ("--max-waiting", 8_000_000, "characters that wait to be judged"),
        ("--threads", 2, "threads that judge"),
    )
    run = parser.add_argument_group("how")
    run.add_argument("--tls-cert", type=Path, metavar="FILE", help="certificate (PEM), for HTTPS")
    run.add_argument("--tls-key", type=Path, metavar="FILE", help="its key (PEM)")
    run.add_argument(
        "--drain",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="stay open so long after SIGTERM, not ready (default 0)",
    )
    run.add_argument("--log-format", choices=("json", "text"), help="write a line for each request")


def add_numbers(group: argparse._ArgumentGroup, *options: tuple[str, int, str]) -> None:
    """Declare options that are numbers, each with its default and what it counts."""
    for option, default, what in options:
        group.add_argument(
            option, type=int, default=default, metavar="N", help=f"{what} (default {default})"
        )


def run(args: argparse.Namespace) -> int:
    """Serve until told to stop."""
    try:
        from gemsieve.safety.api import create_app, make_server
    except ModuleNotFoundError as error:
        raise UsageError(f"{error}; pip install 'gemsieve[serve]'") from None
    from gemsieve.cli.log import show
    from gemsieve.filters import load_filter
    from gemsieve.filters.policy_file import PolicyError

    if (args.tls_cert is None) != (args.tls_key is None):
        raise UsageError("--tls-cert and --tls-key go together")
    try:
        judge = load_filter(args.policy)
        recorders = audit_log(args, judge)
        app = create_app(
            judge,
            limits=limits(args),
            access=access(args),
            origins=args.cors,
            recorders=recorders,
            author=author(args, judge),
        )
    except (PolicyError, LookupError) as error:
        raise UsageError(str(error)) from None
    try:
        server = make_server(app, drain=args.drain, certificate=args.tls_cert, key=args.tls_key)
    except OSError as error:
        raise UsageError(f"--tls-cert, --tls-key: {error.strerror or error}") from None
    listener = listen(args.host, args.port)
    host = f"[{args.host}]" if ":" in args.host else args.host
    port, scheme = listener.getsockname()[1], "https" if args.tls_cert else "http"
    print(f"gemsieve serves on {scheme}://{host}:{port}", file=sys.stderr, flush=True)
    if lacks := lacking(args):
        words = f"gemsieve serve: other machines reach it, and it {' and '.join(lacks)}"
        print(words, file=sys.stderr, flush=True)
    show(args.log_format, "gemsieve.safety")
    server.run(sockets=[listener])
    return 0


def lacking(args: argparse.Namespace) -> list[str]:
    """Return what a server lacks that other machines reach."""
    if args.host in {"localhost", "::1"} or args.host.startswith("127."):
        return []
    needs = (("asks for no key (--keys)", args.keys), ("has no TLS (--tls-cert)", args.tls_cert))
    return [lack for lack, given in needs if not given]


def author(args: argparse.Namespace, judge: Filter) -> Author | None:
    """Return what answers: a model that was found here, and is read while the server starts."""
    if args.model is None:
        if args.model_name is not None:
            raise UsageError("--model-name goes with --model")
        return None
    if min(args.rows, args.max_tokens, args.warm) < 1 or args.max_answers < 0:
        raise UsageError("--rows, --max-tokens, --warm: at least 1; --max-answers: at least 0")
    from gemsieve.model.checkpoints.about import CheckpointError
    from gemsieve.model.checkpoints.forms import open_model
    from gemsieve.safety.author import Author

    try:
        open_model(args.model, at=args.checkpoint)
    except CheckpointError as error:
        raise UsageError(f"--model {error}") from None
    return Author(
        args.model_name or args.model.resolve().name,
        lambda: engine_from(args, judge, args.rows),
        rows=args.rows,
        waiting=args.max_answers,
        longest=args.max_tokens,
        warm=args.warm,
    )


def limits(args: argparse.Namespace) -> Limits:
    """Return what may be asked."""
    from gemsieve.safety.api import Limits

    names = ("max_body", "max_connections", "max_requests", "max_waiting", "threads")
    if min(getattr(args, name) for name in names) < 1:
        options = ", ".join(f"--{name.replace('_', '-')}" for name in names)
        raise UsageError(f"{options}: at least 1")
    if args.model is not None and args.rows + args.max_answers >= args.max_requests:
        raise UsageError("--max-requests must be more than --rows and --max-answers together")
    return Limits(
        body_bytes=args.max_body,
        connections=args.max_connections,
        requests=args.max_requests,
        waiting=args.max_waiting,
        threads=args.threads,
    )


def audit_log(args: argparse.Namespace, judge: Filter) -> list[AuditLog]:
    """Return what records every decision, if anything does; it is let go of with the process."""
    if args.audit_log is None:
        if args.audit_key or args.audit_heads or args.audit_text:
            raise UsageError("--audit-key, --audit-heads and --audit-text go with --audit-log")
        return []
    from gemsieve.safety.audit_log import AuditLog, AuditLogError, Entries

    key = read_key(args.audit_key, "--audit-key")
    entries = Entries(key, judge.policy.sha256, words=args.audit_text)
    heads = args.audit_heads or default_heads(args.audit_log, "--audit-heads")
    try:
        return [AuditLog(store(args.audit_log), heads, key, entries)]
    except AuditLogError as error:
        raise UsageError(f"--audit-log {error}") from None


def access(args: argparse.Namespace) -> Access:
    """Return who may ask."""
    from gemsieve.safety.api import Access
    from gemsieve.safety.keys import Keyring, KeysError

    try:
        keyring = Keyring(args.keys) if args.keys else None
    except KeysError as error:
        raise UsageError(f"--keys {error}") from None
    try:
        return Access(keyring, args.rate, args.rate_store)
    except ValueError as error:
        raise UsageError(f"--rate, --rate-store: {error}") from None


def listen(host: str, port: int) -> socket.socket:
    """Open the socket first, so that the line about it is true, and names a port asked for by 0."""
    if not 0 <= port <= 65535:
        raise UsageError(f"--port {port}: must be 0..65535")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise UsageError(f"cannot listen on {host} port {port}: {error.strerror}") from None
