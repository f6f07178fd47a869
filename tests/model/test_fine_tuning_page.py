"""The page on fine-tuning: its programs run as they are written."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import pytest

from gemsieve.model.training.train import Summary

PAGE = Path(__file__).parents[2] / "docs" / "fine-tuning.md"


QUESTIONS = ("the old mills?", "quiet fields", "river to sea")


def messages(question: str, answer: str) -> list[dict[str, str]]:
    """Return a chat of two turns."""
    return [{"role": "user", "content": question}, {"role": "model", "content": answer}]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    """Write JSON lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_the_programs_run(finished: tuple[Path, Summary], tmp_path: Path) -> None:
    """The first lowers the loss and returns plain weights; the second starts at log 2."""
    better, worse = ([messages(q, answer) for q in QUESTIONS] for answer in ("bright stones", "7"))
    pairs = [{"chosen": one, "rejected": other} for one, other in zip(better, worse, strict=True)]
    names: dict[str, Any] = {
        "folder": finished[0],
        "file": write(tmp_path / "chats.jsonl", [{"messages": chat} for chat in better]),
        "pairs": write(tmp_path / "pairs.jsonl", pairs),
    }
    for program in re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL):
        exec(compile(program, str(PAGE), "exec"), names)  # noqa: S102 - our own page
    assert names["losses"][-1] < 0.8 * names["losses"][0]
    merged, start = (
        jax.tree.map(jnp.shape, tree) for tree in (names["merged"], names["trained"].params)
    )
    assert merged == start
    assert float(names["before"]) == pytest.approx(math.log(2), rel=1e-4)
    assert any(bool(leaf.any()) for leaf in jax.tree.leaves(names["slope"]))
