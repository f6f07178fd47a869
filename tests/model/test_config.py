from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from gemsieve.model.checkpoints.huggingface import Form, write_huggingface
from gemsieve.model.gemma.config import SIZES, GemmaConfig, named
from gemsieve.model.gemma.transformer import count_parameters


@pytest.mark.parametrize(
    ("size", "embedding", "other"),
    [
        ("2b", 590_118_912, 2_024_517_888),
        ("9b", 917_962_752, 8_324_201_984),
        ("27b", 1_180_237_824, 26_047_480_320),
        ("1.1-2b", 524_550_144, 1_981_884_416),
        ("1.1-7b", 786_825_216, 7_751_248_896),
    ],
)
def test_sizes_have_the_reports_parameter_counts(size: str, embedding: int, other: int) -> None:
    """Each has, to the unit, the parameters of table 2 of arXiv 2408.00118 or 2403.08295."""
    assert count_parameters(named(size)) == (embedding, other)


def test_queries_are_scaled_by_the_reports_rule() -> None:
    """Only the 27B divides by d_model / heads; the others by the width of a head."""
    scalars = {size: SIZES[size].query_pre_attn_scalar for size in ("2b", "9b", "27b")}
    assert scalars == {"2b": 256, "9b": 256, "27b": 144}


def test_local_layers_come_first() -> None:
    """Layers 0, 2, 4... have the window, layers 1, 3, 5... see everything."""
    assert [named("2b").window(i) for i in range(4)] == [4096, None, 4096, None]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"head_dim": 7}, "head_dim must be even"),
        ({"num_kv_heads": 3}, "num_heads (4) must be a multiple of num_kv_heads (3)"),
        ({"sliding_window": 0}, "sliding_window must be above 0"),
        ({"attn_logit_softcap": float("nan")}, "attn_logit_softcap must be above 0"),
    ],
)
def test_wrong_shapes_are_refused(change: dict[str, float], complaint: str) -> None:
    """A value out of range raises an error that names it."""
    values = {**dataclasses.asdict(named("test")), **change}
    with pytest.raises(ValueError, match=re.escape(complaint)):
        GemmaConfig(**values)


@pytest.mark.parametrize("size", ["1.1-2b", "1.1-7b"])
def test_gemma_1_is_not_written_as_gemma_2(tmp_path: Path, size: str) -> None:
    """A form of files that has no place for what Gemma 1 lacks is refused, and nothing is left."""
    with pytest.raises(ValueError, match="holds Gemma 2"):
        write_huggingface(tmp_path / "model", {}, Form(config=named(size)))
    assert not list(tmp_path.iterdir())


def test_an_unknown_size_names_the_nearest() -> None:
    """A slip in a size's name is answered with the right one."""
    with pytest.raises(ValueError, match="did you mean '27b'"):
        named("27B-it")
