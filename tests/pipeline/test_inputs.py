"""What inputs name: files under names, saved and streamed datasets, crawls."""

import gzip
import json
import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.pipeline.spoilt import http, warc

from gemsieve.pipeline.reading import web_page as page
from gemsieve.pipeline.reading.read import read
from gemsieve.pipeline.reading.record import Broken, Meter, Record
from gemsieve.pipeline.reading.slices import InputError, plan


def records(patterns: Sequence[str], columns: Sequence[str] = ()) -> dict[str, str]:
    """Read what patterns name; the text or fault of each record by its id."""
    return {
        f"{piece.source}:{one.number}": one.fault if isinstance(one, Broken) else one.text
        for piece in plan(patterns)
        for one in read(piece, "text", columns, Meter())
    }


def rows(*texts: str) -> str:
    """Return JSON lines."""
    return "".join(json.dumps({"text": text}) + "\n" for text in texts)


def test_a_name_is_what_records_are_counted_under(tmp_path: Path) -> None:
    """`web=PATTERN` names its files `web/FILE`; a folder whose name holds the sign is a path."""
    for folder in ("crawl", "year=2026"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.jsonl").write_text(rows("one"))
    pieces = plan(
        [f"web={tmp_path}/crawl/*", f"books={tmp_path}/year=2026/*"],
    )
    assert [(p.source, p.counted_as) for p in pieces] == [
        ("web/a.jsonl", "web"),
        ("books/a.jsonl", "books"),
    ]
    (piece,) = plan([f"{tmp_path}/year=2026/*"])
    assert (piece.source, piece.counted_as) == ("a.jsonl", "a.jsonl")
    with pytest.raises(InputError, match="named twice"):
        plan([f"web={tmp_path}/crawl/*", f"{tmp_path}/crawl/a.jsonl"])
    with pytest.raises(InputError, match=r"^nowhere\.jsonl: no such file"):
        plan(["web=nowhere.jsonl"])


def test_files_of_one_name_under_one_name_are_told_apart(tmp_path: Path) -> None:
    """Ids stay apart where two patterns bring files of the same name."""
    for folder in ("en", "de"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.jsonl").write_text(rows(folder))
    found = records([f"web={tmp_path}/en/*", f"web={tmp_path}/de/*"])
    assert found == {"web/en/a.jsonl:1": "en", "web/de/a.jsonl:1": "de"}


def test_a_saved_dataset_is_read(tmp_path: Path) -> None:
    """A Dataset, and a DatasetDict of two splits, are read where `save_to_disk` put them."""
    from datasets import Dataset, DatasetDict

    train = Dataset.from_dict({"text": ["one", "two", "three"], "n": [1, 2, 3]})
    train.save_to_disk(tmp_path / "alone", num_shards=2)
    assert records([str(tmp_path / "alone")]) == {
        "data-00000-of-00002.arrow:1": "one",
        "data-00000-of-00002.arrow:2": "two",
        "data-00001-of-00002.arrow:1": "three",
    }
    both = DatasetDict(train=train, test=train.select([1]))
    both.save_to_disk(tmp_path / "both")
    found = records([f"mine={tmp_path}/both"])
    assert found["mine/test/data-00000-of-00001.arrow:1"] == "two"
    assert list(found.values()) == ["one", "two", "three", "two"]
    assert len(records([str(tmp_path / "*")])) == 7
    (tmp_path / "alone" / "data-00001-of-00002.arrow").unlink()
    with pytest.raises(InputError, match="the saved dataset is not whole"):
        plan([str(tmp_path / "alone")])
    (tmp_path / "alone" / "state.json").write_text("{}")
    with pytest.raises(InputError, match=r"state\.json: not as `datasets` writes it"):
        plan([str(tmp_path / "alone")])
    with pytest.raises(InputError, match="a folder, and no saved dataset"):
        plan([str(tmp_path)])


def test_a_folder_of_data_files_is_streamed(tmp_path: Path) -> None:
    """`hf://FOLDER` streams a split, a slice a shard; what breaks off costs its shard's rest."""
    for name, content in {
        "train-0.jsonl": rows("one", "two"),
        "train-1.jsonl": rows("three") + "{",
        "test-0.jsonl": rows("four"),
    }.items():
        (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=r"name one of its splits, as in \?split="):
        plan([f"hf://{tmp_path}"])
    with pytest.raises(InputError, match="options are split"):
        plan([f"hf://{tmp_path}?splits=train"])
    found = records([f"hf://{tmp_path}?split=train"])
    shard = f"{tmp_path.name}/train"
    assert found == {
        f"{shard}/00000-of-00002:1": "one",
        f"{shard}/00000-of-00002:2": "two",
        f"{shard}/00001-of-00002:1": "truncated_input",
    }


def test_a_crawl_brings_its_columns(tmp_path: Path) -> None:
    """Of a page come address, date, type and language, and the record's headers by their names."""
    head = (
        "WARC-Date: 2026-11-01T00:00:00Z\r\nWARC-Identified-Content-Language: eng\r\nContent-Length"
    )
    page_record = warc(http()).replace(b"Content-Length", head.encode(), 1)
    text = warc("Größer".encode(), "conversion", "text/plain")
    (tmp_path / "a.warc.gz").write_bytes(gzip.compress(page_record) + gzip.compress(text))
    columns = ("url", "date", "content_type", "language", "WARC-Type")
    (piece,) = plan([str(tmp_path / "a.warc.gz")])
    first, second = read(piece, "text", columns, Meter())
    assert isinstance(first, Record)
    assert isinstance(second, Record)
    assert first.text == "Some words of a harmless text."
    assert list(first.columns.values()) == [
        "https://example.org/page",
        "2026-11-01T00:00:00Z",
        "text/html",
        "eng",
        "response",
    ]
    assert second.text == "Größer"
    assert second.columns["content_type"] == "text/plain"


@pytest.mark.parametrize(
    ("header", "html", "encoding"),
    [
        ("; charset=koi8-r", "<p>Привет</p>", "koi8-r"),
        ("", '<meta charset="koi8-r"><p>Привет</p>', "koi8-r"),
        ("", "<p>Привет, как ваши дела сегодня? Всё хорошо.</p>", "cp1251"),
        ("; charset=utf-8", '<meta charset="koi8-r"><p>Привет</p>', "utf-8"),
        ("; charset=koi8-r", "<p>Привет</p>", "utf-8-sig"),
        ("", "<p>Привет</p>", "utf-16"),
    ],
    ids=["header", "meta", "looks", "header-before-meta", "mark-before-header", "utf-16"],
)
def test_a_pages_charset_is_found(header: str, html: str, encoding: str, tmp_path: Path) -> None:
    """The mark, else HTTP, else HTML, else the bytes themselves tell a page's encoding."""
    body = http(html.encode(encoding), f"Content-Type: text/html{header}")
    (tmp_path / "a.warc").write_bytes(warc(body))
    assert records([str(tmp_path / "a.warc")])["a.warc:1"].startswith("Привет")


def test_main_content_is_kept_of_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Navigation and scripts go; a page nested beyond all reason is taken whole."""
    main = "<main><p>What the page is about, at some length.</p><p>More of it.</p></main>"
    html = (
        f"<body><nav><a href=x>Home</a></nav><script>code()</script>{main}<footer>Imprint</footer>"
    )
    text = page.extracted(html)
    assert text.split("\n") == ["What the page is about, at some length.", "", "More of it."]
    monkeypatch.setattr(page, "MAX_DEPTH", 3)
    assert "Home" in page.extracted("<div>" * 4 + html)


def test_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """A job does not find out half-way that an id cannot be written."""
    (tmp_path / os.fsdecode(b"caf\xe9.jsonl")).write_text('{"text": "a"}\n')
    with pytest.raises(InputError, match=r"caf\\xe9.jsonl: this name is not UTF-8"):
        plan([str(tmp_path / "*.jsonl")])
