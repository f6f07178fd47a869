"""Any function from a prompt to chunks of text can be guarded; here it is a toy."""

from __future__ import annotations

from collections.abc import Iterator

from gemsieve.filters import load_filter
from gemsieve.safety import guarded


def parrot(prompt: str) -> Iterator[str]:
    """Repeat the prompt and give away an address, word by word as a model would."""
    for word in f"You said: {prompt} I would ask rosa.gardener@example.org about that.".split():
        yield word + " "


def main() -> None:
    """Ask the parrot something and stream what may be heard of its answer."""
    sample = guarded(parrot, load_filter())
    answer = sample("My card is 4111 1111 1111 1111. Where are the roses?")
    for chunk in answer:
        print(chunk, end="", flush=True)
    print()
    print("prompt:", answer.prompt.action.name.lower(), *answer.prompt.reasons)
    print("answer:", answer.output.action.name.lower(), *answer.output.reasons)
    print("ended:", answer.finish_reason)


if __name__ == "__main__":
    main()
