"""Pre-training: verified shards in, checkpoints and metrics out, resumable to the bit."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax

from gemsieve.model.checkpoints import checkpoint
from gemsieve.model.checkpoints.about import About, CheckpointError
from gemsieve.model.checkpoints.placement import on_first_device
from gemsieve.model.gemma.transformer import Params, count_parameters
from gemsieve.model.profile import StepTrace
from gemsieve.model.tokenizer import FILE_NAME, Tokenizer, train_tokenizer
from gemsieve.model.training import metrics
from gemsieve.model.training.data import Rows, batches, read_texts, split, tokenize
from gemsieve.model.training.emphasis import read_emphasis
from gemsieve.model.training.optimizer import make_schedule
from gemsieve.model.training.settings import TrainSettings
from gemsieve.model.training.step import State, fresh, make_evaluate, make_update
from gemsieve.model.training.tokens import Tokens, read_tokens, verify_tokens
from gemsieve.model.training.utilisation import device_kinds, utilisation
from gemsieve.pipeline.manifest import Manifest, verify

if TYPE_CHECKING:
    import orbax.checkpoint as ocp  # type: ignore[import-untyped]


# One number a step, as the device gave it or as a checkpoint kept it.
Losses = list[jax.Array | float]


class TrainingError(Exception):
    """A run cannot go on; says why and what to do."""


@dataclass(frozen=True)
class Progress:
    """Tell how far a run is; losses are in nats a token, the held-out one as last measured.

    `utilisation` is that of model FLOPs, None where a device's peak is not known; `entry` the line
    of metrics.
    """

    step: int
    steps: int
    loss: float
    held_out_loss: float | None
    tokens_per_second: float
    seconds_left: float
    utilisation: float | None = None
    entry: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Summary:
    """Tell how a run ended, or was told to; `resumed_from` is 0 for a new one."""

    steps: int
    resumed_from: int
    parameters: int
    entries: list[dict[str, Any]]
    tokens_per_second: float
    about: About
    utilisation: float | None = None


def train(  # noqa: PLR0913 (what a run reads, writes and tells)
    settings: TrainSettings,
    data: Path,
    run: Path,
    watch: Callable[[Progress], None] = lambda _: None,
    tokens: Path | None = None,
    *,
    stop: Callable[[], bool] = lambda: False,
    profile: Path | None = None,
) -> Summary:
    """Train on the kept shards under `data`, writing to `run`, or go on from what is there.

    Equal data, settings and code give equal metrics and parameters on one type of CPU, to the
    bit, interrupted or not. A line of metrics holds `step`, `loss` (the mean over the steps since
    the line before), the step's `learning_rate` and `gradient_norm` (before clipping), `tokens`
    (read so far), where any were `skipped` steps and, where measured, `held_out_loss`.

    Args:
        settings: The run's settings.
        data: A folder that `gemsieve filter` wrote; its manifest must verify.
        run: The run's folder, made if absent.
        watch: Called at every recorded step.
        tokens: What `gemsieve tokenize` wrote of the data; without it texts are tokenised here.
        stop: Asked before every step; once it says so, the state is saved and training ends.
        profile: A folder for a trace of this call's second to fourth step; None for no trace.

    Raises:
        ManifestError: The data is no finished, untouched output of a filter job.
        TokensError: The tokens are not those of the data.
        CheckpointError: `run` holds a run of other data, settings or tokenizer.
        TrainingError: The loss or a gradient is no longer finite.
        ValueError: There is too little text.
    """
    manifest = verify(data)
    stored = verify_tokens(tokens, manifest) if tokens else None
    tokenizer = prepare_tokenizer(settings, manifest, run, stored)
    documents = read_tokens(stored) if stored else tokenize(read_texts(manifest.kept), tokenizer)
    every, seed = settings.data.held_out_every, settings.data.shuffle_seed
    parts = split(documents, every, seed, read_emphasis(manifest))
    rows, held_out = (Rows(part, settings.data.sequence_length) for part in parts)
    about = About(
        settings=asdict(settings),
        manifest=manifest.digest,
        policy=dict(manifest.policy),
        tokenizer=tokenizer.digest,
        code=version("gemsieve"),
    )
    with (
        checkpoint.open_checkpoints(run, settings.train.keep_checkpoints) as manager,
        StepTrace(profile) as traced,
    ):
        state, losses = _resume(settings, run, about, manager) or (fresh(settings), [])
        first, clock = state.step, _Clock(settings)
        metrics.rewind(run, first)
        update, evaluate = make_update(settings), make_evaluate(settings, held_out)
        source = batches(rows, settings.train.batch_size, settings.data.shuffle_seed)
        while state.step < settings.train.steps and not stop():
            state, loss, norm = traced.step(update, state, source[state.step])
            losses.append(loss)
            entry = _record(settings, state, losses, norm, evaluate)
            clock.tick()
            if entry:
                losses.clear()
                metrics.append(run, entry)
                watch(clock.progress(entry, device_kinds(state.params)))
            if _due(settings, state.step, settings.train.checkpoint_every):
                _save(manager, state, about)
        if state.step > (manager.latest_step() or 0):
            if losses:
                _mean(settings, state.step, losses, norm)
            _save(manager, state, about, losses)
    parameters, speed = sum(count_parameters(settings.model)), clock.tokens_per_second
    used = clock.utilisation(device_kinds(state.params))
    return Summary(state.step, first, parameters, metrics.read(run), speed, about, used)


def prepare_tokenizer(
    settings: TrainSettings, manifest: Manifest, run: Path, stored: Tokens | None = None
) -> Tokenizer:
    """Return the run's tokenizer; if it has none, that of the tokens, or one learned from the text.

    Raises:
        CheckpointError: The run has one that is too large, or not that of the tokens.
    """
    path = run / FILE_NAME
    if stored and not path.exists():
        Tokenizer.read(stored.folder / FILE_NAME).write(path)
    if path.exists():
        tokenizer = Tokenizer.read(path)
        if tokenizer.vocab_size > settings.model.vocab_size:
            raise CheckpointError(
                f"{path} has {tokenizer.vocab_size} pieces, more than model.vocab_size"
                f" ({settings.model.vocab_size})"
            )
        if stored and tokenizer.digest != stored.tokenizer:
            raise CheckpointError(f"{path} is not the tokenizer that wrote {stored.folder}")
        return tokenizer
    texts = (text for batch in read_texts(manifest.kept) for text in batch)
    learned = train_tokenizer(texts, settings.model.vocab_size, settings.tokenizer.training_bytes)
    learned.write(path)
    return learned


def _resume(
    settings: TrainSettings, run: Path, about: About, manager: ocp.CheckpointManager
) -> tuple[State, Losses] | None:
    """Return the state of the last checkpoint and its losses not yet recorded, if there is one.

    Raises:
        CheckpointError: It comes from other data, settings or another tokenizer.
    """
    step = manager.latest_step()
    if step is None:
        return None
    old = checkpoint.restore_about(manager, step)
    for what in ("settings", "manifest", "tokenizer"):
        if _identity(old, what) != _identity(about, what):
            raise CheckpointError(
                f"{run}: its checkpoint was trained with another {what}: give the same again to"
                " resume, or another --output to start anew"
            )
    like = on_first_device(jax.eval_shape(lambda: _trees(fresh(settings))))
    losses: Losses = [*checkpoint.restore_losses(manager, step)]
    return State(step, **checkpoint.restore(manager, step, **like)), losses


def _identity(about: About, what: str) -> object:
    """Return an entry that a resumed run must share; how a model is computed may change.

    A setting that did not exist yet when a checkpoint was written had what is now its default.
    """
    value = getattr(about, what)
    if what == "settings":
        known = asdict(TrainSettings())
        return {
            name: known.get(name, {}) | table
            for name, table in value.items()
            if name != "execution"
        }
    return value


def _save(
    manager: ocp.CheckpointManager,
    state: State,
    about: About,
    losses: Sequence[jax.Array | float] = (),
) -> None:
    """Write a checkpoint, with the losses that no line of metrics holds yet."""
    pending = [float(loss) for loss in losses]
    checkpoint.save(
        manager,
        state.step,
        state.params,
        state.optimizer,
        about,
        average=state.average,
        losses=pending,
    )


def _trees(state: State) -> dict[str, Any]:
    """Return a state's trees by the names a checkpoint gives them."""
    trees = {"params": state.params, "optimizer": state.optimizer}
    return trees if state.average is None else trees | {"average": state.average}


def _due(settings: TrainSettings, step: int, *every: int) -> bool:
    """Tell whether a step is a multiple of any of these, or the last."""
    return step == settings.train.steps or any(step % number == 0 for number in every)


def _record(
    settings: TrainSettings,
    state: State,
    losses: Losses,
    norm: jax.Array,
    evaluate: Callable[[Params], float],
) -> dict[str, Any] | None:
    """Return the line of metrics for a step, or None where none is due.

    Every checkpoint has its line but that of a run told to stop, which keeps its losses instead: a
    resumed run's means are over the same steps.

    Raises:
        TrainingError: Something is not finite; whatever is saved, is so after this was asked.
    """
    loop = settings.train
    due = _due(settings, state.step, loop.log_every, loop.evaluate_every, loop.checkpoint_every)
    if not (due or state.step == 1):
        return None
    loss, skipped = _mean(settings, state.step, losses, norm)
    read = state.step * loop.batch_size * settings.data.sequence_length
    rate = float(make_schedule(settings.optimizer, loop.steps)(state.step - 1))
    entry: dict[str, Any] = {"step": state.step, "loss": loss, "learning_rate": rate}
    if math.isfinite(norm):  # that of a step that was skipped is no number, in JSON neither
        entry["gradient_norm"] = float(norm)
    entry["tokens"] = read
    if skipped:
        entry["skipped"] = skipped
    if _due(settings, state.step, loop.evaluate_every):
        entry["held_out_loss"] = evaluate(state.model)
    return entry


def _mean(settings: TrainSettings, step: int, losses: Losses, norm: jax.Array) -> tuple[float, int]:
    """Return the mean of the losses since the last line of metrics, and how many were skipped.

    Raises:
        TrainingError: It, or the last gradient's norm, is not finite; where such steps are
            skipped, only if all were.
    """
    numbers = [float(loss) for loss in losses]
    if settings.train.on_nan == "skip" and any(map(math.isfinite, numbers)):
        sound = [loss for loss in numbers if math.isfinite(loss)]
        return math.fsum(sound) / len(sound), len(numbers) - len(sound)
    loss = math.fsum(numbers) / len(numbers)
    if not (math.isfinite(loss) and math.isfinite(norm)):
        raise TrainingError(
            f"step {step}: the loss ({loss}) or the gradient ({float(norm)}) is not"
            " finite: lower optimizer.learning_rate or raise optimizer.warmup_steps"
        )
    return loss, 0


class _Clock:
    """Measure speed from the first step's end on: that step compiles."""

    def __init__(self, settings: TrainSettings) -> None:
        self.settings = settings
        self.ticks = 0
        self.started = self.now = 0.0
        self.held_out_loss: float | None = None

    def tick(self) -> None:
        """Count a step."""
        self.now = time.monotonic()
        self.started = self.started or self.now
        self.ticks += 1

    @property
    def tokens_per_second(self) -> float:
        """Tokens read a second, padding included; 0 before the second step."""
        elapsed = self.now - self.started
        tokens = self.settings.train.batch_size * self.settings.data.sequence_length
        return (self.ticks - 1) * tokens / elapsed if elapsed else 0.0

    def utilisation(self, kinds: list[str]) -> float | None:
        """Return the model FLOPs utilisation of devices of these kinds, where it is known."""
        length = self.settings.data.sequence_length
        return utilisation(self.settings.model, length, self.tokens_per_second, kinds)

    def progress(self, entry: dict[str, Any], kinds: list[str]) -> Progress:
        """Sum up a recorded step."""
        self.held_out_loss = entry.get("held_out_loss", self.held_out_loss)
        steps, step = self.settings.train.steps, entry["step"]
        pace = (self.now - self.started) / max(1, self.ticks - 1)
        left = (steps - step) * pace
        speed, used = self.tokens_per_second, self.utilisation(kinds)
        return Progress(step, steps, entry["loss"], self.held_out_loss, speed, left, used, entry)
