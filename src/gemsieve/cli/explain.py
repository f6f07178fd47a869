"""`gemsieve explain`: what was found in a text, how, and what the policy makes of it."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gemsieve.cli import UsageError

if TYPE_CHECKING:
    from gemsieve.filters import Filter, Finding
    from gemsieve.filters.explain import Ruling
    from gemsieve.filters.pii.explain import Explained
    from gemsieve.filters.policy import Use


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("text", nargs="?", metavar="TEXT", help="a text; - for standard input")
    parser.add_argument("--file", metavar="FILE", help="a file that is one text, in UTF-8")
    parser.add_argument("--policy", metavar="FILE", help="policy (TOML); else the shipped default")
    parser.add_argument(
        "--use",
        choices=("corpus", "prompt", "output"),
        default="output",
        help="whose rules judge (default output)",
    )
    parser.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="language, source, url or prompt, for rules with `when`; may be repeated",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object, without words")
    parser.add_argument(
        "--show", action="store_true", help="print the text, findings marked; to a terminal only"
    )


def run(args: argparse.Namespace) -> int:
    """Explain one text."""
    from gemsieve.filters import load_filter
    from gemsieve.filters.policy_file import PolicyError

    if args.show and (args.json or not sys.stdout.isatty()):
        raise UsageError("--show prints words, to a terminal only: leave it out")
    text = given(args.text, args.file)
    try:
        judge = load_filter(args.policy)
        answer = explained(judge, args.use, text, columns(args.column))
    except (PolicyError, LookupError, ValueError) as error:
        raise UsageError(str(error)) from None
    except ModuleNotFoundError as error:
        raise UsageError(f"{error}; pip install 'gemsieve[detect]'") from None
    if args.json:
        print(json.dumps(answer, indent=1))
        return 0
    from gemsieve.cli.explain_view import show

    show(answer, text if args.show else None)
    return 0


def given(text: str | None, file: str | None) -> str:
    """Return the text, from wherever it was said to be."""
    if (text is None) == (file is None):
        raise UsageError("give one text: TEXT, --file FILE, or - for standard input")
    if text not in {None, "-"}:
        return str(text)
    try:
        data = sys.stdin.buffer.read() if file is None else Path(file).read_bytes()
        return data.decode()
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{file or 'standard input'}: not UTF-8") from None


def columns(options: list[str]) -> dict[str, str]:
    """Return the columns that were given with the text."""
    pairs = [option.partition("=") for option in options]
    for name, equals, value in pairs:
        if not (name and equals and value):
            raise UsageError(f"--column {name}: must be NAME=VALUE, as in language=en")
    return {name: value for name, _, value in pairs}


def explained(judge: Filter, use: Use, text: str, given: Mapping[str, str]) -> dict[str, Any]:
    """Return the decision and every finding with its reasons, in a form that JSON holds."""
    from gemsieve.filters import Batch
    from gemsieve.filters.detect import detect
    from gemsieve.filters.explain import rulings

    rules = judge.policy.ruleset(use)
    found, batch = detect(
        judge.detectors[use], Batch([text], {name: [value] for name, value in given.items()})
    )
    (verdict,) = judge.decide(batch, found, use)
    explained = explanations(judge, use, text)
    uncovered = [f for f in verdict.findings if f not in found[0]]
    return {
        "policy": judge.policy.name,
        "policy_sha256": judge.policy.sha256,
        "use": use,
        "action": verdict.action.name.lower(),
        "reasons": list(verdict.reasons),
        "findings": [
            finding_row(finding, said, use, explained, second_look=looks is uncovered)
            for looks in (found[0], uncovered)
            for finding, said in zip(looks, rulings(rules, text, looks, batch.row(0)), strict=True)
        ],
        "refused": [
            {
                "label": place.label,
                "start": place.span[0],
                "end": place.span[1],
                "made_by": asdict(how),
                "why": why,
            }
            for place, (how, why) in explained.refused.items()
        ],
    }


def explanations(judge: Filter, use: Use, text: str) -> Explained:
    """Return how personal data was found and refused, where the policy looks for any."""
    from gemsieve.filters.pii import PiiDetector
    from gemsieve.filters.pii.explain import Explained, explain, explain_hidden
    from gemsieve.filters.pii.hidden import HiddenPiiDetector

    every = Explained({}, {})
    for detector in judge.detectors[use]:
        if isinstance(detector, PiiDetector):
            told = explain(detector, text)
        elif isinstance(detector, HiddenPiiDetector):
            told = explain_hidden(detector, text)
        else:
            continue
        every = Explained(told.made | every.made, told.refused | every.refused)
    return every


def finding_row(
    finding: Finding, said: tuple[Ruling, ...], use: Use, explained: Explained, *, second_look: bool
) -> dict[str, Any]:
    """Return one finding: where, how sure, how it was made, and what each rule says of it."""
    from gemsieve.filters.pii.reasons import Place

    place = Place(finding.label, finding.span or (0, 0))
    how = None if second_look else explained.made.get(place)
    return {
        "label": finding.label,
        "score": finding.score,
        **({"start": finding.span[0], "end": finding.span[1]} if finding.span else {}),
        **({"made_by": asdict(how)} if how else {}),
        **({"second_look": True} if second_look else {}),
        "rules": [
            {
                "rule": f"{use}[{ruling.rule}]",
                "action": ruling.action.name.lower(),
                "holds": ruling.holds,
                "acts": ruling.acts,
                "why": ruling.why,
            }
            for ruling in said
        ],
    }
