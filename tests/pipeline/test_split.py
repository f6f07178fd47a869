"""`gemsieve split`: pieces hold the file's lines, in order and once; a damaged file leaves none."""

import gzip
import json
from pathlib import Path
from random import Random
from string import ascii_letters

import pytest
from tests.pipeline.test_formats import WRITERS

from gemsieve.cli import main
from gemsieve.pipeline.reading.compression import COMPRESSIONS
from gemsieve.pipeline.reading.read import read
from gemsieve.pipeline.reading.record import Meter
from gemsieve.pipeline.reading.slices import plan


def rows(n: int) -> list[dict[str, object]]:
    """Return rows that hardly compress."""
    random = Random(0)
    return [{"text": "".join(random.choices(ascii_letters, k=2000))} for _ in range(n)]


@pytest.mark.parametrize("suffix", ["", *COMPRESSIONS])
def test_pieces_hold_the_lines(suffix: str, tmp_path: Path) -> None:
    """Read together they are the file, each but the last of the size asked for; twice alike."""
    path = tmp_path / f"dump.jsonl{suffix}"
    path.write_bytes(WRITERS[f".jsonl{suffix}"](rows(900)))
    for folder in ("once", "again"):
        output = str(tmp_path / folder)
        assert main(["split", str(path), "--output", output, "--size", "0.2"]) == 0
    pieces = sorted((tmp_path / "once").iterdir())
    assert len(pieces) > 2
    assert pieces[0].name == f"dump-00000.jsonl{suffix}"
    assert [p.read_bytes() for p in pieces] == [
        p.read_bytes() for p in sorted((tmp_path / "again").iterdir())
    ]
    texts = [
        [getattr(one, "text", one) for s in plan(names) for one in read(s, "text", (), Meter())]
        for names in ([str(path)], [str(piece) for piece in pieces])
    ]
    assert texts[0] == texts[1] == [row["text"] for row in rows(900)]


def test_a_damaged_file_leaves_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is named with the line after which it breaks off; so are files that cannot be split."""
    whole = gzip.compress(b"".join(json.dumps(row).encode() + b"\n" for row in rows(90)))
    (tmp_path / "cut.jsonl.gz").write_bytes(whole[:-9])
    (tmp_path / "rows.csv").write_text("text\n")
    (tmp_path / "wide.jsonl").write_bytes("{}\n".encode("utf-16"))
    (tmp_path / "there").mkdir()
    for name, output, reason in [
        ("cut.jsonl.gz", "out", "cut.jsonl.gz: breaks off after line 90, and nothing was written"),
        ("rows.csv", "out", "only files of JSON lines"),
        ("wide.jsonl", "out", "is in UTF-16"),
        ("none.jsonl", "out", "none.jsonl: No such file"),
        ("cut.jsonl.gz", "there", "is there already"),
    ]:
        command = ["split", str(tmp_path / name), "--output", str(tmp_path / output)]
        assert main([*command, "--size", "0.01"]) == 2
        assert reason in capsys.readouterr().err
    names = {"cut.jsonl.gz", "rows.csv", "wide.jsonl", "there"}
    assert {path.name for path in tmp_path.iterdir()} == names
