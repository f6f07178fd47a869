"""The drill-down's lines are the tally's, however many sources there are, and can be picked."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemsieve.filters import Action, Finding, Verdict
from gemsieve.pipeline.report.drill import LINES, SOURCES, UNTOLD, drill
from gemsieve.pipeline.tally import Tally, total

from .test_report import Page, report

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
LANGUAGES = ("en", "de", "fr")
WHO = ("identity.religion.muslim", "identity.religion.jain")
WHY = ("toxicity.toxicity", "quality.gopher.word_count")


def corpus(names: list[str], records: int, seed: int = 1) -> Tally:
    """Return the tally of records whose language, groups and reasons are drawn."""
    rng, tally = random.Random(seed), Tally()
    for i in range(records):
        action = rng.choice(list(Action))
        reasons = () if action is Action.KEEP else tuple(rng.sample(WHY, rng.randint(1, 2)))
        found = [Finding(label, 1.0, (0, 3)) for label in rng.sample(WHO, rng.randint(0, 2))]
        if rng.random() < 0.9:
            found.append(Finding(f"language.{rng.choice(LANGUAGES)}", rng.choice([0.5, 0.9])))
        found.append(Finding("language.it", 0.4))
        source = names[i % len(names)]
        tally.add(source, "abc", Verdict(action, reasons, None, tuple(found)), frozenset())
    return tally


@given(st.integers(1, 120), st.integers(1, 300), st.integers(0, 9))
def test_no_record_is_lost_between_the_lines(sources: int, records: int, seed: int) -> None:
    """Fates add up to the judged records, reasons to the tally's, whatever shares a line."""
    tally = corpus([f"s{i}" for i in range(sources)], records, seed)
    found = drill(tally)
    fates: Counter[str] = Counter()
    for fate in found.fates:
        fates.update(fate.counts)
    assert +fates == +tally.by_outcome()
    reasons: Counter[tuple[str, str]] = Counter()
    for cause in found.causes:
        reasons[cause.label, cause.action] += cause.records
        assert cause.records <= cause.whole
    expected: Counter[tuple[str, str]] = Counter()
    for (_, label, action, _), n in tally.reasons.items():
        expected[label, action] += n
    assert reasons == expected
    assert len({fate.source for fate in found.fates}) <= SOURCES + 1


def test_a_text_has_the_language_of_half_of_the_probability() -> None:
    """Below one half for every language, a text is told of as in none."""
    tally = Tally()
    for score in (0.49, 0.5):
        found = (Finding("language.de", score), Finding("language.en", 0.45))
        tally.add("s", "abc", Verdict(Action.KEEP, (), "abc", found), frozenset())
    assert {fate.language: fate.total for fate in drill(tally).fates} == {"de": 1, UNTOLD: 1}


def test_groups_are_told_with_the_reasons_of_their_records() -> None:
    """A record about two groups, dropped for two reasons, counts once for each pair of them."""
    tally = Tally()
    found = tuple(Finding(label, 1.0, (0, 3)) for label in (*WHO, *WHO))
    tally.add("s", "abc", Verdict(Action.DROP, WHY, None, found), frozenset())
    tally.add("s", "abc", Verdict(Action.KEEP, (), "abc", found[:1]), frozenset())
    lines = {(c.place[0], c.label): (c.records, c.whole) for c in drill(tally).blamed}
    assert lines == {
        **{(WHO[0], why): (1, 2) for why in WHY},
        **{(WHO[1], why): (1, 1) for why in WHY},
    }


def test_ten_thousand_sources_make_a_small_page(tmp_path: Path) -> None:
    """The page holds the largest sources and bounded tables; no line is told that is not there."""
    slices = [corpus([f"s{i}" for i in range(k, 10_000, 4)], 5000, k) for k in range(4)]
    tally = total(slices)
    text, _ = report(tmp_path, tally)
    assert len(text) < 1_000_000
    lines = Page(text).table("Reasons by source and language")
    assert len(lines) == len(drill(tally).causes) <= LINES
    assert any(line[0] == f"{10_000 - SOURCES:,} other sources" for line in lines)


def opened(page: Path) -> str:
    """Return what a browser makes of a page."""
    switches = ("--headless", "--no-sandbox", "--disable-gpu", "--dump-dom")
    command = [str(CHROMIUM), *switches, page.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


PICK = """
<script>
const pick = (name, value) => {
  const words = [...document.querySelectorAll("form.pick label")];
  const control = words.find((one) => one.firstChild.data === name).lastChild;
  control.value = value;
  control.dispatchEvent(new Event("change"));
};
const table = document.querySelector("#drill-causes");
const seen = () => [...table.tBodies[0].rows].filter((row) => !row.hidden)
  .map((row) => [...row.cells].map((cell) => cell.textContent.trim()));
const told = {};
pick("source", "s1");
pick("language", "de");
told.picked = seen();
table.tHead.querySelectorAll("th.num button")[0].click();
told.falling = seen();
table.tHead.querySelectorAll("th.num button")[0].click();
told.rising = seen();
document.title = JSON.stringify(told);
</script>
</body>"""


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here to open the page in")
def test_a_browser_runs_the_page_s_own_script_and_no_other(tmp_path: Path) -> None:
    """The page as it is gets its controls; a script smuggled into it does nothing."""
    text, _ = report(tmp_path, corpus(["s0", "s1"], 50))
    page = tmp_path / "page.html"
    page.write_text(text.replace("</main>", "<script>document.title = 'smuggled'</script></main>"))
    shown = opened(page)
    assert "<select>" in shown
    assert "<title>smuggled</title>" not in shown


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here to open the page in")
def test_a_reader_picks_and_sorts_in_a_browser(tmp_path: Path) -> None:
    """In a real browser the lines shown are those asked for, in the order asked for."""
    tally = corpus(["s0", "s1", "s2"], 400)
    text, _ = report(tmp_path, tally)
    page = tmp_path / "page.html"  # let the test's own script run beside the page's
    page.write_text(re.sub(r"<meta http-equiv.*?>", "", text).replace("</body>", PICK))
    told = json.loads(re.findall(r"<title>(.*?)</title>", opened(page))[0])
    expected = {
        (label, action): n
        for (source, label, action, language), n in tally.reasons.items()
        if (source, language) == ("s1", "de")
    }
    shown = [{(line[2], line[3]): int(line[4]) for line in told[name]} for name in sorted(told)]
    assert shown == [expected] * 3
    counts = [int(line[4]) for line in told["falling"]]
    assert counts == sorted(counts, reverse=True)
    assert [int(line[4]) for line in told["rising"]] == sorted(counts)
