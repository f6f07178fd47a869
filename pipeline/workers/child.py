"""A child of a worker: does the work that a document could hang, crash or bloat.

Run as `python -m gemsieve.pipeline.workers.child CONNECTION PLACE`, two inherited file descriptors.
What it is asked to do comes pickled through the connection, and the answers go back that way.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import traceback
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from gemsieve.pipeline.reading.files import configure
from gemsieve.pipeline.workers.place import Place

HOUSE = Path(__file__).parent.parent.parent
MOST_LIKELY = "1000"  # who is killed first when the machine has no memory left, of -1000..1000

# (step, method, slice, more arguments), as `Child.ask` sends it.
Task = tuple[Any, str, Any, tuple[Any, ...]]


def main() -> int:
    """Do what is asked until the connection closes."""
    connection = Connection(int(sys.argv[1]))
    place = Place(int(sys.argv[2]))
    # Whoever watches decides when this ends; Ctrl-C at a terminal reaches both.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(MOST_LIKELY)
    # A crash inside a library may print what it was reading: no word leaves but as an answer.
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())
    tasks: queue.SimpleQueue[Task | BaseException] = queue.SimpleQueue()
    threading.Thread(target=listen, args=(connection, tasks), daemon=True).start()
    made: dict[Any, Any] = {}  # steps with their models loaded
    while True:
        connection.send(answer(tasks.get(), made, place))


def listen(connection: Connection, tasks: queue.SimpleQueue[Task | BaseException]) -> None:
    """Take in what is asked; end the process at once when nobody is left to answer."""
    while True:
        try:
            tasks.put(connection.recv())
        except (EOFError, OSError):
            os._exit(1)
        except BaseException as error:  # a class that cannot be imported here
            tasks.put(error)


def answer(task: Task | BaseException, made: dict[Any, Any], place: Place) -> str | None:
    """Do a task; return what went wrong, if anything did."""
    try:
        if isinstance(task, BaseException):
            raise task
        step, method, piece, more = task
        configure((step.job.output, piece.path), step.job.flags)
        getattr(made.setdefault(step, step), method)(piece, place, *more)
    except Exception as error:
        return told(error)
    finally:
        place.idle()
    return None


def told(error: BaseException) -> str:
    """Say what an error is; in its own words only where these cannot be a text's."""
    kind = type(error)
    if kind.__module__.split(".")[0] == "gemsieve":
        return str(error)
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}" if error.filename else str(error)
    ours = [
        f"{Path(frame.filename).name}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(HOUSE)
    ]
    return f"{kind.__name__} in {ours[-1] if ours else kind.__module__}"


if __name__ == "__main__":
    sys.exit(main())
