"""Run apart, for what a process's memory has once held cannot be asked of a part of it.

    PYTHON load_on_four_devices.py FOLDER

reads a checkpoint onto a mesh of four devices, then compares it with what safetensors itself
reads, and prints as JSON the bytes of the parameters, by how much reading them raised the peak of
resident memory, and the share of the largest parameter that its largest piece is.
"""

import json
import os
import sys
from pathlib import Path

os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=4"

import jax
import numpy as np
from safetensors import safe_open

from gemsieve.model.checkpoints.huggingface import open_huggingface
from gemsieve.model.checkpoints.huggingface.names import as_theirs, their_name
from gemsieve.model.checkpoints.placement import abstract, leaves
from gemsieve.model.gemma.sharding import make_mesh, parameters_over


def peak() -> int:
    """Return the most bytes of memory that this process has had resident (Linux)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


folder = Path(sys.argv[1])
stored = open_huggingface(folder)
whole = abstract(stored.config, stored.dtype)
like = jax.tree.map(
    lambda leaf, where: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=where),  # type: ignore[no-untyped-call]
    whole,
    parameters_over(make_mesh(1, 2, 2), whole),
)
before = peak()
params = stored.read(like)
jax.tree.map(lambda leaf: leaf.block_until_ready(), params)
added = peak() - before
with safe_open(folder / "model.safetensors", "numpy") as file:
    for path, leaf in leaves(params):
        found = as_theirs(path, np.asarray(leaf))
        np.testing.assert_array_equal(found, file.get_tensor(their_name(path)))
largest = params["embedding"]
print(
    json.dumps(
        {
            "bytes": sum(leaf.nbytes for leaf in jax.tree.leaves(params)),
            "added": added,
            "piece": max(s.data.nbytes for s in largest.addressable_shards) / largest.nbytes,
        }
    )
)
