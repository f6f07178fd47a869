"""Merging models that were tuned from one start."""
