"""The guard's cost: characters judged, time to the first text and a token.

    python bench/guard.py cost
    python bench/guard.py stream RUN [--tokens 256]

Times are of a processor (`time.process_time`), guarded and unguarded in turns, the median of
rounds.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from gemsieve.filters import Batch, Filter, Finding, Labels, load_filter
from gemsieve.filters.catalogue import filter_from_text
from gemsieve.filters.policy import Action, Policy, Rule, Ruleset
from gemsieve.safety import guarded
from gemsieve.safety.choices import Choice, Said

ROUNDS = 5
FAST = """
name = "fast"
[[output]]
labels = ["pii.*", "secret.*"]
above = 0.3
action = "redact"
[[prompt]]
labels = ["pii.*", "secret.*"]
above = 0.3
action = "redact"
"""


class Counting:
    """Counts the characters it is shown, and finds nothing."""

    name, version, weights, needs = "counting", "1", "", ()
    labels = Labels(events=frozenset({"harm.any"}))

    def __init__(self) -> None:
        self.seen = 0

    def setup(self) -> None:
        """Need nothing."""

    def __call__(self, batch: Batch) -> list[list[Finding]]:
        """Count."""
        self.seen += sum(map(len, batch.texts))
        return [[] for _ in batch.texts]


def seconds(work: Callable[[], object]) -> float:
    """Return the processor's time for some work."""
    before = time.process_time()
    work()
    return time.process_time() - before


def cost() -> None:
    """Print how often a character is judged, and what cutting costs, over lengths and chunks."""
    print("| characters | chunk | judged a character | microseconds a character |")
    for kind, unit in (("sentences", "It is so. And so it goes on, as it did. "), ("no end", "x")):
        for size in (1_000, 10_000, 100_000):
            for chunk in (1, 4, size):
                text = (unit * size)[:size]
                counter = Counting()
                rules = Ruleset((Rule(("harm.any",), Action.KEEP),))
                judge = Filter(Policy("x", "", {"output": rules}), {"output": (counter,)})
                choice: Choice[None] = Choice(judge)

                def run(
                    choice: Choice[None] = choice, text: str = text, chunk: int = chunk
                ) -> None:
                    for at in range(0, len(text), chunk):
                        choice.feed(Said(text[at : at + chunk]))
                    choice.finish()

                took = seconds(run)
                each = counter.seen / size
                print(f"| {size} ({kind}) | {chunk} | {each:.2f} | {took / size * 1e6:.2f} |")


def stream(run: Path, tokens: int) -> None:
    """Print what the guard adds to a model's answer: to its first text, to each token, in all."""
    from gemsieve.model.checkpoints.forms import load
    from gemsieve.model.sampling.draw import Drawing
    from gemsieve.model.sampling.sampler import Sampler

    found = load(run)
    sampler = Sampler(
        params=found.params,
        config=found.config,
        tokenizer=found.tokenizer,
        drawing=Drawing(temperature=0.8),
        max_new_tokens=tokens,
    )
    # The model's own words may be anything: the guard is to judge them all, and end none.
    policies = {"fast tier": filter_from_text(FAST, "fast.toml"), "shipped policy": load_filter()}
    prompt = "The function returns"
    list(sampler(prompt))
    for name, judge in policies.items():
        guard = guarded(sampler, judge)
        list(guard(prompt))
        bare, safe, first, first_safe = [], [], [], []
        for _ in range(ROUNDS):
            one, other = timed(sampler(prompt)), timed(guard(prompt))
            bare.append(one[1])
            safe.append(other[1])
            first.append(one[0])
            first_safe.append(other[0])
        plain, added = statistics.median(bare), statistics.median(safe) - statistics.median(bare)
        length = sum(map(len, sampler(prompt)))
        out = sum(map(len, guard(prompt)))
        print(
            f"{name}: {tokens} tokens, {length} characters ({out} released): {plain:.3f} s bare,"
            f" guard adds {added:.3f} s ({added / plain:.1%}), {added / tokens * 1e6:.0f}"
            f" microseconds a token; first text after {statistics.median(first) * 1e3:.0f} ms bare,"
            f" {statistics.median(first_safe) * 1e3:.0f} ms guarded"
        )


def timed(chunks: Iterator[str]) -> tuple[float, float]:
    """Return the processor's time to the first chunk and to the last."""
    before = time.process_time()
    next(chunks, "")
    first = time.process_time() - before
    for _ in chunks:
        pass
    return first, time.process_time() - before


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="what", required=True)
    commands.add_parser("cost")
    streaming = commands.add_parser("stream")
    streaming.add_argument("run", type=Path, help="a training run")
    streaming.add_argument("--tokens", type=int, default=256)
    args = parser.parse_args()
    if args.what == "cost":
        cost()
    else:
        stream(args.run, args.tokens)


if __name__ == "__main__":
    main()
