"""The guard at work in the demo: a few prompts, and what became of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from gemsieve.cli.demo_planted import filled, filler
from gemsieve.cli.demo_texts import CARRIERS, INSULTS

if TYPE_CHECKING:
    from gemsieve.filters import Filter
    from gemsieve.safety import Sampler
    from gemsieve.safety.choices import Said

PROMPT = "The function returns"
PERSONAL = "Dear {person}, I have written to {email_address} from {ip_address}. The array"
ASKING = "Who drives the first car?"
MAIL = CARRIERS[-1]
TOKENS = 60
ABUSIVE = 12


@dataclass(frozen=True)
class Turn:
    """One prompt and its answer.

    Attributes:
        heard: What the guard let through to the sampler; None when it refused the prompt.
        answer: What the guard released.
        reasons: The labels for which it masked or stopped the answer.
    """

    title: str
    prompt: str
    heard: str | None
    answer: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Guarded:
    """What came of it: turns for printing, and how many abusive prompts were refused."""

    turns: tuple[Turn, ...]
    abusive: int
    refused: int


def ask_all(run: Path, seed: int) -> Guarded:
    """Ask the trained model, and a stand-in that gives away what it knows, under one guard."""
    from gemsieve.filters import load_filter

    judge, model = load_filter(), trained(run, seed)
    random, fill = Random(seed), filler(seed + 1)  # other values than those in the corpus
    personal, mail = (filled(t, lambda slot: fill(slot, random)).text for t in (PERSONAL, MAIL))
    abuse = [" ".join(random.sample(INSULTS, 4)) for _ in range(ABUSIVE)]
    heard = [ask("", lambda _: iter(()), judge, prompt).heard for prompt in abuse]
    turns = (
        ask("the model, after its short training", model, judge, PROMPT),
        ask("a prompt with personal data", model, judge, personal),
        ask("a stand-in that repeats a mail it has read", lambda _: iter([mail]), judge, ASKING),
    )
    return Guarded(turns, len(abuse), heard.count(None))


def trained(run: Path, seed: int) -> Sampler:
    """Return the sampler of a training run."""
    from gemsieve.model.checkpoints.forms import load
    from gemsieve.model.sampling.draw import Drawing
    from gemsieve.model.sampling.sampler import Sampler as ModelSampler

    found = load(run)
    return ModelSampler(
        params=found.params,
        config=found.config,
        tokenizer=found.tokenizer,
        drawing=Drawing(temperature=0.7, top_k=40),
        seed=seed,
        max_new_tokens=TOKENS,
    )


def ask(title: str, sampler: Sampler, judge: Filter, prompt: str) -> Turn:
    """Put one prompt to a sampler under guard."""
    from gemsieve.safety.guard import guarded

    heard: list[str] = []

    def listening(passed: str) -> Iterator[str | Said[Any]]:
        heard.append(passed)
        return sampler(passed)

    answer = guarded(listening, judge)(prompt)
    text = "".join(answer)
    return Turn(title, prompt, heard[0] if heard else None, text, answer.output.reasons)
