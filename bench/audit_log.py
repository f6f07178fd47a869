"""What the audit log costs: records a second, alone and together, and how fast it is proven.

    python bench/audit_log.py [FOLDER]

FOLDER lies on the disk that is measured; without it the one for temporary files is.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

from gemsieve.filters import Action, Batch, Verdict
from gemsieve.filters.operators.key import Key
from gemsieve.safety.api.caller import Caller
from gemsieve.safety.api.service import Judged
from gemsieve.safety.audit_log import AuditLog, Entries, Segments, beside, verify

KEY = Key(bytes(32))
SECONDS = 2.0
AT_ONCE = (1, 8, 64)
TEXT = "The weather is fine today, and we will walk along the river."
KEEP = Verdict(Action.KEEP, (), TEXT, ())


def judged(texts: int) -> Judged:
    """Return what was decided about a request."""
    return Judged(Caller("0" * 32, "/v1/check"), "output", Batch([TEXT] * texts), [KEEP] * texts)


async def load(log: AuditLog, at_once: int) -> tuple[float, float]:
    """Record from so many requests at once; return records a second, and the median wait in ms."""
    waits: list[float] = []
    end, one = time.monotonic() + SECONDS, judged(1)

    async def client() -> None:
        while (start := time.monotonic()) < end:
            await log(one)
            waits.append(time.monotonic() - start)

    await asyncio.gather(*(client() for _ in range(at_once)))
    return len(waits) / SECONDS, 1000 * sorted(waits)[len(waits) // 2]


def main() -> None:
    """Print a line each."""
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if sys.argv[1:] else None) as name:
        folder = Path(name) / "log"
        with AuditLog(Segments(folder), beside(folder), KEY, Entries(KEY, "0" * 64)) as log:
            for at_once in AT_ONCE:
                rate, wait = asyncio.run(load(log, at_once))
                print(f"{at_once:>3} at once: {rate:8,.0f} records/s, median wait {wait:.2f} ms")
            start = time.process_time()
            asyncio.run(log(judged(20_000)))
            cost = 1e6 * (time.process_time() - start) / 20_000
            print(f"one request of 20,000 texts: {cost:.1f} µs of a core a record")
        start = time.process_time()
        (account,) = verify(Segments(folder), KEY, [beside(folder)])
        cost = 1e6 * (time.process_time() - start) / account.records
        assert account.fault is None
        print(f"verify: {account.records:,} records, {cost:.1f} µs of a core each")


if __name__ == "__main__":
    main()
