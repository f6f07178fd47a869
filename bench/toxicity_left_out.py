"""How the fast tier does on a class of template sentences that it did not learn from.

    python bench/toxicity_left_out.py --data DIR [--folds N] [--sources A,B] [--json FILE]

Classes are dealt to folds, and for each fold our own recipe is trained without its classes, and
without quotations of them: so a class is judged by a model that saw neither it nor the others of
its fold. Prints by class the area under the ROC curve against the sentences for measuring of the
other kind, which no model learns from, learned and left out; and what share is flagged at the score
that flags a tenth of the harmless development rows. Rows are never printed.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from toxicity_baseline import fit_ours

from gemsieve.filters.toxicity import identities, metrics, templates
from gemsieve.filters.toxicity.data import SOURCES, TEMPLATE_ROWS, Row, harmless, labelled, learned
from gemsieve.filters.toxicity.held_out import HELD_OUT_HARMLESS, HELD_OUT_HOSTILE, held_out

CLASSES = (*templates.HARMLESS, *templates.HOSTILE)
ASKED = 400  # sentences of a class
FLAGGED = 0.1  # of harmless development rows, by the score that flags a sentence

Scores = Callable[[Sequence[str]], Sequence[float]]


def main() -> None:
    """Train once with all classes and once a fold; print the table and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the tox_* folders")
    parser.add_argument("--folds", type=int, default=6, help="trainings with classes left out")
    parser.add_argument("--sources", help="learn from these sets only, separated by commas")
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    names = options.sources.split(",") if options.sources else [s.name for s in SOURCES]
    sets = {s.name: labelled(options.data, s) for s in SOURCES if s.name in names}
    rows = [row for name, some in sets.items() for row in learned(some, name)]
    rows += harmless(options.data, random.Random(options.seed))
    calm = [
        row.text for some in sets.values() for row in some if row.part == "dev" and not row.toxic
    ]

    def fit(without: Sequence[str]) -> dict[str, dict[str, float]]:
        rng = random.Random(options.seed)
        more = templates.sentences(rng, TEMPLATE_ROWS, options.data, without)
        score = fit_ours(
            [*rows, *(Row(m.text, m.toxic, "train", m.kinds) for m in more)], options.seed
        )
        return judged(score, without or [c.name for c in CLASSES], calm, options.data)

    known, unknown = fit(()), {}
    for fold in range(options.folds):
        gone = [c.name for i, c in enumerate(CLASSES) if i % options.folds == fold]
        print(f"left out: {', '.join(gone)}", flush=True)
        unknown.update(fit(gone))
    figures = {name: {"learned": known[name], "left out": unknown[name]} for name in known}
    report(figures)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")


def judged(
    score: Scores, names: Sequence[str], calm: Sequence[str], data: Path
) -> dict[str, dict[str, float]]:
    """Return the figures of some classes, on sentences drawn anew, without odd spelling."""
    rng = random.Random(0)
    limit = float(np.quantile(score(calm), 1 - FLAGGED))
    others = {
        toxic: score([text for _, text in held_out(skeletons, rng)])
        for toxic, skeletons in ((False, HELD_OUT_HARMLESS), (True, HELD_OUT_HOSTILE))
    }
    writer = templates.Writer(identities.trained_axes(data), templates.slurs(data))
    found = {}
    for kind in CLASSES:
        if kind.name in names:
            own = score([row.text for row in writer.rows(rng, ASKED, [kind])])
            other = others[not kind.toxic]
            labels = [kind.toxic] * len(own) + [not kind.toxic] * len(other)
            found[kind.name] = {
                "auc": metrics.auc(labels, [*own, *other]),
                "flagged": sum(x > limit for x in own) / len(own),
            }
    return found


def report(figures: dict[str, dict[str, dict[str, float]]]) -> None:
    """Print the table, and the means over hostile and over harmless classes."""
    kinds = {kind.name: "hostile" if kind.toxic else "harmless" for kind in CLASSES}
    print("| class | is | AUC learned | left out | flagged learned | left out |")
    print("|---|---|---:|---:|---:|---:|")
    columns = [(when, what) for what in ("auc", "flagged") for when in ("learned", "left out")]
    for name, by in figures.items():
        print(
            f"| {name} | {kinds[name]} | "
            + " | ".join(f"{by[w][x]:.3f}" for w, x in columns)
            + " |"
        )
    for kind in ("harmless", "hostile"):
        some = [by for name, by in figures.items() if kinds[name] == kind]
        means = [sum(by[w][x] for by in some) / len(some) for w, x in columns]
        print(f"| mean | {kind} | " + " | ".join(f"{mean:.3f}" for mean in means) + " |")


if __name__ == "__main__":
    main()
