"""Gemma 2 in JAX: architecture, tokenizer, trainer and sampler; the only floor that imports jax.

Importing this package loads nothing heavy: take what you need from its files, for example
`from gemsieve.model.sampling.sampler import Sampler`.
"""
