"""Findings stored once, and decided by as often as asked."""
