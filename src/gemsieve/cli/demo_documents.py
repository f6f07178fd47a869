"""Real text that is on any machine with this environment: the documentation inside packages."""

from __future__ import annotations

import ast
import warnings
import zlib
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, PackagePath, distributions

# Packages with enough docstrings to read from; one that is not installed is passed over.
PACKAGES = (
    "apache-beam",
    "datasets",
    "flax",
    "huggingface-hub",
    "jax",
    "matplotlib",
    "numpy",
    "optax",
    "pandas",
    "pyarrow",
    "scipy",
)
LENGTHS = range(400, 20_001)  # characters of a document
PROSE = (".md", ".rst", ".txt")
# Legal texts and lists that installers leave: the same in every package, or no prose.
NO_PROSE = ("license", "licence", "copying", "notice", "author", "top_level", "entry_points")
TEST_FOLDERS = {"test", "tests", "testing", "_tests"}


def documents(count: int) -> list[str]:
    """Return up to `count` different documents; the same environment gives the same ones.

    A third at most are whole files and package descriptions; the rest are docstrings, an equal
    share from each package as far as it has them.
    """
    installed = {normal(d.name): d for d in distributions() if normal(d.name) != "gemsieve"}
    found: dict[str, None] = {}
    for name in sorted(installed):
        take(prose(installed[name]), found, count // 3)
    present = [name for name in PACKAGES if name in installed]
    for i, name in enumerate(present):
        share = -(-(count - len(found)) // (len(present) - i))
        take(docstrings(installed[name]), found, len(found) + share)
    return list(found)


def normal(name: str) -> str:
    """Return a package's name in the one spelling that registries compare."""
    return name.lower().replace("_", "-").replace(".", "-")


def take(texts: Iterable[str], found: dict[str, None], until: int) -> None:
    """Add texts of a fitting length until so many are found."""
    for text in texts:
        if len(found) >= until:
            return
        if len(text.strip()) in LENGTHS:
            found.setdefault(text.strip())


def prose(package: Distribution) -> Iterator[str]:
    """Yield a package's own description and the documents among its files."""
    yield str(package.metadata.json.get("description", ""))
    for path in sorted(package.files or (), key=str):
        name = path.name.lower()
        if name.endswith(PROSE) and not name.startswith(NO_PROSE) and is_source(path):
            yield content(path)


def docstrings(package: Distribution) -> Iterator[str]:
    """Yield the docstrings of a package's modules, classes and functions, spread over its files."""
    files = [p for p in package.files or () if p.suffix == ".py" and is_source(p)]
    for path in sorted(files, key=lambda p: (zlib.crc32(str(p).encode()), str(p))):
        yield from docstrings_in(content(path))


def is_source(path: PackagePath) -> bool:
    """Say whether a file belongs to the package proper: not outside it, and none of its tests."""
    tests = path.name.startswith("test_") or path.name.endswith("_test.py")
    return not tests and ".." not in path.parts and TEST_FOLDERS.isdisjoint(path.parts)


def content(path: PackagePath) -> str:
    """Return a file's text, or nothing when it is gone or not UTF-8."""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def docstrings_in(source: str) -> Iterator[str]:
    """Yield the docstrings of one module's source; none when this Python cannot read it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # other people's escapes are not ours to judge
            tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return
    for node in [tree, *defined(tree.body)]:
        yield ast.get_docstring(node) or ""


def defined(body: Iterable[ast.stmt]) -> Iterator[ast.ClassDef | ast.FunctionDef]:
    """Yield the classes and functions of a body, and those of its classes."""
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield node
        if isinstance(node, ast.ClassDef):
            yield from defined(node.body)
