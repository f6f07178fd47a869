"""Stop strings: where a text ends because of what is written in it."""

from __future__ import annotations

from collections.abc import Sequence


class Stop:
    """Let a text through up to its first stop string, however the text is cut into chunks.

    The first is the one that is complete first and, of those complete at the same character, the
    longest; nothing of it is let through. What may become one waits until it cannot any more.

    Attributes:
        found: Whether a stop string was met: nothing is let through any more.

    Raises:
        ValueError: A stop string is empty.
    """

    def __init__(self, strings: Sequence[str]) -> None:
        if "" in strings:
            raise ValueError("a stop string must not be empty")
        self._strings = tuple(strings)
        self._longest = max(map(len, strings), default=0)
        self._held = ""
        self.found = False

    def feed(self, text: str) -> str:
        """Return what may leave, now that `text` follows."""
        if self.found:
            return ""
        text, self._held = self._held + text, ""
        starts = [(text.find(string), len(string)) for string in self._strings]
        ends = [(start + length, start) for start, length in starts if start >= 0]
        if ends:
            self.found = True
            return text[: min(ends)[1]]
        sure = len(text) - self._begun(text)
        self._held = text[sure:]
        return text[:sure]

    def finish(self) -> str:
        """Return what waited in vain, now that the text is over."""
        text, self._held = self._held, ""
        return text

    def _begun(self, text: str) -> int:
        """Return how many characters at the end of a text may begin a stop string."""
        for count in range(min(self._longest - 1, len(text)), 0, -1):
            if any(string.startswith(text[-count:]) for string in self._strings):
                return count
        return 0
