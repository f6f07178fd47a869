"""Set the fast tier beside a linear n-gram baseline that learns from the very same rows.

    python bench/toxicity_baseline.py --data DIR [--json FILE] [--sources A,B] [--skip-left-out]
                                      [--ours-left-out] [--sweep]

Prints the area under the ROC curve by labelled set: in distribution (all training parts; the test
part of each), and leaving the set out (all other sets, harmless passages and templates; its test
part, and all of its rows). Ours in distribution is the detector as shipped; `--ours-left-out`
trains our own recipe once more a left-out set. `--sweep` compares the baseline's settings on the
development parts, which is how `STRENGTH` was chosen. Rows are never printed.

A left-out set is left out with every training row, of whatever set, whose words are those of one of
its rows. Paraphrases stay: `tox_paradetox` was drawn in part from the Wikipedia and Civil Comments
data that other sets hold, so these three are left out less cleanly than the rest.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import toxicity_ngrams
from numpy.typing import ArrayLike

from gemsieve.filters import Batch
from gemsieve.filters.toxicity import ToxicityDetector, metrics
from gemsieve.filters.toxicity.data import SOURCES, Row, labelled
from gemsieve.filters.toxicity.text import normalise
from gemsieve.filters.toxicity_recipe import training_rows

Rows = Mapping[str, Sequence[Row]]
Scorer = Callable[[Sequence[str]], ArrayLike]
Fitter = Callable[[Sequence[Row]], Scorer]
Table = dict[str, dict[str, float]]

STRENGTH = 0.5
STRENGTHS = (0.25, 0.5, 1.0, 4.0)
ENGLISH = tuple(s.name for s in SOURCES if s.language == "en")


def main() -> None:
    """Run what was asked for, print a table and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the tox_* folders")
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    parser.add_argument("--sources", help="leave out these only, separated by commas")
    parser.add_argument("--skip-left-out", action="store_true", help="in distribution only")
    parser.add_argument("--ours-left-out", action="store_true", help="train ours for each set too")
    parser.add_argument("--sweep", action="store_true", help="compare settings on the dev parts")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    rows = {source.name: labelled(options.data, source) for source in SOURCES}
    learned = training_rows(rows, options.data, options.seed)
    baseline = Baseline.of(rows, learned, options.seed)
    if options.sweep:
        for strength in STRENGTHS:
            scorer = baseline.fit(flat(learned), strength)
            report(f"dev parts, C={strength}", {"baseline": by_set(rows, scorer, "dev")})
        return
    figures = {"in distribution": in_distribution(rows, learned, baseline)}
    report("in distribution, test parts", figures["in distribution"])
    if not options.skip_left_out:
        chosen = options.sources.split(",") if options.sources else list(rows)
        fitters: dict[str, Fitter] = {"baseline": baseline.fit}
        if options.ours_left_out:
            fitters["gemsieve"] = lambda some: fit_ours(some, options.seed)
        figures["left out"] = left_out(rows, learned, chosen, fitters)
        report("leaving the set out", figures["left out"])
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")


@dataclass(frozen=True)
class Baseline:
    """The baseline over texts that are counted once.

    Attributes:
        place: By text, its row in the counts.
        seed: Of the order in which rows are learned.
    """

    counted: toxicity_ngrams.Counted
    place: Mapping[str, int]
    seed: int

    @classmethod
    def of(cls, rows: Rows, learned: Rows, seed: int) -> Baseline:
        """Count the n-grams of all texts that will be learned from or scored."""
        every = (row.text for some in (*rows.values(), *learned.values()) for row in some)
        texts = list(dict.fromkeys(every))
        return cls(toxicity_ngrams.counted(texts), {text: i for i, text in enumerate(texts)}, seed)

    def fit(self, learned: Sequence[Row], strength: float = STRENGTH) -> Scorer:
        """Train on rows; a repeated row counts as often as it stands there."""
        times = Counter((self.place[row.text], row.toxic) for row in learned)
        rows = np.array([row for row, _ in times])
        toxic = np.array([kind for _, kind in times])
        weights = self.counted.features(np.unique(rows))
        repeated = np.array(list(times.values()), float)
        model = toxicity_ngrams.fit(weights.of(rows), toxic, repeated, strength, self.seed)

        def score(texts: Sequence[str]) -> ArrayLike:
            found = weights.of(np.array([self.place[t] for t in texts]))
            return np.asarray(model.decision_function(found))

        return score


def fit_ours(learned: Sequence[Row], _seed: int) -> Callable[[Sequence[str]], list[float]]:
    """Train our own recipe on rows; whole texts are scored as the detector scores them."""
    from gemsieve.filters.toxicity.fast.learn import learnt
    from gemsieve.filters.toxicity.fast.model import Model
    from gemsieve.filters.toxicity.judge import Judge

    judge = Judge(Model(learnt(learned, ("toxicity",))))
    return lambda texts: [float(score) for score in judge.measures(texts)[:, 0]]


def shipped(texts: Sequence[str]) -> list[float]:
    """Score texts with the detector that ships."""
    found = ToxicityDetector()(Batch(texts))
    return [next(f.score for f in some if f.label == "toxicity.toxicity") for some in found]


def in_distribution(rows: Rows, learned: Rows, baseline: Baseline) -> dict[str, dict[str, float]]:
    """Return the test figures of both by set, all training parts learned."""
    scorers = {"baseline": baseline.fit(flat(learned)), "gemsieve": shipped}
    return {name: by_set(rows, scorer, "test") for name, scorer in scorers.items()}


def left_out(
    rows: Rows, learned: Rows, names: Sequence[str], fitters: Mapping[str, Fitter]
) -> Table:
    """Return, by set, the figures of models that never saw it: on its test part, on all rows."""
    table: Table = {}
    for name in names:
        start = time.perf_counter()
        others = without(learned, name, rows[name])
        for who, fit in fitters.items():
            scorer = fit(others)
            for part in ("test", None):
                value = by_set({name: rows[name]}, scorer, part)[name]
                table.setdefault(f"{who} {part or 'all'}", {})[name] = value
        spent = time.perf_counter() - start
        print(f"left out {name}: {len(others):,} rows, {spent:.0f} s", flush=True)
    return table


def without(learned: Rows, name: str, gone: Sequence[Row]) -> list[Row]:
    """Return the training rows of all other sets, less those with the words of a row left out."""
    known = {words(row.text) for row in gone}
    return [
        row
        for other, some in learned.items()
        if other != name
        for row in some
        if words(row.text) not in known
    ]


@cache
def words(text: str) -> str:
    """Return what `part_of` splits by: the words alone."""
    return " ".join(word for word in normalise(text).split() if word[0].isalnum())


def flat(learned: Rows) -> list[Row]:
    """Return the rows of every set in one list."""
    return [row for some in learned.values() for row in some]


def by_set(rows: Rows, score: Scorer, part: str | None) -> dict[str, float]:
    """Return the area under the curve of each set's part, or of all its rows."""
    found = {}
    for name, some in rows.items():
        chosen = [row for row in some if part in {None, row.part}]
        found[name] = metrics.auc([r.toxic for r in chosen], score([r.text for r in chosen]))
    return found


def report(title: str, table: Mapping[str, Mapping[str, float]]) -> None:
    """Print a column a model, a line a set, and the means over English sets and over others."""
    print(f"\n{title:32}" + "".join(f"{who:>16}" for who in table))
    names = list(next(iter(table.values())))
    groups = {
        "mean of the English sets": [n for n in names if n in ENGLISH],
        "mean of the others": [n for n in names if n not in ENGLISH],
    }
    lines = {**{name: [name] for name in names}, **{k: v for k, v in groups.items() if v}}
    for line, some in lines.items():
        values = (sum(column[n] for n in some) / len(some) for column in table.values())
        print(f"{line:32}" + "".join(f"{value:16.4f}" for value in values))
    print(flush=True)


if __name__ == "__main__":
    main()
