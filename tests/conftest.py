"""How properties are tried: without a clock, the same in every CI run; and what tests share."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("gemsieve", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("gemsieve")

# Before anything imports JAX: a program is compiled once, not by each process of each run that
# needs it. With a limit to the folder's bytes comes a lock.
os.environ |= {
    "JAX_COMPILATION_CACHE_DIR": str(Path(__file__).parents[1] / "build" / "compiled"),
    "JAX_COMPILATION_CACHE_MAX_SIZE": str(1 << 30),
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0.1",
}


@pytest.fixture(scope="session")
def inspected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small finished output beside the folder `in` of its inputs; nobody may write to it."""
    from tests.pipeline.inspected import make

    return make(tmp_path_factory.mktemp("inspected"))
