"""What a model's states tell of toxicity beside the fast tier, and what a head costs a token.

python bench/probe.py RUN FILE... [--learn 5000] [--judge 1000] [--tokens 200] [--rounds 9]

Files hold texts with a label `toxic`, a JSON object a line. Texts are dealt as the fast tier's were
when it was made, so neither has learned from those that both are measured by. Nothing is written.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np
import numpy.typing as npt

from gemsieve.filters import Batch
from gemsieve.filters.ranking import auc, auc_interval, calibration_error
from gemsieve.filters.toxicity import ToxicityDetector
from gemsieve.filters.toxicity.data import part_of
from gemsieve.model.checkpoints.forms import Trained
from gemsieve.model.probe.parts import Parts, Wanted
from gemsieve.model.probe.reader import reader
from gemsieve.model.probe.rows import Fields, Row, read
from gemsieve.model.probe.saved import Probe
from gemsieve.model.probe.score import scores
from gemsieve.model.probe.teach import Lesson
from gemsieve.model.sampling.engine import Engine
from gemsieve.model.sampling.head import Head
from gemsieve.model.sampling.request import Request
from gemsieve.model.tokenizer import BOS

WIDTHS = (16, 64, 1 << 20)


def dealt(files: list[Path], learn: int, judge: int) -> Parts:
    """Return the first texts of each part."""
    rows = [row for path in files for row in read(path, Fields(("toxic",))).rows]
    rows.sort(key=lambda row: hash_of(row.text))
    parts: dict[str, list[Row]] = {"train": [], "dev": [], "test": []}
    for row in rows:
        parts[part_of(row.text)].append(row)
    return Parts(
        {
            "weights": parts["train"][:learn],
            "curve": parts["dev"][:judge],
            "figures": parts["test"][:judge],
        }
    )


def hash_of(text: str) -> bytes:
    """Return what texts are mixed by."""
    from hashlib import sha256

    return sha256(text.encode()).digest()


def quality(run: Path, parts: Parts) -> Probe:
    """Print the figures of both on the same texts, and return the probe."""
    wanted = Wanted(("toxic",))
    lesson = Lesson(reader(run), parts, wanted, lambda _, __: None)
    began = time.process_time()
    draft, areas = lesson.draft("0" * 64)
    print(f"by layer, on {len(parts.rows['curve'])} texts: {areas}; {spent(began)} s", flush=True)
    probe = replace(draft, curves=lesson.curves(draft))
    truth = parts.truths("figures")[:, 0]
    logits = lesson.logits(probe, "figures")
    for width in WIDTHS:
        said = [scores(replace(probe, width=width), one)[0] for one in logits]
        told(f"probe, layer {probe.layer}, {width} tokens in a row", truth, said)
    began = time.process_time()
    texts = [text for text, _ in parts.texts("figures")]
    found = ToxicityDetector()(Batch(texts))
    measured = [next(f.score for f in some if f.label == "toxicity.toxicity") for some in found]
    told(f"fast tier ({spent(began)} s)", truth, measured)
    return probe


def told(name: str, truth: npt.NDArray[np.bool_], said: list[float]) -> None:
    """Print a side's figures."""
    low, high = auc_interval(truth, said)
    area, error = auc(truth, said), calibration_error(truth, said)
    print(f"{name}: AUC {area:.3f} ({low:.3f} to {high:.3f}), calibration error {error:.3f}")


def spent(began: float) -> str:
    """Return processor time since then."""
    return f"{time.process_time() - began:.1f}"


def cost(model: Trained, probe: Probe, tokens: int, rounds: int) -> None:
    """Print processor time a token with and without the head, in alternation."""
    head = Head(probe.digest, probe.layer, probe.weights, probe.bias)
    prompt = [BOS, *model.tokenizer.encode("The")]
    for rows in (1, 8):
        ways = {name: engine(model, rows, one) for name, one in (("without", None), ("with", head))}
        taken: dict[str, list[float]] = {name: [] for name in ways}
        for number in range(rounds + 1):
            for name in sorted(ways, reverse=bool(number % 2)):
                began = time.process_time()
                streams = [
                    ways[name].submit(
                        Request(tokens=prompt, seed=seed, max_new_tokens=tokens, ends=())
                    )
                    for seed in range(rows)
                ]
                ways[name].run()
                written = sum(len(list(stream)) for stream in streams)
                if number:  # the first compiles
                    taken[name].append((time.process_time() - began) / written * 1e6)
        pairs = zip(taken["with"], taken["without"], strict=True)
        more = [mine / other - 1 for mine, other in pairs]
        print(
            f"{rows} rows: {median(taken['without']):.0f} us a token, with the head"
            f" {median(taken['with']):.0f}; {median(more):+.1%} in the median round"
            f" ({min(more):+.1%} to {max(more):+.1%})"
        )


def engine(model: Trained, rows: int, head: Head | None) -> Engine:
    """Return an engine of so many rows."""
    return Engine(params=model.params, config=model.config, rows=rows, head=head)


def main() -> None:
    """Print both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--learn", type=int, default=5000)
    parser.add_argument("--judge", type=int, default=1000)
    parser.add_argument("--tokens", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=9)
    args = parser.parse_args()
    probe = quality(args.run, dealt(args.files, args.learn, args.judge))
    cost(reader(args.run).model, probe, args.tokens, args.rounds)


if __name__ == "__main__":
    main()
