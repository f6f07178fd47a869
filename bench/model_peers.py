"""Three other Gemma 2s, for `bench/model.py`: of `gemma`, of `transformers`, and of `tunix`.

    python bench/model_peers.py gemma|transformers|tunix CHECKPOINT

Runs in an environment of its own and imports nothing of gemsieve's.
"""

# mypy: ignore-errors
# The peers' packages are not installed where types are checked.

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path

from contender import serve, tokens


class Gemma:
    """google-deepmind's, its own jitted sampling loop included."""

    def __init__(self, folder: Path) -> None:
        import jax.numpy as jnp
        from gemma.gm.nn import _config, _modules, _transformer

        self.about = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        kinds = (_modules.AttentionType.LOCAL_SLIDING, _modules.AttentionType.GLOBAL)
        layers = self.about["num_hidden_layers"]
        config = _config.TransformerConfig(
            num_embed=self.about["vocab_size"],
            embed_dim=self.about["hidden_size"],
            hidden_dim=self.about["intermediate_size"],
            num_heads=self.about["num_attention_heads"],
            head_dim=self.about["head_dim"],
            num_kv_heads=self.about["num_key_value_heads"],
            final_logit_softcap=self.about["final_logit_softcapping"],
            attn_logits_soft_cap=self.about["attn_logit_softcapping"],
            sliding_window_size=self.about["sliding_window"],
            use_post_attn_norm=True,
            use_post_ffw_norm=True,
            attention_types=tuple(kinds[index % 2] for index in range(layers)),
        )
        self.model = _transformer.Transformer(config=config, dtype=jnp.float32)
        self.params = self._read(folder, layers)

    def _read(self, folder: Path, layers: int) -> dict:
        import jax
        import jax.numpy as jnp
        import numpy as np
        from safetensors.numpy import load_file

        raw = load_file(folder / "model.safetensors")
        width = self.about["head_dim"]

        def heads(name: str) -> np.ndarray:
            kernel = raw[name]
            return kernel.reshape(-1, width, kernel.shape[1]).transpose(0, 2, 1)

        params = {
            "embedder": {"input_embedding": raw["model.embed_tokens.weight"]},
            "final_norm": {"scale": raw["model.norm.weight"]},
        }
        for index in range(layers):
            at = f"model.layers.{index}"
            attention, mlp = f"{at}.self_attn", f"{at}.mlp"
            output = raw[f"{attention}.o_proj.weight"].T
            gates = [raw[f"{mlp}.{name}_proj.weight"].T for name in ("gate", "up")]
            kv = [heads(f"{attention}.{name}_proj.weight") for name in "kv"]
            params[f"layer_{index}"] = {
                "attn": {
                    "q_einsum": {"w": heads(f"{attention}.q_proj.weight")},
                    "kv_einsum": {"w": np.stack(kv)},
                    "attn_vec_einsum": {"w": output.reshape(-1, width, output.shape[1])},
                },
                "mlp": {
                    "gating_einsum": np.stack(gates),
                    "linear": raw[f"{mlp}.down_proj.weight"].T,
                },
                "pre_attention_norm": {"scale": raw[f"{at}.input_layernorm.weight"]},
                "post_attention_norm": {"scale": raw[f"{at}.post_attention_layernorm.weight"]},
                "pre_ffw_norm": {"scale": raw[f"{at}.pre_feedforward_layernorm.weight"]},
                "post_ffw_norm": {"scale": raw[f"{at}.post_feedforward_layernorm.weight"]},
            }
        return jax.tree.map(jnp.asarray, params)

    def train(self, rows: int, length: int):  # noqa: ANN201
        import jax
        import jax.numpy as jnp
        import optax

        batch = jnp.asarray(tokens(rows, length + 1, self.about["vocab_size"]), jnp.int32)
        optimizer = optax.adamw(1e-3)

        def loss_of(params):  # noqa: ANN001, ANN202
            logits = self.model.apply({"params": params}, batch[:, :-1]).logits
            losses = optax.softmax_cross_entropy_with_integer_labels(logits, batch[:, 1:])
            return jnp.mean(losses)

        @partial(jax.jit, donate_argnums=(0, 1))
        def step(params, memory):  # noqa: ANN001, ANN202
            loss, gradient = jax.value_and_grad(loss_of)(params)
            updates, memory = optimizer.update(gradient, memory, params)
            return optax.apply_updates(params, updates), memory, loss

        state = [jax.tree.map(jnp.copy, self.params)]
        state.append(optimizer.init(state[0]))

        def run() -> float:
            *state[:], loss = step(*state)
            return float(loss)

        return run

    def decode(self, rows: int, count: int):  # noqa: ANN201
        import jax
        import jax.numpy as jnp
        from gemma.gm.text import _sampler_loop, _sampling, _tokenizer

        length = count + 2
        loop = _sampler_loop.SamplerLoop(
            model=self.model,
            end_tokens=(),
            forbidden_tokens=None,
            sampling=_sampling.Greedy(),
            cache_length=length,
            special_tokens=_tokenizer.Gemma2Tokenizer.special_tokens,
        )

        def start():  # noqa: ANN202
            return _sampler_loop.SamplingState(
                step=jnp.asarray(0),
                done=jnp.zeros(rows, bool),
                last_token=jnp.full(rows, 2, jnp.int32),
                last_token_pos=jnp.zeros(rows, jnp.int32),
                predicted_tokens=jnp.zeros((rows, count), jnp.int32),
                cache=self.model.init_cache(
                    batch_size=rows, dtype=jnp.float32, cache_length=length
                ),
                rng=jax.random.key(0),
                init_cache_length=jnp.asarray(0),
                full_attention_mask=jnp.ones((rows, length), bool),
            )

        def run() -> list[int]:
            state = loop._sample_loop(params=self.params, state=start(), max_new_tokens=count)
            return state.predicted_tokens[0].tolist()

        return run


class Transformers:
    """Hugging Face's, in its own mode for Gemma 2 ("eager": only that has the soft cap)."""

    def __init__(self, folder: Path) -> None:
        import torch
        from transformers import AutoModelForCausalLM

        torch.set_num_threads(2)
        self.folder = folder
        self.load = lambda: AutoModelForCausalLM.from_pretrained(
            folder, attn_implementation="eager", dtype=torch.float32
        )

    def train(self, rows: int, length: int):  # noqa: ANN201
        import torch

        model = self.load()
        model.train()
        batch = torch.tensor(tokens(rows, length + 1, model.config.vocab_size))
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)

        def run() -> float:
            optimizer.zero_grad()
            logits = model(input_ids=batch[:, :-1], use_cache=False).logits
            loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), batch[:, 1:].flatten())
            loss.backward()
            optimizer.step()
            return loss.item()

        return run

    def decode(self, rows: int, count: int):  # noqa: ANN201
        import torch

        model = self.load()
        model.eval()
        prompt = torch.full((rows, 1), 2)

        def run() -> list[int]:
            with torch.inference_mode():
                written = model.generate(
                    prompt, do_sample=False, min_new_tokens=count, max_new_tokens=count,
                    eos_token_id=None, pad_token_id=0,
                )  # fmt: skip
            return written[0, 1:].tolist()

        return run


class Tunix:
    """Google's trainer for language models, by its own loss and the step of its trainer."""

    def __init__(self, folder: Path) -> None:
        import jax.numpy as jnp
        from tunix.models.gemma import model, params_safetensors

        about = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        kinds = (model.AttentionType.LOCAL_SLIDING, model.AttentionType.GLOBAL)
        layers = about["num_hidden_layers"]
        config = model.ModelConfig(
            num_layers=layers,
            num_embed=about["vocab_size"],
            embed_dim=about["hidden_size"],
            hidden_dim=about["intermediate_size"],
            num_heads=about["num_attention_heads"],
            head_dim=about["head_dim"],
            num_kv_heads=about["num_key_value_heads"],
            final_logit_softcap=about["final_logit_softcapping"],
            use_post_attn_norm=True,
            use_post_ffw_norm=True,
            attention_types=tuple(kinds[index % 2] for index in range(layers)),
            attn_logits_soft_cap=about["attn_logit_softcapping"],
            sliding_window_size=about["sliding_window"],
        )
        self.vocabulary = about["vocab_size"]
        read = params_safetensors.create_model_from_safe_tensors
        self.load = partial(read, str(folder), config, dtype=jnp.float32)

    def train(self, rows: int, length: int):  # noqa: ANN201
        import jax.numpy as jnp
        import optax
        from flax import nnx
        from tunix.sft.peft_trainer import _default_loss_fn
        from tunix.sft.utils import build_positions_from_mask, make_causal_attn_mask

        model = self.load()
        optimizer = nnx.Optimizer(model, optax.adamw(1e-3), wrt=nnx.Param)
        batch = jnp.asarray(tokens(rows, length + 1, self.vocabulary), jnp.int32)
        mask = jnp.ones_like(batch, bool)
        inputs = batch, mask, build_positions_from_mask(mask), make_causal_attn_mask(mask)

        @nnx.jit
        def step(model, optimizer):  # noqa: ANN001, ANN202
            loss, gradient = nnx.value_and_grad(_default_loss_fn)(model, *inputs)
            optimizer.update(model, gradient)
            return loss

        return lambda: float(step(model, optimizer))


if __name__ == "__main__":
    kind = {"gemma": Gemma, "transformers": Transformers, "tunix": Tunix}[sys.argv[1]]
    serve(kind(Path(sys.argv[2])))
