"""`gemsieve config`: show, check and describe the settings of a job, without running it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from gemsieve.cli import UsageError
from gemsieve.cli.filter_options import OPTIONS, VERSION
from gemsieve.cli.settings import Settings, add_settings, settings_of
from gemsieve.cli.toml_text import toml_key, toml_value

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
    lines = shown(settings) if args.what == "show" else checked(settings)
    print("\n".join(lines))
    return 0


def shown(settings: Settings) -> Iterator[str]:
    """Yield the effective settings as a file, each with its origin; one without a value is out."""
    yield f"version = {VERSION}"
    table = ""
    for option in OPTIONS:
        if option.key.split(".")[0] != table:
            table = option.key.split(".")[0]
            yield f"\n[{table}]"
        value, origin = settings.values[option.key], settings.origins[option.key]
        text = toml_value(value) if value is not None else ""
        if value is None:
            yield f"# {toml_key(option.name)} is not given"
        else:
            yield f"{toml_key(option.name)} = {text}  # {origin}"
    if settings.flags:
        yield f"# and for Beam, from the command line: {' '.join(settings.flags)}"


def checked(settings: Settings) -> Iterator[str]:
    """Yield what a run would begin with.

    Raises:
        UsageError: It would not begin.
    """
    import logging

    from gemsieve.filters.policy_file import PolicyError
    from gemsieve.pipeline.job import RunnerError
    from gemsieve.pipeline.manifest import ManifestError
    from gemsieve.pipeline.run import OutputError, prepared
    from gemsieve.pipeline.slices import InputError

    logging.basicConfig(level=logging.ERROR, format="%(message)s")  # as `gemsieve filter` does
    try:
        job = settings.job()
        ready = prepared(job, settings.patterns, settings.beam)
        standing = stands(ready)
    except (PolicyError, InputError, OutputError, RunnerError, ManifestError) as error:
        raise UsageError(str(error)) from None
    policy = ready.judge.policy
    names = ", ".join(detector.name for detector in ready.judge.detectors["corpus"])
    size = sum(piece.size for piece in ready.slices)
    sources = {piece.source for piece in ready.slices}
    yield f"policy: {policy.name} {policy.sha256[:12]}, detectors {names}"
    yield f"inputs: {len(sources):,} files, {size:,} bytes, {len(ready.slices):,} slices"
    yield f"output: {job.output}, {standing}"


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
        tables.setdefault(option.key.split(".")[0], {})[option.name] = option.schema()
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
