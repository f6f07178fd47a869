"""Faults that could be in the guard, each a change of one place of its sources."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import SimpleNamespace

SAFETY = Path(__file__).parents[2] / "safety"
MODULES = ("units", "write", "notes", "act", "choices", "guard")

# Name: module, what stands there, what the fault puts in its place.
MUTANTS = {
    "hold-back one short": (
        "units", ">= end + horizon.after:", ">= end + horizon.after - 1:",
    ),
    "judged without what stands before": (
        "units", "text[max(0, start - horizon.before) : start]", '""',
    ),
    "judged without what stands after": ("units", "text[end : end + horizon.after]", '""'),
    "end of text not known": ("units", "len(after) == horizon.after)", "True)"),
    "sentence end split by chunks not seen": (
        "units", "mark.start() if mark else len(self._text)", "len(self._text)",
    ),
    "unit beyond the longest": (
        "units", "max(start, searched), limit):", "max(start, searched)):",
    ),
    "flush without a check": (
        "choices",
        "self._release(self._screen.written(self._cutter.finish()))",
        "self._release([Written(u.text, len(u.text)) for u in self._cutter.finish()])",
    ),
    "flush when the sampler fails": (
        "choices",
        "        finally:\n            stop(answer)\n",
        "        except ConnectionError:\n            yield choice.finish()\n            raise\n",
    ),
    "choices share a screen": (
        "choices",
        "self._screen = Screen(self._filter, self._prompt, attempt)",
        'self._screen = vars(self._filter).setdefault("_s", '
        "Screen(self._filter, self._prompt, attempt))",
    ),
    "notes go before their text": (
        "choices",
        "settled = [note for note in self._waiting if note.span[1] <= self._place]",
        "settled = [note for note in self._waiting if note.span[0] <= self._place]",
    ),
    "note that ends in what is hidden goes": (
        "choices", "[0] >= span[1]", "[0] >= span[1] - 1",
    ),
    "note that begins in what is hidden goes": (
        "choices", "bisect_right(self._hidden, span[0],", "bisect_right(self._hidden, span[0] + 1,",
    ),
    "notes of an answer given up go": (
        "choices",
        "self._waiting: list[Note[T]] = []",
        'self._waiting = getattr(self, "_waiting", [])',
    ),
    "count of what is held back": (
        "choices", "self.count += len(values)", "self.count += len(settled)",
    ),
    "readings of an answer given up count": (
        "choices",
        "self._screen = Screen(self._filter, self._prompt, attempt)",
        "self._screen, was = Screen(self._filter, self._prompt, attempt), "
        'getattr(self, "_screen", None)\n        '
        "if was: self._screen._readings._notes += was._readings._notes",
    ),
    "reading behind the window counts": ("notes", "note.span[0] < edge", "note.span[0] <= edge"),
    "reading at the end does not count": ("notes", "edge = end + last", "edge = end"),
    "readings are forgotten while a window needs them": (
        "notes", "self._notes[0].span, start)", "self._notes[0].span, end)",
    ),
    "reading of a token that goes on does not count": (
        "notes", "span[1] > start or span[0]", "span[0] > start or span[0]",
    ),
    "readings are of the unit alone": (
        "act", "window = start - len(unit.before),", "window = start,",
    ),
    "release after a drop": (
        "act",
        "return [*released, *self._dropped(verdict)]",
        "released += self._dropped(verdict)\n                continue",
    ),
    "prompt not shown": ("act", "if self.prompt is not None:", "if False:"),
    "given up after a release": ("act", "left > 0 and not self._begun", "left > 0"),
    "one attempt too many": (
        "act", "remedy.attempts - self.attempt", "remedy.attempts - self.attempt + 1",
    ),
    "message though another attempt follows": (
        "act", "[] if self.again or not remedy.message", "[] if not remedy.message",
    ),
    "tail in the next unit shown": (
        "write", "Mask(max(0, hidden - size), is_open)", "Mask(0, is_open)",
    ),
    "open redaction ends at the horizon": ("write", "is_open or end == edge", "is_open"),
    "operator writes over a part of a value": (
        "write", "whole = start >= 0 and (end < edge or not unit.open)", "whole = start >= 0",
    ),
    "second placeholder": (
        "write", "if start >= hidden or not hidden:", "if True:",
    ),
}  # fmt: skip


def mutated(name: str, folder: Path) -> SimpleNamespace:
    """Return a guard with a fault, as `theorem.check` takes it: a package of its own in a folder.

    Raises:
        AssertionError: The place is not there, or there twice.
    """
    module, old, new = MUTANTS[name]
    package = f"guard_mutant_{list(MUTANTS).index(name)}"
    (folder / package).mkdir()
    (folder / package / "__init__.py").touch()
    for each in MODULES:
        source = (SAFETY / f"{each}.py").read_text(encoding="utf-8")
        if each == module:
            assert source.count(old) == 1, f"{module}.py: {old!r}: {source.count(old)} times"
            source = source.replace(old, new)
        source = source.replace("gemsieve.safety.", f"{package}.")
        (folder / package / f"{each}.py").write_text(source, encoding="utf-8")
    sys.path.insert(0, str(folder))
    try:
        act, choices, guard, notes, units = (
            importlib.import_module(f"{package}.{each}")
            for each in ("act", "choices", "guard", "notes", "units")
        )
    finally:
        sys.path.remove(str(folder))
    return SimpleNamespace(
        act=act.act,
        Choice=choices.Choice,
        Said=choices.Said,
        Note=notes.Note,
        released=choices.released,
        guarded=guard.guarded,
        Horizon=units.Horizon,
    )
