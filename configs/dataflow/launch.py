"""What the launcher of the flex template runs: `gemsieve filter` with the template's parameters."""

from __future__ import annotations

import sys

from gemsieve.cli import main

sys.exit(main(["filter", "--runner=DataflowRunner", *sys.argv[1:]]))
