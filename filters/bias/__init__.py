"""Bias: the same text about another group, and what a filter or a corpus makes of groups."""
