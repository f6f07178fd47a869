"""`gemsieve explain`: what was found in a text, how, and what the policy makes of it."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from gemsieve.cli import UsageError, add_policy, add_use
from gemsieve.cli.explain_answer import explained


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("text", nargs="?", metavar="TEXT", help="a text; - for standard input")
    parser.add_argument("--file", metavar="FILE", help="a file that is one text, in UTF-8")
    add_policy(parser)
    add_use(parser, "rules judge", "output")
    parser.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="language, source, url, prompt or another that rules look at; may be repeated",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object, without words")
    parser.add_argument(
        "--show", action="store_true", help="print the text, findings marked; to a terminal only"
    )


def run(args: argparse.Namespace) -> int:
    """Explain one text."""
    from gemsieve.filters import load_filter
    from gemsieve.filters.policy_file import PolicyError

    if args.show and (args.json or not sys.stdout.isatty()):
        raise UsageError("--show prints words, to a terminal only: leave it out")
    text = given(args.text, args.file)
    try:
        judge = load_filter(args.policy)
        judge.setup(args.use)
        answer = explained(judge, args.use, text, columns(args.column))
    except (PolicyError, LookupError, ValueError) as error:
        raise UsageError(str(error)) from None
    except ModuleNotFoundError as error:
        raise UsageError(f"{error}; pip install 'gemsieve[detect]'") from None
    if args.json:
        print(json.dumps(answer, indent=1))
        return 0
    from gemsieve.cli.explain_view import show

    show(answer, text if args.show else None)
    return 0


def given(text: str | None, file: str | None) -> str:
    """Return the text, from wherever it was said to be."""
    if (text is None) == (file is None):
        raise UsageError("give one text: TEXT, --file FILE, or - for standard input")
    if text not in {None, "-"}:
        return str(text)
    try:
        data = sys.stdin.buffer.read() if file is None else Path(file).read_bytes()
        return data.decode()
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{file or 'standard input'}: not UTF-8") from None


def columns(options: list[str]) -> dict[str, str]:
    """Return the columns that were given with the text."""
    pairs = [option.partition("=") for option in options]
    for name, equals, value in pairs:
        if not (name and equals and value):
            raise UsageError(f"--column {name}: must be NAME=VALUE, as in language=en")
    return {name: value for name, _, value in pairs}
