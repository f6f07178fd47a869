"""`python -m gemsieve.cli`: the command without its script."""

import sys

from gemsieve.cli import main

if __name__ == "__main__":
    sys.exit(main())
