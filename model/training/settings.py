"""A training run's settings: TOML in, checked dataclasses out."""

from __future__ import annotations

import dataclasses
import difflib
import math
import tomllib
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import UnionType
from typing import Any, Literal, TypeVar

from gemsieve.model.gemma.config import GemmaConfig, named
from gemsieve.model.gemma.execution import Execution
from gemsieve.model.training.distillation.distil import DistillationSettings
from gemsieve.model.training.optimizer import OptimizerSettings
from gemsieve.model.training.tuning.lora import LoraSettings
from gemsieve.model.training.tuning.preference import PreferenceSettings

T = TypeVar("T")


class SettingsError(ValueError):
    """A setting is unknown, of the wrong type or out of range; says which and what would do."""


@dataclass(frozen=True, kw_only=True)
class TaskSettings:
    """Set what is learned.

    `kind` is "pretrain", the kept text itself; "chat", what the model says in chats; or
    "preference", which of two answers is the better one.
    """

    kind: Literal["pretrain", "chat", "preference"] = "pretrain"

    def __post_init__(self) -> None:
        _one_of(self, "kind")


@dataclass(frozen=True, kw_only=True)
class TokenizerSettings:
    """Set how much text the tokenizer learns from; its size is `model.vocab_size`."""

    training_bytes: int = 20_000_000


@dataclass(frozen=True, kw_only=True)
class DataSettings:
    """Set rows, the held-out split and the order.

    `weights` has a number for each folder that is read: how much of the rows come from it; None
    reads each as often as the others. `group_by` says by what held-out loss is told apart. With
    `packing` "ends" documents follow one another and are cut where a row ends; with "best_fit" none
    is cut that fits into a row.
    """

    sequence_length: int = 256
    held_out_every: int = 50
    shuffle_seed: int = 0
    weights: tuple[float, ...] | None = None
    packing: Literal["ends", "best_fit"] = "ends"
    group_by: Literal["source", "language", "none"] = "source"

    def __post_init__(self) -> None:
        _one_of(self, "group_by")
        _one_of(self, "packing")
        # With every document held out nothing would be left to train on.
        _at_least(self, {"sequence_length": 2, "held_out_every": 2})
        if self.weights is not None and not all(self.weights):
            raise ValueError("weights must be above 0: leave out the folder instead")


@dataclass(frozen=True, kw_only=True)
class LoopSettings:
    """Set the length of the run and what it writes when.

    `epochs`, where set, counts instead of `steps`: how often all rows together are read.
    `on_nan` is what a step does whose loss or gradient is not finite: "stop" the run, "skip" the
    step, or "rewind": go back to the last checkpoint and pass over the batches since, at most
    `most_rewinds` times. `on_spike` is the same for a loss above the mean of the `spike_window`
    losses before it by so many of their standard deviations.
    """

    steps: int = 400
    epochs: float | None = None
    batch_size: int = 4
    init_seed: int = 0
    log_every: int = 10
    evaluate_every: int = 100
    evaluate_rows: int = 64
    checkpoint_every: int = 100
    keep_checkpoints: int = 2
    keep_best: int = 1
    on_nan: Literal["stop", "skip", "rewind"] = "stop"
    on_spike: Literal["ignore", "stop", "rewind"] = "ignore"
    spike_window: int = 50
    spike_deviations: float = 6.0
    most_rewinds: int = 3

    def __post_init__(self) -> None:
        # The seed may be 0, and no best one kept.
        others = {"init_seed", "keep_best", "on_nan", "on_spike", "spike_deviations", "epochs"}
        _at_least(self, {f.name: 1 for f in dataclasses.fields(self) if f.name not in others})
        _one_of(self, "on_nan")
        _one_of(self, "on_spike")
        if self.epochs == 0:
            raise ValueError("epochs must be above 0, or none")


@dataclass(frozen=True, kw_only=True)
class MeshSettings:
    """Set over how many devices a run spreads; their product is how many it takes.

    Rows go over `data` and `fsdp`, parameters and the optimizer's memory over `fsdp` and `tensor`.
    """

    data: int = 1
    fsdp: int = 1
    tensor: int = 1

    def __post_init__(self) -> None:
        _at_least(self, {"data": 1, "fsdp": 1, "tensor": 1})


@dataclass(frozen=True, kw_only=True)
class TrainSettings:
    """Hold everything that, with the data, decides a run; the last two only how it is computed."""

    task: TaskSettings = field(default_factory=TaskSettings)
    model: GemmaConfig = field(default_factory=lambda: named("tiny"))
    tokenizer: TokenizerSettings = field(default_factory=TokenizerSettings)
    data: DataSettings = field(default_factory=DataSettings)
    lora: LoraSettings = field(default_factory=LoraSettings)
    preference: PreferenceSettings = field(default_factory=PreferenceSettings)
    distillation: DistillationSettings = field(default_factory=DistillationSettings)
    optimizer: OptimizerSettings = field(default_factory=OptimizerSettings)
    train: LoopSettings = field(default_factory=LoopSettings)
    execution: Execution = field(default_factory=Execution)
    mesh: MeshSettings = field(default_factory=MeshSettings)

    @property
    def tokens_a_step(self) -> int:
        """How many tokens a step reads, padding included; a pair of answers has two rows."""
        rows = self.train.batch_size * (2 if self.task.kind == "preference" else 1)
        return rows * self.data.sequence_length


def read_settings(
    path: Path, overrides: Sequence[str] = (), model: GemmaConfig | None = None
) -> TrainSettings:
    """Read a TOML file and apply overrides such as `train.steps=100`.

    Args:
        path: The file.
        overrides: Settings that count before the file's.
        model: The shape of the model that a run starts from, which settings must not contradict.

    Raises:
        SettingsError: The file cannot be read, or a setting in it or in an override is wrong.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path}: {error}") from None
    try:
        for override in overrides:
            _override(tables, override)
        return settings_from(tables, model)
    except SettingsError as error:
        raise SettingsError(f"{path}: {error}") from None


def settings_from(tables: Mapping[str, Any], model: GemmaConfig | None = None) -> TrainSettings:
    """Build settings from tables as TOML or a checkpoint gives them, of a given model if any."""
    base = TrainSettings() if model is None else TrainSettings(model=model)
    sections: dict[str, Any] = {}
    for name, table in tables.items():
        _known(name, [entry.name for entry in dataclasses.fields(base)], "table")
        if not isinstance(table, Mapping):
            raise SettingsError(f"{name} must be a table, [{name}]")
        section = getattr(base, name)
        if name == "model":
            table = dict(table)  # noqa: PLW2901 - the size is no field of the model
            size = table.pop("size", None)
            section = _size(size or "tiny") if size or model is None else model
        sections[name] = _fill(section, table, name)
    settings = dataclasses.replace(base, **sections)
    if settings.data.packing != "ends" and settings.task.kind != "pretrain":
        raise SettingsError("data.packing is for text (task.kind pretrain): no chat is ever cut")
    if model is not None:
        _same_model(settings.model, model)
    if settings.lora.rank and settings.optimizer.kind != "adamw":
        raise SettingsError("optimizer.kind must be adamw where adapters are trained (lora.rank)")
    if settings.data.sequence_length > settings.model.max_length:
        raise SettingsError(
            f"data.sequence_length ({settings.data.sequence_length}) exceeds model.max_length"
            f" ({settings.model.max_length})"
        )
    rows, parts = settings.train.batch_size, settings.execution.accumulate
    if rows % parts:
        raise SettingsError(f"execution.accumulate ({parts}) must divide train.batch_size ({rows})")
    if (rows // parts) % (settings.mesh.data * settings.mesh.fsdp):
        raise SettingsError(
            f"mesh.data x mesh.fsdp ({settings.mesh.data} x {settings.mesh.fsdp}) must divide"
            f" train.batch_size / execution.accumulate ({rows} / {parts})"
        )
    return settings


def _same_model(told: GemmaConfig, model: GemmaConfig) -> None:
    """Refuse settings of another model than the one that a run starts from."""
    pairs = {key: (value, getattr(model, key)) for key, value in dataclasses.asdict(told).items()}
    differ = {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}
    if differ:
        words = ", ".join(
            f"model.{key} is {mine}, not {set_}" for key, (set_, mine) in differ.items()
        )
        raise SettingsError(f"the model to start from has its own [model], leave it out: {words}")


def _size(size: object) -> GemmaConfig:
    try:
        return named(str(size))
    except ValueError as error:
        raise SettingsError(f"model.size: {error}") from None


def _fill(section: T, table: Mapping[str, Any], name: str) -> T:
    """Replace fields of one section by a table's values, checked."""
    types = typing.get_type_hints(type(section))
    values = {}
    for key, value in table.items():
        _known(key, list(types), f"setting in [{name}]")
        values[key] = _checked(value, types[key], f"{name}.{key}")
    try:
        return dataclasses.replace(section, **values)  # type: ignore[type-var]
    except ValueError as error:
        raise SettingsError(f"{name}: {error}") from None


def _checked(value: object, kind: object, where: str) -> object:
    """Return a value in its field's type; a number is never negative, "none" stands for None."""
    if typing.get_origin(kind) is Literal:
        return value  # the section names its choices itself
    kinds = typing.get_args(kind) if isinstance(kind, UnionType) else (kind,)
    if value in ("none", None) and type(None) in kinds:
        return None
    if bool in kinds:
        if not isinstance(value, bool):
            raise SettingsError(f"{where} must be true or false, not {value!r}")
        return value
    if numbers := next((k for k in kinds if typing.get_origin(k) is tuple), None):
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise SettingsError(f"{where} must be a list of numbers, not {value!r}")
        each = typing.get_args(numbers)[0]
        return tuple(_checked(one, each, f"{where}, {one!r},") for one in value)
    if str in kinds:
        if not isinstance(value, str):
            raise SettingsError(f"{where} must be a text, not {value!r}")
        return value
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and float in kinds:
        value = float(typing.cast("float", value))
    elif not (number and isinstance(value, int)):
        wanted = "a number" if float in kinds else "a whole number"
        raise SettingsError(f"{where} must be {wanted}, not {value!r}")
    if not (math.isfinite(value) and value >= 0):
        raise SettingsError(f"{where} must be 0 or more, not {value}")
    return value


def _at_least(section: object, minima: Mapping[str, int]) -> None:
    """Raise ValueError naming the first field below its minimum."""
    for name, minimum in minima.items():
        if getattr(section, name) < minimum:
            raise ValueError(f"{name} must be at least {minimum}, not {getattr(section, name)}")


def _one_of(section: object, name: str) -> None:
    """Raise ValueError if a field of fixed choices holds none of them."""
    choice = getattr(section, name)
    choices = typing.get_args(typing.get_type_hints(type(section))[name])
    if choice not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, not {choice!r}")


def _known(name: str, names: Sequence[str], what: str) -> None:
    """Refuse an unknown name, with the nearest known one."""
    if name not in names:
        near = difflib.get_close_matches(name, names, n=1, cutoff=0.0)[0]
        raise SettingsError(f"unknown {what}: {name!r}; did you mean {near!r}?")


def _override(tables: dict[str, Any], override: str) -> None:
    """Put the value of `table.key=value`, written as in TOML, into its table."""
    place, equals, text = override.partition("=")
    table, dot, key = place.strip().partition(".")
    if not (equals and dot):
        raise SettingsError(f"--set {override!r}: write table.key=value, as in train.steps=100")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text.strip()  # a bare word is a string
    entries = tables.setdefault(table, {})
    if not isinstance(entries, dict):
        raise SettingsError(f"{table} must be a table, [{table}]")
    entries[key] = value
