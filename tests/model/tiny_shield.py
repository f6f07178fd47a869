"""A random model that says Yes or No, with guidelines of few words."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

from tests.model.conftest import make_texts
from tests.model.reference import loud_params

from gemsieve.model.checkpoints.huggingface import Form, write_huggingface
from gemsieve.model.gemma.config import named
from gemsieve.model.tokenizer import Tokenizer, train_tokenizer

CONFIG = replace(
    named("test"), num_layers=2, vocab_size=320, max_length=2048, final_logit_softcap=3.0
)
PARAMS = loud_params(CONFIG, seed=3)
SHORT = """
yes = "Yes"
no = "No"
question = "{question}? "
[prompt]
opening = "one "
content = "{text}"
closing = "{guideline} "
[response]
opening = "two "
content = "{prompt} / {text}"
closing = "{guideline} "
[guidelines]
stones = "small stones"
mills = "old mills and quiet fields"
[calibration.mills]
slope = 2.0
intercept = 7.0
"""


@cache
def tokenizer() -> Tokenizer:
    """Return a tokenizer that has the answers among its pieces."""
    words = [f"{text} Yes No Yes No" for text in make_texts(120)]
    return train_tokenizer([*words, "Yes\nNo\n" * 200], vocab_size=320, training_bytes=1_000_000)


def write(folder: Path) -> Path:
    """Write the `model` in Hugging Face's form, and `short.toml`, to a folder."""
    write_huggingface(folder / "model", PARAMS, Form(config=CONFIG, tokenizer=tokenizer()))
    (folder / "short.toml").write_text(SHORT)
    return folder
