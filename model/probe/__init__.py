"""A linear probe on a model's own states: what it writes is judged while it is written.

Importing this package loads nothing heavy; `ProbeDetector.setup` loads JAX.
"""

from gemsieve.model.probe.detector import ProbeDetector

__all__ = ["ProbeDetector"]
