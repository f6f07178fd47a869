"""Find which of many literal strings occur in a text: one automaton, then the string itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import hyperscan

GATE_BYTES = 32  # of each string that the automaton knows; more only makes it larger


class Literals:
    """Strings to look for; says by their numbers, from 0, which occur.

    Raises:
        ValueError: A string is empty: it occurs everywhere.
    """

    def __init__(self, strings: Sequence[str]) -> None:
        if not all(strings):
            raise ValueError("an empty string occurs everywhere")
        gates: dict[bytes, list[tuple[int, bytes]]] = defaultdict(list)
        for number, string in enumerate(strings):
            content = encoded(string)
            gates[content[:GATE_BYTES]].append((number, content))
        self._gates = tuple(gates.items())

    @cached_property
    def _database(self) -> hyperscan.Database:
        import hyperscan

        database = hyperscan.Database()
        # Byte by byte in hexadecimal: nothing in a string can be read as an expression's sign.
        gates = ["".join(f"\\x{byte:02x}" for byte in gate).encode() for gate, _ in self._gates]
        database.compile(gates, ids=list(range(len(gates))))
        return database

    def found(self, text: str) -> set[int]:
        """Return the numbers of the strings that occur in a text, exactly as they are."""
        if not self._gates:
            return set()
        content, numbers = encoded(text), set[int]()

        def confirm(gate: int, _: int, end: int, *__: object) -> None:
            begin, strings = self._gates[gate]
            start = end - len(begin)
            numbers.update(n for n, string in strings if content.startswith(string, start))

        self._database.scan(content, match_event_handler=confirm)
        return numbers


def encoded(text: str) -> bytes:
    """Return a text's bytes; equal texts and no others have equal bytes, surrogates included."""
    return text.encode("utf-8", "surrogatepass")
