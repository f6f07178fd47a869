"""Inputs: planned, cut into slices, and read record by record."""
