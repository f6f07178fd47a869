"""Toxicity of a text, by a fastText model that `gemsieve.filters.toxicity_recipe` trained."""

from gemsieve.filters.toxicity.detector import ToxicityDetector

__all__ = ["ToxicityDetector"]
