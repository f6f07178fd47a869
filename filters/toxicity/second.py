"""A second opinion: a slower, better model is asked where the fast one cannot tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, Protocol, cast

GROUP = "gemsieve.toxicity"  # entry points: a name and a factory whose parameters are options
ANY = "toxicity"

Scores = Mapping[str, float]


class SecondOpinion(Protocol):
    """Judges passages: pure, so that the same passage gets the same scores in any company."""

    @property
    def name(self) -> str:
        """The word that policies and manifests use."""

    @property
    def version(self) -> str:
        """Changes whenever scores may change."""

    @property
    def weights(self) -> str:
        """SHA-256 (hex) of the model it loads, or "" when that cannot be told."""

    @property
    def band(self) -> tuple[float, float]:
        """The fast tier's probabilities, both ends included, between which asking pays."""

    def setup(self) -> None:
        """Load the model, once in a process; a call before it loads it too."""

    def __call__(self, texts: Sequence[str]) -> list[dict[str, float]]:
        """Return each text's probabilities, `toxicity` and any kinds, in the order given."""


def load(chosen: str | Mapping[str, Any]) -> SecondOpinion:
    """Build the model that a policy names, without loading it.

    A name is that of an entry point (group `gemsieve.toxicity`) or `module:attribute`; a table
    has the `name`, and beside it the options of that factory.

    Raises:
        ValueError: There is no such model, or it refuses its options.
    """
    options = {"name": chosen} if isinstance(chosen, str) else dict(chosen)
    name = options.pop("name", None)
    if not isinstance(name, str):
        raise ValueError('`second` needs a name, such as "strong"')
    try:
        return factory(name)(**options)
    except TypeError as error:
        raise ValueError(f"second {name!r}: {error}") from None


def factory(name: str) -> Callable[..., SecondOpinion]:
    """Return the class or function behind a name.

    Raises:
        ValueError: There is none, or it cannot be imported; says which are known.
    """
    found = {entry.name: entry for entry in entry_points(group=GROUP)}
    try:
        if name in found:
            return cast("Callable[..., SecondOpinion]", found[name].load())
        module, _, attribute = name.partition(":")
        if module and attribute:
            return cast("Callable[..., SecondOpinion]", getattr(import_module(module), attribute))
    except (ImportError, AttributeError) as error:
        raise ValueError(f"second {name!r} cannot be imported: {error}") from None
    known = ", ".join(sorted(found)) or "none is installed"
    raise ValueError(f"second {name!r}: no such model; known: {known}; or give module:attribute")


def checked_band(band: Sequence[float]) -> tuple[float, float]:
    """Return a band given as [low, high].

    Raises:
        ValueError: It is not two probabilities in order.
    """
    if len(band) != 2 or not 0.0 <= band[0] <= band[1] <= 1.0:
        raise ValueError("`band` must be [low, high] with 0 <= low <= high <= 1")
    return float(band[0]), float(band[1])


def cascaded(
    scores: Sequence[Scores],
    passages: Sequence[str],
    second: SecondOpinion,
    band: tuple[float, float],
) -> list[Scores]:
    """Return each passage's scores, those inside the band replaced by the second opinion.

    `scores` are the fast tier's calibrated probabilities by kind; `toxicity` decides, by itself,
    whether a passage is asked about, so that no other passage can matter. A kind of which the
    second model says nothing keeps the fast tier's score.

    Raises:
        ValueError: The second model's answer is no probability of `toxicity` for every text.
    """
    low, high = band
    asked = [i for i, one in enumerate(scores) if low <= one[ANY] <= high]
    result = list(scores)
    if asked:
        answers = second([passages[i] for i in asked])
        for i, answer in zip(asked, verified(answers, len(asked), second.name), strict=True):
            result[i] = {**scores[i], **answer}
    return result


def verified(answers: Sequence[Scores], count: int, name: str) -> Sequence[Scores]:
    """Return the answers if they are whole, for a doubtful answer must not pass a text.

    Raises:
        ValueError: They are not; names the model.
    """
    if len(answers) != count:
        raise ValueError(f"{name}: {len(answers)} answers to {count} texts")
    for answer in answers:
        if ANY not in answer or not all(0.0 <= value <= 1.0 for value in answer.values()):
            raise ValueError(f"{name}: an answer without `{ANY}`, or not within 0..1")
    return answers
