"""`gemsieve config`: show, check and describe the settings of a job, without running it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from gemsieve.cli import UsageError
from gemsieve.cli.filter import ended
from gemsieve.cli.filter_options import OPTIONS, VERSION
from gemsieve.cli.settings import Settings, add_settings, settings_of
from gemsieve.cli.toml_text import toml_value

if TYPE_CHECKING:
    from gemsieve.pipeline.run import Ready

PASSES_ON = True  # options it does not know are Beam's, as for `gemsieve filter`


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the three commands and their options."""
    commands = parser.add_subparsers(dest="what", required=True, metavar="COMMAND")
    for name, summary in {
        "show": "print what a run would go by, and where each value comes from",
        "check": "see whether the policy, the settings and the inputs would do, without a run",
    }.items():
        add_settings(commands.add_parser(name, help=summary, description=summary))
    summary = "print the JSON Schema of the file, for editors"
    commands.add_parser("schema", help=summary, description=summary)


def run(args: argparse.Namespace) -> int:
    """Do one of the three."""
    if args.what == "schema":
        if args.rest:
            raise UsageError(f"unknown: {' '.join(args.rest)}")
        print(json.dumps(schema(), indent=1))
        return 0
    settings = settings_of(args)
    if args.what == "check":
        return ended("config check", partial(check, settings))
    print("\n".join(shown(settings)))
    return 0


def shown(settings: Settings) -> Iterator[str]:
    """Yield the effective settings as a file, each with its origin; one without a value is out."""
    yield f"version = {VERSION}"
    table = ""
    for option in OPTIONS:
        if option.table != table:
            table = option.table
            yield f"\n[{table}]"
        value, origin = settings.values[option.key], settings.origins[option.key]
        if value is None:
            yield f"# {option.name} is not given"
        else:
            yield f"{option.name} = {toml_value(value)}  # {origin}"
    if settings.flags:
        yield f"# and for Beam, from the command line: {' '.join(settings.flags)}"


def check(settings: Settings) -> int:
    """Print what a run would begin with."""
    from gemsieve.pipeline.run import prepared

    settings.signer()
    job = settings.job()
    ready = prepared(job, settings.patterns, settings.beam)
    standing = stands(ready)
    policy = ready.judge.policy
    names = ", ".join(detector.name for detector in ready.judge.detectors["corpus"])
    size = sum(piece.size for piece in ready.slices)
    sources = {piece.source for piece in ready.slices}
    print(f"policy: {policy.name} {policy.sha256[:12]}, detectors {names or 'none'}")
    print(f"inputs: {len(sources):,} files, {size:,} bytes, {len(ready.slices):,} slices")
    print(f"output: {job.output}, {standing}")
    return 0


def stands(ready: Ready) -> str:
    """Say what the job would find in the folder of its output.

    Raises:
        OutputError: It would not go on there.
    """
    from gemsieve.pipeline import manifest
    from gemsieve.pipeline.run import claimed, finished

    if (ready.job.folder / manifest.NAME).exists():
        finished(ready.job, ready.judge, ready.slices)
        return "holds this job, finished"
    return "holds this job, unfinished" if claimed(ready.job, ready.digest) else "new"


def schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a file of settings."""
    tables: dict[str, dict[str, Any]] = {}
    for option in OPTIONS:
        tables.setdefault(option.table, {})[option.name] = option.schema()
    properties = {
        name: {"type": "object", "additionalProperties": False, "properties": options}
        for name, options in tables.items()
    }
    properties["policy"]["not"] = {"required": ["file", "inline"]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A job of gemsieve filter",
        "type": "object",
        "additionalProperties": False,
        "required": ["version"],
        "properties": {"version": {"const": VERSION}, **properties},
    }
