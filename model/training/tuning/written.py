"""A chat as one text, for a filter job to judge and to write over: Gemma's marks around messages.

As JSON it would not outlive that: a finding behind a line end takes the end's letter with it.
"""

from __future__ import annotations

import re

from gemsieve.model.tokenizer import END_OF_TURN, START_OF_TURN

_MESSAGE = re.compile(rf"{START_OF_TURN}(\w+)\n(.*?){END_OF_TURN}\s*", re.DOTALL)


def read_messages(text: str) -> list[dict[str, str]]:
    """Return a text's messages, mappings with `role` and `content`.

    Raises:
        ValueError: One is not between its marks; tells its number.
    """
    messages: list[dict[str, str]] = []
    place = 0
    while place < len(text):
        found = _MESSAGE.match(text, place)
        if found is None or START_OF_TURN in found[2]:
            raise ValueError(
                f"message {len(messages) + 1} is not between {START_OF_TURN}ROLE and {END_OF_TURN}"
            )
        messages.append({"role": found[1], "content": found[2]})
        place = found.end()
    return messages
