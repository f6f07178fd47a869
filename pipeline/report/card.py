"""`README.md`: the data card of an output, in the form of Hugging Face's data-set cards.

Its front matter says which files are the data, so that `datasets.load_dataset` loads the folder,
here or once it is uploaded. It holds counts, labels and names that users chose; no text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gemsieve.filters import Filter
from gemsieve.pipeline.manifest import WEIGHTS, Manifest
from gemsieve.pipeline.report.counts import TOP, judged, languages, reasons, sources
from gemsieve.pipeline.report.croissant import COLUMNS, PASSED
from gemsieve.pipeline.report.statements import (
    LIMITS,
    USES,
    Statements,
    Subject,
    action,
    column_condition,
    condition,
)
from gemsieve.pipeline.report.templates import environment
from gemsieve.pipeline.tally import Tally

NAME = "README.md"
INPUTS = 50  # named; the manifest names all
LARGE = ((10**3, "K"), (10**6, "M"), (10**9, "B"), (10**12, "T"))


def card(books: Manifest, judge: Filter, tally: Tally, said: Statements, subject: Subject) -> str:
    """Return the card."""
    rules = judge.policy.ruleset("corpus")
    return (
        environment()
        .get_template("card.md")
        .render(
            front=front_matter(books, said, subject),
            subject=subject,
            books=books,
            said=said,
            columns=[(field.name, COLUMNS.get(field.name, PASSED)) for field in subject.schema],
            rules=[(rule, condition(rule), action(rule)) for rule in rules.rules],
            column_rules=[(rule, column_condition(rule)) for rule in rules.columns],
            sources=sources(tally),
            languages=languages(tally)[:TOP],
            reasons=reasons(tally)[:TOP],
            judged=judged(tally),
            inputs=books.inputs[:INPUTS],
            limits=LIMITS,
            uses=USES,
        )
    )


def front_matter(books: Manifest, said: Statements, subject: Subject) -> str:
    """Return the YAML between the dashes."""
    import yaml

    body: dict[str, Any] = {"pretty_name": subject.title}
    if said.languages:
        body["language"] = list(said.languages)
    if subject.licence:
        body["license"] = subject.licence
    body |= {
        "size_categories": [size_category(books.counts["kept"])],
        "task_categories": ["text-generation"],
        "tags": ["gemsieve", "pre-training", "filtered", *redacted(books)],
    }
    if configs := configurations(books):
        body["configs"] = configs
    return str(yaml.safe_dump(body, sort_keys=False, allow_unicode=True, width=1000))


def redacted(books: Manifest) -> Sequence[str]:
    """Return the tag of texts that something may be written over in."""
    return ["redacted"] if books.policy["operators"] else []


def configurations(books: Manifest) -> list[dict[str, Any]]:
    """Return which files are the data, and which their weights; a folder without rows has none."""
    held = {shard.path.split("/")[0] for shard in books.shards}
    names = {"kept": "default", WEIGHTS: WEIGHTS}
    return [
        {
            "config_name": name,
            "data_files": [{"split": "train", "path": f"{folder}/*.parquet"}],
        }
        for folder, name in names.items()
        if folder in held
    ]


def size_category(records: int) -> str:
    """Return the class of a number of records, such as `10K<n<100K`."""
    if records < 10**3:
        return "n<1K"
    if records >= 10**12:
        return "n>1T"
    low = 10 ** (len(str(records)) - 1)
    return f"{lettered(low)}<n<{lettered(10 * low)}"


def lettered(power: int) -> str:
    """Return a power of ten with the letter of its thousands."""
    unit, letter = max((u, letter) for u, letter in LARGE if power >= u)
    return f"{power // unit}{letter}"
