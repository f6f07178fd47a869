"""The strong toxicity tier: a small sentence encoder, tuned on labelled English, in JAX.

Importing this package loads nothing heavy; `StrongTier.setup` loads JAX and the weights.
"""

from gemsieve.model.toxicity.tier import StrongTier

__all__ = ["StrongTier"]
