"""The scripts of `bench/` import each other by their bare names, and so do their tests."""

import sys
from pathlib import Path

# Last, so that none of their names hides a library.
sys.path.append(str(Path(__file__).parents[2] / "bench"))
