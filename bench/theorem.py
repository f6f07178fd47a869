"""Try the guard's theorem on many drawn cases, and on the shipped policy with its own detectors.

    python bench/theorem.py [--cases 100000] [--texts 200]

A case is a text, a policy and a chunking; a counter-example ends this with what it is. Texts for
the shipped policy are put together from the sentences of the demo and drawn personal data, and cut
by characters, at random and by the tokens of a small tokenizer; what is printed are counts.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from hypothesis import HealthCheck, Phase, given, settings
from tests.safety.conftest import KEY
from tests.safety.drawn import Case, cases, chunkings, sieve
from tests.safety.theorem import check, final

from gemsieve.cli.demo_planted import filled, filler
from gemsieve.cli.demo_texts import CARRIERS, INSULTS
from gemsieve.filters import Filter, load_filter
from gemsieve.filters.policy import Decision
from gemsieve.model.sampling.streaming import detokenize
from gemsieve.model.tokenizer import train_tokenizer
from gemsieve.safety import act
from gemsieve.safety.choices import Choice, Said, released

CHUNKINGS = 8


def drawn(count: int) -> Counter[str]:
    """Check so many drawn cases and return how they ended."""
    ends: Counter[str] = Counter()

    @settings(
        max_examples=count // CHUNKINGS,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )
    @given(cases)
    def hold(case: Case) -> None:
        judge = sieve(case.rules)
        check(case, judge, cuts=CHUNKINGS)
        number, done = final(case, judge)
        ends[f"attempt {number + 1}: {done.decision.action.name}"] += CHUNKINGS

    hold()
    return ends


def texts(count: int) -> list[str]:
    """Return texts with values of many kinds in them, and now and then abuse."""
    draw, fill = random.Random(8), filler(8)
    out = []
    for _ in range(count):
        parts = [
            filled(draw.choice(CARRIERS), lambda slot: fill(slot, draw)).text
            for _ in range(draw.randint(1, 12))
        ]
        if draw.random() < 0.2:
            parts.insert(draw.randint(0, len(parts)), " ".join(draw.sample(INSULTS, 4)))
        out.append(draw.choice(["\n", " ", "\r\n", ""]).join(parts))
    return out


def shipped(count: int) -> Counter[str]:
    """Check the shipped policy on so many texts and return how they ended."""
    judge, some, ends = load_filter(), texts(count), Counter[str]()
    tokenizer = train_tokenizer(some, vocab_size=600, training_bytes=1_000_000)
    for number, text in enumerate(some):
        expected = act(text, judge)
        tokens = list(detokenize(tokenizer, tokenizer.encode(text)))
        assert "".join(tokens) == text
        for chunks in (tokens, *chunkings(text, number, 4)):
            assert streamed(chunks, judge) == (expected.text, expected.decision), number
            ends[expected.decision.action.name] += 1
    return ends


def streamed(chunks: Sequence[str], judge: Filter) -> tuple[str, Decision]:
    """Return what is released of chunks, and what was decided."""
    choice: Choice[None] = Choice(judge)

    def sampler(_attempt: int) -> Iterator[Said[None]]:
        return (Said(chunk) for chunk in chunks)

    return "".join(part.text for part in released(choice, sampler)), choice.decision


def main() -> None:
    """Print how many cases held, and how they ended."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=100_000, help="drawn cases")
    parser.add_argument("--texts", type=int, default=200, help="texts under the shipped policy")
    args = parser.parse_args()
    os.environ[KEY] = bytes(range(32)).hex()
    for name, run, count in (
        ("drawn policies", drawn, args.cases),
        ("the shipped policy", shipped, args.texts),
    ):
        before = time.process_time()
        ends = run(count)
        took = time.process_time() - before
        print(f"{name}: {ends.total()} cases hold ({took:.0f} s of a processor)")
        for end, cases_ in sorted(ends.items()):
            print(f"  {end}: {cases_}")


if __name__ == "__main__":
    main()
