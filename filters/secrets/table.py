"""The table of rules: what a secret looks like, what proves it, and how sure that makes us."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from gemsieve.filters.secrets.checksums import PROOFS
from gemsieve.filters.secrets.credible import CHECKS, bits

if TYPE_CHECKING:
    import regex

PREFIX = "secret."
# Bits a character. Of 16 random hexadecimal digits 97 in 100 have as many, of 16 random letters and
# digits all but one in 10,000; what is padded out with one character has far fewer.
ENTROPY = 2.8


@dataclass(frozen=True, slots=True)
class Rule:
    """One way in which one kind of secret is written.

    Attributes:
        label: What its findings are called.
        expression: Of the `regex` module. Its group `secret` is the finding, where it has one;
            else the whole match is.
        docs: Where the publisher or a standard says so.
        score: Of what the expression and the check accept; None where a checksum decides.
        proof: Name of a checksum in `checksums.PROOFS`: 1.0 when it holds, else no finding.
        check: Name of what must hold besides, in `credible.CHECKS`.
        entropy: The least Shannon entropy of the secret, in bits a character.
    """

    label: str
    expression: str
    docs: str
    score: float | None = None
    proof: str | None = None
    check: str = "plausible"
    entropy: float = ENTROPY

    @property
    def entity(self) -> str:
        """Presidio's name for the label: `GITHUB_TOKEN` for `secret.github_token`."""
        return self.label.removeprefix(PREFIX).upper()

    @property
    def partial(self) -> bool:
        """Whether the secret is only a part of what the expression matches."""
        return "(?P<secret>" in self.expression

    def span(self, text: str, start: int, end: int) -> tuple[int, int] | None:
        """Return where the secret stands in a match of this rule; None if it is not one."""
        match = compiled(self.expression).fullmatch(text, start, end)
        if match is None:
            return None
        found: tuple[int, int] = match.span("secret" if self.partial else 0)
        return found

    def secret(self, word: str) -> str:
        """Return the secret within the words of a match."""
        span = self.span(word, 0, len(word))
        return word[slice(*span)] if span else word

    def proven(self, pattern_text: str) -> bool | None:
        """Say whether the checksum of a match holds; None where the format has none."""
        return None if self.proof is None else PROOFS[self.proof](self.secret(pattern_text))

    def refuted(self, pattern_text: str) -> bool:
        """Say whether a match without a checksum is no secret after all."""
        if self.proof is not None:
            return False
        secret = self.secret(pattern_text)
        return bits(secret) < self.entropy or not CHECKS[self.check](secret)


@cache
def compiled(expression: str) -> regex.Pattern[str]:
    """Return an expression, compiled once."""
    import regex

    return regex.compile(expression)


@cache
def table() -> tuple[Rule, ...]:
    """Return the rules that ship with the package, in the order of their file."""
    file = resources.files("gemsieve.filters.secrets") / "rules.toml"
    rows: list[dict[str, Any]] = tomllib.loads(file.read_text("utf-8"))["rule"]
    return tuple(Rule(**row) for row in rows)
