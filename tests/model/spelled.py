"""A tokenizer that is spelled as Gemma's file is, or not quite."""

from __future__ import annotations

import io
from collections.abc import Iterable

from sentencepiece import SentencePieceTrainer

from gemsieve.model.tokenizer import BOS, EOS, PAD, UNK, Tokenizer


def learned(texts: Iterable[str], symbols: list[str], vocab_size: int = 330) -> Tokenizer:
    """Learn a tokenizer in which, as in Gemma's file, these are user-defined symbols."""
    content = io.BytesIO()
    SentencePieceTrainer.train(
        sentence_iterator=iter(" ".join(texts).split("\n")),
        model_writer=content,
        model_type="bpe",
        vocab_size=vocab_size,
        byte_fallback=True,
        normalization_rule_name="identity",
        add_dummy_prefix=False,
        remove_extra_whitespaces=False,
        user_defined_symbols=[*symbols, "\n", "\n\n", "\t", "<b>"],
        pad_id=PAD,
        eos_id=EOS,
        bos_id=BOS,
        unk_id=UNK,
        eos_piece="<eos>",
        bos_piece="<bos>",
        num_threads=1,
        minloglevel=3,
    )
    return Tokenizer(content.getvalue())
