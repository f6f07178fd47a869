"""How properties are tried: no clock, for machines are noisy; the same cases in every CI run."""

import os

from hypothesis import settings

settings.register_profile("gemsieve", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("gemsieve")
