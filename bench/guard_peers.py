"""How much of an address gets out before it is seen: NeMo's rolling buffer, and the guard.

    PYTHON_WITH_NEMOGUARDRAILS bench/guard_peers.py nemo
    python bench/guard_peers.py ours

An address stands at each of many places of an answer, which comes in pieces of 3 characters.
Whoever is asked looks for addresses with one regular expression, where it looks at all; the peer
has its default sizes. Printed are the answers of which some of the address was released, and the
processor's time a character.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable

ADDRESS = "rosa.gardener@gardens.example.org"
FOUND = re.compile(r"[\w.]+@[\w.]+\.\w+")
FILLING = "So it is said and so it goes on. "
PIECE = 3


def answers() -> list[str]:
    """Return answers of 2,000 characters with the address at place after place."""
    around = (FILLING * 99)[:2000]
    return [f"{around[:at]} {ADDRESS} {around[at:]}" for at in range(0, 1500, 7)]


def cut(text: str) -> list[str]:
    """Return the pieces of an answer."""
    return [text[at : at + PIECE] for at in range(0, len(text), PIECE)]


def ours() -> Callable[[str], str]:
    """Return what the guard releases of an answer."""
    from gemsieve.filters import Batch, Finding, Labels
    from gemsieve.filters.filter import Filter
    from gemsieve.filters.policy import Action, Policy, Rule, Ruleset
    from gemsieve.safety.choices import Choice, Said

    class Addresses:
        """Finds what the expression matches."""

        name, version, weights, needs = "addresses", "1", "", ()
        labels = Labels(events=frozenset({"pii.email_address"}))

        def setup(self) -> None:
            """Need nothing."""

        def __call__(self, batch: Batch) -> list[list[Finding]]:
            """Return the matches."""
            return [
                [Finding("pii.email_address", 1.0, match.span()) for match in FOUND.finditer(text)]
                for text in batch.texts
            ]

    rules = Ruleset((Rule(("pii.email_address",), Action.DROP),))
    judge = Filter(Policy("x", "", {"output": rules}), {"output": (Addresses(),)})

    def release(text: str) -> str:
        choice: Choice[None] = Choice(judge)
        shown = "".join(choice.feed(Said(piece)).text for piece in cut(text))
        return shown + choice.finish().text

    return release


def nemo() -> Callable[[str], str]:
    """Return what goes out of the peer's buffer until a check of what it shows finds an address."""
    from nemoguardrails.rails.llm.buffer import RollingBuffer  # type: ignore[import-not-found]
    from nemoguardrails.rails.llm.config import (  # type: ignore[import-not-found]
        OutputRailsStreamingConfig,
    )

    async def pieces(text: str) -> AsyncIterator[str]:
        for piece in cut(text):
            yield piece

    async def stream(text: str) -> str:
        buffer = RollingBuffer.from_config(OutputRailsStreamingConfig())
        shown: list[str] = []
        async for batch in buffer.process_stream(pieces(text)):
            if FOUND.search(buffer.format_chunks(batch.processing_context)):
                break
            shown += batch.user_output_chunks
        return "".join(shown)

    return lambda text: asyncio.run(stream(text))


def main() -> None:
    """Print the counts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("who", choices=("ours", "nemo"))
    who = parser.parse_args().who
    release = ours() if who == "ours" else nemo()
    some = answers()
    before = time.process_time()
    shown = [release(text) for text in some]
    took = time.process_time() - before
    out = [len(part) - text.index(ADDRESS) for text, part in zip(some, shown, strict=True)]
    leaked = [length for length in out if length > 0]
    print(
        f"{who}: of {len(some)} answers {len(leaked)} gave away some of the address, at most"
        f" {min(max(leaked, default=0), len(ADDRESS))} of its {len(ADDRESS)} characters;"
        f" {took / sum(map(len, some)) * 1e6:.2f} microseconds a character"
    )


if __name__ == "__main__":
    main()
