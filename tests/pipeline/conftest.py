"""What jobs of several files share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.pipeline.in_process import here


@pytest.fixture(scope="module")
def in_process() -> Iterator[None]:
    """Start no child for a module's jobs, where children are no part of a claim.

    Each would load its detectors anew.
    """
    with pytest.MonkeyPatch.context() as patch:
        here(patch)
        yield
