from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.model.conftest import SETTINGS

from gemsieve.cli import main
from gemsieve.model.training.train import Summary


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return a file with the settings of the finished run."""
    path = tmp_path / "run.toml"
    path.write_text(SETTINGS, encoding="utf-8")
    return path


def test_train_sums_up(
    capsys: pytest.CaptureFixture[str], config: Path, data: Path, finished: tuple[Path, Summary]
) -> None:
    """The summary names the size, the manifest, the losses and where it was resumed."""
    arguments = [str(config), "--data", str(data), "--output", str(finished[0])]
    assert main(["train", *arguments]) == 0
    printed = capsys.readouterr().out
    assert f"{finished[1].parameters:,} parameters, 24 steps (resumed from 24)" in printed
    assert finished[1].about.manifest[:12] in printed
    assert f"-> {finished[1].entries[-1]['loss']:.3f} nats" in printed


def test_train_leaves_a_page_and_events(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, config: Path, data: Path
) -> None:
    """A run has its page and, if asked, TensorBoard's file; a call without a step changes none."""
    run, board = tmp_path / "run", tmp_path / "board"
    arguments = [str(config), "--data", str(data), "--output", str(run)]
    arguments += ["--tensorboard", str(board)]
    assert main(["train", *arguments]) == 0
    before = (run / "report.html").read_bytes()
    (events,) = board.iterdir()
    assert b"tokens a second" in before
    assert b"gradient_norm" in events.read_bytes()
    assert main(["train", *arguments]) == 0
    assert (run / "report.html").read_bytes() == before
    assert list(board.iterdir()) == [events]
    assert "resumed from 24" in capsys.readouterr().out


def test_train_refuses_unverified_data(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, config: Path, data: Path
) -> None:
    """Without a manifest that verifies the command fails, says so, and writes nothing."""
    shutil.copytree(data, tmp_path / "data")
    (tmp_path / "data" / "_MANIFEST.json").unlink()
    run = tmp_path / "run"
    arguments = [str(config), "--data", str(tmp_path / "data"), "--output", str(run)]
    assert main(["train", *arguments]) == 2
    assert "no _MANIFEST.json" in capsys.readouterr().err
    assert not run.exists()


def test_sample_writes_and_repeats(
    capsys: pytest.CaptureFixture[str], finished: tuple[Path, Summary]
) -> None:
    """Unguarded, a checkpoint writes text, the same for the same seed."""
    arguments = [str(finished[0]), "--prompt", "the", "--unguarded", "--max-tokens", "12"]
    written = []
    for _ in range(2):
        assert main(["sample", *arguments, "--seed", "3"]) == 0
        written.append(capsys.readouterr().out)
    assert written[0] == written[1]
    assert written[0].strip()


def test_sample_refuses_what_it_cannot_do(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, finished: tuple[Path, Summary]
) -> None:
    """No run, a policy beside --unguarded, or a value out of range is said, with status 2."""
    assert main(["sample", str(tmp_path)]) == 2
    assert "no checkpoint here" in capsys.readouterr().err
    run = str(finished[0])
    assert main(["sample", run, "--unguarded", "--policy", "x.toml"]) == 2
    assert "leave one of the two out" in capsys.readouterr().err
    assert main(["sample", run, "--unguarded", "--temperature", "-1"]) == 2
    assert "temperature must be 0 or more" in capsys.readouterr().err


# Under these limits any prompt, or any answer, is dropped: the detector's scores are above 0.
PROMPT_DROPPED = 'labels = "toxicity.toxicity"\nabove = 0.0\naction = "drop"'
KEPT = 'labels = "toxicity.toxicity"\naction = "keep"'
KINDS = 'labels = "toxicity.*"\nexcept = "toxicity.toxicity"\naction = "keep"'


@pytest.mark.parametrize(
    ("prompt", "output", "ended"),
    [(KEPT, KEPT, False), (PROMPT_DROPPED, KEPT, True), (KEPT, PROMPT_DROPPED, True)],
    ids=["kept", "prompt dropped", "output dropped"],
)
def test_sample_is_guarded(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    finished: tuple[Path, Summary],
    prompt: str,
    output: str,
    ended: bool,
) -> None:
    """The policy judges prompt and answer; what is dropped is not written, and the reason is."""
    policy = tmp_path / "policy.toml"
    tables = [("prompt", prompt), ("prompt", KINDS), ("output", output), ("output", KINDS)]
    rules = "\n".join(f"[[{use}]]\n{rule}" for use, rule in tables)
    policy.write_text(f'name = "p"\n{rules}\n')
    arguments = [str(finished[0]), "--prompt", "the words", "--max-tokens", "12", "--seed", "3"]
    assert main(["sample", *arguments, "--unguarded"]) == 0
    raw = capsys.readouterr().out
    assert main(["sample", *arguments, "--policy", str(policy)]) == 0
    written, said = capsys.readouterr()
    assert (written.strip() == "") is ended
    assert ended or written == raw
    assert ("ended by the guard: toxicity.toxicity" in said) is ended


def test_sample_names_a_wrong_policy(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, finished: tuple[Path, Summary]
) -> None:
    """A mistake in the policy is told with its file and key, and status 2."""
    (tmp_path / "p.toml").write_text('name = "p"\noutptu = 1')
    assert main(["sample", str(finished[0]), "--policy", str(tmp_path / "p.toml")]) == 2
    assert "p.toml: outptu: unknown key; did you mean 'output'?" in capsys.readouterr().err
