"""`transformers` beside us: the same shape of Gemma 2, random weights, bfloat16, one GPU."""

# mypy: ignore-errors
# torch and transformers are not installed where types are checked.

from __future__ import annotations

import gc
import time
from functools import partial

import torch
import transformers
from gpu_case import Section

from gemsieve.model.gemma.config import named

ON_GPU = torch.cuda.is_available()
DEVICE = "cuda" if ON_GPU else "cpu"


def run(section: Section) -> None:
    """Train, then decode, in each of its modes."""
    kind = torch.cuda.get_device_name() if ON_GPU else "cpu"
    section.note(
        "device", kind=kind, torch=torch.__version__, transformers=transformers.__version__
    )
    torch.backends.cuda.matmul.allow_tf32 = True
    for attention, cache in (("sdpa", "dynamic"), ("eager", "static")):
        name = f"decoding, {attention}, {cache} cache"
        section.case(name, partial(decode, section, attention, cache))
    # Of its ways "sdpa" leaves the soft cap out, and newer releases refuse it.
    for attention in ("flex_attention", "eager", "sdpa"):
        name = f"training, {attention}, bfloat16 masters"
        section.case(name, partial(train_what_fits, section, attention, "bfloat16"))


def make(section: Section, attention: str, dtype: torch.dtype) -> torch.nn.Module:
    """Return a model of our own configuration's shape."""
    ours = named("test" if section.tiny else "2b")
    config = transformers.Gemma2Config(
        vocab_size=ours.vocab_size,
        hidden_size=ours.embed_dim,
        intermediate_size=ours.hidden_dim,
        num_hidden_layers=ours.num_layers,
        num_attention_heads=ours.num_heads,
        num_key_value_heads=ours.num_kv_heads,
        head_dim=ours.head_dim,
        query_pre_attn_scalar=ours.query_pre_attn_scalar,
        sliding_window=ours.sliding_window,
        max_position_embeddings=ours.max_length,
    )
    with torch.device(DEVICE):
        return transformers.AutoModelForCausalLM.from_config(
            config, dtype=dtype, attn_implementation=attention
        )


def empty() -> None:
    """Give memory back."""
    gc.collect()
    if ON_GPU:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


def train_what_fits(section: Section, attention: str, masters: str) -> dict:
    """Train with the largest batch that fits."""
    shapes = [(2, 64)] if section.tiny else [(2, 8192), (1, 8192), (1, 4096), (1, 2048)]
    for rows, length in shapes:
        try:
            return train(section, attention, masters, rows, length)
        except torch.OutOfMemoryError:
            pass  # and the next, once this traceback has let go of the model
        empty()
    return {"fits": False}


def train(section: Section, attention: str, masters: str, rows: int, length: int) -> dict:
    """Return the figures of a step with every layer computed again on the way back.

    AdamW's memory has the type of the parameters, as in ours. With float32 masters activations are
    bfloat16 by autocast.
    """
    model = make(section, attention, getattr(torch, masters)).train()
    model.gradient_checkpointing_enable()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)
    tokens = torch.randint(model.config.vocab_size, (rows, length), device=DEVICE)
    autocast = torch.autocast(DEVICE, torch.bfloat16, enabled=masters == "float32")
    seconds = []
    for _ in range(4):
        began = time.perf_counter()
        with autocast:
            loss = model(input_ids=tokens, labels=tokens, use_cache=False).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        last = loss.item()
        seconds.append(time.perf_counter() - began)
    best = min(seconds[1:])
    peak = torch.cuda.max_memory_allocated() / 1e9 if ON_GPU else 0.0
    told = {"ms": 1e3 * best, "tokens_s": rows * length / best, "gb": peak, "loss": last}
    del model, optimizer, loss
    empty()
    return {"rows": rows, "length": length, **told}


def decode(section: Section, attention: str, cache: str) -> dict:
    """Return tokens a second of its own `generate` by rows, the likeliest token each."""
    model = make(section, attention, torch.bfloat16).eval()
    count = 8 if section.tiny else 64
    rates = {}
    for rows in (1, 8, 32):
        # A static cache is compiled for its length.
        seconds_of_writing(model, rows, cache, 4 if cache == "dynamic" else count)
        rates[f"tokens_s_{rows}"] = rows * count / seconds_of_writing(model, rows, cache, count)
    del model
    empty()
    return rates


def seconds_of_writing(model: torch.nn.Module, rows: int, cache: str, count: int) -> float:
    """Return the seconds in which it writes `count` tokens a row after a prompt of 16."""
    prompt = torch.full((rows, 16), 2, device=DEVICE)
    kind = {} if cache == "dynamic" else {"cache_implementation": cache}
    began = time.perf_counter()
    with torch.inference_mode():
        model.generate(
            prompt,
            attention_mask=torch.ones_like(prompt),
            do_sample=False,
            pad_token_id=0,
            eos_token_id=None,
            min_new_tokens=count,
            max_new_tokens=count,
            **kind,
        )
    if ON_GPU:
        torch.cuda.synchronize()
    return time.perf_counter() - began
