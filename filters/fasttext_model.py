"""The fastText models that ship with the package, loaded once a process."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Protocol, cast

from gemsieve.filters.weights_file import weights_file

PREFIX = "__label__"


class Model(Protocol):
    """The compiled model under the library's Python wrapper, whose checks cost as much again."""

    def predict(
        self, text: str, k: int, threshold: float, on_unicode_error: str
    ) -> list[tuple[float, str]]:
        """Return the k likeliest labels of one line, which must end in a newline."""


@cache
def load(name: str) -> Model:
    """Load a model of the package, once a process; fastText models do not pickle."""
    import fasttext

    with resources.as_file(weights_file(name)) as path:
        return cast(Model, fasttext.load_model(str(path)).f)


def predict(model: Model, line: str, k: int) -> list[tuple[str, float]]:
    """Return the k likeliest labels of a line, bare, with probabilities clamped to 0..1.

    fastText's table of logarithms lets a probability pass 1 by about 1e-5. A line break would end
    the text, and lone surrogates cannot be encoded: spaces and `?` stand for them.
    """
    if not line.isascii():
        line = line.encode("utf-8", "replace").decode("utf-8")
    found = model.predict(line.replace("\n", " ") + "\n", k, 0.0, "strict")
    return [(label.removeprefix(PREFIX), min(max(p, 0.0), 1.0)) for p, label in found]
