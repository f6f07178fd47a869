"""One table of settings: flags, file, schema and document agree, and refuse what it lacks."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemsieve.cli import UsageError, command_parser, main
from gemsieve.cli.config import schema
from gemsieve.cli.filter_options import OPTIONS
from gemsieve.cli.option import SWITCH, TABLE
from gemsieve.cli.settings import checked, settings_of
from gemsieve.cli.toml_text import toml_text, toml_value

PAGE = (Path(__file__).parents[2] / "docs/configuration.md").read_text()
EXAMPLES = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
VALIDATOR = jsonschema.Draft202012Validator(schema())


def row(option: Any) -> str:
    """Return the line of an option in the document."""
    flag = f"`{option.flags[0]}`" if option.flags else "none"
    default = "none" if option.default is None else f"`{toml_value(option.default)}`"
    return f"| `{option.key}` | {flag} | {default} | {option.help} |"


def test_the_document_has_a_row_for_every_setting() -> None:
    """The table of the document is the table of the code, row by row."""
    rows = [line for line in PAGE.splitlines() if re.match(r"\| `\w+\.", line)]
    assert rows == [row(option) for option in OPTIONS]


def test_flags_are_those_of_the_table() -> None:
    """Every option but a table is a flag of `gemsieve filter`, and names are unique."""
    flags = set(command_parser("filter")._option_string_actions)
    assert {flag for option in OPTIONS for flag in option.flags} <= flags
    assert all(option.flags or option.kind is TABLE for option in OPTIONS)
    assert len({option.name for option in OPTIONS}) == len(OPTIONS)


@pytest.mark.parametrize("text", EXAMPLES)
def test_documented_examples_are_valid(text: str) -> None:
    """Each example of the document validates, and the command's reader takes it."""
    body = tomllib.loads(text)
    VALIDATOR.validate(body)
    assert dict(checked(body, "job.toml"))


def test_the_schema_is_a_schema() -> None:
    """What editors get is JSON Schema itself."""
    jsonschema.Draft202012Validator.check_schema(schema())


WORDS = st.text(st.characters(codec="ascii", categories=["L"]), min_size=1, max_size=8)
PLACES = [[], *({option.key.split(".")[0] for option in OPTIONS} - {""})]


@given(st.sampled_from(PLACES), WORDS)
def test_unknown_keys_are_refused_by_both(place: str | list[str], word: str) -> None:
    """A key that the table lacks is refused by the schema and by the reader, which names it."""
    body: dict[str, Any] = {"version": 1}
    if place:
        body[str(place)] = {word: "x"}
        known = f"{place}.{word}" in {option.key for option in OPTIONS}
    else:
        body[word] = {}
        known = word in {option.key.split(".")[0] for option in OPTIONS}
    if known:
        return
    assert not VALIDATOR.is_valid(body)
    with pytest.raises(UsageError, match=word):
        dict(checked(body, "job.toml"))


JUNK = st.one_of(
    st.booleans(),
    st.integers(-3, 3),
    st.floats(0.1, 0.9),
    st.text(max_size=3),
    st.lists(st.text(max_size=3), max_size=2),
    st.lists(st.integers(), min_size=1, max_size=2),
    st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2),
)


@given(st.sampled_from(OPTIONS), JUNK)
def test_schema_and_reader_agree_on_values(option: Any, value: object) -> None:
    """Whatever value a key has, both take it or both refuse it, the reader by its key."""
    table, name = option.key.split(".")
    body = {"version": 1, table: {name: value}}
    if VALIDATOR.is_valid(body):
        assert dict(checked(body, "job.toml")) == {option.key: value}
    else:
        with pytest.raises(UsageError, match=re.escape(f"job.toml: {option.key}: must be")):
            dict(checked(body, "job.toml"))


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "version: write version = 1"),
        ("version = 2", "version: write version = 1"),
        ("version = true", "version: write version = 1"),
        ("version = 1\ninputs = 1", "inputs: must be a table, as in [inputs]"),
        ("version = 1\n[input]", "input: unknown table; did you mean 'inputs'?"),
        ("version = 1\n[run]\nworker = 1", "run.worker: unknown key; did you mean 'workers'?"),
        ("version = 1\n[run]\nworkers = 0", "run.workers: must be at least 1"),
        ("version", "not TOML"),
        (b"\xff", "not TOML"),
        (None, "cannot read the configuration"),
        (
            'version = 1\n[inputs]\nfiles = "a"\n[output]\nfolder = "b"\n'
            '[policy]\nfile = "p"\ninline = {}',
            "either a file or an inline policy",
        ),
        ('version = 1\n[output]\nfolder = "b"', "--input: missing; give it, or files in [inputs]"),
        ('version = 1\n[inputs]\nfiles = "a"', "--output: missing"),
    ],
)
def test_mistakes_in_the_file_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | bytes | None, error: str
) -> None:
    """A file that cannot serve ends with status 2, its name, the key and what would be valid."""
    path = tmp_path / "job.toml"
    if text is not None:
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    assert main(["config", "check", "--config", str(path)]) == 2
    assert error in capsys.readouterr().err


def arguments(options: dict[str, object]) -> list[str]:
    """Return flags that set these options."""
    said = []
    for option in OPTIONS:
        value = options.get(option.key)
        if value is None or not option.flags:
            continue
        if option.kind is SWITCH:
            said.append(option.flags[0] if value else option.flags[1])
        elif isinstance(value, list):
            joined = value if option.key == "inputs.files" else [",".join(value)]
            said += [option.flags[0], *joined]
        else:
            said += [option.flags[0], str(value)]
    return said


def test_flags_win_over_the_file_and_the_file_over_defaults(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`config show` tells each value's origin, and what it prints is the same settings again."""
    path = tmp_path / "job.toml"
    path.write_text(EXAMPLES[0])
    flags = arguments({"run.workers": 3, "inputs.columns": ["a", "b"], "inputs.files": ["x", "y"]})
    assert main(["config", "show", "--config", str(path), *flags, "--runner=X"]) == 0
    told = capsys.readouterr().out
    assert "workers = 3  # --workers" in told
    assert 'files = ["x", "y"]  # --input' in told
    assert 'source_field = "site"  # job.toml' in told
    assert 'planted = ""  # default' in told
    assert "# and for Beam, from the command line: --runner=X" in told
    shown = dict(checked(tomllib.loads(told), "shown.toml"))
    assert shown["inputs.columns"] == ["a", "b"]
    args = command_parser("filter").parse_args(["--config", str(path), *flags])
    args.rest = []
    settings = settings_of(args)
    given = {key: value for key, value in settings.values.items() if value is not None}
    assert {k: list(v) if isinstance(v, tuple) else v for k, v in given.items()} == shown


def test_names_and_runner_flags_reach_the_job(tmp_path: Path) -> None:
    """Named inputs keep their names, and Beam's settings become its flags, the caller's last."""
    path = tmp_path / "job.toml"
    path.write_text(EXAMPLES[1] + 'experiments = ["a", "b"]\nstreaming = true\nsave = false\n')
    args = command_parser("filter").parse_args(["--config", str(path)])
    args.rest = ["--runner=X"]
    settings = settings_of(args)
    assert settings.patterns == [
        *("web=crawl/*.jsonl.gz", "books=fiction/*.parquet", "books=letters/*.parquet")
    ]
    assert settings.beam == [
        *("--runner=FlinkRunner", "--flink_master=localhost:8081", "--experiments=a"),
        *("--experiments=b", "--streaming", "--runner=X"),
    ]


def test_check_says_what_a_run_would_begin_with_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Policy, inputs and output are told; a policy of the file's own is built; no file appears."""
    corpus, out = tmp_path / "a.jsonl", tmp_path / "out"
    corpus.write_text(json.dumps({"text": "x"}) + "\n")
    path = tmp_path / "job.toml"
    path.write_text(EXAMPLES[2])
    where = ["--config", str(path), "--input", str(corpus), "--output", str(out)]
    assert main(["config", "check", *where]) == 0
    told = capsys.readouterr().out
    assert "policy: addresses" in told
    assert "inputs: 1 files, 14 bytes, 1 slices" in told
    assert f"output: {out}, new" in told
    assert sorted(tmp_path.iterdir()) == [corpus, path]
    out.mkdir()
    (out / "mine.txt").write_text("")
    assert main(["config", "check", *where]) == 2
    assert "not empty, and not ours" in capsys.readouterr().err
    path.write_text(EXAMPLES[2].replace("pii.email_address", "pii.email_addres"))
    assert main(["config", "check", *where]) == 2
    assert "job.toml: policy.inline: corpus[1].except" in capsys.readouterr().err


def test_schema_takes_no_options(capsys: pytest.CaptureFixture[str]) -> None:
    """`config schema` prints the schema, and refuses what it has no use for."""
    assert main(["config", "schema"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(schema()))
    assert main(["config", "schema", "--workers"]) == 2


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), VALUES, max_size=4))
def test_written_toml_reads_back(body: dict[str, Any]) -> None:
    """Python's own parser reads what we write as the values that went in."""
    assert tomllib.loads(toml_text(body)) == body
