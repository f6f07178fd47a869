"""`gemsieve check`: the fixed contract, line by line, through the real command."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gemsieve.cli import main

COMMAND = [sys.executable, "-m", "gemsieve.cli", "check"]


def check(lines: bytes, *options: str) -> tuple[int, list[dict[str, Any]]]:
    """Run the command on standard input; return its status and its answers."""
    done = subprocess.run([*COMMAND, *options], input=lines, capture_output=True, check=False)
    assert done.stderr == b""
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def test_plain_lines_are_judged_in_order() -> None:
    """Each line is a text with its number as id, and the keys are those of the contract."""
    status, answers = check("Write to jane.doe@example.com\n\n“Å” is a letter.".encode())
    assert status == 0
    assert [answer["id"] for answer in answers] == [1, 2, 3]
    mail, empty, plain = answers
    assert list(mail) == ["id", "action", "reasons", "scores", "findings", "redacted"]
    assert (mail["action"], mail["reasons"]) == ("redact", ["pii.email_address"])
    assert mail["redacted"] == "Write to <EMAIL_ADDRESS>"
    assert mail["findings"] == [{"label": "pii.email_address", "score": 1.0, "start": 9, "end": 29}]
    assert (empty["action"], empty["redacted"]) == ("keep", "")
    assert plain["redacted"] == "“Å” is a letter."
    assert set(plain["scores"]) == {"toxicity.toxicity"}


def test_offsets_are_code_points() -> None:
    """Characters outside the basic plane count as one."""
    text = "😀😀 jane.doe@example.com"
    _, (answer,) = check(json.dumps({"text": text}).encode(), "--jsonl", "-")
    (finding,) = answer["findings"]
    assert text[finding["start"] : finding["end"]] == "jane.doe@example.com"


def test_dropped_is_null_and_corpus_scores_hold_every_measure() -> None:
    """A short text is dropped as corpus; all whole-text scores are there, low ones too."""
    _, (answer,) = check(b"Too short.", "--use", "corpus")
    assert (answer["action"], answer["redacted"]) == ("drop", None)
    assert "quality.gopher.word_count" in answer["reasons"]
    assert {"toxicity.toxicity", "quality.gopher.stop_words"} < set(answer["scores"])


@pytest.mark.parametrize("name", ['"a"', "7", "1.5", "true", '{"x": [1]}', '"\\ud800"'])
def test_any_id_comes_back(name: str) -> None:
    """An id is echoed as the JSON it was."""
    status, (answer,) = check(f'{{"id": {name}, "text": "plain"}}'.encode(), "--jsonl", "-")
    assert (status, answer["id"]) == (0, json.loads(name))


def test_unreadable_lines_keep_their_place() -> None:
    """Each gives its id or number and an error without its words, and the status is 1."""
    lines = [
        b'{"id": "first", "text": "plain"}',
        b'{"text": "hush',
        b"[1]",
        b'{"id": "x", "body": "hush"}',
        b'{"id": null, "text": ["hush"]}',
        b'{"text": "\xff"}',
        b'{"id": NaN, "text": "hush"}',
        b"",
        b'{"text": "last \\ud800"}',
    ]
    status, answers = check(b"\n".join(lines), "--jsonl", "-")
    assert status == 1
    assert [answer["id"] for answer in answers] == ["first", 2, 3, "x", 5, 6, 7, 8, 9]
    assert ["error" in answer for answer in answers] == [False, *[True] * 7, False]
    assert all(set(answer) == {"id", "error"} for answer in answers[1:8])
    assert "hush" not in json.dumps(answers)


def test_a_line_is_answered_when_it_comes() -> None:
    """A reader that writes one line and waits gets its answer before it writes the next."""
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        for number in (1, 2):
            process.stdin.write(b"a plain line\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == number
        process.stdin.close()
        assert process.wait() == 0


def test_mistakes_end_with_status_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A missing file, a wrong policy and a use that the policy lacks are told in a line."""
    (tmp_path / "wrong.toml").write_text('name = "x"\noutptu = 1')
    (tmp_path / "empty.toml").write_text('name = "x"')
    for options, reason in [
        (["--jsonl", str(tmp_path / "none.jsonl")], "none.jsonl: No such file"),
        (["--policy", str(tmp_path / "wrong.toml")], "did you mean 'output'"),
        (["--policy", str(tmp_path / "empty.toml")], "has no [[output]] rules"),
    ]:
        assert main(["check", *options]) == 2
        assert reason in capsys.readouterr().err
