"""Gemma 2 checkpoints in the form that Hugging Face's libraries read and write."""

from gemsieve.model.checkpoints.huggingface.read import load_huggingface, open_huggingface
from gemsieve.model.checkpoints.huggingface.write import Form, write_huggingface

__all__ = ["Form", "load_huggingface", "open_huggingface", "write_huggingface"]
