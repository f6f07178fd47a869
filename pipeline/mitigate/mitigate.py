"""What a policy's `[mitigate]` makes of kept records, while their slice is sieved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from gemsieve.filters import Batch, Filter, Finding, Verdict
from gemsieve.filters.mitigation import GenderSwap
from gemsieve.filters.operators.operator import Edit
from gemsieve.pipeline.mitigate.draw import draw
from gemsieve.pipeline.tally import Tally

SWAP = "gender_swap"
LANGUAGE = "language."


@dataclass(frozen=True)
class Mitigator:
    """Changes kept records, and says whom they mention.

    Attributes:
        judge: The job's filter; what was changed is judged again.
    """

    judge: Filter

    def rows(
        self, ids: Sequence[str], batch: Batch, verdicts: Sequence[Verdict], tally: Tally
    ) -> list[dict[str, Any]]:
        """Return, for each record, the columns of its row that are not what the verdict gives.

        Args:
            ids: The records' ids.
            batch: Their texts and columns.
            verdicts: What was judged of them; a record that is not kept has no such columns.
            tally: Where changes and mentions are counted.
        """
        rule = self.judge.policy.mitigation
        rows: list[dict[str, Any]] = [{} for _ in verdicts]
        if not rule:
            return rows
        changed = {} if rule.gender is None else self.swap(rule.gender, ids, batch, verdicts, tally)
        for i, verdict in enumerate(verdicts):
            if verdict.redacted is None:
                continue
            before = self.groups(verdict.findings, verdict.edits)
            new = changed.get(i)
            after = self.groups(new.findings, new.edits) if new else before
            tally.groups["before", *before] += 1
            tally.groups["after", *after] += 1
            rows[i] = {"transforms": [SWAP] if new else [], "groups": after}
            rows[i] |= {"text": new.redacted} if new else {}
        return rows

    def swap(
        self,
        rule: GenderSwap,
        ids: Sequence[str],
        batch: Batch,
        verdicts: Sequence[Verdict],
        tally: Tally,
    ) -> dict[int, Verdict]:
        """Return the verdicts of what was swapped, by place: each lets the swapped text be.

        A text that its swapped form would see dropped or redacted stays as it was.
        """
        from gemsieve.filters.bias.gender import gender_swap

        chosen = [
            i
            for i, verdict in enumerate(verdicts)
            if verdict.redacted is not None and draw(SWAP, rule.seed, ids[i]) < rule.share
        ]
        english = [i for i in chosen if is_english(verdicts[i].findings)]
        drafts = {i: gender_swap(verdicts[i].redacted or "", rule.names) for i in english}
        for draft in drafts.values():
            if draft.reason:
                tally.transforms[SWAP, draft.reason] += 1
        drafts = {i: draft for i, draft in drafts.items() if not draft.reason}
        again = Batch([draft.text for draft in drafts.values()], batch.take([*drafts]).columns)
        looks = zip(drafts.items(), self.judge(again, "corpus"), strict=True)
        passed = {i: look for (i, draft), look in looks if look.redacted == draft.text}
        tally.transforms[SWAP, "chosen"] += len(chosen)
        tally.transforms[SWAP, "language"] += len(chosen) - len(english)
        tally.transforms[SWAP, "swapped"] += len(passed)
        tally.transforms[SWAP, "words"] += sum(len(drafts[i].edits) for i in passed)
        tally.transforms[SWAP, "reverted"] += len(drafts) - len(passed)
        return passed

    def groups(self, findings: Iterable[Finding], edits: Sequence[Edit]) -> list[str]:
        """Return the watched groups that a text mentions, those aside that its edits hide."""
        watches = self.judge.policy.mitigation.watches
        hidden = [edit.span for edit in edits]
        return sorted(
            {
                f.label
                for f in findings
                if f.span is not None and watches(f.label) and not covered(f.span, hidden)
            }
        )


def is_english(findings: Iterable[Finding]) -> bool:
    """Say whether English is the likeliest language of a text, or nobody asked for its language.

    The words that are swapped are English, and some of them mean something else elsewhere.
    """
    languages = [finding for finding in findings if finding.label.startswith(LANGUAGE)]
    likeliest = max(languages, key=lambda finding: finding.score, default=None)
    return likeliest is None or likeliest.label == f"{LANGUAGE}en"


def covered(span: tuple[int, int], hidden: Sequence[tuple[int, int]]) -> bool:
    """Say whether something hides a part of a span."""
    return any(start < span[1] and span[0] < end for start, end in hidden)
