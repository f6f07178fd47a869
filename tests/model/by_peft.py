"""Run by an interpreter that has torch, transformers and PEFT, which the project's own has not.

    PYTHON by_peft.py FOLDER

puts the adapters in FOLDER/ours beside the model in FOLDER/base, writes the logits of
FOLDER/tokens.npy to FOLDER/logits.npy, and the adapters, as it writes any, to FOLDER/theirs.
"""

import sys
from pathlib import Path

import numpy as np
import torch  # type: ignore[import-not-found]
from peft import PeftModel  # type: ignore[import-not-found]
from transformers import Gemma2ForCausalLM  # type: ignore[import-not-found]

folder = Path(sys.argv[1])
base = Gemma2ForCausalLM.from_pretrained(
    folder / "base", dtype=torch.float32, attn_implementation="eager"
)
model = PeftModel.from_pretrained(base, folder / "ours")
with torch.no_grad():
    logits = model(torch.from_numpy(np.load(folder / "tokens.npy"))).logits
np.save(folder / "logits.npy", logits.numpy())
model.save_pretrained(folder / "theirs")
