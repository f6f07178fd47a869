"""`gemsieve explain`, as a person and as a program read it."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest

from gemsieve.cli import main

TEXT = "Mail jane.doe@example.com or 212-555-2368; card 4111111111111112"
POLICY = """
name = "mine"
[[prompt]]
labels = ["pii.*"]
above = 0.3
action = "redact"
[[prompt]]
labels = "pii.email_address"
action = "drop"
when = { source = "web" }
"""


@pytest.fixture
def policy(tmp_path: Path) -> str:
    """Return a policy about personal data alone."""
    path = tmp_path / "policy.toml"
    path.write_text(POLICY)
    return str(path)


def explained(capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, Any]:
    """Run the command for JSON."""
    assert main(["explain", "--json", *options]) == 0
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def test_json(policy: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A decision, findings with maker and rules, refusals, and no word of the text."""
    answer = explained(
        capsys, TEXT, "--policy", policy, "--use", "prompt", "--column", "source=book"
    )
    assert (answer["policy"], answer["use"], answer["action"]) == ("mine", "prompt", "redact")
    assert answer["reasons"] == ["pii.email_address", "pii.phone_number"]
    mail = next(f for f in answer["findings"] if f["label"] == "pii.email_address")
    assert (mail["start"], mail["end"], mail["score"]) == (5, 25, 1.0)
    assert (mail["made_by"]["recognizer"], mail["made_by"]["valid"]) == ("Email", True)
    assert mail["rules"] == [
        {
            "rule": "prompt[1]",
            "action": "redact",
            "holds": True,
            "acts": True,
            "why": "1.0 is above 0.3",
        },
        {
            "rule": "prompt[2]",
            "action": "drop",
            "holds": False,
            "acts": False,
            "why": "holds only where source is web",
        },
    ]
    assert ("pii.credit_card", 48, 64) in {
        (r["label"], r["start"], r["end"]) for r in answer["refused"]
    }
    for word in ("jane", "example", "212", "4111"):
        assert word not in json.dumps(answer)


def test_columns(policy: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A rule with `when` sees what was said of the text."""
    asked = [TEXT, "--policy", policy, "--use", "prompt"]
    web = explained(capsys, *asked, "--column", "source=web")
    book = explained(capsys, *asked, "--column", "source=book", "--column", "language=en")
    unknown = explained(capsys, *asked)
    # Not knowing spares no text.
    assert [a["action"] for a in (web, book, unknown)] == ["drop", "redact", "drop"]


def test_rules_on_columns_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each rule of `[[columns]]` says whether it drops, as JSON and for a reader."""
    path = tmp_path / "policy.toml"
    path.write_text('name = "x"\n[[columns]]\ncolumn = "license"\nis_not = "cc*"\n')
    asked = ["x", "--policy", str(path), "--use", "corpus"]
    answer = explained(capsys, *asked, "--column", "license=mit")
    assert answer["reasons"] == ["column.license"]
    assert answer["columns"] == [{"rule": "columns[1]", "column": "license", "acts": True}]
    assert main(["explain", *asked, "--column", "license=cc0"]) == 0
    assert "columns[1] lets be: what the source says in license" in capsys.readouterr().out


def test_the_decision_is_that_of_check(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Under the shipped policy, action, reasons and findings are those of `gemsieve check`."""
    for use in ("corpus", "prompt", "output"):
        file = tmp_path / "line.jsonl"
        file.write_text(json.dumps({"text": TEXT}))
        assert main(["check", "--use", use, "--jsonl", str(file)]) == 0
        checked = json.loads(capfd.readouterr().out)
        assert main(["explain", "--json", "--use", use, TEXT]) == 0
        answer = json.loads(capfd.readouterr().out)
        assert (answer["action"], answer["reasons"]) == (checked["action"], checked["reasons"])
        places = [
            {key: row[key] for key in ("label", "score", "start", "end")}
            for row in answer["findings"]
            if "start" in row
        ]
        assert places == checked["findings"]
        assert checked["scores"] == {
            row["label"]: row["score"] for row in answer["findings"] if "start" not in row
        }


def test_for_a_reader(policy: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The same in lines, without the text's words."""
    assert main(["explain", TEXT, "--policy", policy, "--use", "prompt"]) == 0
    out = capsys.readouterr().out
    assert "pii.email_address  1.0  5..25\n    Email: pattern " in out
    assert "its check passed\n    prompt[1] redact: yes, 1.0 is above 0.3" in out
    assert "    pii.credit_card  48..64: its check failed\n" in out
    assert "jane" not in out


def test_where_the_text_comes_from(
    policy: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An argument, a file and standard input say the same."""
    options = ("--policy", policy, "--use", "prompt")
    file = tmp_path / "text.txt"
    file.write_text(TEXT)
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(TEXT.encode())))
    answers = [
        explained(capsys, *options, *source) for source in ([TEXT], ["--file", str(file)], ["-"])
    ]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0]["findings"]


def test_the_text_is_shown_to_a_terminal_alone(policy: str) -> None:
    """Marked, on request, with nothing in it that could steer the terminal."""
    command = [sys.executable, "-m", "gemsieve.cli", "explain", "--show", "--policy", policy]
    command += ["--use", "prompt", "\x1b]0;title\x07\u202ejane.doe@example.com"]
    piped = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (piped.returncode, piped.stdout) == (2, "")
    assert "--show" in piped.stderr
    assert "jane" not in piped.stderr
    master, slave = pty.openpty()
    with subprocess.Popen(command, stdout=slave, env=os.environ | {"TERM": "xterm"}) as process:
        os.close(slave)
        shown = b""
        while block := read(master):
            shown += block
        assert process.wait() == 0
    os.close(master)
    first = shown.decode().splitlines()[0]
    assert "]0;title" in first
    assert "\x1b[7mjane.doe@example.com\x1b[0m" in first
    assert "\x1b]" not in first
    assert "\x07" not in first
    assert "\u202e" not in first


def read(terminal: int) -> bytes:
    """Read from a terminal; Linux ends it with an error."""
    try:
        return os.read(terminal, 1 << 16)
    except OSError:
        return b""


def test_what_an_operator_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A rule acts by its own word; what it would write itself stands, and that is said."""
    policy = tmp_path / "policy.toml"
    policy.write_text(
        'name = "p"\n[[output]]\nlabels = "pii.*"\naction = "replace"\n'
        'new_value = "someone@example.com"\n'
    )
    text = "someone@example.com, jane.doe@example.com"
    answer = explained(capsys, text, "--policy", str(policy))
    assert answer["action"] == "redact"
    assert [row.get("let_be", False) for row in answer["findings"]] == [True, False]
    assert {rule["action"] for row in answer["findings"] for rule in row["rules"]} == {"replace"}


def test_what_redaction_uncovers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What only a second look finds is told as such, with the rules that it meets."""
    policy = tmp_path / "policy.toml"
    policy.write_text(
        'name = "p"\n[detectors.pii]\nmode = "stock"\n'
        'entities = ["PHONE_NUMBER", "URL"]\n'
        '[[output]]\nlabels = "pii.*"\naction = "redact"\n'
    )
    # Without the link before it, the number has an edge.
    first, second = explained(capsys, "x@example.com555-123-4567", "--policy", str(policy))[
        "findings"
    ]
    assert (first["label"], first["start"]) == ("pii.url", 2)
    assert "second_look" not in first
    assert (second["label"], second["end"], second["second_look"]) == ("pii.phone_number", 25, True)
    assert second["rules"]
    assert "made_by" not in second


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ([], "give one text"),
        (["secret", "--file", "x"], "give one text"),
        (["--file", "none.txt"], "none.txt: No such file"),
        (["secret", "--json", "--show"], "--show prints words"),
        (["secret", "--column", "language"], "--column language: must be NAME=VALUE"),
        (["secret", "--policy", "none.toml"], "none.toml: cannot read"),
        (["secret", "--policy", "POLICY", "--use", "output"], "has no [[output]] rules"),
    ],
)
def test_mistakes(
    policy: str, options: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each is told in a line, without the text."""
    assert main(["explain", *[policy if o == "POLICY" else o for o in options]]) == 2
    told = capsys.readouterr()
    assert reason in told.err
    assert "secret" not in told.err + told.out


def test_bytes_that_are_no_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file in another encoding is refused by its name."""
    file = tmp_path / "text.txt"
    file.write_bytes(b"caf\xe9")
    assert main(["explain", "--file", str(file)]) == 2
    assert "text.txt: not UTF-8" in capsys.readouterr().err
