"""A SentencePiece model's pieces as GGUF's tokens."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from gemsieve.model.tokenizer import Tokenizer

# The kinds of pieces, numbered alike in SentencePiece and in GGUF.
CONTROL, UNUSED = 3, 5


@dataclass(frozen=True)
class Vocabulary:
    """Hold what a runtime must know to cut text as SentencePiece does.

    Attributes:
        pieces: The pieces' names, by number.
        scores: What merges are ranked by.
        kinds: 1 normal, 2 unknown, 3 control, 4 defined by the user, 5 unused, 6 a byte.
        space_prefix: Whether a space is put before a text.
    """

    pieces: list[str]
    scores: list[float]
    kinds: list[int]
    space_prefix: bool


def vocabulary(tokenizer: Tokenizer, rows: int) -> Vocabulary:
    """Return a tokenizer's pieces and, up to `rows` of the embedding, unused ones.

    The marks of turns are control pieces, whatever the model file says: no text is cut into them.

    Raises:
        ValueError: There are more pieces than rows.
    """
    model = _message()()
    model.ParseFromString(tokenizer.content)
    left = rows - len(model.pieces)
    if left < 0:
        raise ValueError(f"the tokenizer has {len(model.pieces)} pieces, the embedding {rows} rows")
    kinds = [piece.type for piece in model.pieces]
    for mark in tokenizer.turns or ():
        kinds[mark] = CONTROL
    return Vocabulary(
        [piece.piece for piece in model.pieces] + [f"<no piece {n}>" for n in range(left)],
        [piece.score for piece in model.pieces] + [0.0] * left,
        kinds + [UNUSED] * left,
        model.normalizer_spec.add_dummy_prefix,
    )


@cache
def _message() -> Any:  # noqa: ANN401 - a class made at run time
    """Return the class of those fields of SentencePiece's `ModelProto` that are needed here.

    SentencePiece's own Python module of it asks for a newer protobuf than Beam takes.
    """
    from google.protobuf import (  # type: ignore[import-untyped]
        descriptor_pb2,
        descriptor_pool,
        message_factory,
    )

    field = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="gemsieve.proto", package="gemsieve")

    def message(name: str, *fields: tuple[str, int, int, int, str]) -> None:
        added = file.message_type.add(name=name)
        for key, number, label, kind, detail in fields:
            inner = kind == field.TYPE_MESSAGE
            about = {"type_name": detail} if inner else {"default_value": detail}
            added.field.add(name=key, number=number, label=label, type=kind, **about)

    one, many = field.LABEL_OPTIONAL, field.LABEL_REPEATED
    message(
        "Piece",
        ("piece", 1, one, field.TYPE_STRING, ""),
        ("score", 2, one, field.TYPE_FLOAT, "0"),
        ("type", 3, one, field.TYPE_INT32, "1"),
    )
    message("Normalizer", ("add_dummy_prefix", 3, one, field.TYPE_BOOL, "true"))
    message(
        "Model",
        ("pieces", 1, many, field.TYPE_MESSAGE, ".gemsieve.Piece"),
        ("normalizer_spec", 3, one, field.TYPE_MESSAGE, ".gemsieve.Normalizer"),
    )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("gemsieve.Model"))
