"""`report.html`: a run on one page that needs nothing beside it; curves, data, settings, origin.

Numbers, labels and names that users chose; no text of the corpus comes near. All but times is
the same for the same data, settings and code.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import exp
from operator import itemgetter
from pathlib import Path
from typing import Any

from gemsieve.model.checkpoints.about import About
from gemsieve.model.checkpoints.origin import START
from gemsieve.model.gemma.config import GemmaConfig
from gemsieve.model.gemma.transformer import count_parameters
from gemsieve.model.training.settings import TrainSettings
from gemsieve.model.training.watching.curves import Entry, curve, draw
from gemsieve.model.training.watching.goodput import Spent
from gemsieve.model.training.watching.watched import Watched, watched
from gemsieve.pipeline.manifest import Manifest
from gemsieve.pipeline.report.templates import environment
from gemsieve.pipeline.storage import write_atomically

NAME = "report.html"
LINES = 24  # of the table of losses


@dataclass(frozen=True)
class Speed:
    """What was measured: tokens a second, padding included, and model FLOPs utilisation.

    `spent` is the time of all calls together.
    """

    tokens_per_second: float
    utilisation: float | None
    spent: Spent = field(default_factory=Spent)


def write_page(
    run: Path, about: About, books: Sequence[Manifest], entries: Sequence[Entry], speed: Speed
) -> Path:
    """Write a run's page into its folder and return its path.

    Args:
        run: The run's folder.
        about: Where its parameters come from.
        books: The manifests of its data, as far as there are any.
        entries: Its lines of metrics, at least one.
        speed: Of this call; 0 tokens a second where it took no step.
    """
    path, seen = run / NAME, watched(entries, run)
    write_atomically(path, page(about, books, entries, speed, seen).encode())
    return path


def page(
    about: About,
    books: Sequence[Manifest],
    entries: Sequence[Entry],
    speed: Speed,
    seen: Watched | None = None,
) -> str:
    """Return the page; what was `seen` is summed up from the entries alone where it is None."""
    held_out = [entry for entry in entries if "held_out_loss" in entry]
    steps = about.settings["train"]["steps"]
    return (
        environment("gemsieve.model")
        .get_template("run.html")
        .render(
            about=about,
            books=books,
            parameters=count_parameters(GemmaConfig(**about.settings["model"])),
            steps=steps,
            first=entries[0],
            last=entries[-1],
            held_out=held_out[-1] if held_out else None,
            best=min(held_out, key=lambda entry: entry["held_out_loss"]) if held_out else None,
            lines=chosen(entries),
            plots=plots(entries),
            settings={
                name: told(about.settings[name])
                for name in asdict(TrainSettings())
                if name in about.settings
            },
            start=about.settings.get(START),
            speed=speed,
            seen=seen or watched(entries),
            perplexity=lambda loss: f"{exp(loss):,.1f}",
        )
    )


def plots(entries: Sequence[Entry]) -> dict[str, str]:
    """Return what is drawn; what no line tells is not."""
    drawn = {"loss": [curve(entries, "loss"), curve(entries, "held_out_loss", dotted=True)]}
    drawn |= {key: [curve(entries, key)] for key in ("learning_rate", "gradient_norm")}
    drawn |= {
        key: [curve(entries, key, dotted=True)] for key in ("held_out_accuracy", "held_out_margin")
    }
    return {
        key: draw(curves, key, logarithmic=key == "gradient_norm")
        for key, curves in drawn.items()
        if curves[0].values
    }


def chosen(entries: Sequence[Entry]) -> list[Entry]:
    """Return entries for the table, some `LINES` where there are more, half of them held out."""
    held_out = [entry for entry in entries if "held_out_loss" in entry]
    half = LINES // 2
    both = [*spread(held_out, half), *spread(entries, half)]
    return list({entry["step"]: entry for entry in sorted(both, key=itemgetter("step"))}.values())


def spread(entries: Sequence[Entry], most: int) -> Sequence[Entry]:
    """Return at most so many entries at even distances, the last among them."""
    return entries[::-1][:: -(-len(entries) // most) or 1]


def told(table: Mapping[str, Any]) -> dict[str, str]:
    """Return the values of a table of settings, as TOML has them; none is "none"."""
    return {
        key: "none" if value is None else value if isinstance(value, str) else json.dumps(value)
        for key, value in table.items()
    }
