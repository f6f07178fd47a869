"""The report's numbers are the tally's, its page stands alone, and it shows no text."""

from __future__ import annotations

import json
import random
import re
from base64 import b64encode
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemsieve.filters import Action, Batch, Filter, Finding, Verdict
from gemsieve.filters.language import LanguageDetector
from gemsieve.filters.policy import Policy, Rule, Ruleset
from gemsieve.filters.quality import QualityDetector
from gemsieve.pipeline.manifest import Manifest
from gemsieve.pipeline.report.body import Clocks
from gemsieve.pipeline.report.counts import OUTCOMES, TOP, summed
from gemsieve.pipeline.report.identity import ENOUGH
from gemsieve.pipeline.report.report import write_report
from gemsieve.pipeline.report.templates import percent, shown
from gemsieve.pipeline.tally import Tally
from gemsieve.pipeline.workers.heartbeat import Beat

HOSTILE = (
    '<script>alert("1")</script>',
    "\"><img src=x onerror='alert(2)'>",
    "{{ 7 * 7 }}{% raw %}",
    "a\u202egnp.exe\x00\nb",
    "\udc80 not UTF-8",
    "-->]]><![CDATA[",
)
VOID = {"meta", "br", "wbr", "img", "hr", "input"}
WORDS = "quality.gopher.word_count"
STOPS = "quality.gopher.stop_words"
RULES = (
    Rule(("quality.*", "identity.*", "language.*"), Action.KEEP),
    Rule((WORDS,), Action.DROP, outside=(5, 100_000)),
    Rule((STOPS,), Action.DROP, below=2),
    Rule(("quality.gopher.duplicate_line_share",), Action.DROP, above=0.3),
    Rule(("pii.*",), Action.REDACT, above=0.4),
)


class Page(HTMLParser):
    """Reads a page strictly: every end tag must close what is open; collects tables by caption."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.tables: list[tuple[str, list[list[str]]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), f"<{tag}> repeats an attribute"
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self.tables.append(("", []))
        if tag == "tr":
            self.tables[-1][1].append([])
        if tag in ("td", "th"):
            self.tables[-1][1][-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open
        assert self.open[-1] == tag, f"</{tag}> closes <{self.open[-1]}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "script"):
            self.words.append(data)
        if "caption" in self.open:
            caption, lines = self.tables[-1]
            self.tables[-1] = caption + data, lines
        elif "td" in self.open or ("th" in self.open and "table" in self.open):
            self.tables[-1][1][-1][-1] += data

    def table(self, caption: str) -> list[list[str]]:
        """Return the cells of the body of the one table with this caption."""
        (found,) = [lines for title, lines in self.tables if title.strip() == caption]
        return [[cell.strip() for cell in line] for line in found[1:]]


def verdict(action: Action, *findings: Finding, reasons: Sequence[str] = ()) -> Verdict:
    """Return a verdict with some measures of its own."""
    measures = (Finding(WORDS, 120.0), Finding(STOPS, 6.0), Finding("language.en", 0.93))
    return Verdict(action, tuple(reasons), None, (*measures, *findings))


def example(names: Sequence[str], records: int, seed: int = 7) -> Tally:
    """Return the tally of some records from these sources, of every outcome."""
    rng, tally = random.Random(seed), Tally()
    mail = Finding("pii.email_address", 1.0, (0, 5))
    muslim = Finding("identity.religion.muslim", 1.0, (6, 9))
    rare = Finding("identity.religion.jain", 1.0, (6, 9))
    kinds = (
        verdict(Action.KEEP),
        verdict(Action.KEEP, muslim),
        verdict(Action.REDACT, mail, reasons=["pii.email_address"]),
        verdict(Action.DROP, mail, muslim, reasons=[STOPS, WORDS]),
        verdict(Action.DROP, rare, reasons=[WORDS]) if seed == 7 else verdict(Action.KEEP),
    )
    for i in range(records):
        source = names[i] if i < len(names) else rng.choice(names)
        if rng.random() < 0.1:
            tally.quarantine(source, rng.choice(["malformed_json", "empty_text"]))
        else:
            weights = (4, 3, 2, 2, 0.1)
            choice = rng.choices(kinds, weights)[0]
            tally.add(source, "x" * rng.randrange(500), choice, frozenset({"language.en"}))
    return tally


def judge() -> Filter:
    """Return a real filter, though one without all detectors."""
    policy = Policy("test <policy>", "ab" * 32, {"corpus": Ruleset(RULES)})
    return Filter(policy, {"corpus": (LanguageDetector(), QualityDetector())})


def books(folder: Path, tally: Tally) -> Manifest:
    """Return the manifest that a job with this tally has."""
    held = {o: summed(tally.outcomes, 1)[o,] for o in OUTCOMES}
    return Manifest(
        folder=folder,
        policy={"name": "test <policy>", "sha256": "ab" * 32},
        detectors=[{"name": "language", "version": "1", "sha256": "cd" * 32}],
        inputs=[
            {"name": name, "bytes": 10 * n, "records": n}
            for (name,), n in sorted(summed(tally.outcomes, 0).items())
        ],
        counts={
            "in": sum(held.values()),
            "kept": held["kept"] + held["redacted"],
            "dropped": held["dropped"],
            "quarantined": held["quarantined"],
        },
        shards=[],
        code="0.1.0",
    )


def report(
    folder: Path, tally: Tally, beats: Sequence[Beat] = (Beat({"kept": 30}, 9_000_000, 70, 3.0),)
) -> tuple[str, str]:
    """Write a report and return its page and its JSON."""
    path = write_report(books(folder, tally), judge(), tally, Clocks(beats), {})
    assert path == folder / "report" / "index.html"
    return path.read_text("utf-8"), (folder / "report" / "report.json").read_text("utf-8")


CORPORA = {
    "empty": Tally(),
    "one record": example(["a.jsonl"], 1),
    "hostile": example(HOSTILE, 300),
    "500 sources": example([f"crawl/{i:03d}.jsonl.gz" for i in range(500)], 2000),
}


@pytest.fixture(scope="module", params=CORPORA)
def case(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Tally, str, str]:
    """Give each corpus with its page and JSON."""
    tally = CORPORA[request.param]
    return tally, *report(tmp_path_factory.mktemp("out"), tally)


Case = tuple[Tally, str, str]


def test_page_is_whole_and_needs_nothing(case: Case) -> None:
    """Tags balance, ids are unique and resolve, and nothing is fetched or run."""
    _, text, _ = case
    page = Page(text)
    assert not {tag for tag, _ in page.tags} & {"link", "iframe", "img", "object", "base"}
    ids = Counter(a["id"] for _, a in page.tags if "id" in a)
    assert set(ids.values()) <= {1}
    for _, attributes in page.tags:
        for name, value in attributes.items():
            assert not name.startswith("on")
            if name in ("href", "src", "xlink:href"):
                assert (value or "").startswith("#")
                assert (value or "")[1:] in ids
            elif not name.startswith("xmlns"):
                assert "//" not in (value or "") or name == "aria-label"
            for target in re.findall(r"url\(#([^)]+)\)", value or ""):
                assert target in ids
    style = text[text.index("<style>") : text.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style


def test_only_the_report_s_own_script_may_run(case: Case) -> None:
    """A browser is told to fetch nothing and to run the one script whose digest the page bears."""
    _, text, _ = case
    page = Page(text)
    assert [a for tag, a in page.tags if tag == "script"] == [{}]
    script = text[text.index("<script>") + len("<script>") : text.index("</script>")]
    digest = b64encode(sha256(script.encode()).digest()).decode()
    policies = [a["content"] or "" for _, a in page.tags if a.get("http-equiv")]
    (rules,) = [dict(part.split(maxsplit=1) for part in one.split(";")) for one in policies]
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == f"'sha256-{digest}'"


def test_page_speaks_without_eyes_or_colour(case: Case) -> None:
    """Tables have captions, plots have descriptions, and plots take the page's colours."""
    _, text, _ = case
    page = Page(text)
    assert all(caption.strip() for caption, _ in page.tables)
    pictures = [attributes for _, attributes in page.tags if attributes.get("role") == "img"]
    assert all(len(attributes["aria-label"] or "") > 20 for attributes in pictures)
    plots = re.findall(r'<div role="img".*?</svg>', text, re.DOTALL)
    assert len(plots) == len(pictures)
    assert not [plot for plot in plots if re.search(r"#[0-9a-f]{6}|<metadata|<style", plot)]


def test_headline_is_the_books(case: Case) -> None:
    """The sentence of conservation holds the books' own counts."""
    tally, text, _ = case
    counts = books(Path(), tally).counts
    words = " ".join("".join(Page(text).words).split())
    assert (
        f"{counts['in']:,} in = {counts['kept']:,} kept + {counts['dropped']:,} dropped"
        f" + {counts['quarantined']:,} quarantined" in words
    )
    funnel = Page(text).table("From read to kept")
    judged = counts["in"] - counts["quarantined"]
    unchanged = summed(tally.outcomes, 1)["kept",]
    assert [line[2] for line in funnel] == [
        f"{n:,}" for n in (counts["in"], judged, counts["kept"], unchanged)
    ]


def test_the_page_checks_the_books(tmp_path: Path) -> None:
    """It says that the books balance only when the manifest's counts and the tally agree."""
    tally = example(["s"], 50)
    held = books(tmp_path, tally)
    balanced = write_report(held, judge(), tally, Clocks(), {}).read_bytes().decode()
    one_more = replace(held, counts=dict(held.counts) | {"in": held.counts["in"] + 1})
    off = write_report(one_more, judge(), tally, Clocks(), {}).read_bytes().decode()
    assert "✓ the books balance" in balanced
    assert "✓ the books balance" not in off
    assert "do not balance" in off


def test_sources_are_the_tally(case: Case) -> None:
    """Each source's line shows its counts; what has no line is in the last; nothing is lost."""
    tally, text, _ = case
    if not tally.outcomes:
        return
    lines = Page(text).table("Records by source and outcome")
    expected = Counter(
        tuple(tally.outcomes[name, o] for o in OUTCOMES)
        for (name,), _ in summed(tally.outcomes, 0).items()
    )
    seen = [tuple(int(cell.replace(",", "")) for cell in line[4:]) for line in lines]
    named = seen[:TOP] if len(expected) > TOP + 1 else seen
    assert Counter(named) <= expected
    columns = [sum(line[i] for line in seen) for i in range(4)]
    assert columns == [summed(tally.outcomes, 1)[o,] for o in OUTCOMES]
    assert len(lines) <= TOP + 1


def test_labels_are_the_tally(case: Case) -> None:
    """Reasons, faults, mentions, languages and groups show the tally's sums."""
    tally, text, _ = case
    page = Page(text)

    def shown_counts(caption: str, *columns: int) -> dict[tuple[str, ...], int]:
        titles = [title.strip() for title, _ in page.tables]
        lines = page.table(caption) if caption in titles else []
        *keys, value = columns
        return {
            tuple(line[k] for k in keys): int(line[value].replace(",", ""))
            for line in lines
            if len(line) > 1
        }

    mentioned = summed(tally.mentions, 0)
    pii = {k: n for k, n in mentioned.items() if k[0].startswith("pii.")}
    identity = {(k[0].split(".")[2],): n for k, n in mentioned.items() if k not in pii}
    reasons = shown_counts("Records by the label and the action that it caused", 0, 1, 3)
    assert reasons == summed(tally.reasons, 1, 2)
    faults = shown_counts("Quarantined records by what was wrong with them", 0, 2)
    assert faults == summed(tally.faults, 1)
    assert shown_counts("Records that mention each label, by outcome", 0, 2) == pii
    told = shown_counts("Records that mention a group, and the share dropped", 0, 1)
    few = shown_counts("Groups with too few records to compare", 0, 1)
    assert told == {k: n for k, n in identity.items() if n >= ENOUGH}
    assert few == {k: n for k, n in identity.items() if n < ENOUGH}
    english = sum(n for k, n in tally.scores.items() if k[0] == "language.en")
    assert shown_counts("Records by language", 0, 2) == ({("en",): english} if english else {})


def test_json_is_the_tally(case: Case) -> None:
    """The machine's copy holds the tally, the books and the groups, with sorted keys."""
    tally, _, numbers = case
    body = json.loads(numbers)
    assert body["tally"] == json.loads(json.dumps(tally.body()))
    assert body["counts"] == books(Path(), tally).counts
    assert {group["label"]: group["mentioned"] for group in body["identity"]} == {
        key[0]: n for key, n in summed(tally.mentions, 0).items() if key[0].startswith("identity.")
    }
    assert body["throughput"]["records_per_second"] == pytest.approx(10)
    assert body["throughput"]["characters_per_second"] == pytest.approx(3e6)
    assert list(body) == sorted(body)
    assert len(numbers.splitlines()) == len(body) + 2


def test_every_key_of_the_numbers_is_documented(case: Case) -> None:
    """Each key of `report.json` and of its tally stands in the page about outputs."""
    _, _, numbers = case
    page = (Path(__file__).parents[2] / "docs" / "output.md").read_text("utf-8")
    body = json.loads(numbers)
    for key in (*body, *body["tally"], *body["throughput"].get("stages", {})):
        assert f"`{key}`" in page, key


def test_hostile_names_are_only_shown() -> None:
    """Names that users chose become text: bounded, visible, on one line."""
    for name in (*HOSTILE, "x" * 500):
        assert len(shown(name)) <= 80
        assert shown(name).isprintable()
    assert shown("<b>") == "<b>"


def test_hostile_names_reach_the_page_as_text(tmp_path: Path) -> None:
    """Every hostile name can be read on the page, as it is, and made no element."""
    text, _ = report(tmp_path, example(HOSTILE, 300))
    page = Page(text)
    names = {line[0] for line in page.table("Records by source and outcome")}
    assert names == {shown(name).strip() for name in HOSTILE}
    plain, _ = report(tmp_path / "plain", example([f"s{i}" for i in range(len(HOSTILE))], 300))
    assert Counter(tag for tag, _ in page.tags) == Counter(tag for tag, _ in Page(plain).tags)


def test_equal_tallies_make_equal_bytes(tmp_path: Path) -> None:
    """The order in which a tally was filled cannot be seen; new timings touch the throughput."""
    tally = example([f"s{i}" for i in range(40)], 900)
    other = Tally(
        **{
            name: Counter(dict(random.Random(1).sample(sorted(counter.items()), len(counter))))
            for name, counter in vars(tally).items()
        }
    )
    assert report(tmp_path / "a", tally) == report(tmp_path / "b", tally)
    page, numbers = report(tmp_path / "a", tally)
    assert (page, numbers) == report(tmp_path / "c", other)
    slow, slow_numbers = report(tmp_path / "d", tally, [Beat({"kept": 30}, 99, 70, 77.0)])
    cut = re.compile(r'<section id="throughput">.*?</section>', re.DOTALL)
    assert slow != page
    assert cut.sub("", slow) == cut.sub("", page)
    bodies = [json.loads(body) for body in (numbers, slow_numbers)]
    assert bodies[0].pop("throughput") != bodies[1].pop("throughput")
    assert bodies[0] == bodies[1]


def test_no_word_of_any_text_is_shown(tmp_path: Path) -> None:
    """A real filter's verdicts on texts of invented words leave none of them in the report."""
    rng = random.Random(3)
    invented = ["".join(rng.choices("bdfgklmnprstvz", k=9)) for _ in range(300)]
    texts = [" ".join(["the and of", *rng.sample(invented, k)]) for k in range(99)]
    tally = Tally()
    for text, found in zip(texts, judge()(Batch(texts), "corpus"), strict=True):
        tally.add("s", text, found, frozenset())
    assert {outcome for _, outcome in tally.outcomes} == {"kept", "dropped"}
    whole = "".join(report(tmp_path, tally))
    assert not [word for word in invented if word in whole]


def test_limits_are_drawn_where_the_policy_sets_them(tmp_path: Path) -> None:
    """Each rule on a score is said in words and drawn as its dashed lines."""
    text, _ = report(tmp_path, example(["s"], 200))
    figures = re.findall(r"<figcaption><code>(.*?)</code>(.*?)</figcaption>(.*?)</figure>", text,
                         re.DOTALL)  # fmt: skip
    found = {label.replace("<wbr>", ""): (words, plot) for label, words, plot in figures}
    assert set(found) == {WORDS, STOPS}
    assert "drop outside 5 to 100,000" in found[WORDS][0]
    assert "drop below 2" in found[STOPS][0]
    lines = {label: plot.count("stroke-dasharray") for label, (_, plot) in found.items()}
    assert lines == {WORDS: 2, STOPS: 1}


def test_stages_are_told_in_the_order_of_the_way(tmp_path: Path) -> None:
    """Seconds by stage add up over slices and stand on the page beside characters per second."""
    stages = {"decide": 1.0, "detect pii": 3.0, "detect toxicity": 5.0, "read": 0.5, "write": 0.5}
    beats = [Beat({"kept": 1}, 1_000_000, 70, 10.0, stages)] * 2
    clocks = Clocks(beats, [Beat({}, 0, 70, 4.0)], [])
    tally = example(["s"], 50)
    path = write_report(books(tmp_path, tally), judge(), tally, clocks, {})
    (caption,) = [t for t, _ in Page(path.read_bytes().decode()).tables if t.startswith("By stage")]
    lines = Page(path.read_bytes().decode()).table(caption.strip())
    assert [(line[0], line[2], line[4]) for line in lines] == [
        ("read", "1.0 s", "2.00"),
        ("detect toxicity", "10.0 s", "0.20"),
        ("detect pii", "6.0 s", "0.33"),
        ("decide", "2.0 s", "1.00"),
        ("write", "1.0 s", "2.00"),
        ("leak check", "4.0 s", "0.50"),
    ]
    numbers = json.loads((tmp_path / "report" / "report.json").read_text())
    assert numbers["throughput"]["stages"]["detect toxicity"] == 10.0


@given(st.integers(1, 10**9).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_percent_never_rounds_away_a_record(counts: tuple[int, int]) -> None:
    """Only nothing is 0.0 %, and only all is 100.0 %."""
    part, whole = counts
    assert (percent(part, whole) == "0.0 %") == (part == 0)
    assert (percent(part, whole) == "100.0 %") == (part == whole)
