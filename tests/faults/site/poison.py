"""A third party's detector, in which texts set off what real ones do by accident."""

import ctypes
import os
import re
import time

from gemsieve.filters import Batch, Finding, Labels


def hang() -> None:
    """Never return."""
    while True:
        time.sleep(1)


def spin() -> None:
    """Never return, and never rest."""
    while True:
        pass


def crash() -> None:
    """Read where nothing is, as a broken library does."""
    ctypes.string_at(0)


def leave() -> None:
    """End the process without a word."""
    os._exit(3)


def bloat() -> None:
    """Take memory until somebody objects."""
    held = []
    while True:
        held.append(b"x" * (16 << 20))
        time.sleep(0.002)


def fail() -> None:
    """Raise."""
    raise ValueError("a detector of no consequence")


DEEDS = {f.__name__.upper(): f for f in (hang, spin, crash, leave, bloat, fail)}
WORD = re.compile("REDACTME")


class Poison:
    """Does what a text says; drops those that say DROPME, and finds a word to redact."""

    name, version, weights, needs = "poison", "1", "", ()
    labels = Labels(measures={"poison.score": (0.0, 1.0)}, events=frozenset({"poison.word"}))

    def setup(self) -> None:
        """Load nothing."""

    def __call__(self, batch: Batch) -> list[list[Finding]]:
        """Return the findings of each text, if they let us."""
        return [self.look(text) for text in batch.texts]

    def look(self, text: str) -> list[Finding]:
        """Return the findings of one text."""
        for word in text.split():
            if word in DEEDS:
                DEEDS[word]()
        found = [Finding("poison.score", float("DROPME" in text))]
        return found + [Finding("poison.word", 1.0, m.span()) for m in WORD.finditer(text)]
