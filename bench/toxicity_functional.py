"""Ask toxicity detectors what they understand, class by class.

    python bench/toxicity_functional.py [--data DIR] [--second NAME] [--alone]
                                        [--classes NAME ...] [--seed 0] [--json FILE]

Prints a Markdown table for our detector and, where it is installed, one for alt-profanity-check.
Classes that need slurs or strong profanity are left out unless `--data` names the folder of
`words_surge_profanity` and `words_ldnoobw`. No sentence is printed.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Any

from functional_cases import Case, Class, cases, listed, load

from gemsieve.filters import Batch
from gemsieve.filters.toxicity import ToxicityDetector
from gemsieve.filters.toxicity.metrics import auc, share_above

LIMITS = (0.5, 0.6, 0.7, 0.8)  # those of the shipped policies
ANY = "toxicity.toxicity"

Score = Callable[[Sequence[str]], Mapping[str, Sequence[float]]]


@dataclass(frozen=True)
class Asked:
    """A class, its cases, and what a detector said of them, by label."""

    about: Class
    cases: Sequence[Case]
    scores: Mapping[str, Sequence[float]]


def main() -> None:
    """Run what is installed and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder of the two word lists")
    parser.add_argument("--second", help="the detector's second tier")
    parser.add_argument("--alone", action="store_true", help="leave alt-profanity-check out")
    parser.add_argument("--classes", nargs="+", metavar="NAME", help="ask no others")
    parser.add_argument("--seed", type=int, default=0, help="of the words that are filled in")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    options = parser.parse_args()
    try:
        made = chosen_cases(options.data, options.classes, options.seed)
    except ValueError as error:
        parser.error(str(error))
    figures: dict[str, Any] = {}
    for name, score in detectors(options.second, peer=not options.alone):
        figures[name] = measured([ask(one, some, score) for one, some in made if some])
        print(f"\n## {name}\n", *table(figures[name]), "", *summary(figures[name]), sep="\n")
    left = [one.name for one, some in made if not some]
    print(f"\nClasses left out for want of words (--data): {', '.join(left) or 'none'}")
    if options.json:
        found = {"seed": options.seed, "left_out": left, "detectors": figures}
        options.json.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


def chosen_cases(
    data: Path | None, chosen: Sequence[str] | None, seed: int
) -> list[tuple[Class, list[Case] | None]]:
    """Return the chosen classes, or all, with their cases; None where words are wanting.

    Raises:
        ValueError: There is no such class, or only one polarity is left to compare.
    """
    suite = load()
    unknown = {*(chosen or ())} - {one.name for one in suite.classes}
    if unknown:
        raise ValueError(f"no such class: {', '.join(sorted(unknown))}")
    words = {**suite.fill, **(listed(suite, data) if data else {})}
    asked = [one for one in suite.classes if not chosen or one.name in chosen]
    made = [(one, cases(suite, one, words, seed)) for one in asked]
    if len({one.toxic for one, some in made if some}) < 2:
        raise ValueError("figures compare toxic with harmless classes: choose some of both")
    return made


def detectors(second: str | None, peer: bool) -> Iterator[tuple[str, Score]]:
    """Yield ours and, if it is wanted and installed, the peer."""
    chosen: dict[str, Any] = {"second": second} if second else {}
    detector = ToxicityDetector(**chosen)
    detector.setup()

    def ours(texts: Sequence[str]) -> dict[str, list[float]]:
        found = [{f.label: f.score for f in some} for some in detector(Batch(texts))]
        return {label: [one[label] for one in found] for label in detector.labels.measures}

    yield "gemsieve" + (f", second tier {second}" if second else ""), ours
    if peer and find_spec("profanity_check") is None:
        print("alt-profanity-check is not installed: not measured")
    elif peer:
        predict = import_module("profanity_check").predict_prob
        yield "alt-profanity-check", lambda texts: {ANY: [float(p) for p in predict([*texts])]}


def ask(one: Class, some: Sequence[Case], score: Score) -> Asked:
    """Score the cases of one class."""
    return Asked(one, some, score([case.text for case in some]))


def measured(asked: Sequence[Asked]) -> dict[str, Any]:
    """Return every figure: by class, over all, by kind of toxicity, by group."""
    rows = {one.about.name: class_figures(one, asked) for one in asked}
    known = [one for one in asked if not one.about.way]
    labels = {ANY: auc_of(asked, ANY)} | {
        label: auc_of(asked, label, label.removeprefix("toxicity."))
        for label in asked[0].scores
        if label != ANY
    }
    areas = [row["auc"] for row in rows.values()]
    return {
        "classes": rows,
        "auc": labels,
        "auc_spelt_well": auc_of(known, ANY),
        "mean_class_auc": sum(areas) / len(areas),
        "groups": group_figures(known),
    }


def class_figures(one: Asked, asked: Sequence[Asked]) -> dict[str, Any]:
    """Compare one class with all of the other polarity, and with its contrast if that was asked."""
    others = [o for o in asked if o.about.toxic != one.about.toxic]
    contrast = [o for o in asked if o.about.name == one.about.contrast]
    return {
        "toxic": one.about.toxic,
        "cases": len(one.cases),
        "auc": auc_of([one, *others], ANY),
        "contrast": one.about.contrast,
        "contrast_auc": auc_of([one, *contrast], ANY) if contrast else None,
        "above": [share_above(one.scores[ANY], limit) for limit in LIMITS],
    }


def auc_of(asked: Sequence[Asked], label: str, kind: str | None = None) -> float:
    """Return the area under the curve of a label: by toxicity, or by one kind of it."""
    truth = [one.about.toxic if kind is None else kind in one.about.kinds for one in asked]
    known = [t for t, one in zip(truth, asked, strict=True) for _ in one.cases]
    return auc(known, [*chain.from_iterable(one.scores[label] for one in asked)])


def group_figures(asked: Sequence[Asked]) -> dict[str, dict[str, list[float]]]:
    """Return by group the shares above each limit, of harmless and of toxic sentences."""
    found: defaultdict[str, dict[bool, list[float]]] = defaultdict(lambda: {True: [], False: []})
    for one in asked:
        for case, score in zip(one.cases, one.scores[ANY], strict=True):
            if case.group:
                found[case.group][one.about.toxic].append(score)
    return {
        group: {
            name: [share_above(scores[toxic], limit) for limit in LIMITS]
            for name, toxic in (("harmless", False), ("toxic", True))
            if scores[toxic]
        }
        for group, scores in found.items()
    }


def percent(share: float) -> str:
    """Return a share in per cent."""
    return f"{100 * share:.0f}"


def table(figures: Mapping[str, Any]) -> Iterator[str]:
    """Yield the Markdown table of the classes."""
    limits = " | ".join(f"> {limit} (%)" for limit in LIMITS)
    yield f"| class | toxic | cases | AUC | contrast | AUC | {limits} |"
    yield "|---|---|" + "---:|" * 2 + "---|" + "---:|" * (1 + len(LIMITS))
    for name, row in figures["classes"].items():
        near = "" if row["contrast_auc"] is None else f"{row['contrast_auc']:.3f}"
        cells = (
            f"`{name}`",
            "yes" if row["toxic"] else "no",
            row["cases"],
            f"{row['auc']:.3f}",
            f"`{row['contrast']}`",
            near,
            *map(percent, row["above"]),
        )
        yield f"| {' | '.join(map(str, cells))} |"


def summary(figures: Mapping[str, Any]) -> Iterator[str]:
    """Yield the figures over all classes, and how far apart two groups are."""
    areas = ", ".join(f"{label} {area:.3f}" for label, area in figures["auc"].items())
    yield f"AUC over all classes: {areas}"
    yield f"Without the misspelt classes: {figures['auc_spelt_well']:.3f}"
    yield f"Mean of the classes' AUC: {figures['mean_class_auc']:.3f}"
    for name in ("harmless", "toxic"):
        groups = {group: row[name] for group, row in figures["groups"].items() if name in row}
        for place, limit in enumerate(LIMITS if groups else ()):
            shares = {group: row[place] for group, row in groups.items()}
            low, high = min(shares, key=shares.__getitem__), max(shares, key=shares.__getitem__)
            yield (
                f"{name} sentences that name a group, above {limit}: from {percent(shares[low])} % "
                f"({low}) to {percent(shares[high])} % ({high})"
            )


if __name__ == "__main__":
    main()
