"""Make one function of the product meet a fault when it is called: for the fault suite alone.

`GEMSIEVE_TEST_FAULT` holds a JSON object: `at` ("module:function" or "module:Class.method"),
`in` (`job` or `child`: which process), `do` (a deed below) and its `argument`; `call` (from which
call on in a process), `mark` and `times` (a file, and how often in all processes of a test) or
else `word` (whenever the function is given it); `after` (when the function returns).
"""

import ctypes
import functools
import importlib
import importlib.abc
import importlib.util
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

FAULT = "GEMSIEVE_TEST_FAULT"


def install(fault: dict[str, Any]) -> None:
    """Wrap the function that a fault names, now or as soon as its module is imported."""
    module, place = fault["at"].split(":")
    if module in sys.modules:
        wrap(sys.modules[module], place, fault)
    else:
        sys.meta_path.insert(0, Finder(module, lambda loaded: wrap(loaded, place, fault)))


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module as ever, and tells when it is there."""

    def __init__(self, name: str, then: Callable[[Any], None]) -> None:
        self._name, self._then = name, then

    def find_spec(self, name: str, *_: object) -> Any:
        """Find the module with the others' help."""
        if name != self._name:
            return None
        sys.meta_path.remove(self)
        found = importlib.util.find_spec(name)
        assert found
        assert found.loader
        self._loader, found.loader = found.loader, self
        return found

    def create_module(self, spec: Any) -> Any:
        """Leave it to the true loader."""
        return self._loader.create_module(spec)

    def exec_module(self, module: Any) -> None:
        """Run the module, then tell."""
        self._loader.exec_module(module)
        self._then(module)


def wrap(module: Any, place: str, fault: dict[str, Any]) -> None:
    """Put a wrapper in the place of a function, wherever modules hold it by name."""
    *owners, name = place.split(".")
    owner = functools.reduce(getattr, owners, module)
    inner, calls = owner.__dict__[name] if owners else getattr(module, name), 0

    @functools.wraps(inner)
    def wrapper(*args: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if word := fault.get("word"):
            mine = word in repr(args)
        else:
            mine = calls >= fault.get("call", 1) and first(fault["mark"], fault.get("times", 1))
        if mine and not fault.get("after"):
            DEEDS[fault["do"]](fault.get("argument"))
        result = inner(*args, **named)
        if mine and fault.get("after"):
            DEEDS[fault["do"]](fault.get("argument"))
        return result

    setattr(owner, name, wrapper)
    for other in list(sys.modules.values()):
        if not owners and getattr(other, "__name__", "").startswith("gemsieve"):
            for key, value in list(vars(other).items()):
                if value is inner:
                    setattr(other, key, wrapper)


def first(mark: str, times: int) -> bool:
    """Say whether fewer processes of this test have been here before."""
    for number in range(times):
        try:
            os.close(os.open(mark + ("" if not number else str(number)), os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            continue
        return True
    return False


def end(number: int) -> None:
    """Send this process a signal."""
    os.kill(os.getpid(), number)
    time.sleep(60)


def spin(_: object) -> None:
    """Never return, and never rest."""
    while True:
        pass


def crash(_: object) -> None:
    """Read where nothing is, as a broken library does."""
    ctypes.string_at(0)


def full(_: object) -> None:
    """Have no room on any disk, as far as this process can see."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))


def fill(folder: str) -> None:
    """Leave no room on the disk of a folder."""
    with open(Path(folder) / "filler", "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            return


def deny(folder: str) -> None:
    """Let nobody write in a folder, nor in those in it."""
    for path in [Path(folder), *Path(folder).rglob("*")]:
        if path.is_dir():
            path.chmod(0o555)


def unreadable(path: str) -> None:
    """Let nobody read a file."""
    Path(path).chmod(0)


def cut(path: str) -> None:
    """Take away the second half of a file."""
    os.truncate(path, os.path.getsize(path) // 2)


def grow(path: str) -> None:
    """Add a record to a file."""
    with open(path, "a") as file:
        file.write('{"text": "one more that nobody planned"}\n')


def alter(path: str) -> None:
    """Write other letters in a file, as many as before."""
    content = Path(path).read_text()
    Path(path).write_text(content.replace("harbour", "mountain"[:7]))


def another(command: list[str]) -> None:
    """Start the same job beside this one, and keep what it says."""
    quiet = {key: value for key, value in os.environ.items() if key != FAULT}
    *words, said = command
    done = subprocess.run(words, env=quiet, capture_output=True, text=True, check=False)
    Path(said).write_text(json.dumps([done.returncode, done.stderr]))


def spoil(pattern: str) -> None:
    """Leave work files as a broken disk does, and end."""
    for path in Path("/").glob(pattern.lstrip("/")):
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2])
    end(signal.SIGKILL)


def wipe(pattern: str) -> None:
    """Lose files, and end."""
    for path in Path("/").glob(pattern.lstrip("/")):
        path.unlink()
    end(signal.SIGKILL)


def bloat(_: object) -> None:
    """Take memory until somebody objects."""
    held = []
    while True:
        held.append(b"x" * (16 << 20))
        time.sleep(0.002)


def fail(_: object) -> None:
    """Raise what nobody foresaw."""
    raise LookupError("quillwort")


def half_way(_: object) -> None:
    """Die when next a file is synced: its words are written, and it has no name yet."""
    os.fsync = lambda fd: end(signal.SIGKILL)  # noqa: ARG005  # as it is called


def orphan(_: object) -> None:
    """Kill who started this process, and go on."""
    os.kill(os.getppid(), signal.SIGKILL)


def call_off(_: object) -> None:
    """Press Ctrl-C for the job, and go on."""
    os.kill(os.getppid(), signal.SIGINT)


DEEDS: dict[str, Callable[[Any], None]] = {
    "kill": lambda _: end(signal.SIGKILL),
    "terminate": lambda _: end(signal.SIGTERM),
    "interrupt": lambda _: os.kill(os.getpid(), signal.SIGINT),
    "leave": lambda _: os._exit(3),
    "hang": lambda _: time.sleep(3600),
    "stop": lambda _: os.kill(os.getpid(), signal.SIGSTOP),
    "remove": os.unlink,
    **{f.__name__: f for f in (full, fill, deny, unreadable, cut, grow, alter, another, spoil)},
    **{f.__name__: f for f in (wipe, bloat, fail, spin, crash, orphan, call_off, half_way)},
}
