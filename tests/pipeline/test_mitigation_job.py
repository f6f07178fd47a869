"""A job that mitigates, from end to end: balanced books, the same bytes, targets and their cost."""

from __future__ import annotations

import json
import random
import shutil
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from tests.pipeline.test_job import pytestmark as beam_warnings
from tests.pipeline.test_job import tree

from gemsieve.cli import main
from gemsieve.filters.bias.gender import gender_swap
from gemsieve.pipeline.job import Job
from gemsieve.pipeline.manifest import ManifestError, verify
from gemsieve.pipeline.mitigate.mitigate import SWAP
from gemsieve.pipeline.mitigate.weigh import plan_weights
from gemsieve.pipeline.mitigate.weights import weigh
from gemsieve.pipeline.reading.slices import plan
from gemsieve.pipeline.receipt import read_receipt
from gemsieve.pipeline.run import OutputError, claim, run_job
from gemsieve.pipeline.sieve import Siever
from gemsieve.pipeline.workers.place import Place

pytestmark = beam_warnings

POLICY = """
name = "mitigated"
[[corpus]]
labels = "identity.*"
action = "keep"
[[corpus]]
labels = "quality.*"
action = "keep"
[[corpus]]
labels = "quality.gopher.word_count"
below = 5
action = "drop"
[mitigate.gender]
share = 0.25
seed = 3
[mitigate.weights]
method = "resample"
seed = 5
[mitigate.weights.targets]
"identity.gender.*" = { "identity.gender.women" = 0.5, "identity.gender.men" = 0.5 }
"identity.religion.*" = "equal"
[audit]
sentences = 0
"""
FILES = ("a.jsonl", "b.jsonl", "c.jsonl")
RECORDS = 300  # a file


def write_corpus(folder: Path) -> dict[str, str]:
    """Write three files in which men outnumber women; return the texts by id."""
    rng, texts = random.Random(11), {}
    folder.mkdir()
    who = [("The woman", "her", "She")] + [("The man", "his", "He")] * 3
    faith = ("a Muslim", "a Christian", "a Christian", "a Christian", "a farmer", "a miller")
    for name in FILES:
        lines = ["not JSON"]
        for number in range(2, RECORDS + 1):
            person, own, pronoun = rng.choice(who)
            text = f"{person} carried {own} letters to gate {rng.randrange(99)}. {pronoun} met"
            text += f" {rng.choice(faith)} there."
            if number % 3 == 0:
                text = f"The river carried {rng.randrange(99)} boats past the old mill."
            text = "Too short." if number % 50 == 0 else text
            texts[f"{name}:{number}"] = text
            lines.append(json.dumps({"text": text}))
        (folder / name).write_text("\n".join(lines) + "\n")
    return texts


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """Return a folder of inputs, and its texts by id."""
    folder = tmp_path_factory.mktemp("corpus") / "in"
    return folder, write_corpus(folder)


@pytest.fixture(scope="module")
def once(
    corpus: tuple[Path, dict[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str]:
    """Sieve it by the command, and return the output and what the command said."""
    output, policy = tmp_path_factory.mktemp("once") / "out", corpus[0].parent / "p.toml"
    policy.write_text(POLICY)
    command = ["filter", "--input", str(corpus[0] / "*"), "--output", str(output)]
    with pytest.MonkeyPatch.context() as patch:
        said: list[str] = []
        patch.setattr("builtins.print", lambda *words, **_: said.extend(map(str, words)))
        assert main([*command, "--policy", str(policy)]) == 0
    return output, "\n".join(said)


def rows(folder: Path) -> list[dict[str, Any]]:
    """Return the rows of all shards in a folder."""
    return [row for path in sorted(folder.glob("*")) for row in pq.read_table(path).to_pylist()]


def test_the_books_balance_and_verify(once: tuple[Path, str]) -> None:
    """Swapping and weighing lose, make and repeat no record; every kept one has its weight."""
    output, said = once
    books = verify(output)
    assert books.counts == {"in": 900, "kept": 879, "dropped": 18, "quarantined": 3}
    kept, weighed = rows(output / "kept"), rows(output / "weights")
    assert [row["id"] for row in kept] == [row["id"] for row in weighed]
    assert len(books.weights) == len(books.kept) == 3
    assert "900 records in = 879 kept + 18 dropped + 3 quarantined" in said


def test_swapped_rows_are_swaps_and_others_are_the_originals(
    once: tuple[Path, str], corpus: tuple[Path, dict[str, str]]
) -> None:
    """Each text is the original or its swapped form, as `transforms` says; the counts are these."""
    output, said = once
    texts, changed = corpus[1], 0
    for row in rows(output / "kept"):
        original = texts[row["id"]]
        assert row["text"] == (gender_swap(original).text if row["transforms"] else original)
        assert row["transforms"] in ([], [SWAP])
        changed += bool(row["transforms"])
    gender = verify(output).mitigation["gender"]
    assert gender["swapped"] == changed
    assert gender["chosen"] == changed + gender["nothing"]
    assert abs(gender["chosen"] / 879 - 0.25) < 4 * (0.25 * 0.75 / 879) ** 0.5
    assert f"swapped in {changed:,} of {gender['chosen']:,} chosen records" in said


def test_weights_reach_the_targets_at_the_cost_that_is_told(once: tuple[Path, str]) -> None:
    """Weighted mentions have the shares; weights have mean 1; the effective size is (Σw)²/Σw²."""
    output, _ = once
    told = verify(output).mitigation
    weight = {row["id"]: row["weight"] for row in rows(output / "weights")}
    sums: Counter[str] = Counter()
    for row in rows(output / "kept"):
        assert row["groups"] or weight[row["id"]] == 1
        sums.update(dict.fromkeys(row["groups"], weight[row["id"]]))
    assert sums["identity.gender.women"] == pytest.approx(sums["identity.gender.men"], rel=1e-3)
    faiths = [sums["identity.religion.muslim"], sums["identity.religion.christian"]]
    assert faiths[0] == pytest.approx(faiths[1], rel=1e-3)
    total, squares = sum(weight.values()), sum(w * w for w in weight.values())
    assert total / len(weight) == pytest.approx(1, abs=1e-5)
    assert told["weights"]["effective"] == pytest.approx(total**2 / squares, abs=0.06)
    assert told["weights"]["effective"] < len(weight)
    lines = {line["label"]: line for line in told["groups"]}
    assert lines["identity.gender.women"]["weighted"] == pytest.approx(0.5, abs=1e-4)
    assert not any(line["missed"] for line in lines.values())


def test_copies_are_counted_and_near_the_targets(once: tuple[Path, str]) -> None:
    """The manifest's counts are those of the files, and the records to read are balanced too."""
    output, _ = once
    told = verify(output).mitigation
    copies = Counter(str(row["copies"]) for row in rows(output / "weights"))
    assert told["weights"]["copies"] == dict(copies)
    assert told["weights"]["read"] == sum(row["copies"] for row in rows(output / "weights"))
    assert all(abs(line["read"] - line["target"]) < 0.06 for line in told["groups"])


def test_the_report_shows_it(once: tuple[Path, str]) -> None:
    """The page has the section, and the machine's copy the manifest's numbers."""
    output, _ = once
    page = (output / "report" / "index.html").read_text()
    assert '<section id="mitigation">' in page
    assert "Groups in the kept records" in page
    numbers = json.loads((output / "report" / "report.json").read_text())
    assert numbers["mitigation"] == verify(output).mitigation


def job(output: Path) -> Job:
    """Return the same job, to another folder."""
    return Job(str(output), POLICY, "p.toml")


@pytest.mark.parametrize("workers", [1, 2])
def test_bytes_do_not_depend_on_workers_or_resumption(
    workers: int, once: tuple[Path, str], corpus: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    """A run that goes on after one slice was sieved, and one weighed, ends in the same bytes."""
    patterns, mine = [str(corpus[0] / "*")], job(tmp_path / "out")
    slices, judge = plan(patterns), mine.build_filter()
    digest = mine.digest(slices, judge)
    claim(mine, digest, slices)
    siever = Siever(mine, digest, len(slices))
    tally = siever.work(slices[workers], Place()).tally
    rule = judge.policy.mitigation.weights
    assert rule
    # Weights of the counts of one slice: they must not stand when the others are there.
    weigh(mine, plan_weights(rule, tally, digest, len(slices)), slices[workers])
    outcome = run_job(mine, patterns, workers, [], lambda *_: nullcontext())
    assert outcome.resumed == 1
    assert read_receipt(mine.receipts, 0, digest) is None
    assert tree(tmp_path / "out") == tree(once[0])


def test_a_column_that_the_job_writes_cannot_pass(
    corpus: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    """A field named like a column of the job's own is refused by name, before anything is read."""
    mine = replace(job(tmp_path / "out"), columns=("groups", "site"))
    with pytest.raises(OutputError, match="--columns groups: kept shards have"):
        run_job(mine, [str(corpus[0] / "*")], 1, [], lambda *_: nullcontext())
    assert not (tmp_path / "out").exists()


def test_a_finished_job_is_not_mitigated_again(
    once: tuple[Path, str], corpus: tuple[Path, dict[str, str]]
) -> None:
    """The same command over the finished folder changes no byte."""
    before = tree(once[0])
    run_job(job(once[0]), [str(corpus[0] / "*")], 1, [], lambda *_: nullcontext())
    assert tree(once[0]) == before


@pytest.mark.parametrize(
    ("damage", "error"),
    [
        (lambda path: path.write_bytes(b"x"), "changed after"),
        (lambda path: path.unlink(), "missing"),
        (lambda path: shutil.copy(path, path.with_name("more.parquet")), "not listed"),
    ],
)
def test_weights_that_were_touched_are_refused(
    once: tuple[Path, str], tmp_path: Path, damage: Callable[[Path], object], error: str
) -> None:
    """A file of weights that is changed, gone or strange fails verification by its name."""
    shutil.copytree(once[0], tmp_path / "out")
    damage(tmp_path / "out" / "weights" / "00001-of-00003.parquet")
    with pytest.raises(ManifestError, match=f"weights.*{error}"):
        verify(tmp_path / "out")
