"""Runs of several processes, each with devices of its own: who reads and writes what."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from gemsieve.model.gemma.sharding import DATA, FSDP, make_mesh, rows_over
from gemsieve.model.training.data.rows import Row
from gemsieve.model.training.loss import Batch


class Share(NamedTuple):
    """Say which of how many equal, contiguous parts of every batch a process reads."""

    number: int
    of: int


WHOLE = Share(0, 1)


def mesh_of_run(data: int, fsdp: int, tensor: int) -> Mesh:
    """Return the mesh of a run, which every process of it has devices in.

    Raises:
        ValueError: There are too few devices or, of several processes, more than are asked for.
    """
    mesh = make_mesh(data, fsdp, tensor)
    if jax.process_count() > 1 and mesh.size < jax.device_count():
        raise ValueError(
            f"a mesh of {data} x {fsdp} x {tensor} leaves some of {jax.process_count()} processes'"
            f" {jax.device_count()} devices out: [mesh] must take them all"
        )
    return mesh


def share_of(mesh: Mesh) -> Share:
    """Return what this process reads of a batch whose rows lie over `data` and `fsdp`.

    Processes along `tensor` read the same rows. Where a process's rows are not contiguous it reads
    whole batches, and uses its own rows.
    """
    blocks = mesh.shape[DATA] * mesh.shape[FSDP]
    where = NamedSharding(mesh, PartitionSpec((DATA, FSDP)))  # type: ignore[no-untyped-call]
    indices = where.addressable_devices_indices_map((blocks,)).values()
    mine = sorted({index[0].start or 0 for index in indices if index is not None})
    first, count = mine[0], len(mine)
    if mine != list(range(first, first + count)) or first % count or blocks % count:
        return WHOLE
    return Share(first // count, blocks // count)


def placed(mesh: Mesh, rows: Row, share: Share = WHOLE) -> Batch:
    """Return a batch over the mesh, of which this process read a share, or all."""

    def column(values: np.ndarray, where: NamedSharding) -> jax.Array:
        whole = (values.shape[0] * share.of, *values.shape[1:])
        made: jax.Array = jax.make_array_from_process_local_data(where, values, whole)  # type: ignore[no-untyped-call]
        return made

    batch: Batch = jax.tree.map(column, rows, rows_over(mesh, rows))
    return batch


def any_told(*, told: bool) -> bool:
    """Tell whether any process was told something; all must ask at the same step."""
    from jax.experimental.multihost_utils import process_allgather

    return bool(np.any(process_allgather(np.asarray(told))))


def wait_for_all(what: str) -> None:
    """Go on when every process has come so far; at once where there is only this one."""
    if jax.process_count() > 1:
        from jax.experimental.multihost_utils import sync_global_devices

        sync_global_devices(what)


@contextmanager
def first_alone(what: str) -> Iterator[None]:
    """Let the first process go through a block before the others: it may write what they read."""
    if jax.process_index() > 0:
        wait_for_all(what)
    try:
        yield
    finally:
        if jax.process_index() == 0:
            wait_for_all(what)


def connect(
    coordinator: str | None = None, processes: int | None = None, number: int | None = None
) -> int:
    """Join the processes of a run, before anything else is asked of JAX; return this one's number.

    Without arguments the environment tells: TPU pods, Slurm, OpenMPI, Kubernetes' jobs
    (`jax.distributed.initialize`).

    Args:
        coordinator: HOST:PORT of the first process.
        processes: How many there are.
        number: Which one this is, from 0.

    Raises:
        ValueError: What is given, or what the environment tells, is not enough.
    """
    try:
        jax.distributed.initialize(coordinator, processes, number)
    except (ValueError, RuntimeError) as error:
        raise ValueError(f"the processes of this run could not be joined: {error}") from None
    return jax.process_index()
