"""How properties are tried: no clock, for machines are noisy; the same cases in every CI run."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("gemsieve", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("gemsieve")


@pytest.fixture(scope="session")
def inspected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small finished output beside the folder `in` of its inputs; nobody may write to it."""
    from tests.pipeline.inspected import make

    return make(tmp_path_factory.mktemp("inspected"))
