"""Run by an interpreter that has google-deepmind's gemma, which the project's own has not.

    PYTHON by_gemma.py FOLDER

writes three small Gemma 2s to FOLDER/NAME/checkpoint, under the names and in the layouts of that
library's own code, and for each its tokens and their logits, in float32, to FOLDER/NAME/logits.npz.
"""

import importlib.util
import sys
from pathlib import Path
from typing import Any

import gemma  # type: ignore[import-not-found]
import jax
import jax.numpy as jnp
import numpy as np
import orbax.checkpoint as ocp  # type: ignore[import-untyped]
from gemma.gm.nn import _config, _modules, _transformer  # type: ignore[import-not-found]


def flat(params: Any) -> Any:
    """Return the tree that published files hold; its package does not import everywhere."""
    path = Path(next(iter(gemma.__path__))) / "gm/ckpts/_compat.py"
    spec = importlib.util.spec_from_file_location("compat", path)
    assert spec
    assert spec.loader
    compat = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(compat)
    return compat.flatten_and_remap_params({"transformer": params})


def write(folder: Path, groups: int, *, turned: bool, published: bool) -> None:
    """Write one model of the size "test"."""
    kinds = (_modules.AttentionType.LOCAL_SLIDING, _modules.AttentionType.GLOBAL)
    config = _config.TransformerConfig(
        num_embed=320,
        embed_dim=24,
        hidden_dim=40,
        num_heads=4,
        num_kv_heads=groups,
        head_dim=8,
        sliding_window_size=4,
        final_logit_softcap=30.0,
        attn_logits_soft_cap=50.0,
        use_post_attn_norm=True,
        use_post_ffw_norm=True,
        transpose_gating_einsum=turned,
        attention_types=tuple(kinds[layer % 2] for layer in range(3)),
        query_pre_attn_norm=(
            _config.QueryPreAttentionNormalisation.BY_ONE_OVER_SQRT_EMBED_DIM_DIV_NUM_HEADS
        ),
    )
    model = _transformer.Transformer(config=config, dtype=jnp.float32)
    rng = np.random.default_rng(0)
    # It takes token 0 for padding and masks it.
    tokens = rng.integers(1, config.num_embed, (2, 24)).astype(np.int32)
    shapes = jax.eval_shape(lambda: model.init(jax.random.key(0), tokens))["params"]
    params = jax.tree.map(
        lambda leaf: jnp.asarray(0.3 * rng.standard_normal(leaf.shape), jnp.float32), shapes
    )
    logits = model.apply({"params": params}, tokens).logits
    folder.mkdir(parents=True)
    np.savez(folder / "logits.npz", tokens=tokens, logits=logits)
    with ocp.StandardCheckpointer() as checkpointer:
        checkpointer.save(folder / "checkpoint", flat(params) if published else params)


for name, groups, turned, published in (
    ("grouped", 2, False, True),
    ("joint", 4, True, True),
    ("nested", 2, True, False),
):
    write(Path(sys.argv[1]) / name, groups, turned=turned, published=published)
