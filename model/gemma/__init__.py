"""The architecture: parameters and tokens to logits, by pure functions."""
