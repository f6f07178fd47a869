"""The tables of docs/scale.md: from what was compiled, and by arithmetic, each marked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from scale_plan import Plan, plans
from scale_step import MESHES, step_of

from gemsieve.model.gemma.cache import cache_bytes
from gemsieve.model.gemma.config import named
from gemsieve.model.gemma.flops import forward_flops, training_flops
from gemsieve.model.gemma.transformer import count_parameters

PAGE = Path(__file__).parents[1] / "docs/scale.md"
GIB = 2**30


class Chip(NamedTuple):
    """What the makers state: bfloat16 operations and bytes of memory traffic a second.

    `memory` is what a program can have: for TPUs by the compiler's own refusals, in bytes.
    """

    operations: float
    traffic: float
    memory: float


CHIPS = {
    "v5e": Chip(197e12, 819e9, 15.75 * GIB),
    "v4": Chip(275e12, 1228e9, 30.75 * GIB),
    "v5p": Chip(459e12, 2765e9, 95.74 * GIB),
    "H100": Chip(989e12, 3350e9, 80e9),
}
# What the makers state of bytes that a chip sends to its neighbours a second, all links together.
LINKS = {"v5e": 200e9, "v4": 300e9, "v5p": 600e9}
# The report's runs (arXiv 2408.00118, section 3.1): tokens, chips, kind, data and model shards.
RUNS = {
    "2b": (2e12, 512, "v5e", 512, 1),
    "9b": (8e12, 4096, "v4", 1024, 4),
    "27b": (13e12, 6144, "v5p", 768, 8),
}


def gib(count: float) -> str:
    """Return bytes in GiB."""
    return f"{count / GIB:.2f}"


def line(*cells: object) -> str:
    """Return a row of a table."""
    return f"| {' | '.join(map(str, cells))} |"


def compiled(rows: Mapping[str, Mapping[str, Any]], training: bool) -> Iterator[str]:
    """Yield what the compiler told, a line a program."""
    count = "rows of 8,192 tokens" if training else "rows"
    memory = ("arguments", "temporary", "peak", "of", "")
    yield line("size", "work", count, "chips", "mesh", *memory, "TFLOP a chip")
    yield line(*["---"] * 11)
    order = {size: place for place, size in enumerate(("2b", "9b", "27b"))}
    chosen = [plan for plan in plans() if (plan.work == "train") == training]
    for plan in sorted(chosen, key=lambda p: (order[p.size], p.topology[:3], p.work, p.batch)):
        if plan.name in rows:
            yield line(*cells(plan, rows[plan.name]))


def cells(plan: Plan, row: Mapping[str, Any]) -> Iterator[str]:
    """Yield a compiled program's cells."""
    data, fsdp, tensor = plan.mesh
    has = CHIPS[plan.topology.split(":")[0]].memory
    yield plan.size.upper()
    yield {"decode": "decode", "prefill": "prefill 4,096", "train": "train"}[plan.work]
    yield str(plan.batch)
    yield f"{data * fsdp * tensor} of {plan.topology}"
    yield f"{fsdp} x {tensor}"
    if row["fits"]:
        yield from (gib(row["arguments"]), gib(row["temporary"]), gib(row["peak"]))
        yield from (gib(has), "fits")
    else:
        yield from ("", "", f"{row['needs_gib']:.2f}", f"{row['has_gib']:.2f}", "**does not fit**")
    yield f"{operations(plan.size, plan.work) * plan.batch / (data * fsdp * tensor) / 1e12:.3g}"


@cache
def operations(size: str, work: str) -> int:
    """Return what one row takes, by formula; a step of decoding with the cache full."""
    config = named(size)
    if work == "train":
        return training_flops(config, 8192)
    return forward_flops(config, 1, 8191) if work == "decode" else forward_flops(config, 4096)


def one_gpu() -> Iterator[str]:
    """Yield what sampling takes on one H100 of 80 GB, by arithmetic."""
    yield line("size", "rows", "weights", "cache", "activations", "sum", "of", "", "most tokens/s")
    yield line(*["---"] * 9)
    for size in ("2b", "9b", "27b"):
        config = named(size)
        weights = 2 * sum(count_parameters(config))
        # Of a prompt of 4,096: gate, up and their product, and six of the residual stream's width;
        # and a row's logits in float32.
        passing = 4096 * (3 * config.hidden_dim + 6 * config.embed_dim) * 2
        for batch in (1, 8, 32):
            cache = cache_bytes(config, batch, config.max_length, "bfloat16")
            kept = passing + 4 * batch * config.vocab_size
            total, has = weights + cache + kept, CHIPS["H100"].memory
            rate = batch * CHIPS["H100"].traffic / (weights + cache)
            fits = "fits" if total < has else "**does not fit**"
            speed = f"{rate:,.0f}" if total < has else ""
            sizes = (gib(number) for number in (weights, cache, kept, total, has))
            yield line(size.upper(), batch, *sizes, fits, speed)


def reports_runs() -> Iterator[str]:
    """Yield what the report's own runs take, by arithmetic."""
    yield line("size", "chips", "shards", "state, cut over model shards", "cut over all", "of")
    yield line(*["---"] * 6)
    for size, (_, chips, kind, data, model) in RUNS.items():
        state = 16 * sum(count_parameters(named(size)))
        whole, cut = gib(state / model), gib(state / chips)
        has = gib(CHIPS[kind].memory)
        yield line(size.upper(), f"{chips} {kind}", f"{data} x {model}", whole, cut, has)


def reports_steps() -> Iterator[str]:
    """Yield what a chip holds, computes and sends in a step of these runs, by arithmetic."""
    parts = ("state", "kept", "a pair again", "gathered", "logits", "sum", "of")
    yield line("size", "mesh", *parts, "computing, s", "sent, GiB", "sending, s")
    yield line(*["---"] * 12)
    for size, mesh in MESHES.items():
        step, chip = step_of(size), CHIPS[RUNS[size][2]]
        held = (step.state, step.kept, step.pair, step.gathered, step.logits, step.memory)
        yield line(
            size.upper(),
            " x ".join(map(str, mesh)),
            *map(gib, (*held, chip.memory)),
            f"{step.operations / (chip.operations * 0.5):.2f}",
            gib(step.sent),
            f"{step.sent / LINKS[RUNS[size][2]]:.2f}",
        )


def reports_time() -> Iterator[str]:
    """Yield how long the report's own runs take at half of the chips' peak, by arithmetic."""
    yield line("size", "tokens", "operations a token", "all", "days at 50 % of peak")
    yield line(*["---"] * 5)
    for size, (tokens, chips, kind, _, _) in RUNS.items():
        each = training_flops(named(size), 8192) / 8192
        days = each * tokens / (chips * CHIPS[kind].operations * 0.5) / 86_400
        counts = (f"{tokens / 1e12:.0f}e12", f"{each:.3g}", f"{each * tokens:.3g}")
        yield line(size.upper(), *counts, f"{days:.1f}")


def bounds() -> Iterator[str]:
    """Yield the most that a chip can do of one row, by arithmetic."""
    yield line("size", *(f"{kind}: decode, prefill" for kind in CHIPS))
    yield line(*["---"] * (len(CHIPS) + 1))
    for size in ("2b", "9b", "27b"):
        config = named(size)
        read = 2 * sum(count_parameters(config)) + cache_bytes(config, 1, 8192, "bfloat16")
        each = forward_flops(config, 4096) / 4096
        yield line(
            size.upper(),
            *(f"{c.traffic / read:,.0f}, {c.operations / each:,.0f}" for c in CHIPS.values()),
        )


def write(rows: Mapping[str, Mapping[str, Any]]) -> None:
    """Put every table between its marks."""
    tables = {
        "sampling": compiled(rows, training=False),
        "training": compiled(rows, training=True),
        "gpu": one_gpu(),
        "bounds": bounds(),
        "runs": reports_runs(),
        "steps": reports_steps(),
        "time": reports_time(),
    }
    page = PAGE.read_text()
    for name, lines in tables.items():
        start, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
        before, rest = page.split(start)
        page = before + start + "\n".join(lines) + "\n" + end + rest.split(end)[1]
    PAGE.write_text(page)
