"""Limits on scores that are given as targets: what may pass, or what may be flagged wrongly."""
