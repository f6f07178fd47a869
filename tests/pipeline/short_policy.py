"""A policy that costs little: texts of fewer than three words go, and nothing else is asked."""

SHORT = """
name = "short"
[[corpus]]
labels = "quality.*"
action = "keep"
[[corpus]]
labels = "quality.gopher.word_count"
below = 3
action = "drop"
[audit]
sentences = 0
"""
