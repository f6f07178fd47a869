"""Chats with a tiny model under guard, through the official client against a running server."""

from __future__ import annotations

import asyncio
from typing import Any

import openai
import pytest
from pydantic import BaseModel
from tests.safety.api.tiny import (
    AGAIN,
    BLOCKED,
    CLEAN,
    HELLO,
    LONG,
    REDACTED,
    REFUSED,
    Running,
    chunks,
)

from gemsieve.safety.author import ATTEMPT, Prompt, Task

STONES = "the old river carries stones"


@pytest.mark.parametrize("seed", [CLEAN, BLOCKED, REDACTED])
def test_an_answer_is_what_act_makes_of_the_models_text(
    chatter: openai.OpenAI, running: Running, seed: int
) -> None:
    """Whole and streamed it is the same text, and ends for the same reason."""
    whole = chatter.chat.completions.create(
        model="tiny", messages=HELLO, seed=seed, max_completion_tokens=LONG
    )
    (choice,) = whole.choices
    assert choice.message.content == running.said(seed)
    assert (running.said(seed) == running.raw(seed)) == (seed == CLEAN)
    assert choice.finish_reason == ("content_filter" if seed == BLOCKED else "length")
    streamed = chunks(chatter, seed)
    deltas = [chunk.choices[0].delta for chunk in streamed]
    assert deltas[0].role == "assistant"
    assert "".join(delta.content or "" for delta in deltas) == choice.message.content
    assert streamed[-1].choices[0].finish_reason == choice.finish_reason
    refusal = "The answer was stopped by the policy: harm.word." if seed == BLOCKED else None
    assert choice.message.refusal == deltas[-1].refusal == refusal
    assert whole.system_fingerprint == streamed[0].system_fingerprint == running.service.model


def test_a_policy_that_regenerates_gets_another_answer(
    chatter: openai.OpenAI, running: Running
) -> None:
    """What is released is what act gives for the next attempt, which has a seed of its own."""
    assert running.said(AGAIN) == ""
    answer = chatter.chat.completions.create(
        model="tiny", messages=HELLO, seed=AGAIN, max_tokens=LONG, extra_body=scored("block")
    )
    assert answer.choices[0].message.content == running.said(AGAIN + ATTEMPT) != ""
    assert answer.moderation
    assert answer.moderation.output.type == "moderation_results"
    assert not answer.moderation.output.results[0].flagged, "the one given up does not count"


def scored(mode: str) -> dict[str, Any]:
    """Ask for the judgements too."""
    modes = {"input": {"mode": mode}, "output": {"mode": mode}}
    return {"moderation": {"model": "omni-moderation-latest", "policy": modes}}


def test_several_choices_share_nothing(chatter: openai.OpenAI, running: Running) -> None:
    """Of n = 2 the second is blocked and the first is not; each is what its own seed gives."""
    answer = chatter.chat.completions.create(
        model="tiny", messages=HELLO, seed=CLEAN, n=2, max_tokens=LONG
    )
    contents = [choice.message.content for choice in answer.choices]
    assert contents == [running.said(CLEAN), running.said(CLEAN + 1)]
    assert [choice.finish_reason for choice in answer.choices] == ["length", "content_filter"]
    streamed = chunks(chatter, CLEAN, n=2)
    for index, content in enumerate(contents):
        choices = [c for chunk in streamed for c in chunk.choices if c.index == index]
        assert "".join(choice.delta.content or "" for choice in choices) == content


def test_log_probabilities_and_usage_leave_with_their_text(
    chatter: openai.OpenAI, running: Running
) -> None:
    """Tokens told are those of released text; usage counts no other."""
    for seed in (CLEAN, REDACTED, BLOCKED):
        answer = chatter.chat.completions.create(
            model="tiny", messages=HELLO, seed=seed, max_tokens=LONG, logprobs=True, top_logprobs=2
        )
        logprobs = answer.choices[0].logprobs
        assert logprobs
        assert logprobs.content
        assert answer.usage
        assert answer.usage.completion_tokens == len(logprobs.content)
        assert all(token.logprob < 0 and not token.top_logprobs for token in logprobs.content)
        data = b"".join(bytes(token.bytes or []) for token in logprobs.content)
        assert data.startswith(running.said(seed)[:100].encode())
        assert (len(logprobs.content) == LONG) == (seed == CLEAN)
    whole = chunks(chatter, REDACTED, logprobs=True, stream_options={"include_usage": True})
    told = [t for c in whole[:-1] if (held := c.choices[0].logprobs) for t in held.content or []]
    assert whole[-1].choices == []
    assert whole[-1].usage
    assert whole[-1].usage.completion_tokens == len(told) < LONG


@pytest.mark.parametrize("where", ["system", "user", "assistant"])
def test_a_prompt_that_is_dropped_is_never_read(chatter: openai.OpenAI, where: str) -> None:
    """Whoever's turn it is in: no token is read or written, and the answer says why."""
    turns: list[Any] = [
        {"role": role, "content": [{"type": "text", "text": REFUSED if role == where else "old"}]}
        for role in ("system", "user", "assistant", "user")
    ]
    answer = chatter.chat.completions.create(
        model="tiny", messages=turns, extra_body=scored("score")
    )
    (choice,) = answer.choices
    assert choice.finish_reason == "content_filter"
    assert choice.message.content is None
    assert choice.message.refusal == "The prompt was stopped by the policy: harm.prompt."
    assert answer.usage
    assert answer.usage.total_tokens == 0
    assert answer.moderation
    assert answer.moderation.input.type == "moderation_results"
    assert [result.flagged for result in answer.moderation.input.results] == [True]


def test_a_prompt_spread_over_messages_is_never_read(chatter: openai.OpenAI) -> None:
    """What no message holds alone, the user's do together, whatever the model is said to answer."""
    turns: list[Any] = [
        {"role": "user", "content": REFUSED[:4]},
        {"role": "assistant", "content": "old mills"},
        {"role": "user", "content": REFUSED[4:]},
    ]
    answer = chatter.chat.completions.create(
        model="tiny", messages=turns, extra_body=scored("score")
    )
    (choice,) = answer.choices
    assert choice.finish_reason == "content_filter"
    assert choice.message.refusal == "The prompt was stopped by the policy: harm.prompt."
    assert answer.usage
    assert answer.usage.total_tokens == 0
    assert answer.moderation
    assert answer.moderation.input.type == "moderation_results"
    assert [result.flagged for result in answer.moderation.input.results] == [True]


def test_judgements_come_with_a_stream(chatter: openai.OpenAI) -> None:
    """A chunk without choices tells how request and answer were judged."""
    streamed = chunks(chatter, BLOCKED, extra_body=scored("score"))
    told = streamed[-1].moderation
    assert told
    assert told.input.type == told.output.type == "moderation_results"
    assert [result.flagged for result in told.input.results] == [False]
    assert [result.flagged for result in told.output.results] == [True]


class Tide(BaseModel):
    """What an answer is to be parsed as."""

    hour: int


def test_parse_raises_on_a_blocked_answer(chatter: openai.OpenAI) -> None:
    """The client's own check for content filters sees ours."""
    with pytest.raises(openai.ContentFilterFinishReasonError):
        chatter.chat.completions.parse(
            model="tiny", messages=HELLO, seed=BLOCKED, max_tokens=LONG, response_format=Tide
        )


def test_asynchronous_clients_are_answered_together(
    running: Running,
) -> None:
    """Three at once, streamed and whole, beyond the rows: each gets its own text."""

    async def ask_all() -> list[str]:
        async with openai.AsyncOpenAI(base_url=f"{running.url}/v1", api_key=running.key) as client:

            async def streamed(seed: int) -> str:
                stream = await client.chat.completions.create(
                    model="tiny", messages=HELLO, seed=seed, max_tokens=LONG, stream=True
                )
                return "".join([c.choices[0].delta.content or "" async for c in stream])

            async def whole(seed: int) -> str:
                answer = await client.chat.completions.create(
                    model="tiny", messages=HELLO, seed=seed, max_tokens=LONG
                )
                return answer.choices[0].message.content or ""

            return [*await asyncio.gather(streamed(CLEAN), whole(BLOCKED), streamed(REDACTED))]

    assert asyncio.run(ask_all()) == [running.said(s) for s in (CLEAN, BLOCKED, REDACTED)]


def test_completions_go_on_with_texts(chatter: openai.OpenAI, running: Running) -> None:
    """Several prompts, one refused; a stop string; a stream like the whole; names of tokens."""
    task = Task(prompt=Prompt(running.author.begun_by(STONES)), seed=5, max_tokens=16)
    raw = "".join(said.text for said in running.author.write(task, 0))
    asked: dict[str, Any] = {"model": "tiny", "prompt": [STONES, REFUSED], "seed": 5}
    whole = chatter.completions.create(**asked, logprobs=1)
    assert [choice.text for choice in whole.choices] == [raw, ""]
    assert [choice.finish_reason for choice in whole.choices] == ["length", "content_filter"]
    assert whole.choices[0].logprobs
    assert "".join(whole.choices[0].logprobs.tokens or []) == raw
    assert whole.usage
    assert whole.usage.completion_tokens == 16
    streamed = list(chatter.completions.create(**asked, stream=True))
    texts = [c.text for chunk in streamed for c in chunk.choices if c.index == 0]
    assert "".join(texts) == raw
    short = chatter.completions.create(**asked, stop=[raw[9:12]])
    assert (short.choices[0].text, short.choices[0].finish_reason) == (
        raw[: raw.index(raw[9:12])],
        "stop",
    )
