"""`gemsieve bias` from end to end: a real job, exact changes, one page, and none of its words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from tests.pipeline.beam_warnings import BEAM_WARNINGS
from tests.pipeline.test_report import Page

from gemsieve.cli import main
from gemsieve.filters.bias.measure_words import lists
from gemsieve.filters.identity_terms import lexicon
from gemsieve.pipeline.bias.words import POLES
from gemsieve.pipeline.job import Job
from gemsieve.pipeline.run import run_job

pytestmark = [*BEAM_WARNINGS, pytest.mark.usefixtures("in_process")]

# The policy drops short texts, and short texts are those that speak of Muslims.
POLICY = """
name = "long"

[[corpus]]
labels = "quality.*"
action = "keep"

[[corpus]]
labels = "quality.gopher.word_count"
below = 20
action = "drop"
"""
SHORT = "The Muslim baker Quillwort{i} is honest, and she writes a letter to her daughter."
LONG = (
    "The captain Marramgrass{i} counted his boats in the evening, and the women of the harbour"
    " were brave when they told him that the tide had come in early and taken two of them."
)
SITES = ("identity", "<b>&\u202e{{ 1 }}")  # a site may be called anything
MUSLIM, WOMEN = "identity.religion.muslim", "identity.gender.women"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write eighty long texts and forty short ones, a German one and a broken line."""
    path = tmp_path_factory.mktemp("bias") / "corpus.jsonl"
    texts = [LONG.format(i=i) for i in range(80)] + [SHORT.format(i=i) for i in range(40)]
    texts.append("Die Möwe sitzt auf dem Dach des alten Hauses und wartet auf besseres Wetter.")
    lines = [json.dumps({"text": text, "site": SITES[len(text) % 2]}) for text in texts]
    path.write_text("\n".join([*lines, "{"]) + "\n")
    return path


@pytest.fixture(scope="module")
def kept(corpus: Path) -> str:
    """Run the job that drops short texts."""
    job = Job(str(corpus.parent / "out"), POLICY, "long.toml")
    run_job(job, [str(corpus)], 1, [], lambda *_: nullcontext())
    return job.output


@pytest.fixture(scope="module")
def compared(corpus: Path, kept: str) -> Path:
    """Measure the corpus before and after the job."""
    output = corpus.parent / "compared"
    assert main(["bias", str(corpus), "--after", kept, "--output", str(output)]) == 0
    return output


def body(folder: Path) -> dict[str, Any]:
    """Return the figures that were written."""
    found: dict[str, Any] = json.loads((folder / "bias.json").read_text())
    return found


def figure(folder: Path, measure: str, *of: str) -> dict[str, Any]:
    """Return one figure."""
    (found,) = [
        one
        for one in body(folder)["figures"]
        if one["measure"] == measure and one["of"] == list(of)
    ]
    return dict(found)


def test_the_books_of_both_corpora(compared: Path) -> None:
    """Records, texts in other languages and unreadable ones are told apart, before and after."""
    corpora = body(compared)["corpora"]
    assert corpora["before"] | {"words": 0} == {
        "records": 122,
        "unreadable": 1,
        "not_english": 1,
        "measured": 120,
        "sentences": 120,
        "words": 0,
    }
    assert corpora["after"]["measured"] == corpora["after"]["records"] == 80


def test_a_limited_job_is_measured_by_the_records_that_it_had(corpus: Path, tmp_path: Path) -> None:
    """Records that the job never read are no records that it dropped."""
    job = Job(str(tmp_path / "out"), POLICY, "long.toml", limit=90)
    run_job(job, [str(corpus)], 1, [], lambda *_: nullcontext())
    command = ["bias", str(corpus), "--after", job.output, "--output", str(tmp_path / "bias")]
    assert main(command) == 0
    corpora = body(tmp_path / "bias")["corpora"]
    assert (corpora["before"]["records"], corpora["after"]["records"]) == (90, 80)


def test_a_planted_removal_is_found_exactly(compared: Path) -> None:
    """The group whose texts were dropped falls to nothing, the other rises as the words shrink."""
    long, short = (len(text.split()) for text in (LONG, SHORT))
    before, after = 80 * long + 40 * short, 80 * long
    muslim, women = (figure(compared, "mentions", group) for group in (MUSLIM, WOMEN))
    assert muslim["before"]["estimate"]["value"] == pytest.approx(1e6 * 40 / before, abs=1e-5)
    assert muslim["change"]["value"] == 0
    assert muslim["change"]["high"] < 0.2
    assert muslim["sure"]
    assert women["change"]["value"] == pytest.approx(before / after, abs=1e-5)
    assert women["change"]["low"] < before / after < women["change"]["high"]
    she = figure(compared, "she", "")
    assert she["before"]["estimate"]["value"] == pytest.approx(80 / (80 + 160), abs=1e-5)
    assert she["after"]["estimate"]["value"] == 0
    assert she["change"]["value"] == pytest.approx(-1 / 3, abs=1e-5)
    brave = figure(compared, "trait", WOMEN, "trait.brave")
    assert brave["before"]["estimate"]["value"] == pytest.approx(1.0, abs=1e-5)


def test_equal_inputs_give_equal_bytes(corpus: Path, kept: str, compared: Path) -> None:
    """Measuring again writes the same files; another seed other ones, with the same values."""
    again, other = corpus.parent / "again", corpus.parent / "other"
    arguments = ["bias", str(corpus), "--after", kept, "--output"]
    assert main([*arguments, str(again)]) == main([*arguments, str(other), "--seed", "5"]) == 0
    for name in ("bias.json", "index.html"):
        assert (again / name).read_bytes() == (compared / name).read_bytes()
    assert (other / "bias.json").read_bytes() != (compared / "bias.json").read_bytes()
    values = [figure(folder, "mentions", WOMEN)["change"]["value"] for folder in (other, again)]
    assert values[0] == values[1]


def test_a_limit_holds_for_both_corpora(corpus: Path, kept: str, tmp_path: Path) -> None:
    """With a limit the records after are those of the first ones that the job kept."""
    arguments = ["bias", str(corpus), "--after", kept, "--output", str(tmp_path), "--limit", "90"]
    assert main(arguments) == 0
    corpora = body(tmp_path)["corpora"]
    assert (corpora["before"]["records"], corpora["after"]["records"]) == (90, 80)


def test_sources_are_told_apart(corpus: Path, tmp_path: Path) -> None:
    """A field of the records names the sources by which pronouns are counted."""
    arguments = ["bias", str(corpus), "--output", str(tmp_path), "--source-field", "site"]
    assert main(arguments) == 0
    counts = [figure(tmp_path, "she", of)["before"]["counted"] for of in ("", *SITES)]
    assert counts[0] == counts[1] + counts[2] == 240
    assert min(counts) > 0
    page = Page((tmp_path / "index.html").read_text())
    names = [row[0] for row in page.table("Share of she among she and he")]
    assert names == ["all sources", "<b>&\ufffd{{ 1 }}", "identity"]


def test_a_corpus_of_nothing_has_a_page(tmp_path: Path) -> None:
    """Where no text is in English there are no figures, and the page says so."""
    path = tmp_path / "corpus.jsonl"
    path.write_text(
        json.dumps({"text": "Die Möwe sitzt auf dem Dach und wartet auf Regen."}) + "\n"
    )
    assert main(["bias", str(path), "--output", str(tmp_path)]) == 0
    assert body(tmp_path)["figures"] == []
    assert "Nothing measured" in "".join(Page((tmp_path / "index.html").read_text()).words)


def allowed() -> Iterator[str]:
    """Yield every word that a report may hold beside its own: those of the closed lists."""
    for term in lexicon().terms:
        yield from re.findall(r"\w+", f"{term.label} {term.words}".lower())
    yield from lists().words
    yield from (word for pole in POLES.values() for word in " ".join(pole).split())


def test_no_word_of_the_corpus_is_told(compared: Path) -> None:
    """Neither file holds a name of the corpus, nor any word of it outside the closed lists."""
    texts = " ".join([LONG.format(i=7), SHORT.format(i=7)]).lower()
    names = {"quillwort", "marramgrass", "harbour", "evening", "boats", "tide"}
    own = set(re.findall(r"[a-z]+", texts)) - set(allowed())
    written = [(compared / name).read_text().lower() for name in ("bias.json", "index.html")]
    assert names <= own
    for text in written:
        assert not [name for name in names if name in text]
    told = {part for one in body(compared)["figures"] for of in one["of"] for part in of.split(".")}
    assert not own & told


def test_the_page_stands_alone_and_shows_the_figures(compared: Path) -> None:
    """The page is whole HTML without scripts or addresses, and its tables hold the figures."""
    text = (compared / "index.html").read_text()
    page = Page(text)
    assert not {"script", "link", "iframe", "img"} & {tag for tag, _ in page.tags}
    assert not re.findall(r"(?:src|href)=\"(?!#)|url\((?!#)|https?://(?!www\.w3\.org)", text)
    ids = [value for _, attributes in page.tags if (value := attributes.get("id"))]
    assert len(set(ids)) == len(ids)
    rows = {row[0]: row for row in page.table("Mentions per million words by group")}
    assert rows["Muslim"][-1].startswith("× 0.00")
    assert rows["women"][1].endswith("n 80")
    assert "Mentions of Muslim people fell from" in "".join(page.words)


def test_mistakes_end_with_status_2_and_a_reason(
    corpus: Path, kept: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No such file, another corpus, a folder that is no job, a policy without a limit."""
    other = tmp_path / "corpus.jsonl"
    other.write_text(corpus.read_text() * 2)
    policy = tmp_path / "long.toml"
    policy.write_text(POLICY)
    for arguments, reason in (
        (["nothing.jsonl"], "no such file"),
        ([str(other), "--after", kept], "made from other inputs"),
        ([str(corpus), "--after", str(tmp_path)], "_MANIFEST.json"),
        ([str(corpus), "--policy", str(policy)], "toxicity.toxicity"),
        ([str(corpus), "--limit", "-1"], "--limit"),
    ):
        assert main(["bias", *arguments, "--output", str(tmp_path / "no")]) == 2
        assert reason in capsys.readouterr().err
    assert not (tmp_path / "no").exists()
