"""A second Gemma 2 that is asked Yes or No: ShieldGemma (arXiv 2407.21772), and models like it.

Importing this package loads nothing heavy; `ShieldDetector.setup` loads JAX and the model.
"""

from gemsieve.model.shield.detector import ShieldDetector

__all__ = ["ShieldDetector"]
