from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pytest

from gemsieve.filters import Filter
from gemsieve.model.sampling.chat import Turn
from gemsieve.safety.conversation import Conversation


def heard(turns: Sequence[Turn], _attempt: int) -> Iterator[str]:
    """Answer with what was heard so far, a sentence a turn."""
    for turn in turns:
        yield f"{turn.role} said {turn.text}. "


def test_a_conversation_remembers(plain_filter: Filter) -> None:
    """Each answer sees all turns before it, the system's words first, guarded or not."""
    for guard in (None, plain_filter):
        talk = Conversation(heard, guard, system="be brief")
        assert "".join(talk.ask("one")) == "system said be brief. user said one. "
        first = talk.turns[-1].text
        assert first in "".join(talk.ask("two"))
        assert [turn.role for turn in talk.turns] == ["system", *["user", "model"] * 2]
        talk.reset()
        assert talk.turns == (Turn("system", "be brief"),)


def test_only_what_passed_the_guard_is_remembered(plain_filter: Filter) -> None:
    """Redacted messages are remembered redacted, dropped ones not, answers as far as released."""
    talk = Conversation(heard, plain_filter)
    assert list(talk.ask("this is bad")) == []
    assert (talk.turns, talk.reasons) == ((), ("toxicity.insult",))
    answer = "".join(talk.ask("write to a@b.cd"))
    assert talk.reasons == ()
    assert "a@b.cd" not in answer + talk.turns[0].text
    assert talk.turns == (Turn("user", "write to <EMAIL_ADDRESS>"), Turn("model", answer))

    def turning(turns: Sequence[Turn], _attempt: int) -> Iterator[str]:
        yield "All is well. " * 40
        yield "But this is bad. And so on."

    talk = Conversation(turning, plain_filter)
    answer = "".join(talk.ask("well?"))
    assert answer.startswith("All is well. ")
    assert "bad" not in answer
    assert (talk.turns[1].text, talk.reasons) == (answer, ("toxicity.insult",))


def test_a_message_is_judged_with_those_before_it(plain_filter: Filter) -> None:
    """Of a value in two messages both parts are forgotten; a harm in two is not asked."""
    talk = Conversation(heard, plain_filter, system="be brief")
    for message in ("write to a@", "b.cd, please", "it is ba", "d"):
        answer = "".join(talk.ask(message))
    assert (answer, talk.reasons) == ("", ("toxicity.insult",))
    said = [turn.text for turn in talk.turns if turn.role == "user"]
    assert said == ["write to <EMAIL_ADDRESS>", "<EMAIL_ADDRESS>, please", "it is ba"]


def test_an_interrupted_answer_is_remembered_as_far_as_it_came() -> None:
    """Whoever stops reading closes the source; what was read stays."""
    talk = Conversation(heard)
    answer = talk.ask("one")
    chunk = next(answer)
    answer.close()  # type: ignore[attr-defined]
    assert talk.turns == (Turn("user", "one"), Turn("model", chunk))


def test_a_failure_leaves_the_conversation_as_it_was() -> None:
    """An error, before the answer or in it, is raised, and the message can be asked again."""

    def failing(turns: Sequence[Turn], _attempt: int) -> Iterator[str]:
        yield "well"
        raise RuntimeError("no more")

    def refusing(turns: Sequence[Turn], _attempt: int) -> Iterator[str]:
        raise RuntimeError("no more")

    for write in (failing, refusing):
        talk = Conversation(write)
        with pytest.raises(RuntimeError, match="no more"):
            list(talk.ask("one"))
        assert talk.turns == ()


def test_a_policy_must_rule_both_sides(make_filter: Callable[..., Filter]) -> None:
    """A policy with no rules for answers is refused before anything is said."""
    with pytest.raises(LookupError, match="output"):
        Conversation(heard, make_filter([], uses=("prompt",)))
