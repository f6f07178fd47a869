"""Python imports this at its start: so a fault gets into every process of a job, children too."""

import os
import sys

if "GEMSIEVE_TEST_FAULT" in os.environ and "gemsieve.pipeline.child" in sys.orig_argv:
    import json

    import inject

    inject.install(json.loads(os.environ[inject.FAULT]))
