"""What llama.cpp makes of a GGUF file; run by a Python that has llama-cpp-python, for tests.

It prints the pieces of a text, and those with greedy ones added up to a count; the logits after
each of them go to an .npy file.
"""

import json
import sys

import llama_cpp  # type: ignore[import-not-found]
import numpy as np

FLOAT32 = 0  # ggml's number of the type, for keys and values
defaults = llama_cpp.llama_model_default_params


def plain() -> object:
    """Return llama.cpp's own settings without weights arranged for AMX, which a guest may lack."""
    settings = defaults()
    settings.use_extra_bufts = False
    return settings


def main(path: str, text: str, count: str, into: str) -> None:
    """Read the file, then the text, then what it writes itself."""
    llama_cpp.llama_cpp.llama_model_default_params = plain
    model = llama_cpp.Llama(
        path,
        n_ctx=64,
        n_threads=1,
        logits_all=True,
        type_k=FLOAT32,
        type_v=FLOAT32,
        verbose=False,
    )
    pieces = model.tokenize(text.encode(), add_bos=True, special=False)
    written = list(pieces)
    model.eval(pieces)
    while len(written) < int(count):
        written.append(int(model.scores[len(written) - 1].argmax()))
        model.eval(written[-1:])
    np.save(into, model.scores[: len(written)])
    print(json.dumps([pieces, written]))


if __name__ == "__main__":
    main(*sys.argv[1:])
