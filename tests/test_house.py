"""The house rules: floors, light imports, a quick command, documents that name everything."""

import argparse
import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from gemsieve.cli import COMMANDS, command_parser
from gemsieve.filters import load_filter
from gemsieve.filters.policy_file import KEYS

ROOT = Path(__file__).parent.parent
FLOORS = ("filters", "pipeline", "model", "safety")
OWNERS = {
    "apache_beam": {"pipeline"},
    "pyarrow": {"pipeline", "model", "cli"},
    "jax": {"model"},
    "flax": {"model"},
    "optax": {"model"},
    "orbax": {"model"},
    "fastapi": {"safety"},
    "starlette": {"safety"},
    "uvicorn": {"safety"},
    "limits": {"safety", "cli"},
    "prometheus_client": {"safety"},
    "cryptography": {"filters", "pipeline", "cli"},
    "presidio_analyzer": {"filters"},
    "fasttext": {"filters"},
    "hyperscan": {"filters"},
}


def sources(floor: str) -> list[Path]:
    """Return a floor's modules."""
    folder = ROOT / ("src/gemsieve/cli" if floor == "cli" else floor)
    return sorted(folder.rglob("*.py"))


@cache
def imported(path: Path) -> set[str]:
    """Return the modules that a file imports, at its top or inside a function."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("floor", FLOORS)
def test_nobody_imports_upwards(floor: str) -> None:
    """A floor imports itself and the floors below, and no floor imports the command line."""
    above = {f"gemsieve.{name}" for name in (*FLOORS[FLOORS.index(floor) + 1 :], "cli")}
    assert sources(floor)
    for path in sources(floor):
        for module in imported(path):
            assert ".".join(module.split(".")[:2]) not in above, f"{path.name}: {module}"


@pytest.mark.parametrize("library", OWNERS)
def test_libraries_stay_on_their_floor(library: str) -> None:
    """Beam, JAX, the web framework and the detectors' libraries are imported by their owners."""
    users = {
        floor
        for floor in (*FLOORS, "cli")
        for path in sources(floor)
        if any(module.split(".")[0] == library for module in imported(path))
    }
    assert users <= OWNERS[library]
    assert users


def test_only_the_api_imports_the_web_framework() -> None:
    """Within safety, the guard knows no HTTP."""
    for path in sources("safety"):
        if {m.split(".")[0] for m in imported(path)} & {"fastapi", "starlette", "uvicorn"}:
            assert path.parent.name == "api"


def loaded(program: str, modules: str) -> str:
    """Run a program in a fresh Python and return which of these modules it has loaded."""
    program += f"; import sys; print(sorted(set({modules.split()!r}) & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("gemsieve.filters", "numpy pyarrow presidio_analyzer spacy fasttext hyperscan"),
        ("gemsieve.pipeline", "apache_beam pyarrow"),
        ("gemsieve.pipeline.manifest", "apache_beam pyarrow numpy"),
        ("gemsieve.model", "jax flax numpy"),
        ("gemsieve.safety", "fastapi jax presidio_analyzer"),
        ("gemsieve.safety.api", "jax presidio_analyzer"),
        ("gemsieve.cli", "numpy rich gemsieve.filters"),
    ],
)
def test_importing_a_floor_is_light(module: str, absent: str) -> None:
    """Importing a package loads none of the libraries behind it."""
    assert loaded(f"import {module}", absent) == "[]"


def test_reading_the_default_policy_loads_no_model() -> None:
    """Building the shipped filter imports no detector library; only `setup` does."""
    program = "from gemsieve.filters import load_filter; load_filter()"
    assert loaded(program, "presidio_analyzer fasttext hyperscan spacy") == "[]"


def test_help_imports_nothing_but_the_standard_library() -> None:
    """`gemsieve --help` knows its commands without importing any of them: so it is instant."""
    program = (
        "import sys; from gemsieve.cli import main; sys.stdout = sys.stderr; main([])\n"
        "roots = {name.split('.')[0] for name in sys.modules} - set(sys.stdlib_module_names)\n"
        "ours = {name for name in sys.modules if name.startswith('gemsieve.')}\n"
        "print(sorted(r for r in roots if not r.startswith('_')), ours, file=sys.__stdout__)"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
    )
    assert done.stdout.strip() == "['gemsieve'] {'gemsieve.cli'}"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_and_option_is_documented(command: str) -> None:
    """Each sub-command has a heading, and each of its options is named in the documents."""
    page = (ROOT / "docs/commands.md").read_text()
    assert f"## gemsieve {command}" in page
    for option in options(command_parser(command)):
        assert f"`{option}" in page, f"{command} {option}"


def options(parser: argparse.ArgumentParser) -> Iterator[str]:
    """Yield the long options of a command, and of the commands under it."""
    for action in parser._actions:  # argparse tells no other way
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                yield from options(inner)
        yield from (o for o in action.option_strings if o.startswith("--") and o != "--help")


def test_every_policy_key_is_documented() -> None:
    """Each key of a rule has its line."""
    page = (ROOT / "docs/policy.md").read_text()
    for key in KEYS:
        assert f"`{key}`" in page, key


def documented(label: str, page: str) -> bool:
    """Say whether a label has its row, or its last part stands in the row of its family."""
    if label.startswith("language.") and label != "language.und":
        return "`language.CODE`" in page
    family, last = label.rsplit(".", 1)
    return any(
        f"`{label}`" in row or (f"`{family}.*`" in row and f"`{last}`" in row)
        for row in page.splitlines()
    )


def test_every_label_is_documented() -> None:
    """Each label that a detector may emit stands in the page of labels."""
    page = (ROOT / "docs/labels.md").read_text()
    judge = load_filter()
    detectors = {d.name: d for use in judge.detectors.values() for d in use}
    assert set(detectors) == {
        *("dialect", "identity", "language", "pii", "pii_hidden", "quality", "secrets"),
        "toxicity",
    }
    for detector in detectors.values():
        assert [x for x in detector.labels.ranges() if not documented(x, page)] == []


def test_every_endpoint_is_documented() -> None:
    """Each path the service answers stands in its page."""
    from gemsieve.safety.api import create_app

    page = (ROOT / "docs/api.md").read_text()
    paths = create_app(load_filter()).openapi()["paths"]
    assert paths
    for path in paths:
        assert f"`{path}`" in page or f" {path}`" in page, path


def test_every_training_key_is_documented() -> None:
    """Each key of the shipped training configuration has a comment of its own beside it."""
    text = (ROOT / "configs/train/tiny.toml").read_text()
    for line in text.splitlines():
        if re.match(r"^[a-z_]+ *=", line):
            assert "#" in line, line


def test_a_wheel_holds_the_house(tmp_path: Path) -> None:
    """A wheel built from the sources carries every module, policy and weight under one name."""
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path, ROOT],
        check=True,
        capture_output=True,
        env=os.environ | {"PIP_NO_INDEX": "1"},
    )
    import zipfile

    names = set(zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist())
    for path in [path for floor in FLOORS for path in ROOT.glob(f"{floor}/**/*")]:
        if path.suffix in {".py", ".ftz", ".toml", ".html", ".css", ".js", ".json"}:
            assert f"gemsieve/{path.relative_to(ROOT).as_posix()}" in names
    assert {"gemsieve/configs/policy/default.toml", "gemsieve/py.typed"} <= names
    assert not any(name.split("/")[0] in FLOORS for name in names)
