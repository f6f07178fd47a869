"""`gemsieve eval toxicity` and `eval bias`: small labelled sets through the real commands."""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import pytest

from gemsieve.cli import main
from gemsieve.filters import Batch, Finding, Labels, load_filter
from gemsieve.filters.ranking import auc

PEER = "alt-profanity-check"
# A made-up word stands for abuse, so that nothing here need be abusive.
ROWS: list[dict[str, Any]] = [
    {"text": f"{word} {i} {about}", "label": label, "source": source, "about": [about]}
    for source in ("forum", "letters")
    for i in range(40)
    for about in ("women", "men")
    for word, label in (("garden", 0), ("zorblax", 1))
]


@dataclass(frozen=True)
class Words:
    """A detector of a third party's: finds one word, and is unfair to one group."""

    name: str = "words"
    version: str = "1"
    weights: str = ""
    needs: tuple[str, ...] = ()
    labels: ClassVar[Labels] = Labels(measures={"toxicity.words": (0.0, 1.0)})

    def setup(self) -> None:
        """Load nothing."""

    def __call__(self, batch: Batch) -> list[list[Finding]]:
        """Score the word 0.7, the group 0.25 more."""
        return [
            [Finding("toxicity.words", 0.7 * ("zorblax" in text) + 0.25 * ("women" in text))]
            for text in batch.texts
        ]


class Broken(Words):
    """A detector that cannot judge."""

    def __call__(self, batch: Batch) -> list[list[Finding]]:
        """Fail."""
        raise RuntimeError(len(batch.texts))


WORDS = f"{__name__}:Words"
BROKEN = f"{__name__}:Broken"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write the set, and let this module be found by its name."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2]))
    path = tmp_path / "set.jsonl.gz"
    path.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in ROWS).encode()))
    return path


def figures(
    capsys: pytest.CaptureFixture[str], what: str, file: Path, *options: str
) -> dict[str, Any]:
    """Run a command for JSON."""
    assert main(["eval", what, str(file), "--json", "-", *options]) == 0
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def test_ours(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The policy's detector and limit judge, beside the peer's where there is one."""
    answer = figures(capsys, "toxicity", file)
    assert answer["input"] == {
        "file": "set.jsonl.gz",
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "texts": len(ROWS),
        "toxic": len(ROWS) // 2,
        "left_out": 0,
    }
    judge = load_filter()
    rules = judge.policy.ruleset("corpus").rules
    limit = next(rule.above for rule in rules if rule.names("toxicity.toxicity"))
    assert answer["settings"]["limits"]["ours"] == limit
    (detector,) = (d for d in judge.detectors["corpus"] if d.name == "toxicity")
    found = detector(Batch([row["text"] for row in ROWS]))
    scores = [next(f.score for f in some if f.label == "toxicity.toxicity") for some in found]
    labels = [row["label"] for row in ROWS]
    sides = answer["all"]["sides"]
    assert sides["ours"]["auc"]["value"] == pytest.approx(auc(labels, scores))
    assert (PEER in sides) is bool(find_spec("profanity_check"))
    assert (answer["versions"][PEER] is not None) is bool(find_spec("profanity_check"))
    assert answer["versions"]["detector"]["weights"] == detector.weights
    assert set(answer["sources"]) == {"forum", "letters"}
    assert answer["sources"]["forum"]["texts"] == len(ROWS) // 2
    for word in ("garden", "zorblax"):
        assert word not in json.dumps(answer)


def test_a_detector_of_others(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Any detector is judged by its own label, at the limit that is given."""
    options = ("--detector", WORDS, "--label", "toxicity.words", "--above", "0.2")
    ours = figures(capsys, "toxicity", file, *options)["all"]["sides"]["ours"]
    assert ours["auc"]["value"] == 1.0
    assert ours["recall"]["value"] == 1.0
    assert ours["false_positive_rate"]["value"] == 0.5
    assert ours["precision"]["value"] == pytest.approx(2 / 3)
    low, high = ours["precision"]["interval"]
    assert low < 2 / 3 < high
    unlimited = figures(capsys, "toxicity", file, *options[:-2])["all"]["sides"]["ours"]
    assert "recall" not in unlimited
    assert unlimited["average_precision"]["value"] == 1.0


def test_groups_are_the_files_or_those_mentioned(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A detector unfair to women is seen to be, whoever says whom the texts are about."""
    options = ("--detector", WORDS, "--label", "toxicity.words", "--above", "0.2")
    told = figures(capsys, "bias", file, *options, "--groups-field", "about")["sides"]["ours"]
    found = figures(capsys, "bias", file, *options)["sides"]["ours"]
    renamed = {f"gender.{group}": row for group, row in told["groups"].items()}
    assert found["groups"] == renamed
    women = told["groups"]["women"]
    assert (women["toxic"], women["harmless"]) == (80, 80)
    assert women["false_positives"]["value"] == 1.0
    assert women["negative_gap"]["value"] == women["positive_gap"]["value"] == 0.5
    assert told["widest_gaps"]["false_positives"] == {
        "highest": "women",
        "lowest": "men",
        "value": 1.0,
    }
    assert told["power_means"]["bpsn_auc"] == 1.0


def test_tables(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is in the JSON stands in the tables, what is too little is called insufficient."""
    out = tmp_path / "figures.json"
    options = ["--detector", WORDS, "--label", "toxicity.words", "--above", "0.2"]
    assert main(["eval", "toxicity", str(file), *options, "--json", str(out)]) == 0
    table = capsys.readouterr().out
    assert json.loads(out.read_text()) == figures(capsys, "toxicity", file, *options)
    assert "forum" in table
    assert "Mean AUC over 2 sources, ours: 1.000" in table
    small = tmp_path / "small.jsonl"
    rows = [{"text": "women", "label": i % 2, "about": "women"} for i in range(40)]
    rows += [{"text": "men", "label": i % 2, "about": "men"} for i in range(90)]
    small.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert main(["eval", "bias", str(small), "--groups-field", "about", *options]) == 0
    table = capsys.readouterr().out
    assert "Insufficient, under 30 texts a class: women" in table
    assert main(["eval", "toxicity", str(small), *options]) == 0
    table = capsys.readouterr().out
    assert "all texts" in table
    assert "Mean AUC" not in table


def test_bad_lines_are_told_of_and_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each by number and field, never by its words; status 1 at the end."""
    path = tmp_path / "set.jsonl"
    lines = [
        '{"text": "secretword", "label": 1}',
        "secretword",
        '["secretword"]',
        '{"label": 1}',
        '{"text": 3, "label": 1}',
        '{"text": "secretword", "label": "toxic"}',
        '{"text": "secretword", "label": 2}',
        '{"text": "secretword", "label": 1, "source": 7}',
        '{"text": "secretword", "label": false, "source": null}',
    ]
    path.write_text("\n".join(lines))
    assert main(["eval", "toxicity", str(path), "--json", "-"]) == 1
    told = capsys.readouterr()
    assert json.loads(told.out)["input"]["left_out"] == 7
    assert [line.partition(": ")[2] for line in told.err.splitlines()] == [
        "line 2: not JSON in UTF-8",
        "line 3: must be an object, not an array",
        "line 4: text: missing",
        "line 5: text: must be a string, not a number",
        "line 6: label: must be 0 or 1, true or false",
        "line 7: label: must be 0 or 1, true or false",
        "line 8: source: must be a string, not a number",
        "lines left out: 7",
    ]
    assert "secretword" not in told.out + told.err
    asked = ["eval", "bias", str(path), "--groups-field", "about", "--json", "-"]
    assert main(asked) == 2
    assert "holds no labelled text; line 1: about: missing" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--label", "toxicity.toxicty"], "did you mean 'toxicity.toxicity'"),
        (["--detector", "json"], "--detector json: "),
        (["--detector", "no.such:thing"], "--detector no.such:thing: No module named"),
        (["--detector", "json:dumps"], "is no detector"),
        (["--detector", BROKEN, "--label", "toxicity.words"], "line 1: 'words' could"),
        (["--policy", "none.toml"], "none.toml: cannot read"),
        (["--text-field", "body"], "holds no labelled text; line 1: body: missing"),
        (["--above", "nan"], "--above nan: must be a number"),
        (["--json", "no/such/folder.json"], "--json no/such/folder.json: No such file"),
    ],
)
def test_mistakes(
    file: Path, options: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each is told in a line, with the option and the nearest valid word."""
    assert main(["eval", "toxicity", str(file), *options]) == 2
    told = capsys.readouterr()
    assert reason in told.err
    assert "zorblax" not in told.err + told.out
