"""A tiny model behind a real server, under a policy about what that model is known to say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import Any

import jax
import jax.numpy as jnp
import openai
from openai.types.chat import ChatCompletionChunk, ChatCompletionMessageParam
from tests.model.reference import loud_params
from tests.safety.api.serving import serving, until_ready

from gemsieve.filters import Detector, Filter
from gemsieve.model.gemma.config import named
from gemsieve.model.sampling.chat import Turn
from gemsieve.model.sampling.engine import Engine
from gemsieve.model.sampling.writing import drawable
from gemsieve.model.tokenizer import Tokenizer, train_tokenizer
from gemsieve.safety import act
from gemsieve.safety.api import Access, Limits, create_app
from gemsieve.safety.api.service import Answered, Judged, Service
from gemsieve.safety.author import Author, Prompt, Task
from gemsieve.safety.keys import Keyring, create

# The low cap makes texts lively: their model is random, and would repeat one token for ever.
CONFIG = replace(
    named("test"), num_layers=2, vocab_size=300, max_length=1024, final_logit_softcap=3.0
)
LONG = 600  # tokens: several of the guard's units, and what it looks at behind one
SENTENCE = "the river carries small bright stones past old mills and quiet fields to sea 7 42"
ASKED = "the river"
HELLO: list[ChatCompletionMessageParam] = [{"role": "user", "content": ASKED}]
# What a request's seed makes of its answer, by the rules below.
CLEAN, BLOCKED, REDACTED, AGAIN = 0, 1, 2, 3
REFUSED = "forbidden"
RULES: dict[str, list[dict[str, Any]]] = {
    "output": [
        {"labels": "pii.word", "action": "redact"},
        {"labels": "harm.word", "action": "drop"},
        {"labels": "harm.start", "action": "drop", "then": "regenerate", "attempts": 1},
    ],
    "prompt": [{"labels": "harm.prompt", "action": "drop"}],
}


@dataclass(frozen=True)
class Running:
    """A server, and what it should say.

    Attributes:
        url: Its address.
        author: What writes there.
        service: What judges.
        judge: By which filter.
        records: What it decided.
        raw: The model's own answer to `HELLO`, by seed.
        key: One that may ask for answers.
        other_key: One that may not.
    """

    url: str
    author: Author
    service: Service
    judge: Filter
    records: list[Judged]
    raw: Callable[[int], str]
    key: str
    other_key: str

    def said(self, seed: int) -> str:
        """What the guard releases of the answer of a seed."""
        return act(self.raw(seed), self.judge, prompt=ASKED).text

    @property
    def headers(self) -> dict[str, str]:
        """How plain requests say who asks."""
        return {"authorization": f"Bearer {self.key}"}


@cache
def tokenizer() -> Tokenizer:
    """Return a tokenizer with marks of turns."""
    words, rng = SENTENCE.split(), Random(5)
    texts = [
        " ".join(rng.choices(words, k=30)) + rng.choice((".", ".\n", "! ö河")) for _ in range(80)
    ]
    return train_tokenizer(texts, vocab_size=CONFIG.vocab_size, training_bytes=1_000_000)


def tiny_author() -> tuple[Author, Engine]:
    """Return an author of a random model that writes words without end, and its engine."""
    pieces = tokenizer()
    words = [pieces.byte(p) is None and p not in pieces.ends for p in range(CONFIG.vocab_size)]
    engine = Engine(
        params=jax.tree.map(jnp.asarray, loud_params(CONFIG, seed=3)),
        config=CONFIG,
        rows=2,
        allowed=drawable(pieces, CONFIG.vocab_size) & words,
        slots=CONFIG.max_length,
    )
    return Author("tiny", lambda: (engine, pieces), rows=2, waiting=1, warm=1), engine


@contextmanager
def writing(
    make_filter: Callable[..., Filter], regexes: Callable[..., Detector], folder: Path
) -> Iterator[Running]:
    """Serve the model."""
    author, _ = tiny_author()
    author.prove(make_filter([]))
    raw = cache(partial(answer, author))
    patterns = {
        "harm.word": re.escape(raw(BLOCKED)[620:632]),
        "pii.word": re.escape(raw(REDACTED)[300:312]),
        "harm.start": re.escape(raw(AGAIN)[20:32]),
    }
    judge = make_filter(
        RULES, regexes("words", patterns), regexes("prompts", {"harm.prompt": REFUSED})
    )
    records: list[Judged] = []

    async def note(decided: Judged | Answered) -> None:
        assert isinstance(decided, Judged)
        records.append(decided)

    _, key = create(folder / "keys.json", "app", ["judge", "generate", "metrics"])
    _, other = create(folder / "keys.json", "other", ["judge"])
    app = create_app(
        judge,
        author=author,
        access=Access(Keyring(folder / "keys.json")),
        recorders=[note],
        limits=Limits(beat_seconds=0.002),
    )
    with serving(app) as (url, _):
        until_ready(url)
        yield Running(url, author, app.state.service, judge, records, raw, key, other)


def answer(author: Author, seed: int) -> str:
    """Return what the model says to `HELLO`, unguarded."""
    pieces = author.asked_by([Turn("user", ASKED)])
    said = author.write(Task(prompt=Prompt(pieces), seed=seed, max_tokens=LONG), 0)
    return "".join(chunk.text for chunk in said)


def chunks(client: openai.OpenAI, seed: int, **more: Any) -> list[ChatCompletionChunk]:
    """Stream one answer to `HELLO`."""
    stream = client.chat.completions.create(
        model="tiny", messages=HELLO, seed=seed, max_tokens=LONG, stream=True, **more
    )
    return list(stream)
