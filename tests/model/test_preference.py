"""DPO: known answers, and log probabilities that agree with the whole logits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.model.reference import loud_params

from gemsieve.model.gemma.config import named
from gemsieve.model.gemma.execution import Execution
from gemsieve.model.gemma.transformer import Transformer
from gemsieve.model.training.tuning.preference import Pair, dpo_loss, margins, sequence_logprobs


def pair(chosen: float, rejected: float) -> Pair:
    """Return one pair's log probabilities."""
    return Pair(jnp.float32([chosen]), jnp.float32([rejected]))


def test_known_answers() -> None:
    """No move costs log 2; a move by 2 log 3 at beta 1/2 is believed at 3 to 1."""
    reference = pair(-7, -5)
    assert float(dpo_loss(reference, reference)[0]) == pytest.approx(np.log(2), rel=1e-6)
    policy = pair(-7 + np.log(3), -5 - np.log(3))
    assert float(margins(policy, reference)[0]) == pytest.approx(2 * np.log(3), rel=1e-5)
    right, wrong = -np.log(3 / 4), -np.log(1 / 4)
    assert float(dpo_loss(policy, reference, 0.5)[0]) == pytest.approx(right, rel=1e-5)
    smooth = float(dpo_loss(policy, reference, 0.5, label_smoothing=0.1)[0])
    assert smooth == pytest.approx(0.9 * right + 0.1 * wrong, rel=1e-5)


def test_gradients_raise_the_chosen_and_lower_the_rejected() -> None:
    """By beta times the doubt in the pair, equally much, and the reference by nothing."""
    policy, reference = pair(-6, -5), pair(-7, -5)
    to_policy, to_reference = jax.grad(
        lambda one, other: jnp.sum(dpo_loss(one, other, beta=0.5)), argnums=(0, 1)
    )(policy, reference)
    doubt = 1 / (1 + np.exp(0.5))
    np.testing.assert_allclose(to_policy.chosen, [-0.5 * doubt], rtol=1e-5)
    np.testing.assert_allclose(to_policy.rejected, [0.5 * doubt], rtol=1e-5)
    assert not np.any(to_reference.chosen)
    assert not np.any(to_reference.rejected)


def test_smoothing_stops_where_it_is_sure_enough() -> None:
    """With a tenth thought wrong, the loss is least at 9 to 1."""
    reference = pair(0, 0)
    slope = jax.grad(lambda policy: jnp.sum(dpo_loss(policy, reference, 1.0, 0.1)))
    assert abs(float(slope(pair(np.log(9), 0)).chosen[0])) < 1e-6
    assert float(slope(pair(np.log(8), 0)).chosen[0]) < 0 < float(slope(pair(3, 0)).chosen[0])


def test_settings_out_of_range_are_refused() -> None:
    """Each error says which."""
    with pytest.raises(ValueError, match="beta must be above 0, not 0"):
        dpo_loss(pair(0, 0), pair(0, 0), beta=0)
    with pytest.raises(ValueError, match=r"below 0\.5, not 0\.5"):
        dpo_loss(pair(0, 0), pair(0, 0), label_smoothing=0.5)


def test_log_probabilities_are_those_of_the_whole_logits() -> None:
    """Sums and gradients, in chunks of 3 places and one left over, equal the plain formula's."""
    config = replace(named("test"), num_layers=1)
    model = Transformer(config, execution=Execution(loss_tokens=6))
    params = jax.tree.map(jnp.asarray, loud_params(config, seed=0))
    tokens = jnp.arange(20).reshape(2, 10) * 11 % config.vocab_size
    batch = {
        "tokens": tokens,
        "positions": jnp.arange(10)[None].repeat(2, 0),
        "segments": jnp.ones_like(tokens),
        "targets": (tokens + 3) % config.vocab_size,
        "weights": (tokens % 3 > 0).astype(jnp.float32),
    }

    def plain(params: dict[str, Any]) -> jax.Array:
        logits, _ = model.apply({"params": params}, tokens, batch["positions"], batch["segments"])
        logprobs = jax.nn.log_softmax(logits)
        picked = jnp.take_along_axis(logprobs, batch["targets"][..., None], axis=-1)[..., 0]
        return jnp.sum(picked * batch["weights"], axis=1)

    def ours(params: dict[str, Any]) -> jax.Array:
        return sequence_logprobs(model, params, batch)

    @jax.jit
    def both(params: dict[str, Any]) -> Any:
        shares = jnp.asarray([1.0, -2.0])
        return tuple(
            jax.value_and_grad(lambda params, way=way: way(params) @ shares)(params)
            for way in (plain, ours)
        )

    (expected, slope), (found, chunked) = both(params)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, atol=3e-3, rtol=1e-3), chunked, slope
    )
    np.testing.assert_allclose(jax.jit(ours)(params), jax.jit(plain)(params), rtol=1e-5)
