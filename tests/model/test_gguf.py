"""GGUF files: read back with the library's reader, and run by llama.cpp itself."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gguf import GGUFReader, dequantize
from tests.model.reference import loud_params

from gemsieve.model.checkpoints.gguf import KINDS, Form, write_gguf
from gemsieve.model.gemma.config import named
from gemsieve.model.gemma.quantise import dequantise, quantise
from gemsieve.model.gemma.transformer import Transformer
from gemsieve.model.tokenizer import Tokenizer

# Queries are not scaled by their width, and rows of 64 fit GGUF's blocks of 32.
CONFIG = replace(
    named("test"),
    embed_dim=64,
    hidden_dim=96,
    num_heads=4,
    head_dim=16,
    query_pre_attn_scalar=10,
    sliding_window=6,
)
# A quiet embedding, so that what is written depends on more than the token before.
PARAMS = loud_params(CONFIG, seed=0)
PARAMS["embedding"] *= 0.1
BY_LLAMA = Path(__file__).with_name("by_llama.py")


def write(folder: Path, tokenizer: Tokenizer, kind: str = "f16", **more: Any) -> None:
    """Write `PARAMS` to m.gguf."""
    form = Form(config=CONFIG, tokenizer=tokenizer, kind=kind, **more)
    write_gguf(folder / "m.gguf", PARAMS, form)


def read(path: Path) -> dict[str, Any]:
    """Return a file's tensors as floats, [out, in]."""
    tensors = GGUFReader(path).tensors
    return {t.name: dequantize(t.data, t.tensor_type) for t in tensors}


def kernel(*path: str) -> Any:
    """Return one of our weights as [out, in]: what it sums over comes last."""
    value: Any = PARAMS
    for name in path:
        value = value[name]
    return value.reshape(-1, value.shape[-1]).T if path[-1] == "o" else value.reshape(64, -1).T


def test_tensors_are_ours_as_llama_applies_them(tmp_path: Path, tokenizer: Tokenizer) -> None:
    """Names and axes are GGUF's, norms are one more, queries make up for another scale."""
    write(tmp_path, tokenizer, "f32")
    tensors = read(tmp_path / "m.gguf")
    assert len(tensors) == 2 + 11 * CONFIG.num_layers
    np.testing.assert_array_equal(tensors["token_embd.weight"], PARAMS["embedding"])
    layer = PARAMS["layer_2"]
    for theirs, ours in (
        ("attn_norm", "pre_attention_norm"),
        ("post_attention_norm", "post_attention_norm"),
        ("ffn_norm", "pre_feed_forward_norm"),
        ("post_ffw_norm", "post_feed_forward_norm"),
    ):
        np.testing.assert_array_equal(tensors[f"blk.2.{theirs}.weight"], 1 + layer[ours]["scale"])
    for theirs, path in (
        ("attn_k", ("attention", "k")),
        ("attn_v", ("attention", "v")),
        ("attn_output", ("attention", "o")),
        ("ffn_gate", ("feed_forward", "gate")),
        ("ffn_up", ("feed_forward", "up")),
    ):
        np.testing.assert_array_equal(tensors[f"blk.2.{theirs}.weight"], kernel("layer_2", *path))
    down = tensors["blk.2.ffn_down.weight"]
    np.testing.assert_array_equal(down, layer["feed_forward"]["down"].T)
    query = kernel("layer_2", "attention", "q") * (16 / 10) ** 0.5
    np.testing.assert_allclose(tensors["blk.2.attn_q.weight"], query, rtol=1e-6)


@pytest.mark.parametrize(("form", "step"), [("f16", 2**-11), ("bf16", 2**-8), ("q8_0", 2**-7)])
def test_forms_round_and_no_more(
    tmp_path: Path, tokenizer: Tokenizer, form: str, step: float
) -> None:
    """Each form is as near to float32 as its number of bits allows, and norms stay exact."""
    write(tmp_path, tokenizer, form)
    tensors = read(tmp_path / "m.gguf")
    rounded, exact = tensors["token_embd.weight"], PARAMS["embedding"]
    assert 0 < np.abs(rounded - exact).max() <= step * np.abs(exact).max()
    np.testing.assert_array_equal(tensors["output_norm.weight"], 1 + PARAMS["final_norm"]["scale"])


def test_quantised_weights_are_written_as_the_floats_they_stand_for(
    tmp_path: Path, tokenizer: Tokenizer
) -> None:
    """A model in 4 bits gives the file of its floats, to the byte; a second write too."""
    small, form = quantise(PARAMS, 4, 32), Form(config=CONFIG, tokenizer=tokenizer, kind="q8_0")
    for name, params in (("a", small), ("b", dequantise(small)), ("c", small)):
        write_gguf(tmp_path / name, params, form)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a").read_bytes() == (tmp_path / "c").read_bytes()


def test_pieces_keep_their_numbers_and_kinds(tmp_path: Path, tokenizer: Tokenizer) -> None:
    """Control pieces, line ends, bytes and words have their kinds; rows left over are unused."""
    write(tmp_path, tokenizer, notes={"policy": "p 12"})
    fields = GGUFReader(tmp_path / "m.gguf").fields
    pieces = fields["tokenizer.ggml.tokens"].contents()
    kinds = fields["tokenizer.ggml.token_type"].contents()
    assert len(pieces) == len(kinds) == CONFIG.vocab_size > tokenizer.vocab_size
    assert len(set(pieces)) == len(pieces)
    assert [pieces.index(name) for name in ("<pad>", "<eos>", "<bos>", "<unk>")] == [0, 1, 2, 3]
    assert {kinds[pieces.index(name)] for name in ("<eos>", "<end_of_turn>")} == {3}
    assert kinds[pieces.index("\n")] == 4
    assert kinds[pieces.index("<0x41>")] == 6
    assert kinds[tokenizer.encode("river")[0]] == 1
    assert set(kinds[tokenizer.vocab_size :]) == {5}
    assert fields["gemsieve.policy"].contents() == "p 12"


def test_what_llama_cannot_run_is_refused(tmp_path: Path, tokenizer: Tokenizer) -> None:
    """No soft cap, another form, a tokenizer too large, a file that is there: no file is left."""
    path = tmp_path / "m.gguf"
    for config, form, words in (
        (replace(CONFIG, attn_logit_softcap=None), "f32", "no soft caps"),
        (replace(CONFIG, vocab_size=100), "f32", "300 pieces, the embedding 100 rows"),
        (CONFIG, "q2", f"one of {', '.join(KINDS)}, not 'q2'"),
    ):
        with pytest.raises(ValueError, match=words):
            write_gguf(path, PARAMS, Form(config=config, tokenizer=tokenizer, kind=form))
    path.write_text("here")
    with pytest.raises(ValueError, match="there already"):
        write(tmp_path, tokenizer)
    assert [file.name for file in tmp_path.iterdir()] == ["m.gguf"]


def half_gelu(x: jax.Array, approximate: bool) -> jax.Array:
    """Compute GELU as llama.cpp does on a CPU: from a table of half floats, to half floats."""
    inner = jax.nn.gelu(x.astype("float16").astype("float32"), approximate=approximate)
    return jnp.where(abs(x) < 10, inner.astype("float16").astype("float32"), jnp.maximum(x, 0))


def by_llama(folder: Path, text: str, count: int) -> tuple[list[int], list[int], Any]:
    """Return a text's pieces, those with greedy ones up to a count, and the logits of each."""
    command = [
        os.environ["GEMSIEVE_LLAMA"],
        str(BY_LLAMA),
        "m.gguf",
        text,
        str(count),
        "logits.npy",
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return (*json.loads(done.stdout), np.load(folder / "logits.npy"))


def test_llama_computes_the_same(
    tmp_path: Path, tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """llama.cpp cuts text as we do, its logits are ours past the window, and so is its text.

    Of the logits 99 % are within 1e-3, and all within .01, where GELU is as coarse as there; in
    eight bits, where it rounds activations too, they go with ours.
    """
    if "GEMSIEVE_LLAMA" not in os.environ:
        pytest.skip("GEMSIEVE_LLAMA names no Python that has llama-cpp-python")
    write(tmp_path, tokenizer, "f32")
    text = "the river carries\tsmall  stones 742\n\n\nto ü 河 sea"
    pieces, written, logits = by_llama(tmp_path, text, 60)
    assert pieces[1:] == tokenizer.encode(text)
    assert len(set(written[len(pieces) :])) > 9
    monkeypatch.setattr("flax.linen.gelu", half_gelu)
    ours = np.asarray(Transformer(CONFIG).apply({"params": PARAMS}, np.asarray([written]))[0])[0]
    far = np.abs(logits - ours)
    assert np.quantile(far, 0.99) < 1e-3
    assert far.max() < 0.01
    assert written[len(pieces) :] == ours[len(pieces) - 1 : -1].argmax(-1).tolist()
    (tmp_path / "m.gguf").unlink()
    write(tmp_path, tokenizer, "q8_0")
    *_, rounded = by_llama(tmp_path, text, len(pieces))
    assert np.corrcoef(rounded.ravel(), logits[: len(pieces)].ravel())[0, 1] > 0.98
