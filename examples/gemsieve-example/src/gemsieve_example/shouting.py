"""A detector: how much of a text is written in capitals, and where it shouts."""

from __future__ import annotations

import re

from gemsieve.filters import Batch, Finding, Labels

RUN = re.compile(r"\b[A-Z]{2,}(?:\W+[A-Z]{2,}){2,}\b")  # three words in capitals, or more


class ShoutingDetector:
    """Finds capitals. Its parameters are the options of `[detectors.shouting]` in a policy."""

    name = "shouting"
    version = "1"  # change it whenever findings may change
    weights = ""  # the digest of a model, where there is one
    needs: tuple[str, ...] = ()  # columns beside the text
    labels = Labels(
        measures={"shouting.share": (0.0, 1.0)},  # owed for every text
        events=frozenset({"shouting.run"}),  # may be absent, or many
    )

    def __init__(self, least_words: int = 3) -> None:
        """Take options; a ValueError is told with the policy's place."""
        if least_words < 3:
            raise ValueError(f"least_words: {least_words} is below 3")
        self.least_words = least_words

    def setup(self) -> None:
        """Load nothing: there is no model."""

    def __call__(self, batch: Batch) -> list[list[Finding]]:
        """Return the findings of each text; never the words."""
        return [self.judge(text) for text in batch.texts]

    def judge(self, text: str) -> list[Finding]:
        """Return the share of capitals, and each run of shouted words."""
        letters = [sign for sign in text if sign.isalpha()]
        share = sum(sign.isupper() for sign in letters) / max(1, len(letters))
        runs = [
            Finding("shouting.run", 1.0, match.span())
            for match in RUN.finditer(text)
            if len(match[0].split()) >= self.least_words
        ]
        return [Finding("shouting.share", share), *runs]
