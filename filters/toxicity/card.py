"""Write the model card: every figure in it was measured in the run that wrote it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from gemsieve.filters.toxicity import metrics
from gemsieve.filters.toxicity.data import SOURCES, THREADS, Row
from gemsieve.filters.toxicity.fast import fit
from gemsieve.filters.toxicity.fast.tables import BITS, FAMILIES, Tables
from gemsieve.filters.toxicity.measure import Figures, mean_auc
from gemsieve.filters.toxicity.teacher import TRUST

LIMITS = (0.5, 0.6, 0.7, 0.8, 0.9)
SMALL = 50  # rows, below which a rate says little

INTRODUCTION = """\
# Toxicity model: the fast tier

Logistic regression over hashed words, groups of 2 to 5 letters within words, and pairs of words,
behind the labels `toxicity.*`: the probability that readers would call a passage toxic (abusive,
hateful, demeaning, threatening), and of each kind that people marked in these sets. This card is
written by the recipe; every figure was measured by it.

**Intended use.** Filtering English pre-training text, and a first guard on prompts and answers.
German, Chinese, Portuguese and Korean were learned from one set each; other languages are not
judged, only rarely flagged. Not for decisions about people.

**Scores** are calibrated on the development parts of the labelled sets, {prior} % of which are
toxic; where toxicity is rarer, as on the web, a score overstates the probability. A document's
score is the mean over its worst quarter, by characters, of passages of some 384 characters.
"""

CLOSING = """\
## Known failures

- It adds up words, groups of letters and pairs, so it does not understand: irony, implied hate,
  quotation and counter-speech are often misjudged (see the sets of implicit, machine-written and
  emoji hate, and the functional tests in docs/toxicity.md).
- Spelling tricks get through in part; profanity without abuse is often flagged.
- The labels disagree: `toxic` means something else in every set, and the Davidson tweets, chosen by
  a list of slurs, carry a known bias against African American English.
- `profanity` was learned from one English and two other sets, `threat` from some 450 texts.
- One toxic line in a long document is deliberately not enough to condemn it; `toxicity.sentence`
  finds it.

## How to retrain

    python -m gemsieve.model.toxicity.teach --data DIR --output answers.npz
    python -m gemsieve.filters.toxicity_recipe --data DIR --output filters/weights \\
        --teacher answers.npz

`DIR` holds one folder a set, each with `data.jsonl.gz` (fields `text` and `label`), `raw_en`,
`raw_multi`, `raw_udhr` and the lists of words that fill the templates. The split is by hash of the
words: 80 % training, 10 % development, 10 % test. One kind of processor gives the same bytes again.

## Terms

Trained on the sets above, each under its own terms; texts of Wikipedia, Stormfront, ToLD-Br and
the Korean set are under share-alike licences, so the weights are offered under CC BY-SA 4.0, with
these sets as the attribution. No word of theirs is in the file: features are hashes.
"""


def card(parts: Mapping[str, Sequence[Row]], figures: Figures, how: str) -> str:
    """Return the model card as Markdown; `how` is what `made` says."""
    known = [label for labels, _ in figures.sets.values() for label in labels]
    return "\n".join(
        [
            INTRODUCTION.format(prior=round(100 * sum(known) / len(known))),
            how,
            *data_section(parts),
            *sets_section(figures),
            *kinds_section(figures),
            *harmless_section(figures),
            *mixture_section(figures),
            CLOSING,
        ]
    )


def made(body: bytes, tables: Tables, seed: int, taught: int) -> str:
    """Say which file this is about and how it was made; a teacher judged `taught` texts."""
    rows = ", ".join(f"{name} 2^{bits}" for name, bits in zip(FAMILIES, BITS, strict=True))
    curves = "; ".join(
        f"{label} {slope:.4f}, {shift:.4f}"
        for label, slope, shift in zip(tables.labels, tables.slopes, tables.shifts, strict=True)
    )
    digest = hashlib.sha256(body).hexdigest()
    return (
        f"**File.** {len(body):,} bytes, SHA-256 `{digest}`;\nseed {seed}; "
        f"rows of the tables: {rows}; at least {fit.RAREST} training texts a feature; penalty\n"
        f"{fit.PENALTY:g}; {fit.STEPS} steps of L-BFGS; an offset for English and one for each "
        "set\nof another language, left out at use.\n"
        f"Slope and intercept of each curve: {curves}.\n"
        f"Kinds are computed where toxicity is at least {tables.gate:g}.\n\n"
        f"**Teacher.** Of {taught:,} training texts {TRUST:.0%} of the target is what the strong\n"
        "tier, tuned on the same sets, says of them; the rest, and all of it for others, is the\n"
        "label, or the share of raters who called them toxic.\n"
    )


def table(head: Sequence[str], lines: Iterable[Sequence[object]]) -> list[str]:
    """Return a Markdown table and an empty line."""
    rule = ["---", *("---:" for _ in head[1:])]
    return [f"| {' | '.join(map(str, line))} |" for line in (head, rule, *lines)] + [""]


def percent(share: float) -> str:
    """Return a share in per cent."""
    return f"{100 * share:.1f}"


def data_section(parts: Mapping[str, Sequence[Row]]) -> list[str]:
    """Say what was learned from."""
    about = {s.name: (s.language, s.meaning, s.licence) for s in (*SOURCES, THREADS)}
    about["harmless passages"] = (
        "en, many",
        "books, speeches, documentation, web; the Declaration of Human Rights in 530 versions",
        "public domain, PSF-2.0, PostgreSQL, ODC-BY 1.0, MIT",
    )
    about["templates"] = ("en", "people of many groups, harmless and hostile", "this project's own")
    lines = [
        (name, *about[name], f"{len(rows):,}", percent(sum(r.toxic for r in rows) / len(rows)))
        for name, rows in parts.items()
    ]
    head = ("set", "language", "toxic means", "licence", "training lines", "toxic %")
    note = "The rarer class of a set is repeated, up to four times, so that its style tells less."
    return ["## Data", "", *table(head, lines), note, ""]


def sets_section(figures: Figures) -> list[str]:
    """Report each labelled set's test part."""
    lines = []
    for name, (toxic, scores) in figures.sets.items():
        yes = [s for s, t in zip(scores, toxic, strict=True) if t]
        no = [s for s, t in zip(scores, toxic, strict=True) if not t]
        rates = (f"{percent(metrics.share_above(yes, x))} / " for x in LIMITS)
        wrong = (percent(metrics.share_above(no, x)) for x in LIMITS)
        both = [a + b for a, b in zip(rates, wrong, strict=True)]
        few = "*" if min(len(yes), len(no)) < SMALL else ""
        lines.append((name, len(no), len(yes), f"{metrics.auc(toxic, scores):.3f}{few}", *both))
    english = [s.name for s in SOURCES if s.language == "en"]
    others = [s.name for s in SOURCES if s.language != "en"]
    pooled = [list(chain.from_iterable(pair[i] for pair in figures.sets.values())) for i in (0, 1)]
    return [
        "## Test part of the labelled sets",
        "",
        "Share of toxic / of harmless texts above a limit, in per cent. \\*: under 50 of a class.",
        "",
        *table(
            ("set", "harmless", "toxic", "AUC", *(f"above {x}" for x in LIMITS)),
            lines,
        ),
        f"Mean AUC: {mean_auc(figures, english):.3f} over {len(english)} English sets, "
        f"{mean_auc(figures, others):.3f} over {len(others)} others. Expected calibration error, "
        f"all sets pooled, 15 bins: {metrics.calibration_error(pooled[0], pooled[1]):.3f}.",
        "",
    ]


def kinds_section(figures: Figures) -> list[str]:
    """Report each kind of toxicity, over the rows whose set tells of it."""
    lines = [
        (
            kind,
            len(truth) - sum(truth),
            sum(truth),
            f"{metrics.auc(truth, scores):.3f}" if 0 < sum(truth) < len(truth) else "–",
            f"{metrics.calibration_error(truth, scores):.3f}",
        )
        for kind, (truth, scores) in figures.kinds.items()
    ]
    return [
        "## Kinds of toxicity",
        "",
        "Over the test rows, of all languages, whose set tells of the kind. Sexual content is no",
        "label: no set here has people mark it.",
        "",
        *table(("kind", "others", "texts", "AUC", "calibration error"), lines),
    ]


def harmless_section(figures: Figures) -> list[str]:
    """Report false alarms on identity sentences and on harmless documents."""
    harmless = list(chain.from_iterable(figures.groups.values()))
    kinds = {
        **{f"sentences naming {group}": scores for group, scores in figures.groups.items()},
        "all harmless identity sentences": harmless,
        "(hostile sentences, same groups)": figures.hostile,
        **{f"documents: {kind}": figures.documents[kind] for kind in sorted(figures.documents)},
    }
    lines = [
        (kind, len(scores), *(percent(metrics.share_above(scores, x)) for x in LIMITS))
        for kind, scores in kinds.items()
    ]
    toxic = [False] * len(harmless) + [True] * len(figures.hostile)
    return [
        "## False alarms on harmless text",
        "",
        "Share above a limit, in per cent. The sentences share no skeleton with those of training,",
        "and name some groups that training does not.",
        "",
        *table(("text", "count", *(f"above {x}" for x in LIMITS)), lines),
        f"AUC of hostile against harmless sentences: "
        f"{metrics.auc(toxic, harmless + figures.hostile):.3f}.",
        "",
    ]


def mixture_section(figures: Figures) -> list[str]:
    """Report long documents that are toxic in part."""
    lines = [
        (
            f"{share:.0%}",
            f"{sum(scores) / len(scores):.2f}",
            *(percent(metrics.share_above(scores, x)) for x in LIMITS),
        )
        for share, scores in figures.mixtures.items()
    ]
    return [
        "## Long documents, toxic in part",
        "",
        "Documents of 8,000 characters, of which a share, in one run, was replaced by toxic posts.",
        "",
        *table(("toxic share", "mean score", *(f"above {x} (%)" for x in LIMITS)), lines),
    ]
