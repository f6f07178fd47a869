"""What the tests share: strategies of texts and findings, and detectors small enough to read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from hypothesis import strategies as st

from gemsieve.filters import Batch, Finding, Labels
from gemsieve.filters.operators.key import Key
from gemsieve.filters.operators.keyed import Encrypt, Hash
from gemsieve.filters.operators.operator import Edit, Operator
from gemsieve.filters.operators.plain import REDACT, Mask, Replace
from gemsieve.filters.operators.surrogate import Surrogate
from gemsieve.filters.policy import Action, Owed, Policy, Rule, Ruleset, Use

# Characters that break offsets, encodings and regular expressions, beside plain ones.
ALPHABET = "ab1@. \n\t\x00éſİK中😀\u0301\u200d\ud800"
texts = st.text(alphabet=ALPHABET, max_size=60) | st.text(max_size=40)

# Digits, what phonenumbers takes for a part of a number, and what stands beside one.
PHONES = [
    *"0123456789+-xX ().[]/~#,;:=\t\n%€éa_",
    *("555", "212", "+49", "+1", "1640", "2012-01-02 08:00", ":00", "12/31/1999", "(650) 253 0000"),
    *("ext", "EXT.", "xtn", "extension", "anexo", "int", "доб", "ᲁᲂб", ";ext=", "ｘ", "ıNT"),
    *("eXtenſıon", "extensio\u0301n", "～", "\u30fc", "\uff0d", "\u3000", "\u00a0", "٣", "３３"),
    *("\u200b", "\x1c", "\x85", "     "),
]

scores = st.floats(0, 1)
EVENTS = ("pii.number", "pii.word", "identity.group")


@st.composite
def spans(draw: st.DrawFn, length: int) -> tuple[int, int]:
    """Draw a span inside a text of at least one character."""
    start = draw(st.integers(0, length - 1))
    return start, draw(st.integers(start + 1, length))


@st.composite
def findings(draw: st.DrawFn, text: str, labels: tuple[str, ...] = EVENTS) -> list[Finding]:
    """Draw findings of event labels with spans in a text."""
    if not text:
        return []
    count = draw(st.integers(0, 6))
    return [
        Finding(draw(st.sampled_from(labels)), draw(scores), draw(spans(len(text))))
        for _ in range(count)
    ]


KEY = Key(bytes(range(32)))
OPERATORS: tuple[Operator, ...] = (
    REDACT,
    Replace("[gone]"),
    Hash(),
    Encrypt(),
    Surrogate(),
    Mask(),
    Mask("#", 3),
    Mask(chars_to_mask=2, from_end=True),
)


@st.composite
def edits(draw: st.DrawFn, text: str, operators: tuple[Operator, ...] = OPERATORS) -> list[Edit]:
    """Draw edits of a text, each with one of these operators."""
    found = draw(findings(text))
    return [Edit(finding, draw(st.sampled_from(operators))) for finding in found]


@dataclass(frozen=True)
class PatternDetector:
    """Finds what a regular expression matches; its score is the share of the text before it."""

    name: str
    label: str
    pattern: str
    version: str = "1"
    weights: str = ""
    needs: tuple[str, ...] = ()

    @property
    def labels(self) -> Labels:
        """One event."""
        return Labels(events=frozenset({self.label}))

    def setup(self) -> None:
        """Load nothing."""

    def __call__(self, batch: Batch) -> list[list[Finding]]:
        """Return the matches that are not empty."""
        return [
            [
                Finding(self.label, m.start() / len(text), m.span())
                for m in re.finditer(self.pattern, text)
                if m.group()
            ]
            for text in batch.texts
        ]


@dataclass(frozen=True)
class LengthDetector:
    """Measures a text's length, and chooses whether it is short or long."""

    name: str = "length"
    version: str = "1"
    weights: str = ""
    needs: tuple[str, ...] = ()
    labels: Labels = field(
        default_factory=lambda: Labels(
            measures={"size.characters": (0.0, float("inf"))},
            choices=frozenset({"kind.short", "kind.long"}),
        )
    )

    def setup(self) -> None:
        """Load nothing."""

    def __call__(self, batch: Batch) -> list[list[Finding]]:
        """Return the length and the kind."""
        return [
            [
                Finding("size.characters", float(len(text))),
                Finding("kind.long" if len(text) > 20 else "kind.short", 1.0),
            ]
            for text in batch.texts
        ]


NUMBERS = PatternDetector("numbers", "pii.number", r"[0-9]+(?:[.@][0-9]+)?")
WORDS = PatternDetector("words", "pii.word", r"a+@?b+")
DETECTORS = (NUMBERS, WORDS, LengthDetector())


def policy(*rules: Rule, use: Use = "corpus", owed: tuple[Owed, ...] = ()) -> Policy:
    """Return a policy of these rules."""
    return Policy("test", "0" * 64, {use: Ruleset(rules, owed)})


REDACT_ALL = (
    Rule(("pii.*",), Action.REDACT),
    Rule(("size.*", "kind.*"), Action.KEEP),
)
