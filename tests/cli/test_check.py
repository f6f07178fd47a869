"""`gemsieve check`: the fixed contract, line by line, through the real command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gemsieve.cli import main
from gemsieve.filters.toxicity.detector import MEASURES

COMMAND = [sys.executable, "-m", "gemsieve.cli", "check"]


Answers = tuple[int, list[dict[str, Any]]]
Check = Callable[..., Answers]


@pytest.fixture
def check(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> Check:
    """Return the way from objects, one a line, to the status and the answers, in this process."""

    def run(lines: bytes, *options: str) -> Answers:
        file = tmp_path / "lines.jsonl"
        file.write_bytes(lines)
        status = main(["check", "--jsonl", str(file), *options])
        written = capfdbinary.readouterr()
        assert written.err == b""
        # Lines of a str end at Unicode's separators too: an answer is one line all the same.
        return status, [json.loads(line) for line in written.out.decode().splitlines()]

    return run


def test_plain_lines_are_judged_in_order() -> None:
    """Each line is a text with its number as id, in UTF-8 whatever the locale says."""
    text = "Write to jane.doe@example.com\n\n“Å” is a letter."
    bare = {"PATH": os.environ["PATH"], "LC_ALL": "C", "PYTHONUTF8": "0"}
    done = subprocess.run(COMMAND, input=text.encode(), capture_output=True, env=bare, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    answers = [json.loads(line) for line in done.stdout.decode("utf-8").splitlines()]
    assert [answer["id"] for answer in answers] == [1, 2, 3]
    mail, empty, plain = answers
    assert list(mail) == ["id", "action", "reasons", "scores", "findings", "redacted"]
    assert (mail["action"], mail["reasons"]) == ("redact", ["pii.email_address"])
    assert mail["redacted"] == "Write to <EMAIL_ADDRESS>"
    assert mail["findings"] == [{"label": "pii.email_address", "score": 1.0, "start": 9, "end": 29}]
    assert (empty["action"], empty["redacted"]) == ("keep", "")
    assert plain["redacted"] == "“Å” is a letter."
    assert set(plain["scores"]) == set(MEASURES)


def test_offsets_are_code_points(check: Check) -> None:
    """Characters outside the basic plane count as one."""
    text = "😀😀 jane.doe@example.com"
    _, (answer,) = check(json.dumps({"text": text}).encode())
    (finding,) = answer["findings"]
    assert text[finding["start"] : finding["end"]] == "jane.doe@example.com"


def test_dropped_is_null_and_corpus_scores_hold_every_measure(check: Check) -> None:
    """A short text is dropped as corpus; all whole-text scores are there, low ones too."""
    _, (answer,) = check(b'{"text": "Too short."}', "--use", "corpus")
    assert (answer["action"], answer["redacted"]) == ("drop", None)
    assert "quality.gopher.word_count" in answer["reasons"]
    assert {"toxicity.toxicity", "quality.gopher.stop_words"} < set(answer["scores"])


def test_any_id_comes_back(check: Check) -> None:
    """An id is echoed as the JSON it was, in an order that bad lines and batches do not disturb."""
    names = ["a", 7, 1.5, True, False, 0, "", {"x": [1]}, "\ud800", "Å\u2028\x85", *range(200)]
    lines = [json.dumps({"id": name, "text": "plain"}) for name in names]
    status, answers = check("\n".join(lines).encode())
    assert (status, [answer["id"] for answer in answers]) == (0, names)


def test_columns_serve_the_rules_and_only_their_own_line(check: Check, tmp_path: Path) -> None:
    """A rule with `when` sees the line's column, whatever its neighbours say of theirs."""
    policy = tmp_path / "policy.toml"
    policy.write_text(
        'name = "x"\n[[output]]\nlabels = "pii.*"\naction = "keep"\n'
        '[[output]]\nlabels = "pii.email_address"\naction = "redact"\nwhen = { source = "web" }\n'
    )
    rows: list[dict[str, Any]] = [
        {"source": "web"},
        {"source": "book"},
        {},
        {"source": ""},
        {"source": 5},
    ]
    lines = [json.dumps({"text": "jane.doe@example.com", **row}) for row in rows]
    together = check("\n".join(lines).encode(), "--policy", str(policy))[1]
    alone = [check(line.encode(), "--policy", str(policy))[1][0] for line in lines]
    # A column that is absent spares no text.
    actions = ["redact", "keep", "redact", "keep", "redact"]
    assert [answer["action"] for answer in together] == actions
    assert [answer["action"] for answer in alone] == actions


def test_rules_on_columns_see_what_the_line_says(check: Check, tmp_path: Path) -> None:
    """A licence, one of several, and an opt-out of any JSON type drop; what is missing drops."""
    policy = tmp_path / "policy.toml"
    policy.write_text(
        'name = "x"\n[[columns]]\ncolumn = "license"\nis_not = "cc*"\n'
        '[[columns]]\ncolumn = "opt_out"\nis = true\nmissing = "keep"\n'
    )
    rows: list[dict[str, Any]] = [
        {"license": "CC0-1.0"},
        {"license": ["cc0-1.0", "mit"]},
        {"license": "cc0-1.0", "opt_out": True},
        {},
    ]
    lines = "\n".join(json.dumps({"text": "x", **row}) for row in rows)
    answers = check(lines.encode(), "--policy", str(policy), "--use", "corpus")[1]
    licence, opt_out = "column.license", "column.opt_out"
    assert [a["reasons"] for a in answers] == [[], [licence], [opt_out], [licence]]


def test_unreadable_lines_keep_their_place(check: Check) -> None:
    """Each gives its id or number and an error without its words, and the status is 1."""
    lines = [
        b'{"id": "first", "text": "plain"}',
        b'{"text": "hush',
        b"[1]",
        b'{"id": "x", "body": "hush"}',
        b'{"id": null, "text": ["hush"]}',
        b'{"text": "\xff"}',
        b'{"id": NaN, "text": "hush"}',
        b'{"id": 1e999, "text": "hush"}',
        b'{"id": ' + b"[" * 9999 + b"]" * 9999 + b', "text": "hush"}',
        b"",
        b'{"text": "last \\ud800"}',
    ]
    status, answers = check(b"\n".join(lines))
    assert status == 1
    assert [answer["id"] for answer in answers] == ["first", 2, 3, "x", *range(5, 12)]
    assert ["error" in answer for answer in answers] == [False, *[True] * 9, False]
    assert all(set(answer) == {"id", "error"} for answer in answers[1:10])
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


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    """A closed pipe ends the command without a word."""
    with subprocess.Popen(
        COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        process.stdout.close()
        _, errors = process.communicate(b"a plain line\n" * 1000)
    assert errors == b""


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
