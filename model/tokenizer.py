"""The tokenizer: SentencePiece byte-pair encoding with Gemma's special pieces."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from gemsieve.pipeline.storage import write_atomically

if TYPE_CHECKING:
    from sentencepiece import SentencePieceProcessor

PAD, EOS, BOS, UNK = 0, 1, 2, 3
START_OF_TURN, END_OF_TURN = "<start_of_turn>", "<end_of_turn>"
FILE_NAME = "tokenizer.model"

# SentencePiece learns from lines and skips very long ones, so lines are cut.
_LINE = 1000
# Line ends and tabs are pieces of their own, for no line contains them while learning.
_SPACES = ("\n", "\n\n", "\t")
# Between the first character of a turn mark's name and the rest.
_MARK = re.compile(r"(?<=<)(?=(?:start|end)_of_turn>)")


class Tokenizer:
    """Turn text into pieces and back, without loss; `content` is a SentencePiece model file's.

    Special pieces steer a model: those for padding, ends and the unknown, the marks of turns and
    every other control piece. No text is ever encoded as one, and none has a text.
    """

    def __init__(self, content: bytes) -> None:
        self.content = content

    @classmethod
    def read(cls, path: Path) -> Tokenizer:
        """Read a model file; one whose special pieces are not Gemma's raises ValueError."""
        tokenizer = cls(path.read_bytes())
        try:
            processor = tokenizer._processor
        except RuntimeError:
            raise ValueError(f"{path}: not a SentencePiece model") from None
        found = (processor.pad_id(), processor.eos_id(), processor.bos_id(), processor.unk_id())
        if found != (PAD, EOS, BOS, UNK):
            raise ValueError(f"{path}: pad, eos, bos, unk are {found}, not {PAD, EOS, BOS, UNK}")
        return tokenizer

    def write(self, path: Path) -> None:
        """Write the model file, whole or not at all."""
        write_atomically(path, self.content)

    @cached_property
    def _processor(self) -> SentencePieceProcessor:
        from sentencepiece import SentencePieceProcessor

        return SentencePieceProcessor(model_proto=self.content)

    @cached_property
    def vocab_size(self) -> int:
        """The number of pieces."""
        return int(self._processor.get_piece_size())

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) of the model file."""
        return hashlib.sha256(self.content).hexdigest()

    @cached_property
    def turns(self) -> tuple[int, int] | None:
        """The numbers of the pieces that begin and end a chat's turn; None if there are none."""
        start, end = map(self._processor.piece_to_id, (START_OF_TURN, END_OF_TURN))
        return None if UNK in {start, end} else (int(start), int(end))

    @cached_property
    def ends(self) -> tuple[int, ...]:
        """The numbers of the pieces that end what a model writes."""
        return (EOS, self.turns[1]) if self.turns else (EOS,)

    @cached_property
    def special(self) -> frozenset[int]:
        """The numbers of the special pieces."""
        marks = {PAD, EOS, BOS, UNK, *(self.turns or ())}
        return frozenset(
            piece
            for piece in range(self.vocab_size)
            if piece in marks or self._processor.is_control(piece)
        )

    def encode(self, text: str) -> list[int]:
        """Return the pieces of a text, without `<bos>`."""
        # Where the marks of turns are not control pieces, as in Gemma's file, SentencePiece would
        # read them in a text: their names are cut in two, which it joins no more.
        parts = _MARK.split(text) if "_of_turn>" in text else [text]
        return [piece for part in parts for piece in self._processor.encode(part)]

    def encode_documents(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the pieces of each text between `<bos>` and `<eos>`."""
        encoded = self._processor.encode(list(texts))
        return [
            [BOS, *(self.encode(text) if "_of_turn>" in text else pieces), EOS]
            for text, pieces in zip(texts, encoded, strict=True)
        ]

    def decode(self, pieces: Sequence[int]) -> str:
        """Return the text of pieces; bytes that are no UTF-8 become U+FFFD, one each."""
        return str(self._processor.decode([p for p in pieces if p not in self.special]))

    def name(self, piece: int) -> str:
        """Return what a piece is called in the model file."""
        return str(self._processor.id_to_piece(piece))

    def data(self, piece: int) -> bytes:
        """Return the bytes of text that a piece stands for; none for a special one."""
        byte = self.byte(piece)
        return self.decode([piece]).encode() if byte is None else bytes([byte])

    def byte(self, piece: int) -> int | None:
        """Return the byte that a byte-fallback piece stands for, or None for any other piece."""
        if not self._processor.is_byte(piece):
            return None
        return int(self._processor.id_to_piece(piece)[3:5], 16)


def train_tokenizer(texts: Iterable[str], vocab_size: int, training_bytes: int) -> Tokenizer:
    """Learn a tokenizer from the first `training_bytes` (UTF-8) of the texts.

    Single-threaded and without sampling: equal texts give an equal file, to the byte. Normalises
    nothing, splits digits, falls back to bytes, as Gemma's does (arXiv 2408.00118, section 2), and
    has the marks of turns, for a chat to be learned later.

    Raises:
        ValueError: The texts are too few for a vocabulary of that size.
    """
    from sentencepiece import SentencePieceTrainer

    content = io.BytesIO()
    try:
        SentencePieceTrainer.train(
            sentence_iterator=_lines(texts, training_bytes),
            model_writer=content,
            model_type="bpe",
            vocab_size=vocab_size,
            byte_fallback=True,
            split_digits=True,
            normalization_rule_name="identity",
            add_dummy_prefix=False,
            remove_extra_whitespaces=False,
            allow_whitespace_only_pieces=True,
            control_symbols=[START_OF_TURN, END_OF_TURN],
            user_defined_symbols=list(_SPACES),
            pad_id=PAD,
            eos_id=EOS,
            bos_id=BOS,
            unk_id=UNK,
            eos_piece="<eos>",
            bos_piece="<bos>",
            num_threads=1,
            shuffle_input_sentence=False,
            minloglevel=3,  # its messages quote the text
        )
    except RuntimeError:
        # The message may quote the text too: it is not passed on.
        raise ValueError(
            f"the kept text is too small for a vocabulary of {vocab_size} pieces:"
            " lower model.vocab_size or keep more text"
        ) from None
    return Tokenizer(content.getvalue())


def _lines(texts: Iterable[str], budget: int) -> Iterator[str]:
    """Yield lines of at most `_LINE` characters until `budget` bytes of UTF-8 are spent."""
    for text in texts:
        for line in text.replace("\t", "\n").split("\n"):
            for start in range(0, len(line), _LINE):
                part = line[start : start + _LINE]
                yield part
                budget -= len(part.encode())
                if budget <= 0:
                    return
