"""What is kept of a decision: who asked, what was decided and why; words only where told to."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gemsieve.filters.operators.key import Key
from gemsieve.safety.people import harms

if TYPE_CHECKING:
    from gemsieve.safety.api.service import Answered, Judged


@dataclass(frozen=True)
class Entries:
    """Makes the records of what was decided.

    Attributes:
        key: Of digests of texts.
        policy: Digest of the policy that decides.
        words: Whether texts are kept as they came.
    """

    key: Key
    policy: str
    words: bool = False

    def __call__(self, decided: Judged | Answered) -> Iterator[dict[str, Any]]:
        """Yield a record for each text of a request, or for each question about one."""
        from gemsieve.safety.api.service import Judged

        caller, time = decided.caller, now()
        decisions = (
            self._verdicts(decided) if isinstance(decided, Judged) else self._answers(decided)
        )
        for text, decision in zip(decided.batch.texts, decisions, strict=True):
            yield {
                "time": time,
                "request": caller.request,
                "endpoint": caller.endpoint,
                "key": caller.key,
                **decision,
                "policy": self.policy,
                "digest": digest(self.key, text),
                "length": len(text),
                **({"text": text} if self.words else {}),
            }

    def _verdicts(self, judged: Judged) -> Iterator[dict[str, Any]]:
        for verdict in judged.verdicts:
            yield {
                "use": judged.use,
                "action": verdict.action.name.lower(),
                "reasons": harms(verdict.reasons),
                "flags": harms(verdict.flags),
            }

    def _answers(self, answered: Answered) -> Iterator[dict[str, Any]]:
        for question, probability in zip(answered.questions, answered.probabilities, strict=True):
            yield {
                "question": digest(self.key, question),
                "probability": probability,
                **({"asked": question} if self.words else {}),
            }


def digest(key: Key, text: str) -> str:
    """Return what is kept of a text: whoever has the text and the key finds it by this."""
    said = text.encode("utf-8", "surrogatepass")
    return hmac.digest(key.derive("audit-log text"), said, "sha256").hex()


def now() -> str:
    """Return the time, to the microsecond, so that times of one width sort as text."""
    return datetime.now(UTC).isoformat(timespec="microseconds")
