"""The `gemsieve` command: a table of sub-commands, each imported only when it is asked for."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from typing import Protocol, cast

# One line a command. The module of the same name in this package holds `add_arguments` and `run`.
COMMANDS: dict[str, str] = {
    "filter": "sieve a corpus with a Beam job: kept, dropped and quarantined shards, and a report",
    "config": "show, check and describe the settings of a job",
    "compare": "show two finished runs side by side, and what surely differs",
    "verify": "prove that a finished output is as it was written, and who signed it",
    "sign": "sign for a finished output",
    "takedown": "take records out of a finished output, into a new folder",
    "split": "cut a compressed file of JSON lines into pieces that a job can share out",
    "annotate": "find everything in a corpus and store it, for `gemsieve decide`",
    "decide": "sieve a corpus by what was found in it before: another policy, no model",
    "diff": "show what another policy would change, by what was found before",
    "export": "write records and findings in the form of another toolkit",
    "check": "judge texts, one JSON verdict a line",
    "inspect": "look at what a job kept, dropped and quarantined, and mark what is wrong",
    "explain": "show what was found in a text, by which rule, and what the policy makes of it",
    "limits": "show what limits a policy's targets come to, and what they cost",
    "parity": "show whether answers are judged as the corpus was, label by label",
    "eval": "measure detectors on labelled data, beside stock ones",
    "bias": "measure what a corpus says of groups, before and after a filter",
    "audit": "ask of a filter or detector whether it judges groups of people differently",
    "decrypt": "restore what a policy encrypted, with its key",
    "tokenize": "turn verified shards into ArrayRecord files of tokens",
    "train": "train a tokenizer and a Gemma 2 model on verified shards",
    "teach": "write down what a teacher says of the rows that a run would train on",
    "probe": "teach a model's own states to tell what it writes, for the guard",
    "convert": "turn a model into another form: Hugging Face's, Kaggle's for Flax, or a run's",
    "merge": "make one model of several that were tuned from one start",
    "sample": "write from a trained checkpoint, through the guard",
    "chat": "talk with a trained checkpoint, through the guard",
    "serve": "judge texts over HTTP, for clients of OpenAI's API and others",
    "audit-log": "prove and search what `gemsieve serve` has recorded of its decisions",
    "keys": "make, list and revoke the API keys of `gemsieve serve`",
    "demo": "the whole thread on this machine: corpus, sieve, report, training, guarded sample",
}


class Command(Protocol):
    """What a module of this package offers; importing it must load nothing heavy."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's options."""

    def run(self, args: argparse.Namespace) -> int:
        """Do the work and return the exit status."""


class UsageError(Exception):
    """A mistake of the caller's: shown without a traceback, with exit status 2."""


def add_policy(parser: argparse.ArgumentParser) -> None:
    """Declare `--policy`, which policy to go by."""
    parser.add_argument("--policy", metavar="FILE", help="policy (TOML); else the shipped default")


def add_use(parser: argparse.ArgumentParser, whose: str, default: str) -> None:
    """Declare `--use`, whose rules or limits of a policy to go by."""
    parser.add_argument(
        "--use",
        choices=("corpus", "prompt", "output"),
        default=default,
        help=f"whose {whose} (default {default})",
    )


def load(name: str) -> Command:
    """Import one command's module."""
    return cast("Command", importlib.import_module(f"gemsieve.cli.{name.replace('-', '_')}"))


def command_parser(name: str) -> argparse.ArgumentParser:
    """Build the parser of one command, with all its options."""
    parser = argparse.ArgumentParser(
        prog=f"gemsieve {name}", description=COMMANDS[name], allow_abbrev=False
    )
    load(name).add_arguments(parser)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    # The top level knows the commands' names and summaries only, so `--help` stays instant.
    top = argparse.ArgumentParser(
        prog="gemsieve",
        description="Sieve what a model learns from and guard what it says, under one policy.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="commands:\n"
        + "\n".join(f"  {name:<9} {summary}" for name, summary in COMMANDS.items())
        + "\n\n`gemsieve COMMAND --help` shows a command's options.",
    )
    top.add_argument("--version", action="store_true", help="print the version and stop")
    top.add_argument("command", nargs="?", choices=COMMANDS, metavar="COMMAND", help="see below")
    args = top.parse_args(arguments[:1])
    if args.version:
        from importlib.metadata import version

        print(f"gemsieve {version('gemsieve')}")
        return 0
    if args.command is None:
        top.print_help()
        return 2
    command, parser = load(args.command), command_parser(args.command)
    options, rest = parser.parse_known_args(arguments[1:])
    if rest and not getattr(command, "PASSES_ON", False):
        parser.error(f"unknown: {' '.join(rest)}")
    options.rest = rest
    try:
        return command.run(options)
    except UsageError as error:
        print(f"gemsieve {args.command}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
