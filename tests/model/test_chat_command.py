"""`gemsieve chat`, and what of `gemsieve sample` concerns several answers and their tokens."""

from __future__ import annotations

import io
import json
import math
import os
import pty
import signal
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from tests.model.spelled import learned

from gemsieve.cli import command_parser, main
from gemsieve.cli.chat import noting, until
from gemsieve.cli.serve import author
from gemsieve.filters import load_filter
from gemsieve.model.checkpoints.forms import load
from gemsieve.model.checkpoints.huggingface import Form, write_huggingface
from gemsieve.model.training.train import Summary
from gemsieve.safety.author import Prompt, Task

Lines = Callable[..., list[dict[str, Any]]]
Talk = Callable[..., tuple[int, str, str]]


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str], finished: tuple[Path, Summary]) -> Lines:
    """Return a function that samples, unguarded or by a policy; options in, JSON lines out."""

    def sample(*options: str, guarded: bool = False) -> list[dict[str, Any]]:
        fixed = ["--jsonl", "--logprobs", "3", "--max-tokens", "12", *["--unguarded"][guarded:]]
        assert main(["sample", str(finished[0]), *fixed, *options]) == 0
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return sample


@pytest.fixture
def talk(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    finished: tuple[Path, Summary],
) -> Talk:
    """Return a function that pipes text into a chat; status, output and errors come out."""

    def chat(text: str, *options: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))
        status = main(["chat", str(finished[0]), "--max-tokens", "6", *options])
        return status, *capsys.readouterr()

    return chat


def test_answers_differ_by_their_seeds(lines: Lines, tmp_path: Path) -> None:
    """Answers to several prompts are each what their seed writes when asked for alone."""
    (tmp_path / "mills").write_text("old mills")
    prompts = ["--prompt", "the", "--prompt-file", str(tmp_path / "mills")]
    together = lines(*prompts, "--n", "2", "--seed", "3")
    assert [(a["prompt"], a["index"]) for a in together] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert len({answer["text"] for answer in together}) == 4
    (alone,) = lines("--prompt", "old mills", "--seed", "4")
    assert together[3]["text"] == alone["text"]
    assert {answer["finish_reason"] for answer in together} <= {"stop", "length"}


def test_tokens_are_told_with_their_log_probabilities(lines: Lines) -> None:
    """They join to the text; at temperature 0 each is the likeliest of those told beside it."""
    (answer,) = lines("--prompt", "the river", "--temperature", "0")
    tokens = answer["logprobs"]["content"]
    assert bytes(b for token in tokens for b in token["bytes"]).decode() == answer["text"]
    assert len(tokens) == 12
    for token in tokens:
        top = token["top_logprobs"]
        assert (top[0]["token"], top[0]["logprob"]) == (token["token"], token["logprob"])
        assert math.fsum(math.exp(likely["logprob"]) for likely in top) <= 1.0001
        assert len(top) == 3


def test_under_guard_no_token_tells_more_than_the_text(lines: Lines) -> None:
    """Those that were released are told; of the likeliest beside them, the written one alone."""
    options = ["--prompt", "the river", "--temperature", "0"]
    (guarded,), (free,) = lines(*options, guarded=True), lines(*options)
    assert guarded["text"] == free["text"]
    tokens = [{**token, "top_logprobs": token["top_logprobs"][:1]} for token in told(free)]
    assert told(guarded) == tokens


def told(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what is told of an answer's tokens."""
    content: list[dict[str, Any]] = answer["logprobs"]["content"]
    return content


def test_a_stop_string_ends_the_text_and_is_not_in_it(lines: Lines) -> None:
    """The answer is what it is without it, up to there."""
    greedy = ["--prompt", "the river", "--temperature", "0"]
    (whole,) = lines(*greedy)
    stop = whole["text"][4:7]
    (cut,) = lines(*greedy, "--stop", stop, "--stop", "never written")
    assert cut["text"] == whole["text"][: whole["text"].index(stop)]
    assert cut["finish_reason"] == "stop"


def test_a_penalty_makes_words_come_less_often(lines: Lines) -> None:
    """At temperature 0 a strong penalty leaves no token that was there before."""
    options = ["--prompt", "the", "--temperature", "0", "--repetition-penalty", "1000"]
    (answer,) = lines(*options)
    tokens = [token["token"] for token in answer["logprobs"]["content"]]
    assert len(set(tokens)) == len(tokens)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--n", "0"], "--n must be 1 or more"),
        (["--logprobs", "2"], "add --jsonl"),
        (["--logprobs", "21", "--jsonl"], "from 0 to 20"),
        (["--prompt-file", "absent"], "absent: No such file"),
        (["--stop", "", "--unguarded"], "a stop string must not be empty"),
        (["--min-p", "2", "--unguarded"], "min_p must be from 0 to 1"),
        (["--seed", "-1", "--unguarded"], "seed must be 0 or more"),
    ],
)
def test_sample_refuses_options_that_do_not_fit(
    capsys: pytest.CaptureFixture[str],
    finished: tuple[Path, Summary],
    options: list[str],
    message: str,
) -> None:
    """The error names the option, with status 2."""
    assert main(["sample", str(finished[0]), *options]) == 2
    assert message in capsys.readouterr().err


def test_a_chat_answers_each_line_and_can_forget(talk: Talk) -> None:
    """Equal questions to an empty memory get equal answers; `/exit` ends before the input does."""
    hot = ("--temperature", "3", "--unguarded", "--seed", "1")
    question = "small stones\n"
    status, alone, _ = talk(question, *hot)
    assert status == 0
    assert alone.strip()
    assert talk(f"{question}/reset\n\n{question}/exit\n{question}", *hot)[1] == 2 * alone
    followed = talk(2 * question, *hot)[1]
    assert followed.startswith(alone)
    assert followed != 2 * alone


def test_a_chat_is_guarded(talk: Talk) -> None:
    """A message that the policy drops is not answered, and the reason is told."""
    status, written, said = talk("you are a stupid idiot, shut up\n", "--temperature", "0")
    assert (status, written.strip()) == (0, "")
    assert "gemsieve chat: ended by the guard: toxicity." in said


def test_on_a_terminal_the_first_interrupt_ends_the_answer_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was written stays, and the source is closed; the second interrupts as usual."""
    # Tests that a shell put in the background are told to ignore the signal.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    controller, terminal = pty.openpty()
    interrupted, closed = Event(), Event()

    def endless() -> Iterator[str]:
        try:
            for number in count():
                if number == 2:
                    signal.raise_signal(signal.SIGINT)
                yield str(number)
        finally:
            closed.set()

    with os.fdopen(terminal) as screen:
        monkeypatch.setattr(sys, "stdin", screen)
        with noting(interrupted):
            assert list(until(interrupted, endless())) == ["0", "1", "2"]
            assert closed.is_set()
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
        with noting(interrupted):
            assert not interrupted.is_set()
    os.close(controller)
    signal.signal(signal.SIGINT, before)


def test_a_full_context_is_told_and_the_chat_goes_on(talk: Talk) -> None:
    """The message is not remembered; `/reset` is named, and a shorter one is answered."""
    status, written, said = talk(f"{'mills ' * 64}\nmills\n", "--unguarded")
    assert status == 0
    assert "the context holds 64" in said
    assert "or /reset" in said
    assert written.count("\n") >= 2


@pytest.fixture(scope="module")
def elsewhere(
    tmp_path_factory: pytest.TempPathFactory, finished: tuple[Path, Summary], texts: list[str]
) -> Path:
    """Return the finished run's model as it came from elsewhere, its tokenizer without turns."""
    folder, model = tmp_path_factory.mktemp("elsewhere") / "model", load(finished[0])
    plain = learned(texts, [], vocab_size=300)
    write_huggingface(folder, model.params, Form(config=model.config, tokenizer=plain))
    return folder


def test_a_tokenizer_without_turns_is_refused(
    capsys: pytest.CaptureFixture[str], elsewhere: Path
) -> None:
    """Before anything is asked; the error names the pieces that are missing."""
    assert main(["chat", str(elsewhere), "--unguarded"]) == 2
    assert "no pieces <start_of_turn> and <end_of_turn>" in capsys.readouterr().err


def test_a_model_from_elsewhere_writes_and_nothing_vouches_for_it(
    capsys: pytest.CaptureFixture[str], elsewhere: Path
) -> None:
    """In a narrower type and fewer bits too; standard error tells that it is unverified."""
    arguments = [str(elsewhere), "--unguarded", "--max-tokens", "5", "--seed", "2"]
    assert main(["sample", *arguments, "--dtype", "bfloat16", "--quantise", "int8"]) == 0
    written, said = capsys.readouterr()
    assert written.strip()
    assert "unverified" in said


def test_a_server_reads_a_run_and_proves_it(finished: tuple[Path, Summary], tmp_path: Path) -> None:
    """`gemsieve serve --model` finds the model by its folder's name, and it writes under guard."""
    (tmp_path / "small.toml").write_text(
        'name = "small"\n'
        + "".join(
            f'[[{use}]]\nlabels = "secret.*"\naction = "drop"\n' for use in ("prompt", "output")
        )
    )
    options = ["--model", str(finished[0]), "--rows", "1", "--max-tokens", "5", "--warm", "1"]
    judge = load_filter(tmp_path / "small.toml")
    writer = author(command_parser("serve").parse_args(options), judge)
    assert writer
    assert writer.name == finished[0].name
    writer.prove(judge)
    task = Task(prompt=Prompt(writer.begun_by("the river")), max_tokens=50)
    said = [note for chunk in writer.write(task, 0) for note in chunk.notes]
    assert 0 < len(said) <= 5
