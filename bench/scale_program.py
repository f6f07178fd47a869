"""Compile one program of a named size for a slice of TPUs, and read its memory off the compiler.

No TPU is there: `libtpu` compiles for a topology by its name.
"""

from __future__ import annotations

import os

# Before JAX loads `libtpu`: it is not to look for a TPU, nor to ask a cloud's metadata for one.
os.environ |= {
    "JAX_PLATFORMS": "cpu",
    "TPU_SKIP_MDS_QUERY": "1",
    "TPU_ACCELERATOR_TYPE": "v5litepod-4",
    "TPU_WORKER_HOSTNAMES": "localhost",
    "TPU_WORKER_ID": "0",
}

import re
import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped]
from jax.experimental import topologies
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from scale_plan import Plan

from gemsieve.model.gemma.cache import empty_cache
from gemsieve.model.gemma.config import GemmaConfig, named
from gemsieve.model.gemma.execution import Execution
from gemsieve.model.gemma.sharding import make_mesh, parameters_over, rows_over
from gemsieve.model.gemma.stacked import stack
from gemsieve.model.gemma.transformer import Transformer, initialise
from gemsieve.model.training.loss import next_token_loss
from gemsieve.model.training.optimizer import OptimizerSettings, make_optimizer

# A tree of arrays or of their shapes, which JAX does not type; nor the making of a shape.
Tree = Any
Shape: Any = jax.ShapeDtypeStruct


class Program(NamedTuple):
    """A function to compile, its arguments' shapes and shardings, and what it gives back in place.

    `outputs` are the shardings of the result.
    """

    function: Callable[..., Tree]
    arguments: tuple[Tree, ...]
    outputs: Tree
    donated: tuple[int, ...]


def devices_of(topology: str) -> list[Any]:
    """Return a topology's devices: chips, where v4's two cores work as one."""
    more: dict[str, Any] = {}
    if topology.startswith("v4"):
        more = {"chip_config_name": "megacore"}
    described = topologies.get_topology_desc(topology, "tpu", **more)
    return list(described.devices)


def placed(tree: Tree, where: Tree) -> Tree:
    """Return the shapes of a tree with a sharding each."""
    return jax.tree.map(
        lambda leaf, over: Shape(leaf.shape, leaf.dtype, sharding=over), tree, where
    )


def shapes_of(config: GemmaConfig, dtype: str) -> Tree:
    """Return the shapes of a model's parameters."""
    shapes = jax.eval_shape(lambda: initialise(config, seed=0))
    return jax.tree.map(lambda leaf: Shape(leaf.shape, dtype), shapes)


def sampling(plan: Plan, mesh: Mesh) -> Program:
    """Return the reading of a prompt, or of one token, into a cache of `length`, in bfloat16."""
    config = named(plan.size)
    model = Transformer(config, dtype="bfloat16")
    shapes = shapes_of(config, "bfloat16")
    params = placed(shapes, parameters_over(mesh, shapes))
    empty = jax.eval_shape(lambda: empty_cache(config, plan.batch, plan.length, "bfloat16"))
    where = rows_over(mesh, empty)
    count = plan.length if plan.work == "prefill" else 1
    tokens = Shape((plan.batch, count), jnp.int32)
    ids = placed(tokens, rows_over(mesh, tokens))

    def read(params: Tree, tokens: jax.Array, cache: Tree) -> tuple[jax.Array, Tree]:
        at = cache.length[:, None] + jnp.arange(count)[None]
        x, cache = model.apply({"params": params}, tokens, at, None, cache, method="features")
        last: Tree = model.apply({"params": params}, x[:, -1], method="unembed")
        return jnp.argmax(last, axis=-1), cache

    return Program(read, (params, ids, placed(empty, where)), (None, where), (2,))


def training(plan: Plan, mesh: Mesh) -> Program:
    """Return a step: float32 parameters and AdamW, bfloat16 activations, made again going back."""
    config = named(plan.size)
    # 512 tokens a shard of rows, not all together.
    shards = plan.mesh[0] * plan.mesh[1]
    execution = Execution(scan=True, remat="full", loss_tokens=512 * shards)
    model = Transformer(config, dtype="bfloat16", execution=execution)
    optimizer = make_optimizer(OptimizerSettings(), 1000)
    shapes = jax.eval_shape(stack, shapes_of(config, "float32"))
    state = (shapes, jax.eval_shape(optimizer.init, shapes))
    where = parameters_over(mesh, state)
    one = Shape((plan.batch, plan.length), jnp.int32)
    batch = dict.fromkeys(("tokens", "positions", "segments", "targets"), one)
    batch["weights"] = Shape(one.shape, jnp.float32)

    def step(state: Tree, batch: Tree) -> tuple[Tree, jax.Array]:
        params, memory = state
        loss, slope = jax.value_and_grad(partial(next_token_loss, model))(params, batch)
        updates, memory = optimizer.update(slope, memory, params)
        return (optax.apply_updates(params, updates), memory), loss

    everywhere = NamedSharding(mesh, PartitionSpec())  # type: ignore[no-untyped-call]
    arguments = (placed(state, where), placed(batch, rows_over(mesh, batch)))
    return Program(step, arguments, (where, everywhere), (0,))


def compiled(plan: Plan) -> dict[str, Any]:
    """Compile a plan's program and return its figures, in bytes and operations of one device."""
    start = time.process_time()
    mesh = make_mesh(*plan.mesh, devices_of(plan.topology))
    program = training(plan, mesh) if plan.work == "train" else sampling(plan, mesh)
    outputs, donated = program.outputs, program.donated
    with jax.set_mesh(mesh):
        lowered = jax.jit(program.function, out_shardings=outputs, donate_argnums=donated).lower(
            *program.arguments
        )
    try:
        done = lowered.compile()
    except jax.errors.JaxRuntimeError as error:
        if "RESOURCE_EXHAUSTED" not in str(error):
            raise
        needs, has = re.findall(r"\(?([\d.]+)G\b", str(error))[:2]
        told: dict[str, Any] = {"fits": False, "needs_gib": float(needs), "has_gib": float(has)}
        return told | {"cpu_seconds": round(time.process_time() - start)}
    memory: Tree = done.memory_analysis()
    cost: Tree = done.cost_analysis()
    return {
        "fits": True,
        "arguments": memory.argument_size_in_bytes,
        "outputs": memory.output_size_in_bytes - memory.alias_size_in_bytes,
        "temporary": memory.temp_size_in_bytes,
        "code": memory.generated_code_size_in_bytes,
        "peak": memory.peak_memory_in_bytes,
        "operations": cost["flops"],
        "given": sum(
            np.dtype(leaf.dtype).itemsize * np.prod(leaf.sharding.shard_shape(leaf.shape))
            for leaf in jax.tree.leaves(program.arguments)
        ).item(),
        "cpu_seconds": round(time.process_time() - start),
    }
