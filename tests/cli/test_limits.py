"""`gemsieve limits` and what `gemsieve explain` says of targets, through the command's `main`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gemsieve.cli import main

POLICY = """
name = "aimed"
[[corpus]]
labels = "quality.*"
action = "keep"
[[corpus]]
labels = "toxicity.toxicity"
{target}
action = "drop"
[[corpus]]
labels = "toxicity.*"
action = "keep"
"""
KIND = ("The library opens at nine, and tea is served. ", "We planted {} apple trees in March. ")
UNKIND = ("You are a stupid idiot and I hate you, {}. ", "Shut up, you worthless pathetic pig {}. ")


def aimed(folder: Path, target: str) -> str:
    """Write a policy with a target."""
    path = folder / "aimed.toml"
    path.write_text(POLICY.format(target=target), "utf-8")
    return str(path)


def labelled(folder: Path) -> str:
    """Write eighty labelled texts, the harmless ones about two groups."""
    rows = [
        {"text": text.format(i), "label": label, "group": f"group {i % 2}"}
        for label, texts in ((0, KIND), (1, UNKIND))
        for text in texts
        for i in range(40)
    ]
    path = folder / "mine.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return str(path)


def test_targets_of_a_policy_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The limit that was set, its bound and its price, as JSON and as text, in both commands."""
    policy = aimed(tmp_path, "miss_at_most = 0.3")
    assert main(["limits", "--policy", policy, "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["rule"], row["label"]) == ("corpus[2]", "toxicity.toxicity")
    assert row["miss"] < row["miss_bound"] <= 0.3
    low, high = row["false_alarm_interval"]
    assert low < row["false_alarms"] < high

    assert main(["limits", "--policy", policy]) == 0
    told = capsys.readouterr().out
    assert f"corpus[2]  toxicity.toxicity: miss_at_most = 0.3, so above = {row['above']:g}" in told
    assert f"false alarms: {100 * row['false_alarms']:.2f} %" in told

    assert main(["explain", "A quiet day.", "--policy", policy, "--use", "corpus", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["limits"] == [row]
    (why,) = [
        rule["why"]
        for finding in answer["findings"]
        for rule in finding["rules"]
        if rule["rule"] == "corpus[2]"
    ]
    assert why.endswith(f"is not above {row['above']:g} (set by miss_at_most = 0.3)")

    plain = aimed(tmp_path, "above = 0.5")
    assert main(["limits", "--policy", plain, "--use", "corpus"]) == 0
    assert "no rule gives its limit as a target" in capsys.readouterr().out


def test_limit_is_set_on_texts_of_ones_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On texts that the model tells apart no miss is needed, and the limit lies between them."""
    file = labelled(tmp_path)
    policy = aimed(tmp_path, "above = 0.5")
    given = ["limits", file, "--policy", policy, "--label", "toxicity.toxicity", "--json"]
    assert main([*given, "--miss-at-most", "0.05", "--equal-false-alarms", "0.5"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["positives"], row["negatives"]) == (80, 80)
    assert row["miss_bound"] <= 0.05
    assert row["false_alarms"] == 0
    assert row["gap"] == 0
    assert main([*given, "--miss-at-most", "0.01"]) == 2
    assert "no less than 0.0368 can be promised" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("{", "mine.jsonl:1: not JSON"),
        ('{"text": 3, "label": 1}', "mine.jsonl:1: no object with a text"),
        ('{"text": "a", "label": "1"}', "mine.jsonl:1: label is neither 0 nor 1"),
        ('{"text": "a", "label": [1]}', "mine.jsonl:1: label is neither 0 nor 1"),
        ('{"text": "a", "label": 1, "group": 3}', "mine.jsonl:1: group is not a string"),
    ],
)
def test_lines_without_a_label_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, error: str
) -> None:
    """The file and the line are named, never the words."""
    file = tmp_path / "mine.jsonl"
    file.write_text(line + "\n", "utf-8")
    given = ["--label", "toxicity.toxicity", "--miss-at-most", "0.1"]
    policy = aimed(tmp_path, "above = 0.5")
    assert main(["limits", str(file), "--policy", policy, *given]) == 2
    assert error in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (["--label", "toxicity.toxicity"], "--label is for labelled texts: give their FILE"),
        (["FILE", "--label", "toxicity.toxicity"], "give --label and a target"),
        (["FILE", "--miss-at-most", "0.1"], "give --label and a target"),
        (["FILE", "--label", "toxicity.tox", "--miss-at-most", "0.1"], "did you mean"),
        (["FILE", "--label", "quality.gopher.word_count", "--miss-at-most", "0.1"], "no probab"),
        (["FILE", "--label", "toxicity.toxicity", "--miss-at-most", "2"], "2.0 is no share"),
        (["gone.jsonl", "--label", "toxicity.toxicity", "--miss-at-most", "0.1"], "No such file"),
    ],
)
def test_mistakes_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], error: str
) -> None:
    """Each ends with status 2 and says what to give."""
    file = labelled(tmp_path)
    policy = aimed(tmp_path, "above = 0.5")
    given = [file if word == "FILE" else word for word in options]
    assert main(["limits", "--policy", policy, *given]) == 2
    assert error in capsys.readouterr().err


def test_an_unreachable_target_stops_every_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A policy that promises more than its counts can show is refused, and says what they can."""
    policy = aimed(tmp_path, "miss_at_most = 0.0001")
    assert main(["explain", "A quiet day.", "--policy", policy]) == 2
    told = capsys.readouterr().err
    assert "aimed.toml: corpus[2]: miss_at_most = 0.0001" in told
    assert "can be promised" in told
