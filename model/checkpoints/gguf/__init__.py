"""Models in GGUF, the form that llama.cpp and what is built on it read."""

from gemsieve.model.checkpoints.gguf.write import KINDS, Form, write_gguf

__all__ = ["KINDS", "Form", "write_gguf"]
