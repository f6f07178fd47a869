"""Traces of what runs on the devices and when, for XProf, TensorBoard and Perfetto."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import ParamSpec, TypeVar

import jax

P = ParamSpec("P")
R = TypeVar("R")


@contextmanager
def trace(folder: Path) -> Iterator[None]:
    """Record all that JAX runs while this is open into `folder`.

    There will be `plugins/profile/TIME/` with an `.xplane.pb` for XProf and TensorBoard, and
    `perfetto_trace.json.gz`, which is also in Chrome's form of traces.
    """
    options = jax.profiler.ProfileOptions()
    # Calls of Python functions would fill the trace, whose viewers take a million events.
    options.python_tracer_level = 0
    with jax.profiler.trace(folder, create_perfetto_trace=True, profiler_options=options):
        yield


class StepTrace:
    """Trace a few steps of a loop, from the second on: the first compiles.

    Used as a context, which ends the trace of a loop that ends earlier.

    Raises:
        ValueError: At the end, of a loop that had no second step.
    """

    def __init__(self, folder: Path | None, steps: int = 3) -> None:
        self._folder, self._steps = folder, steps
        self._taken = 0
        self._open = ExitStack()

    def __enter__(self) -> StepTrace:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self._open.close()
        if self._folder and self._taken < 2 and not kind:
            raise ValueError("no trace was written: it begins with a second step, and none was run")

    def step(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Return what a call returns; while traced, only when the devices are done with it."""
        if self._folder is None or self._taken > self._steps:
            return call(*args, **kwargs)
        if self._taken == 1:
            self._open.enter_context(trace(self._folder))
        with jax.profiler.StepTraceAnnotation("step", step_num=self._taken):
            result = call(*args, **kwargs)
            jax.block_until_ready(result)  # type: ignore[no-untyped-call]
        if self._taken == self._steps:
            self._open.close()
        self._taken += 1
        return result
