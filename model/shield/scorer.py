"""P(Yes): a text is read once, and each guideline or question after it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import jax
import numpy as np

from gemsieve.filters.toxicity.calibration import Calibration
from gemsieve.model.checkpoints.once import load
from gemsieve.model.sampling.chat import marks
from gemsieve.model.sampling.engine import Engine
from gemsieve.model.shield.guidelines import AS_IT_IS, Frame, Guidelines, read
from gemsieve.model.tokenizer import BOS, Tokenizer

WINDOW = 2_000  # characters: a longer text is read in pieces of this length
DIGITS = 4


class Scorer:
    """Asks a Gemma 2 about texts.

    Texts are read one by one, padded to a length that the text alone decides: company and order
    cannot matter. A text longer than `WINDOW` characters is read in parts, of which the worst
    speaks; of what it answers the last `WINDOW` characters are read. Without words it scores 0.

    Raises:
        ValueError: The tokenizer has no marks of turns, or an answer is not one of its pieces.
    """

    def __init__(self, engine: Engine, tokenizer: Tokenizer, guidelines: Guidelines) -> None:
        self._engine = engine
        self._tokenizer = tokenizer
        self._guidelines = guidelines
        self._marks = marks(tokenizer)
        self._answers = [_piece(tokenizer, word) for word in (guidelines.yes, guidelines.no)]

    def scores(self, text: str, prompt: str | None = None) -> dict[str, float]:
        """Return each guideline's calibrated probability that the text breaks it."""
        frame = self._frame(prompt)
        texts = self._guidelines.texts
        closings = [frame.closing.replace("{guideline}", one) for one in texts.values()]
        curves = self._guidelines.curves.values()
        found = self._worst(text, prompt, closings)
        chances = map(probability, found, curves)
        return dict(zip(texts, chances, strict=True))

    def answer(self, questions: Sequence[str], text: str) -> list[float]:
        """Return each question's probability of a Yes about the text."""
        closing = self._guidelines.question
        closings = [closing.replace("{question}", question) for question in questions]
        return [probability(one, AS_IT_IS) for one in self._worst(text, None, closings)]

    def _frame(self, prompt: str | None) -> Frame:
        return self._guidelines.prompt if prompt is None else self._guidelines.response

    def _worst(self, text: str, prompt: str | None, closings: Sequence[str]) -> list[float]:
        """Return the log-odds of Yes after each closing, the highest of all parts of the text."""
        worst = np.full(len(closings), -np.inf)
        for part in parts(text):
            worst = np.maximum(worst, self._log_odds(self._content(part, prompt), closings))
        return [float(one) for one in worst]

    def _log_odds(self, content: Sequence[int], closings: Sequence[str]) -> list[float]:
        """Return the log-odds of Yes after each closing; the content before them is read once."""
        shared = self._engine.prefix(content)
        found = []
        for closing in closings:
            asked = self._engine.prefix(self._tokenizer.encode(closing), shared)
            yes, no = np.asarray(jax.device_get(asked.logits[0]), float)[self._answers]
            if not math.isfinite(yes - no):
                raise FloatingPointError("the model's logits are not finite")
            found.append(float(yes - no))
        return found

    def _content(self, text: str, prompt: str | None) -> list[int]:
        """Return the pieces up to the end of the text; no text becomes one of the marks."""
        frame, encode = self._frame(prompt), self._tokenizer.encode
        start, end = self._marks
        asked = (prompt or "").strip()[-WINDOW:]
        before, after = frame.content.split("{text}")
        words = before.replace("{prompt}", asked) + text + after.replace("{prompt}", asked)
        return [BOS, *encode(frame.opening), start, *encode(f"\n{words}\n"), end]


def parts(text: str) -> Iterator[str]:
    """Yield a text's parts of at most `WINDOW` characters, without white space around it."""
    text = text.strip()
    return (text[start : start + WINDOW] for start in range(0, len(text), WINDOW))


def probability(log_odds: float, curve: Calibration) -> float:
    """Return a probability by a curve, to four decimals; 0 of minus infinity."""
    return round(curve.probability(log_odds), DIGITS)


@cache
def scorer(model: Path, guidelines: Path) -> Scorer:
    """Load a model and its guidelines, once a process.

    Raises:
        CheckpointError: There is no model, or it has no tokenizer.
        ValueError: The guidelines are malformed, or do not fit its tokenizer.
    """
    found = load(model)
    engine = Engine(params=found.params, config=found.config, rows=1, slots=1)
    return Scorer(engine, found.tokenizer, read(guidelines))


def _piece(tokenizer: Tokenizer, word: str) -> int:
    """Return the piece that is a whole answer."""
    pieces = tokenizer.encode(word)
    if len(pieces) != 1:
        raise ValueError(f"the tokenizer has no piece {word!r}, by which the model would answer")
    return pieces[0]
