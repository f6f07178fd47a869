"""A run's page tells the run's numbers, stands alone, and shows no text that it did not mean to."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from gemsieve.model.training.train import Summary
from gemsieve.model.training.watching.goodput import Spent
from gemsieve.model.training.watching.page import LINES, NAME, Speed, chosen, page, write_page
from gemsieve.pipeline.manifest import Manifest, read

Finished = tuple[Path, Summary]
NOTHING = Speed(0.0, None)


@pytest.fixture(scope="module")
def books(data: Path) -> list[Manifest]:
    """Return the manifest of the run's data."""
    return [read(data)]


def test_a_page_tells_the_run(tmp_path: Path, books: list[Manifest], finished: Finished) -> None:
    """Last losses, size, digests, counts, every setting, and the speed where one was measured."""
    _, summary = finished
    spent = Spent({"step": 30.0, "input": 10.0}, lost=20.0, starts=2)
    speed = Speed(1234.4, 0.256, spent)
    path = write_page(tmp_path, summary.about, books, summary.entries, speed)
    text, last = path.read_text(), summary.entries[-1]
    assert path == tmp_path / NAME
    told = [f"{last['loss']:.3f}", f"{last['held_out_loss']:.3f}", f"{summary.parameters:,}"]
    told += [
        summary.about.manifest,
        summary.about.tokenizer,
        "0" * 64,
        "1,234",
        "25.6 % of the peak",
        "50.0 %</dd><dd>of 60 s in 2 starts; 33.3 % in steps taken again, input waited for 25.0 %",
    ]
    told += [f"{books[0].counts['kept']:,}", *summary.about.settings]
    assert [what for what in told if what not in text] == []
    keys = {key for table in summary.about.settings.values() for key in table}
    assert keys <= set(re.sub("<wbr>|</?code>", " ", text).replace("_ ", "_").split())


def test_a_page_needs_nothing_and_repeats(books: list[Manifest], finished: Finished) -> None:
    """Equal runs have equal pages; no address is fetched, and each plot is whole XML."""
    about, entries = finished[1].about, finished[1].entries
    text = page(about, books, entries, NOTHING)
    assert text == page(about, books, entries, NOTHING)
    assert not re.search(r"(?:src|href)=\"(?!#)|@import|url\((?!#)", text)
    assert "default-src 'none'" in text
    plots = [ET.fromstring(plot) for plot in re.findall(r"<svg xml.*?</svg>", text, re.S)]  # noqa: S314
    assert len(plots) == 3


def test_names_are_shown_as_text(books: list[Manifest], finished: Finished) -> None:
    """A policy's name that looks like markup is no markup."""
    about = replace(finished[1].about, policy={"name": "<script>x", "sha256": "0" * 64})
    text = page(about, books, finished[1].entries, NOTHING)
    assert "<script" not in text
    assert "&lt;script&gt;x" in text


def test_a_run_that_was_stopped_early_has_a_page(books: list[Manifest], finished: Finished) -> None:
    """One line of metrics, without a held-out loss, is told as such, and no speed is invented."""
    text = page(finished[1].about, books, finished[1].entries[:1], NOTHING)
    assert "held-out text was not read yet" in text
    assert "tokens a second" not in text


def test_a_long_run_has_a_short_table() -> None:
    """The table stays near its length, in order, each step once, and ends with the last line."""
    entries = [{"step": n} | ({"held_out_loss": 1.0} if n % 7 == 0 else {}) for n in range(1, 9999)]
    steps = [entry["step"] for entry in chosen(entries)]
    assert steps == sorted(set(steps))
    assert steps[-1] == 9998
    assert LINES // 2 < len(steps) <= LINES
