"""Every way to tamper with an audit log without its key is found, and called by its name."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.safety.audit_log.conftest import KEY, Logged

from gemsieve.filters import Filter
from gemsieve.filters.operators.key import Key
from gemsieve.safety.audit_log import AuditLogError, Segments, verify

Lines = list[bytes]


def edited(lines: Lines) -> Lines:
    """Make a drop a keep."""
    changed = lines[2].replace(b'"action":"drop"', b'"action":"keep"')
    assert changed != lines[2]
    return [*lines[:2], changed, *lines[3:]]


def renumbered(lines: Lines) -> Lines:
    """Take a record out, and close the gap in the numbers."""
    return [*lines[:2], *(line.replace(b'"number":3', b'"number":2') for line in lines[3:])]


def forged(lines: Lines) -> Lines:
    """Add a record like the last, with a link like its own."""
    return [*lines, lines[-1].replace(b'"number":4', b'"number":5')]


@pytest.mark.parametrize(
    ("tamper", "fault"),
    [
        (edited, "record 2 was changed"),
        (lambda lines: lines[:2] + lines[3:], "record 2 is missing"),
        (lambda lines: lines[:1] + lines[4:], "record 1 is missing, and all up to 3"),
        (lambda lines: lines[1:], "record 0 is missing"),
        (renumbered, "record 2 was changed"),
        (lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]], "record 2 was moved"),
        (lambda lines: [*lines[:3], lines[1], *lines[3:]], "record 3 is record 1 once more"),
        (lambda lines: lines[:3], "was cut at its end: records 3 to 4 are missing"),
        (lambda lines: [*lines[:4], lines[4][:-1]], "was cut at its end: records 4 to 4"),
        (lambda _: [], "was cut at its end: records 0 to 4 are missing"),
        (forged, "record 5 was added without the key"),
        (lambda lines: [*lines, lines[1]], "record 5 is record 1 once more"),
        (lambda lines: [*lines, b"{}\n"], "record 5 is no record"),
        (lambda lines: [*lines, b"[" * 100_000 + b"\n"], "record 5 is no record"),
        (lambda lines: [*lines, b'{"writer":Infinity,"number":5}\n'], "record 5 is no record"),
    ],
)
def test_a_tampering_is_named(logged: Logged, tamper: Callable[[Lines], Lines], fault: str) -> None:
    """Edits, deletions, swaps, cuts, additions: the first record that is wrong, and how."""
    logged.write(["one", "bad"], ["two", "three"])
    assert [account.fault for account in logged.verify()] == [None]
    lines = logged.file().read_bytes().splitlines(keepends=True)
    logged.file().write_bytes(b"".join(tamper(lines)))
    assert logged.fault().startswith(fault)


def test_another_writers_record_is_no_replacement(logged: Logged) -> None:
    """A record brought over says whose it is; renamed, it was changed."""
    with logged.open():
        logged.write(["one", "two"])
    logged.write(["one", "two"])
    ours, theirs = (logged.file(i).read_bytes().splitlines(keepends=True) for i in (0, 1))
    ours[1] = theirs[1]
    logged.file().write_bytes(b"".join(ours))
    assert logged.fault() == "record 1 is one of writer 1"
    ours[1] = theirs[1].replace(b'"writer":1', b'"writer":0')
    logged.file().write_bytes(b"".join(ours))
    assert logged.fault() == "record 1 was changed"


def test_a_cut_log_with_an_older_head_is_found_by_a_later_head(
    logged: Logged, tmp_path: Path
) -> None:
    """Log and head put back together look right; a copy of a later head shows it."""
    logged.write(["one"])
    shutil.copytree(logged.heads, tmp_path / "older")
    before = logged.file().read_bytes()
    logged.write(["bad"])
    shutil.copytree(logged.heads, tmp_path / "copy")
    after = logged.file().read_bytes()
    shutil.copytree(tmp_path / "older", logged.heads, dirs_exist_ok=True)
    assert [account.fault for account in logged.verify()] == [None]
    logged.file().write_bytes(before)
    assert [account.fault for account in logged.verify()] == [None]
    assert "records 2 to 3 are missing" in logged.fault(tmp_path / "copy")
    logged.file().write_bytes(after)
    assert [account.unsealed for account in logged.verify()] == [2]
    assert [account.fault for account in logged.verify(tmp_path / "copy")] == [None]


def test_heads_and_files_that_are_gone_or_false_are_named(logged: Logged, tmp_path: Path) -> None:
    """No head, a head of other numbers, no files, a whole writer, another log's head."""
    with logged.open(), logged.open():
        pass
    logged.write(["one"])
    head, other = logged.heads / "0.json", Logged(tmp_path / "other", logged.judge)
    sealed = head.read_text()
    head.write_text(sealed.replace('"count": 3', '"count": 2'))
    assert "the head was changed" in logged.fault()
    other.write(["a"], ["b"], ["c"])
    shutil.copy(other.heads / "0.json", head)
    assert "records 3 to 3 are missing" in logged.fault()
    other = Logged(tmp_path / "short", logged.judge)
    other.write(["a"])
    shutil.copy(other.heads / "0.json", head)
    assert logged.fault() == "record 1 is not the one that a head names"
    head.unlink()
    assert "has no head" in logged.fault()
    head.write_text(sealed)
    logged.file().unlink()
    assert "records 0 to 2 are missing" in logged.fault()
    shutil.rmtree(logged.folder / "0")
    head.unlink()
    assert logged.fault() == "has no records and no head"
    assert logged.verify()[1].fault is None


def test_only_the_key_opens_a_log(logged: Logged, tmp_path: Path) -> None:
    """Under another key nothing is right; a folder that is none is told."""
    logged.write(["one"])
    (account,) = verify(logged.store, Key(bytes(32)), [logged.heads])
    assert account.fault
    with pytest.raises(AuditLogError, match="there is no audit log"):
        verify(Segments(tmp_path / "none"), KEY, [logged.heads])


@pytest.fixture(scope="module")
def written(plain_filter: Filter, tmp_path_factory: pytest.TempPathFactory) -> tuple[Logged, bytes]:
    """A log, and the bytes of its file."""
    logged = Logged(tmp_path_factory.mktemp("written") / "log", plain_filter)
    logged.write(["one", "bad"], ["two"])
    return logged, logged.file().read_bytes()


@given(data=st.data())
def test_no_byte_can_be_changed(written: tuple[Logged, bytes], data: st.DataObject) -> None:
    """Whichever byte becomes whichever other, the log is not what was written."""
    logged, right = written
    place = data.draw(st.integers(0, len(right) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != right[place]))
    logged.file().write_bytes(right[:place] + bytes([byte]) + right[place + 1 :])
    assert logged.fault()
