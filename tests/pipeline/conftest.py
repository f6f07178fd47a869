"""What several tests of the pipeline share."""

from __future__ import annotations

from pathlib import Path

import pytest

from .inspected import make


@pytest.fixture(scope="session")
def inspected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished output beside the folder `in` of its inputs."""
    return make(tmp_path_factory.mktemp("inspected"))
