"""Nothing unjudged is released: the guard around a sampler, and the moderation service."""

from gemsieve.safety.act import Answer, act
from gemsieve.safety.guard import Guarded, Sampler, guarded
from gemsieve.safety.units import Horizon

__all__ = ["Answer", "Guarded", "Horizon", "Sampler", "act", "guarded"]
