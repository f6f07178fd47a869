"""`gemsieve audit`: our own sentences, those of files, labelled texts; any detector."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from gemsieve.cli import main

# A third party's detector, named as module:attribute: it holds one word against all who say it.
DETECTOR = """
from gemsieve.filters import Finding, Labels

class Grudge:
    name, version, weights, needs = "grudge", "1", "", ()
    labels = Labels(measures={"grudge.score": (0.0, 1.0)})
    word = "Muslim"

    def setup(self):
        pass

    def __call__(self, batch):
        scores = [0.9 if self.word in text or "dreary" in text else 0.1 for text in batch.texts]
        return [[Finding("grudge.score", score)] for score in scores]

class Fair(Grudge):
    word = "quillwort"
"""
POLICY = """
name = "limits"
[[corpus]]
labels = "quality.*"
action = "keep"
[audit]
flip_rate = 0.05
score_gap = 0.3
removal_ratio = 1.5
"""


@pytest.fixture(autouse=True)
def policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put the detectors where Python finds them, and write a policy with limits alone."""
    (tmp_path / "grudges.py").write_text(DETECTOR)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(__import__("sys").modules, "grudges", raising=False)
    path = tmp_path / "policy.toml"
    path.write_text(POLICY)
    return path


def test_a_detector_with_a_grudge_ends_with_status_1(
    policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On our own sentences: the rule, the group, the interval and the limit are told."""
    command = ["audit", "--policy", str(policy), "--html", str(tmp_path / "page.html")]
    assert main([*command, "--detector", "grudges:Grudge"]) == 1
    told = capsys.readouterr()
    assert "above[0.5] (drop grudge.score above 0.5): " in told.err
    assert "swaps of religion.muslim have it act on that group alone: 100.0%" in told.err
    assert "audit.flip_rate is 5.0%" in told.err
    assert "identity." not in told.out
    page = (tmp_path / "page.html").read_text()
    assert "The filter does not pass" in page
    assert "<script" not in page
    assert main([*command, "--detector", "grudges:Fair", "--above", "0.3"]) == 0
    told = capsys.readouterr()
    assert "above[0.3]" in told.out
    assert "flips: pass (audit.flip_rate is 0.05)" in told.out
    assert told.err == ""


def test_files_and_labelled_texts_are_audited_too(
    policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A text a line, and JSONL; figures go to standard output; no words of theirs do."""
    rng = random.Random(1)
    groups = ("Muslim", "Jewish", "Hindu")
    lines = [f"At the fair {rng.choice(groups)} people mended clocks." for _ in range(40)]
    (tmp_path / "a.txt").write_text("\n".join(lines))
    rows = [
        {"text": f"{'A dreary' if bad else 'A fine'} day for {group} people.", "label": int(bad)}
        for group in groups
        for bad in [True] * 35 + [False] * 35
    ]
    for name in ("b", "labelled"):
        (tmp_path / f"{name}.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    command = ["audit", str(tmp_path / "a.txt"), str(tmp_path / "b.jsonl"), "--sentences", "350"]
    command += ["--policy", str(policy), "--detector", "grudges:Grudge", "--json", "-"]
    assert main([*command, "--labelled", str(tmp_path / "labelled.jsonl")]) == 1
    told = capsys.readouterr()
    body = json.loads(told.out)
    files = body["sets"]["Sentences of the files"]
    assert files["swapped"] == 50  # of one axis, a seventh of what was asked for
    assert files["verdicts"]["flip_rate"] == "fail"
    assert {place[0].split(":")[0] for place in files["places"]} == {"a.txt", "b.jsonl"}
    areas = body["labelled"]["groups"]
    assert areas["religion.hindu"]["subgroup_auc"]["value"] == 1.0
    assert areas["religion.muslim"]["subgroup_auc"]["value"] == 0.5
    assert areas["religion.muslim"]["bpsn_auc"]["value"] == 0.5
    assert areas["religion.muslim"]["bnsp_auc"]["value"] == 1.0
    assert "clocks" not in told.out + told.err


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (["--detector", "toxicty"], "no such detector; did you mean 'toxicity'"),
        (["--detector", "grudges:Nobody"], "--detector grudges:Nobody: "),
        ([], "no rule of policy limits, corpus acts on toxicity.*"),
        (["--detector", "grudges:Fair", "none.jsonl"], "none.jsonl: no such file"),
    ],
)
def test_mistakes_are_told(
    options: list[str], error: str, policy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Status 2, and what to do."""
    assert main(["audit", "--policy", str(policy), *options]) == 2
    assert error in capsys.readouterr().err
