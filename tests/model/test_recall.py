from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gemsieve.model.gemma.cache import BLOCK
from gemsieve.model.gemma.dense_attention import attend
from gemsieve.model.gemma.recall import recall


def inputs(batch: int, groups: int, width: int, slots: int) -> tuple[Any, Any, Any]:
    """Return queries of two heads a group, keys and values; those of fewer slots are a part."""
    rng = np.random.default_rng(0)
    query = rng.standard_normal((batch, 1, 2 * groups, width), np.float32)
    keys, values = (
        rng.standard_normal((batch, groups, 8 * BLOCK, width), np.float32) for _ in "kv"
    )
    return query, keys[:, :, :slots], values[:, :, :slots]


@pytest.mark.parametrize(("batch", "groups", "width"), [(2, 2, 8), (1, 4, 64)])
def test_more_slots_change_no_bit(batch: int, groups: int, width: int) -> None:
    """What is seen counts, not how many empty blocks follow it."""
    results = []
    for slots in (BLOCK, 2 * BLOCK, 5 * BLOCK, 8 * BLOCK):
        mask = np.broadcast_to(np.arange(slots) < BLOCK - 9, (batch, 1, slots))
        results.append(jax.jit(recall)(*inputs(batch, groups, width, slots), mask, 50.0))
    for result in results[1:]:
        np.testing.assert_array_equal(results[0], result)


@pytest.mark.parametrize("slots", [1, 7, BLOCK, 3 * BLOCK])
@pytest.mark.parametrize("cap", [None, 2.0])
def test_it_is_attention(slots: int, cap: float | None) -> None:
    """Blocks together give what a softmax over all slots gives, whichever of them are seen."""
    query, keys, values = inputs(3, 2, 8, slots)
    seen = np.random.default_rng(1).random((3, 1, slots)) < 0.4
    seen[:, :, slots // 2] = True
    rows = keys.swapaxes(1, 2), values.swapaxes(1, 2)
    expected = attend(query, *rows, jnp.asarray(seen), cap)
    found = jax.jit(partial(recall, cap=cap))(query, keys, values, seen)
    np.testing.assert_allclose(found, expected, atol=1e-5)
