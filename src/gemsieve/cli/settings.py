"""The settings of one run: defaults, a file over them, flags over both; each knows its origin."""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gemsieve.cli import UsageError
from gemsieve.cli.filter_options import OPTIONS, VERSION
from gemsieve.cli.option import Option
from gemsieve.cli.toml_text import toml_text

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from gemsieve.pipeline.job import Job

DEFAULT = "default"


@dataclass(frozen=True)
class Settings:
    """What a run goes by.

    Attributes:
        values: By key.
        origins: By key: `default`, the file's name, or the flag.
        file: The file's name in errors, "" for none.
        flags: Flags of Beam's from the command line.
    """

    values: Mapping[str, Any]
    origins: Mapping[str, str]
    file: str = ""
    flags: Sequence[str] = field(default=())

    @property
    def patterns(self) -> list[str]:
        """The inputs' patterns; a named one begins with its name and `=`."""
        files = self.required("inputs.files", "--input")
        if isinstance(files, Mapping):
            return [f"{name}={one}" for name, some in files.items() for one in listed(some)]
        return listed(files)

    @property
    def output(self) -> str:
        """The folder that the outcome goes to."""
        return str(self.required("output.folder", "--output"))

    @property
    def beam(self) -> list[str]:
        """Beam's flags: the file's, then those of the command line, which win."""
        table = self.values["run.beam"] or {}
        own = [flag for name, value in table.items() for flag in beam_flags(name, value)]
        return [*own, *self.flags]

    def required(self, key: str, flag: str) -> Any:  # noqa: ANN401  # of the option's kind
        """Return a value that has no default.

        Raises:
            UsageError: It is not given.
        """
        if self.values[key] is None:
            table, name = key.split(".")
            raise UsageError(f"{flag}: missing; give it, or {name} in [{table}] of a --config")
        return self.values[key]

    def policy(self) -> tuple[str, str]:
        """Return the policy's text and its name in errors.

        Raises:
            PolicyError: Its file cannot be read.
            UsageError: There are two.
        """
        from gemsieve.filters.catalogue import policy_text

        file, inline = self.values["policy.file"], self.values["policy.inline"]
        if inline is None:
            return policy_text(file)
        if file is not None and self.origins["policy.file"] == self.file:
            raise UsageError(f"{self.file}: policy: give either a file or an inline policy")
        # A flag wins over the file, whichever way the file names its policy.
        return policy_text(file) if file is not None else (toml_text(inline), inlined(self.file))

    def signer(self) -> Ed25519PrivateKey | None:
        """Return the key that signs for the output, None where none is to.

        Raises:
            KeyFileError: Its file holds no such key.
        """
        from gemsieve.pipeline.signature import private_key

        path = self.values["output.sign_key"]
        return private_key(Path(path)) if path else None

    def job(self, output: str | None = None) -> Job:
        """Return the job; an option whose name is one of its attributes becomes that.

        `output` stands for the folder where none is needed.
        """
        from gemsieve.pipeline.job import Job

        text, name = self.policy()
        known = {one.name for one in fields(Job)}
        own = {o.name: self.values[o.key] for o in OPTIONS if o.name in known}
        own |= {key: tuple(value) for key, value in own.items() if isinstance(value, list)}
        output = self.output if output is None else output
        return Job(output=output, policy=text, policy_name=name, **own)


def settings_of(args: argparse.Namespace, keys: Collection[str] | None = None) -> Settings:
    """Return the settings of a command line, with those of its `--config` under them.

    Of the file only `keys` count, where they are given: the others are another command's.

    Raises:
        UsageError: The file or a value is wrong; names the key.
    """
    name = Path(args.config).name if args.config else ""
    given = read(Path(args.config)) if args.config else {}
    values, origins = {}, {}
    for option in OPTIONS:
        key, flag = option.key, getattr(args, option.key, None)
        if flag is not None:
            if fault := option.fault(flag):
                raise UsageError(f"{option.flags[0]}: {fault}")
            values[key], origins[key] = flag, option.flags[0]
        elif key in given and (keys is None or key in keys):
            values[key], origins[key] = given[key], name
        else:
            values[key], origins[key] = option.default, DEFAULT
    return Settings(values, origins, name, tuple(args.rest))


def add_some(parser: argparse.ArgumentParser, keys: Collection[str]) -> None:
    """Declare `--config` and a flag for each of some settings."""
    parser.add_argument("--config", metavar="FILE", help="settings (TOML); flags win over it")
    for option in OPTIONS:
        if option.key in keys:
            option.add(parser)
    parser.epilog = "Any other option goes to Beam, as in --runner FlinkRunner."


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Declare `--config` and a flag for every setting."""
    add_some(parser, {option.key for option in OPTIONS})


def read(path: Path) -> dict[str, Any]:
    """Read a file of settings, by key.

    Raises:
        UsageError: It cannot be read, or a key is unknown or has a wrong value.
    """
    try:
        body = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: cannot read the configuration: {error.strerror}") from None
    except ValueError as error:  # not UTF-8, or not TOML
        raise UsageError(f"{path}: not TOML: {error}") from None
    return dict(checked(body, path.name))


def checked(body: Mapping[str, Any], file: str) -> Iterator[tuple[str, Any]]:
    """Yield the settings of a file by key, each checked.

    Raises:
        UsageError: A key is unknown, with the nearest known one, or a value is wrong.
    """
    from gemsieve.filters.policy_error import nearest

    tables: dict[str, dict[str, Option]] = {}
    for option in OPTIONS:
        tables.setdefault(option.table, {})[option.name] = option
    if type(body.get("version")) is not int or body["version"] != VERSION:
        raise UsageError(
            f"{file}: version: write version = {VERSION}, the one that this code reads"
        )
    for name, table in body.items():
        if name == "version":
            continue
        if name not in tables:
            raise UsageError(f"{file}: {name}: unknown table{nearest(name, tables)}")
        if not isinstance(table, dict):
            raise UsageError(f"{file}: {name}: must be a table, as in [{name}]")
        for key, value in table.items():
            if key not in tables[name]:
                raise UsageError(f"{file}: {name}.{key}: unknown key{nearest(key, tables[name])}")
            if fault := tables[name][key].fault(value):
                raise UsageError(f"{file}: {name}.{key}: {fault}")
            yield f"{name}.{key}", value


def listed(value: str | Sequence[str]) -> list[str]:
    """Return one string or several as a list."""
    return [value] if isinstance(value, str) else list(value)


def beam_flags(name: str, value: object) -> list[str]:
    """Return one of Beam's settings as flags: an array repeats it, false leaves it out."""
    if isinstance(value, bool):
        return [f"--{name}"] if value else []
    return [f"--{name}={one}" for one in (value if isinstance(value, list) else [value])]


def inlined(file: str) -> str:
    """Return the name in errors of a policy that a file of settings holds."""
    return f"{file}: policy.inline"
