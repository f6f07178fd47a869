"""How properties are tried: no clock, for machines are noisy; the same cases in every CI run."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("gemsieve", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("gemsieve")


def pytest_configure(config: pytest.Config) -> None:
    """Let a program of JAX's be compiled once, not by each process of each run that needs it."""
    programs = {
        "JAX_COMPILATION_CACHE_DIR": str(config.rootpath / "build" / "compiled"),
        "JAX_COMPILATION_CACHE_MAX_SIZE": str(1 << 30),  # with a limit comes a lock
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    }
    for name, value in programs.items():
        os.environ.setdefault(name, value)


@pytest.fixture(scope="session")
def inspected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small finished output beside the folder `in` of its inputs; nobody may write to it."""
    from tests.pipeline.inspected import make

    return make(tmp_path_factory.mktemp("inspected"))
