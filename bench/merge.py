"""Does a merger of tuned models beat the best of them? Held-out losses of a small experiment.

    python bench/merge.py DATA [--base-steps 200] [--steps 50] [--seed 0]

A base is trained on half of the documents that a job kept (DATA, the folder of `gemsieve filter`);
three models go on from it on the other half, each in another order; one more, for comparison,
reads as many tokens as the three together. All are measured on the same held-out documents.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

from small_training import SMALL, Corpus, make_settings, measured, read_corpus, trained

from gemsieve.model.gemma.transformer import Params, initialise
from gemsieve.model.training.merging.merge import average, slerp, towards

_LEARNING_RATE = 6e-3
_BACK = (0.2, 0.4, 0.6)


def main() -> None:
    """Train, merge, and print a table of losses in nats a token."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="the output of a filter job")
    parser.add_argument("--base-steps", type=int, default=200)
    parser.add_argument("--steps", type=int, default=50, help="of each tuned model")
    parser.add_argument("--tuning-rate", type=float, default=3e-3, help="peak learning rate")
    parser.add_argument("--seed", type=int, default=0, help="of the base")
    args = parser.parse_args()
    settings = make_settings(SMALL, args.base_steps, _LEARNING_RATE)
    corpus = read_corpus(args.data, settings)
    base = trained(settings, corpus.first, initialise(SMALL, args.seed), order=0)
    evaluate = measured(settings, corpus.held_out)
    for name, model in contenders(base, corpus, args.steps, args.tuning_rate):
        print(f"{name:<30}{evaluate(model):8.4f}", flush=True)
    print(f"{time.process_time():.0f} s of processor time")


def contenders(
    base: Params, corpus: Corpus, steps: int, rate: float
) -> Iterator[tuple[str, Params]]:
    """Yield the models to measure, by name."""
    yield "base", base
    settings = make_settings(SMALL, steps, rate)
    tuned = []
    for order in (1, 2, 3):
        tuned.append(trained(settings, corpus.second, base, order))
        yield f"tuned, order {order}", tuned[-1]
    longer = make_settings(SMALL, steps * len(tuned), rate)
    yield "tuned, thrice as long", trained(longer, corpus.second, base, order=1)
    yield "average of the three", average(tuned)
    merged = slerp(base, tuned)
    yield "slerp of the three", merged
    for name, model in {"slerp": merged, "order 3": tuned[-1]}.items():
        for share in _BACK:
            yield f"{name}, {share:.0%} back to the base", towards(base, model, 1 - share)


if __name__ == "__main__":
    main()
