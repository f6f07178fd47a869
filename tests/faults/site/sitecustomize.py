"""Python imports this at its start: so a fault gets into every process of a job, children too."""

import os
import sys


class NoPandas:
    """Hides pandas: pyarrow imports it where it is there, which takes a second for nothing."""

    def find_spec(self, name: str, *_: object) -> None:
        """Refuse to look for it."""
        if name == "pandas":
            raise ImportError(name)


if "gemsieve.pipeline.workers.child" in sys.orig_argv:
    sys.meta_path.insert(0, NoPandas())

if "GEMSIEVE_TEST_FAULT" in os.environ and "gemsieve.pipeline.workers.child" in sys.orig_argv:
    import importlib
    import json

    importlib.import_module("inject").install(json.loads(os.environ["GEMSIEVE_TEST_FAULT"]))
