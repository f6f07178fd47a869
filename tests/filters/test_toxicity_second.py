"""The second opinion: asked only inside the band, believed only when whole, found by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemsieve.filters.toxicity.hub import HubModel
from gemsieve.filters.toxicity.second import ANY, cascaded, checked_band, load

HERE = f"{__name__}:Lengths"
PASSAGES = st.lists(
    st.tuples(st.text(max_size=9), st.sampled_from([0.0, 0.2, 0.5, 0.8, 1.0])), max_size=8
)
BANDS = st.tuples(st.floats(0, 1), st.floats(0, 1)).map(lambda ends: (min(ends), max(ends)))


@dataclass
class Lengths:
    """A model whose probability is a text's length in tenths; it remembers what it was asked."""

    most: int = 10
    asked: list[str] = field(default_factory=list)
    name: ClassVar[str] = "lengths"
    version: ClassVar[str] = "1"
    weights: ClassVar[str] = ""
    band: ClassVar[tuple[float, float]] = (0.2, 0.8)

    def setup(self) -> None:
        """Load nothing."""

    def __call__(self, texts: Sequence[str]) -> list[dict[str, float]]:
        self.asked += texts
        return [{ANY: min(len(text), self.most) / 10} for text in texts]


class Silent(Lengths):
    """A model that forgets the last text."""

    def __call__(self, texts: Sequence[str]) -> list[dict[str, float]]:
        return super().__call__(texts[:-1])


class Unsure(Lengths):
    """A model that answers with no number."""

    def __call__(self, texts: Sequence[str]) -> list[dict[str, float]]:
        return [{ANY: float("nan")} for _ in texts]


class Elsewhere(Lengths):
    """A model that never speaks of toxicity."""

    def __call__(self, texts: Sequence[str]) -> list[dict[str, float]]:
        return [{"insult": 0.5} for _ in texts]


@given(PASSAGES, BANDS)
def test_only_passages_inside_the_band_are_asked_about(
    passages: list[tuple[str, float]], band: tuple[float, float]
) -> None:
    """Inside, the second model's toxicity stands and other kinds stay; outside nothing changes."""
    second = Lengths()
    scores = [{ANY: score, "threat": 0.1} for _, score in passages]
    texts = [text for text, _ in passages]
    found = cascaded(scores, texts, second, band)
    inside = [band[0] <= score <= band[1] for _, score in passages]
    assert second.asked == [text for text, asked in zip(texts, inside, strict=True) if asked]
    for one, fast, text, asked in zip(found, scores, texts, inside, strict=True):
        assert one == ({ANY: len(text) / 10, "threat": 0.1} if asked else fast)


@given(PASSAGES, PASSAGES, BANDS)
def test_company_cannot_matter(
    some: list[tuple[str, float]], more: list[tuple[str, float]], band: tuple[float, float]
) -> None:
    """Two batches together get what each gets alone."""

    def judged(passages: list[tuple[str, float]]) -> list[object]:
        scores = [{ANY: score} for _, score in passages]
        return list(cascaded(scores, [text for text, _ in passages], Lengths(), band))

    assert judged(some + more) == judged(some) + judged(more)


@pytest.mark.parametrize("model", [Silent, Unsure, Elsewhere])
def test_an_answer_that_is_not_whole_is_an_error(model: type[Lengths]) -> None:
    """A model that loses a text, or gives no probability of toxicity, lets nothing pass."""
    with pytest.raises(ValueError, match="lengths"):
        cascaded([{ANY: 0.5}, {ANY: 0.5}], ["a", "b"], model(), (0.0, 1.0))


def test_a_model_is_found_by_module_and_attribute_with_its_options() -> None:
    """What stands beside the name goes to the factory."""
    model = load({"name": HERE, "most": 3})
    assert model(["abcdef"]) == [{ANY: 0.3}]


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ("no such", "known"),
        ("no.such.module:Model", "cannot be imported"),
        (f"{__name__}:Nobody", "cannot be imported"),
        ({"name": HERE, "colour": 1}, "colour"),
        ({"most": 3}, "needs a name"),
    ],
)
def test_a_model_that_cannot_be_had_is_named(chosen: str | dict[str, object], said: str) -> None:
    """The error names what was asked for and what is wrong with it."""
    with pytest.raises(ValueError, match=said):
        load(chosen)


@pytest.mark.parametrize("band", [[0.1], [0.8, 0.2], [-0.1, 0.5], [0.5, 1.5], [0.0, float("nan")]])
def test_a_band_is_two_probabilities_in_order(band: list[float]) -> None:
    """Anything else is refused."""
    with pytest.raises(ValueError, match="band"):
        checked_band(band)


def test_a_hub_models_labels_are_read_as_ours() -> None:
    """Usual names, in any case, become our labels; of two for one label the higher counts."""
    found = [
        {"label": "TOXIC", "score": 0.25},
        {"label": "toxicity", "score": 0.75},
        {"label": "identity_hate", "score": 0.5},
        {"label": "sexual_explicit", "score": 1.0},
    ]
    assert HubModel("any").mapped(found) == {ANY: 0.75, "identity_attack": 0.5}
    with pytest.raises(ValueError, match="toxicity"):
        HubModel("any", labels={"hate": "insult"})


@pytest.mark.skipif(find_spec("transformers") is not None, reason="transformers is installed")
def test_a_hub_model_without_its_library_says_what_to_install() -> None:
    """Nothing is scored by anything else instead."""
    with pytest.raises(RuntimeError, match="pip install transformers"):
        HubModel("any")(["a text"])
