"""The leak check of a job's output: what remains is counted, told, and may fail the job."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import nullcontext
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.filters.check_digits import grouped, iban, luhn
from tests.pipeline.beam_warnings import BEAM_WARNINGS
from tests.pipeline.in_process import apart

from gemsieve.cli import main
from gemsieve.filters.catalogue import filter_from_text
from gemsieve.filters.pii.stock import stock
from gemsieve.pipeline.job import Job
from gemsieve.pipeline.leak import record as leak_record
from gemsieve.pipeline.leak import stock as leak_stock
from gemsieve.pipeline.leak.counts import PLACES, Leaks, leaks_from, total
from gemsieve.pipeline.leak.gate import faults, told
from gemsieve.pipeline.leak.planted import Planted, read_planted
from gemsieve.pipeline.leak.record import record_check
from gemsieve.pipeline.leak.scope import Limits, entities
from gemsieve.pipeline.leak.stock import PASSAGE, passage, pieces, quotas, sample
from gemsieve.pipeline.manifest import FAILED, NAME, GateError, ManifestError, read, verify
from gemsieve.pipeline.reading.slices import InputError
from gemsieve.pipeline.run import Outcome, OutputError, run_job

pytestmark = [*BEAM_WARNINGS, pytest.mark.usefixtures("in_process")]

# It removes only what scores above 0.9: mail, cards and IBANs go, the rest stays and leaks.
LAX = """
name = "lax"
[[corpus]]
labels = "pii.*"
above = 0.9
action = "redact"
"""
PROSE = "The harbour master keeps a ledger of every boat that comes in with the evening tide."
CARD = luhn("4539" + "1" * 11)
ACCOUNT = iban("DE", "3704004405" + "3" * 8)
MAIL = "night.watch@harbour-office.org"
SSN = "219-09-4321"
PHONE = "+49 30 901820 77"
SPARED = "000-12-3456, +1 415 555 0134, 203.0.113.9, keeper@example.org"


def corpus(folder: Path) -> Path:
    """Write three small files: values that the lax policy removes, and some that it does not."""
    folder.mkdir()
    for name, values in [("a", [MAIL, CARD, SSN]), ("b", [SSN, PHONE]), ("c", [ACCOUNT, SPARED])]:
        texts = [f"{PROSE} Write to {value}. Page {i}." for i in range(3) for value in values]
        lines = [json.dumps({"text": text}) for text in texts]
        (folder / f"{name}.jsonl").write_text("\n".join([*lines, "{broken"]) + "\n")
    return folder


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The corpus."""
    return corpus(tmp_path_factory.mktemp("leak") / "in")


def run(output: Path, inputs: Path, check: str = "", workers: int = 1, **more: Any) -> Outcome:
    """Run a job under the lax policy with a `[leak_check]`."""
    job = Job(str(output), f"{LAX}\n[leak_check]\n{check}", "lax.toml", **more)
    return run_job(job, [str(inputs / "*")], workers, [], lambda *_: nullcontext())


def tree(folder: Path) -> dict[str, str]:
    """Return the digest of every file but the report's, whose timings differ."""
    return {
        path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).parts[0] != "report"
    }


@pytest.fixture(scope="module")
def once(inputs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The corpus sieved without a limit."""
    output = tmp_path_factory.mktemp("once") / "out"
    run(output, inputs)
    return output


def test_what_remains_is_counted_apart(once: Path) -> None:
    """Proven values by rule, reserved ones aside; what was removed does not count."""
    check = verify(once).leak_check
    assert {e: sum(checks.values()) for e, checks in check["proven"].items()} == {
        "PHONE_NUMBER": 3,
        "US_SSN": 6,
    }
    assert check["proven_values"] == 9
    assert check["records"] == check["sample"]["records"] == verify(once).counts["kept"] == 21
    assert check["places"][0] == ["a.jsonl:3", "US_SSN"]
    numbers = {"a": (3, 6, 9), "b": range(1, 7)}
    held = {f"{file}.jsonl:{number}" for file, some in numbers.items() for number in some}
    assert {record for record, _ in check["places"]} == held


def test_a_limit_fails_the_job_and_a_higher_one_only_checks_again(
    inputs: Path, once: Path, tmp_path: Path
) -> None:
    """Shards stand, `_FAILED.json` instead of a manifest; the same job under a limit passes."""
    output = tmp_path / "out"
    with pytest.raises(GateError, match=r"9 proven values remain in [0-9,]+ characters") as told:
        run(output, inputs, "limit = 0")
    assert "PHONE_NUMBER 3, US_SSN 6" in str(told.value)
    assert "leak_check.limit is 0" in str(told.value)
    failed = json.loads((output / FAILED).read_bytes())
    assert failed["gate"] == "leak_check"
    assert failed["reasons"][0] in str(told.value)
    assert failed["leak_check"]["proven_values"] == 9
    assert not (output / NAME).exists()
    with pytest.raises(GateError, match=FAILED):
        read(output)
    assert "does not pass" in (output / "report/index.html").read_text()
    before = {path: path.stat().st_mtime_ns for path in (output / "kept").iterdir()}
    with pytest.raises(GateError):
        run(output, inputs, "limit = 0.001")
    passed = run(output, inputs, "limit = 100000")
    assert passed.resumed == 3
    assert {path: path.stat().st_mtime_ns for path in (output / "kept").iterdir()} == before
    assert not (output / FAILED).exists()
    assert verify(output).leak_check["proven"] == verify(once).leak_check["proven"]
    with pytest.raises(OutputError, match="finished job"):
        run(output, inputs, "limit = 0")


def test_two_workers_find_the_same(
    inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Manifest and shards are the same bytes, also where the sample is smaller than the output."""
    run(tmp_path / "one", inputs, "records = 7")
    apart(monkeypatch)
    run(tmp_path / "two", inputs, "records = 7", workers=2)
    assert tree(tmp_path / "one") == tree(tmp_path / "two")
    assert 0 < verify(tmp_path / "one").leak_check["sample"]["records"] <= 7


def test_planted_values_are_told_by_their_lines(
    inputs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One that is left fails the job and is named by its line; the words are nowhere."""
    planted, output, policy = tmp_path / "p.txt", tmp_path / "out", tmp_path / "lax.toml"
    policy.write_text(LAX)
    command = ["filter", "--input", str(inputs / "*"), "--policy", str(policy)]
    planted.write_text(f"{MAIL}\n\n{SSN}\r\n{CARD}\n")
    assert main([*command, "--output", str(output), "--planted", str(planted)]) == 1
    told = capsys.readouterr().err
    assert "planted values: 3, remaining: 1 (line 3)" in told
    assert "planted values: 3, remaining: 1; line 3" in (output / "report/index.html").read_text()
    for path in [*output.glob("_*.json"), *output.rglob("*.html"), *output.rglob("report.json")]:
        assert SSN not in path.read_text()
    assert SSN not in told
    planted.write_text(f"{MAIL}\n{CARD}\n")
    assert main([*command, "--output", str(output), "--planted", str(planted)]) == 0
    assert "planted values: 2, remaining: 0" in capsys.readouterr().out
    assert verify(output).leak_check["planted"] == {"values": 2, "remaining": 0, "lines": []}
    # The job is done; asked again, it looks again, and other values are another question.
    assert main([*command, "--output", str(output), "--planted", str(planted)]) == 0
    planted.write_text(f"{MAIL}\n{SSN}\n")
    assert main([*command, "--output", str(output), "--planted", str(planted)]) == 1
    planted.write_text(MAIL)
    assert main([*command, "--output", str(output), "--planted", str(planted)]) == 2


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (None, "cannot read the planted values: No such file"),
        (b"\n \n", "holds no planted values"),
        (b"good\n\xff\n", "line 2: not UTF-8"),
    ],
)
def test_a_file_that_names_no_values_is_refused(
    content: bytes | None, error: str, tmp_path: Path
) -> None:
    """Before any work is done, and without a word of what the file holds."""
    path = tmp_path / "planted.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=error):
        read_planted(str(path))


def test_lines_are_told_as_editors_count_them(tmp_path: Path) -> None:
    """Blank lines count and are no values; line ends and a mark at the start belong to none."""
    path = tmp_path / "planted.txt"
    path.write_bytes("\ufeffone\r\n\n  two \nthree".encode())
    assert read_planted(str(path)) == Planted((1, 3, 4), ("one", "  two ", "three"))


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ('labels = "pii.*"\naction = "redact"', ("EMAIL_ADDRESS", "US_SSN")),
        ('labels = "pii.us_ssn"\naction = "drop"', ("US_SSN",)),
        ('labels = "pii.us_ssn"\naction = "drop"\nwhen = {source = "web"}', ()),
        ('labels = "pii.us_ssn"\naction = "drop"\ncount_above = 5', ()),
        ('labels = "pii.us_ssn"\naction = "redact"\nshare_above = 0.5', ()),
        ('labels = "pii.us_ssn"\naction = "keep"', ()),
    ],
)
def test_only_what_the_policy_always_removes_is_looked_for(
    rules: str, expected: Sequence[str]
) -> None:
    """A policy that keeps an entity, or removes it under a condition, does not fail for it."""
    text = f"""
    name = "x"
    [detectors.pii]
    entities = ["EMAIL_ADDRESS", "US_SSN"]
    [[corpus]]
    labels = "pii.*"
    action = "keep"
    [[corpus]]
    {rules}
    """
    assert entities(filter_from_text(text, "x.toml")) == expected
    named = filter_from_text(f'{text}\n[leak_check]\nentities = ["EMAIL_ADDRESS"]', "x.toml")
    assert entities(named) == ("EMAIL_ADDRESS",)


def checked(text: str, check: str = "", policy: str = LAX) -> Leaks:
    """Return what is found in one record with this text, all of it sampled."""
    leaks = Leaks()
    judge = filter_from_text(f"{policy}\n[leak_check]\n{check}", "lax.toml")
    record_check(judge, None).check(["a:1", "a"], [text], leaks, None)
    return leaks


def test_suspected_values_are_those_that_no_rule_proves() -> None:
    """Stock findings count above the check's limit, else the policy's; proven ones count once."""
    text = f"{PROSE} {SSN}, 93.184.217.229 and 192.168.4.5, 192.0.2.1."
    leaks = checked(text, "above = 0.5")
    assert leaks.proven.total() == 2
    assert leaks.suspected == {("IP_ADDRESS",): 1}
    assert leaks.spared == {("IP_ADDRESS", "reserved"): 1}
    assert checked(text).suspected == {}
    assert checked(text, 'entities = ["US_SSN"]\nabove = 0.5').suspected == {}


@pytest.mark.parametrize(
    "options", [f'allow_list = ["{MAIL}"]', 'allow_list = ["harbour"]\nallow_list_match = "regex"']
)
def test_what_the_policy_allows_is_no_leak(options: str) -> None:
    """Words on its allow list stand in the output because it says so."""
    leaks = checked(f"{MAIL} and x@tide-tables.org", policy=f"{LAX}\n[detectors.pii]\n{options}")
    assert leaks.spared == {("EMAIL_ADDRESS", "allowed"): 1}
    assert leaks.proven.total() == 1


def test_what_the_policy_writes_is_no_leak() -> None:
    """An address of the policy's own, in the place of others, belongs to nobody else."""
    own = "desk@tide-tables.org"
    policy = f"""
    name = "own"
    [[corpus]]
    labels = "pii.*"
    action = "replace"
    new_value = "ask {own}"
    """
    leaks = checked(f"ask {own}, not {MAIL}", policy=policy)
    assert leaks.spared["EMAIL_ADDRESS", "allowed"] == 1
    assert leaks.proven.total() == 1


def test_a_check_that_fails_tells_no_words(
    inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash fails the job with the record's name and the kind of error alone."""

    def crash(text: str, _: object) -> None:
        raise ValueError(text)

    monkeypatch.setattr(leak_record, "values", crash)
    with pytest.raises(RuntimeError) as told:
        run(tmp_path / "out", inputs)
    assert "a.jsonl:1: the leak check failed: ValueError" in str(told.value)
    assert "harbour" not in str(told.value)
    assert not (tmp_path / "out" / NAME).exists()


def test_a_check_that_skips_a_record_does_not_count(
    inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check must have read as many records as were kept."""
    monkeypatch.setattr(leak_record.RecordCheck, "check", lambda *_: None)
    with pytest.raises(ManifestError, match="leak check read 0 of 21 kept records"):
        run(tmp_path / "out", inputs)


def leaks(**values: int) -> Leaks:
    """Return what was found in a million characters, half of them sampled."""
    found = Leaks()
    found.read.update({("characters",): 1_000_000, ("sample characters",): 500_000})
    for entity, n in values.items():
        found.proven[entity, "some rule"] = found.suspected[entity,] = n
    return found


@pytest.mark.parametrize(
    ("table", "count", "expected"),
    [
        ("", 5, 0),
        ("limit = 5", 5, 0),
        ("limit = 4.9", 5, 1),
        ("suspected_limit = 10", 5, 0),
        ("suspected_limit = 9.9", 5, 1),
        ("limit = 0\nsuspected_limit = 0", 5, 2),
        ("limit = 0\nsuspected_limit = 0", 0, 0),
    ],
)
def test_limits_are_by_a_million_characters(table: str, count: int, expected: int) -> None:
    """Proven values by what was read, suspected ones by the sample; a limit itself passes."""
    rule = filter_from_text(f"{LAX}\n[leak_check]\n{table}", "x.toml").policy.leak_check
    check = told(leaks(US_SSN=count), rule, ("US_SSN",), None)
    assert len(faults(check)) == expected


def test_planted_values_know_no_limit() -> None:
    """One that remains fails; of many lines the first few are named."""
    rule = filter_from_text(LAX, "x.toml").policy.leak_check
    planted, found = Planted(tuple(range(1, 31)), ("x",) * 30), leaks()
    assert faults(told(found, rule, (), planted)) == []
    found.planted.update((str(line),) for line in range(1, 31, 2))
    (reason,) = faults(told(found, rule, (), planted))
    assert reason == (
        "planted values: 30, remaining: 15 (lines 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, ...)"
    )


def test_counts_survive_the_way_through_a_file() -> None:
    """What is written is read back, and sums keep the first places alone."""
    first, second = checked(f"{PROSE} {SSN} {CARD}", "above = 0.1"), Leaks()
    for number in range(2 * PLACES):
        second.place(f"b:{number}", "US_SSN")
    assert leaks_from(json.loads(json.dumps(first.body()))) == first
    both = total([first, second])
    assert both.proven == first.proven
    assert len(both.places) == PLACES
    assert both.places[0] == ("a:1", "CREDIT_CARD")


@given(st.lists(st.integers(0, 10**9), min_size=1), st.integers(0, 5000))
def test_a_quota_is_divided_without_remainder(sizes: list[int], records: int) -> None:
    """Slices share the sample by their size, and together take all of it, unless all are empty."""
    parts = [part or 0 for part in quotas(sizes, records)]
    whole = sum(sizes)
    assert sum(parts) == (records if whole else 0)
    assert all(
        abs(p - records * s / whole) <= 1 for p, s in zip(parts, sizes, strict=True) if whole
    )
    assert quotas(sizes, None) == [None] * len(sizes)


def test_a_sample_is_decided_by_names() -> None:
    """The same records whatever their order, and evenly: no tenth of them is left out."""
    names = [f"a.jsonl:{number}" for number in range(10_000)]
    chosen = sample(names, 1000)
    Random(1).shuffle(names)
    assert sample(names, 1000) == chosen
    assert len(chosen) == 1000
    tenths = [sum(int(name[8:]) // 1000 == tenth for name in chosen) for tenth in range(10)]
    assert min(tenths) > 70


@given(st.text("ab ", max_size=6000), st.text(max_size=8))
def test_parts_of_a_text_lie_in_it(text: str, record: str) -> None:
    """A passage is no longer than it may be; pieces make up the text."""
    start, end = passage(text, record)
    assert 0 <= start <= end <= len(text)
    assert min(len(text), PASSAGE * 0.8) <= end - start <= PASSAGE
    assert "".join(text[first:last] for first, last in pieces(text)) == text


def test_the_memory_of_stock_presidio_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its vocabulary grows with every new word, so it is made anew after so many characters."""
    made: list[list[str]] = []

    def counted(entities: list[str]) -> Any:
        made.append(entities)
        return stock(entities)

    monkeypatch.setattr(leak_stock, "stock", counted)
    monkeypatch.setattr(leak_stock, "RENEWED", 3 * len(MAIL))
    check = leak_stock.StockCheck(["EMAIL_ADDRESS", "X_UNKNOWN"], Limits(0.1, []))
    found = [list(check.found(MAIL, 0, len(MAIL))) for _ in range(7)]
    assert found == [[("EMAIL_ADDRESS", 0, len(MAIL))]] * 7
    assert made == [["EMAIL_ADDRESS"]] * 3


def test_long_texts_are_cut_at_white_space() -> None:
    """A number is not cut in two where there is a space beside it."""
    text = f"{ACCOUNT} " * 40_000
    cuts = list(pieces(text))
    assert len(cuts) > 5
    assert all(text[end : end + 1] in {" ", ""} for _, end in cuts)


def test_columns_are_checked_as_texts_are(tmp_path: Path) -> None:
    """Every text column of kept/ is read: one that passes, and the source's name."""
    (tmp_path / "in.jsonl").write_text(
        json.dumps(
            {"text": PROSE, "author": f"by {SSN}", "site": f"of {grouped(CARD, 4, 4, 4, 4)}"}
        )
    )
    job = Job(str(tmp_path / "out"), LAX, "lax.toml", columns=("author",), source_field="site")
    run_job(job, [str(tmp_path / "in.jsonl")], 1, [], lambda *_: nullcontext())
    held = verify(tmp_path / "out").leak_check["proven"]
    assert {entity: sum(checks.values()) for entity, checks in held.items()} == {
        "CREDIT_CARD": 1,
        "US_SSN": 1,
    }
