"""What a person reads at the end of the demo; every figure is counted, none is typed."""

from __future__ import annotations

import math
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from gemsieve.cli.demo_corpus import Truth
from gemsieve.cli.demo_guard import Guarded, Turn
from gemsieve.cli.demo_plot import bar, curve
from gemsieve.cli.demo_score import Score, Share

# Each kind by what it is and what should become of it.
VALUES = {
    "credit_card": "card numbers",
    "email_address": "e-mail addresses",
    "iban_code": "bank accounts (IBAN)",
    "ip_address": "IP addresses",
    "phone_number": "phone numbers",
    "us_ssn": "social security numbers",
}
RECORDS = {
    "toxic": "abusive: drop",
    "foreign": "not English: drop",
    "junk": "junk: drop",
    "malformed": "broken: quarantine",
    "identity": "harmless mention: keep",
}
TOP = 6  # reasons shown
BAR, PLOT = 12, (56, 7)  # cells


@dataclass(frozen=True)
class Demo:
    """Everything that the summary tells of.

    Attributes:
        counts: The manifest's books.
        entries: The lines of the run's metrics.
        seconds: By stage, in their order.
    """

    output: Path
    counts: Mapping[str, int]
    truth: Truth
    score: Score
    entries: Sequence[Mapping[str, Any]]
    guarded: Guarded
    seconds: Mapping[str, float]


def show(console: Console, demo: Demo) -> None:
    """Print the summary."""
    for title, lines in (
        ("The books balance", books(demo)),
        ("What was planted, and what the sieve made of it", plants(demo.score)),
        ("Why records were dropped", [drops(demo)]),
        ("What the model learned from the rest", learning(demo.entries)),
        ("The guard, under the same policy", guard(demo.guarded)),
        ("Where things are", places(demo)),
    ):
        console.print()
        console.rule(f"[bold]{title}[/bold]", align="left")
        for line in lines:
            console.print(line)


def books(demo: Demo) -> Iterator[str]:
    """Tell of all records, then of the real ones."""
    counts, real = demo.counts, demo.score.real
    yield (
        f"{counts['in']:,} records in = {counts['kept']:,} kept + {counts['dropped']:,} dropped"
        f" + {counts['quarantined']:,} quarantined"
    )
    kept = real["kept"] + real["redacted"]
    yield (
        f"of {sum(real.values()):,} real documents {kept:,} were kept,"
        f" {real['redacted']:,} of them with something masked"
    )


def plants(score: Score) -> Iterator[Table | Text]:
    """Tell what share of each kind was treated as it should be."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("", no_wrap=True)
    for heading in ("planted", "right", "by luck", "missed"):
        table.add_column(heading, justify="right")
    table.add_column("")
    table.add_column("share", justify="right")
    table.add_row(Text("personal data: mask", style="underline"))
    for share in score.values:
        plant_row(table, VALUES[share.kind], share)
    table.add_row(Text("whole records", style="underline"))
    for share in score.records:
        plant_row(table, RECORDS[share.kind], share)
    yield table
    if any(share.luck for share in (*score.values, *score.records)):
        yield Text("by luck: gone, but for another reason; not in the share", style="dim")


def plant_row(table: Table, name: str, share: Share) -> None:
    """Add one kind's row; the share leaves out what went by luck."""
    judged = share.planted - share.luck
    part = share.right / judged if judged else 0.0
    colour = "green" if part >= 0.95 else "yellow" if part >= 0.7 else "red"
    table.add_row(
        f"  {name}",
        f"{share.planted:,}",
        f"{share.right:,}",
        f"{share.luck:,}" if share.luck else "",
        f"{share.missed:,}" if share.missed else "",
        Text(bar(part, BAR), style=colour),
        f"{part:.0%}" if judged else "none left",
    )


def drops(demo: Demo) -> Table:
    """Tell the most frequent reasons; a record may have several."""
    table = Table(box=None, pad_edge=False, show_header=False)
    dropped = max(demo.counts["dropped"], 1)
    ranked = Counter(demo.score.drops).most_common()
    for label, count in ranked[:TOP]:
        part, name = count / dropped, Text(label)
        if label.startswith("language."):
            name.append(" (not clearly English)", style="dim")
        table.add_row(name, f"{count:,}", Text(bar(part, BAR), style="cyan"), f"{part:.0%}")
    if len(ranked) > TOP:
        table.add_row(Text(f"and {len(ranked) - TOP} more: see the report", style="dim"))
    return table


def learning(entries: Sequence[Mapping[str, Any]]) -> Iterator[Text]:
    """Draw the loss and tell where it began and ended."""
    losses = [float(entry["loss"]) for entry in entries]
    last = entries[-1]
    lines = curve(losses, *PLOT)
    for i, line in enumerate(lines):
        label = {0: f"{max(losses):.2f}", len(lines) - 1: f"{min(losses):.2f}"}.get(i, "")
        yield Text(f"{label:>6} ").append(line, style="magenta")
    yield Text(f"       loss, nats a token; steps 1 to {last['step']:,}", style="dim")
    held_out = [float(e["held_out_loss"]) for e in entries if "held_out_loss" in e]
    end = f"{losses[0]:.2f} -> {losses[-1]:.2f} nats a token over {last['tokens']:,} tokens"
    if held_out:
        end += f"; held-out {held_out[-1]:.2f} (perplexity {math.exp(held_out[-1]):,.0f})"
    yield Text(end)


def guard(guarded: Guarded) -> Iterator[Text | Table]:
    """Tell of each turn, and of the abusive prompts only how many were refused."""
    for turn in guarded.turns:
        yield Text(turn.title, style="underline")
        yield conversation(turn)
    yield Text(f"{guarded.abusive} abusive prompts, not shown", style="underline")
    yield Text(f"  {guarded.refused} refused before any model saw them")


def conversation(turn: Turn) -> Table:
    """Tell what was said in one turn, and what the guard made of it."""
    table = Table.grid(padding=(0, 2), pad_edge=True)
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    table.add_row("prompt", plain(turn.prompt))
    if turn.heard is None:
        table.add_row("guard", Text("refused: no model saw it", style="yellow"))
        return table
    if turn.heard != turn.prompt:
        table.add_row("model sees", plain(turn.heard, "yellow"))
    table.add_row("answer", plain(turn.answer or "(nothing)", "green"))
    if turn.reasons:
        table.add_row("guard", Text("acted on " + ", ".join(turn.reasons), style="yellow"))
    return table


def plain(words: str, style: str = "") -> Text:
    """Return words on one line; control characters could do anything to a terminal."""
    shown = "".join(c if c.isprintable() else " " for c in words)
    return Text(" ".join(shown.split()), style=style)


def places(demo: Demo) -> Iterator[Text]:
    """Tell where the outcome is, how long each stage took, and what to try."""
    out, gemsieve = demo.output, program()
    spent = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in demo.seconds.items())
    yield Text(f"report   {out}/sieved/report/index.html")
    yield Text(f"shards   {out}/sieved   (and what was planted: {out}/planted.json)")
    yield Text(f"model    {out}/model")
    yield Text(f"time     {spent}; {sum(demo.seconds.values()):.0f} s in all")
    yield Text("try      ").append(
        f'{gemsieve} sample {out}/model --prompt "The array"\n'
        f'         echo "Please call me at 212-555-0142." | {gemsieve} check\n'
        f"         {gemsieve} serve",
        style="bold",
    )


def program() -> str:
    """Return how this command can be typed here."""
    return "gemsieve" if shutil.which("gemsieve") else ".venv/bin/gemsieve"
