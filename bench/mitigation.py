"""What `[mitigate]` costs on texts: seconds beside the filter's own, and the effective sample.

    python bench/mitigation.py raw_en.jsonl.gz --limit 2000

Every text counts as kept or not by the shipped policy; half of the kept ones are swapped, and women
and men, and all religions that are mentioned, are weighed to equal shares.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from texts import read_texts

from gemsieve.filters import Batch
from gemsieve.filters.catalogue import default_policy, filter_from_text
from gemsieve.pipeline.mitigate.mitigate import Mitigator
from gemsieve.pipeline.mitigate.told import lines_for_people, told
from gemsieve.pipeline.tally import Tally

MITIGATE = """
[mitigate.gender]
share = 0.5
[mitigate.weights.targets]
"identity.gender.*" = { "identity.gender.women" = 0.5, "identity.gender.men" = 0.5 }
"identity.religion.*" = "equal"
"""
AT_ONCE = 200


def main() -> None:
    """Judge and mitigate, and print what each took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, nargs="?")
    parser.add_argument("--limit", type=int, default=2000)
    parser.add_argument("--cap", type=float, default=5.0)
    options = parser.parse_args()
    texts = read_texts(options.file, options.limit)
    policy = f"[mitigate.weights]\ncap = {options.cap}\n{MITIGATE}"
    judge = filter_from_text(f"{default_policy()}\n{policy}", "bench")
    judge.setup("corpus")
    mitigator, tally = Mitigator(judge), Tally()
    mitigator.rows(["warm"], Batch(["She ran."]), judge(Batch(["She ran."]), "corpus"), Tally())
    judging = mitigating = 0.0
    for start in range(0, len(texts), AT_ONCE):
        batch = Batch(texts[start : start + AT_ONCE])
        began = time.process_time()
        verdicts = judge(batch, "corpus")
        judged = time.process_time()
        ids = [f"text:{start + i}" for i in range(len(verdicts))]
        mitigator.rows(ids, batch, verdicts, tally)
        judging += judged - began
        mitigating += time.process_time() - judged
    began = time.process_time()
    body = told(judge.policy.mitigation, tally, [])
    fitting = time.process_time() - began
    size = sum(len(text.encode()) for text in texts) / 1e6
    print(f"{len(texts):,} texts, {size:.1f} MB: judged in {judging:.1f} s,")
    print(f"changed and judged again in {mitigating:.1f} s ({mitigating / judging:.1%} more),")
    print(f"weights fitted in {fitting:.3f} s")
    print(*lines_for_people(body), sep="\n")
    for line in body["groups"]:
        print(f"  {line['label']:32} {line['before']:5} {line['share_before']:.3f}", end="")
        print(f" -> {line['share_after']:.3f} -> {line['weighted']:.3f} {line['missed']}")


if __name__ == "__main__":
    main()
