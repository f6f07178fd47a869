"""Small real detectors and policies for the guard: fast enough for thousands of cases."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest

from gemsieve.filters.detector import Detector, Labels
from gemsieve.filters.filter import Filter
from gemsieve.filters.finding import Batch, Finding
from gemsieve.filters.operators.key import KeySource
from gemsieve.filters.policy import USES, Policy
from gemsieve.filters.policy_file import ruleset

MakeFilter = Callable[..., Filter]

KEY = "GUARDS_KEY"


@pytest.fixture(scope="session", autouse=True)
def key() -> Iterator[None]:
    """Set the key of operators that need one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(KEY, bytes(range(32)).hex())
        yield


@dataclass(frozen=True)
class RegexDetector:
    """Finds every match of each label's pattern."""

    name: str
    patterns: Mapping[str, str]
    version: str = "1"
    weights: str = ""
    needs: tuple[str, ...] = ()

    @property
    def labels(self) -> Labels:
        return Labels(events=frozenset(self.patterns))

    def setup(self) -> None:
        """Need nothing."""

    def __call__(self, batch: Batch) -> list[list[Finding]]:
        return [
            [
                Finding(label, 1.0, match.span())
                for label, pattern in self.patterns.items()
                for match in re.finditer(pattern, text)
            ]
            for text in batch.texts
        ]


@dataclass(frozen=True)
class ShareDetector:
    """Measures the share of the characters that a pattern matches, for the text as a whole."""

    name: str
    label: str
    pattern: str
    version: str = "1"
    weights: str = ""
    needs: tuple[str, ...] = ()

    @property
    def labels(self) -> Labels:
        return Labels(measures={self.label: (0.0, 1.0)})

    def setup(self) -> None:
        """Need nothing."""

    def __call__(self, batch: Batch) -> list[list[Finding]]:
        counts = [len(re.findall(self.pattern, text)) for text in batch.texts]
        return [
            [Finding(self.label, count / max(1, len(text)))]
            for count, text in zip(counts, batch.texts, strict=True)
        ]


def build(
    rules: list[dict[str, Any]] | dict[str, list[dict[str, Any]]],
    *detectors: Detector,
    uses: tuple[str, ...] = USES,
) -> Filter:
    """Build a filter whose policy says the same for every use, or what is given for each."""
    tables = rules if isinstance(rules, dict) else dict.fromkeys(uses, rules)
    body = {**tables, "key": {"env": KEY}}
    parts = {use: ruleset(body, use, "test.toml", detectors) for use in USES if use in body}
    rulesets = {use: part[0] for use, part in parts.items()}
    policy = Policy("test", "0" * 64, rulesets, key=KeySource(env=KEY))
    return Filter(policy, {use: part[1] for use, part in parts.items()})


@pytest.fixture(scope="session")
def make_filter() -> MakeFilter:
    """Return `build`: rules and detectors in, a filter out."""
    return build


@pytest.fixture(scope="session")
def regexes() -> Callable[..., Detector]:
    """Return the class of the detector that finds matches."""
    return RegexDetector


@pytest.fixture(scope="session")
def shares() -> Callable[..., Detector]:
    """Return the class of the detector that measures a share."""
    return ShareDetector


@pytest.fixture(scope="session")
def chunks_of() -> Callable[[str, list[int]], list[str]]:
    """Return the way from a text and places to its chunks; a place twice is an empty chunk."""

    def cut(text: str, places: list[int]) -> list[str]:
        edges = [0, *sorted(place % (len(text) + 1) for place in places), len(text)]
        return [text[a:b] for a, b in pairwise(edges)]

    return cut


@pytest.fixture(scope="session")
def plain_filter() -> Filter:
    """Return a filter that redacts e-mail addresses, drops `bad` and texts full of `!`."""
    return build(
        [
            {"labels": "pii.email_address", "action": "redact"},
            {"labels": "toxicity.insult", "action": "drop"},
            {"labels": "toxicity.toxicity", "action": "drop", "above": 0.2},
            {"labels": "toxicity.toxicity", "action": "keep"},
        ],
        RegexDetector("pii", {"pii.email_address": r"\b[\w.]+@[\w.]+\.\w+\b"}),
        RegexDetector("insults", {"toxicity.insult": r"\bbad\b"}),
        ShareDetector("toxicity", "toxicity.toxicity", "!"),
    )
