"""Run by an interpreter that has torch and transformers, which the project's own has not.

    PYTHON by_transformers.py FOLDER...

reads the model in each FOLDER/ours, writes it to FOLDER/theirs as it would write any model, and
its logits of FOLDER/tokens.npy, in float32, to FOLDER/logits.npy.
"""

import sys
from pathlib import Path

import numpy as np
import torch  # type: ignore[import-not-found]
from transformers import Gemma2ForCausalLM  # type: ignore[import-not-found]

for folder in map(Path, sys.argv[1:]):
    model, seen = Gemma2ForCausalLM.from_pretrained(
        folder / "ours", dtype="auto", output_loading_info=True
    )
    # Nothing missing, left over or of another shape: it says so instead of failing.
    assert not any(seen.values()), seen
    model.save_pretrained(folder / "theirs", max_shard_size="20KB")
    # Anew: what the model derives from its configuration was rounded to the stored type above.
    model = Gemma2ForCausalLM.from_pretrained(
        folder / "ours", dtype=torch.float32, attn_implementation="eager"
    )
    with torch.no_grad():
        logits = model(torch.from_numpy(np.load(folder / "tokens.npy"))).logits
    np.save(folder / "logits.npy", logits.numpy())
