"""A process with everything imported, which forks for each command that a test asks for.

Importing Beam takes seconds; a fork takes none. A request is a line of JSON: `arguments` of
gemsieve, `environment`, `fault`, `set` (module, name, value), `seconds`; the answer is a line with
`status`, as `subprocess` gives it, `words`, and `left`: processes that outlived it.
"""

import ctypes
import importlib
import json
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

CAPABILITIES = (1, 2)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
PR_CAPBSET_DROP = 24
MODULES = (
    "apache_beam.runners.portability.fn_api_runner",
    "gemsieve.cli.filter",
    "gemsieve.cli.hints",
    "gemsieve.filters.dialect",
    "gemsieve.filters.language",
    "gemsieve.filters.names",
    "gemsieve.filters.pii.hidden",
    "gemsieve.filters.quality",
    "gemsieve.filters.secrets",
    "gemsieve.filters.toxicity",
    "gemsieve.pipeline.audit.auditor",
    "gemsieve.pipeline.beam_job",
    "gemsieve.pipeline.report.card",
    "gemsieve.pipeline.report.croissant",
    "gemsieve.pipeline.report.documents",
    "gemsieve.pipeline.report.figures",
    "gemsieve.pipeline.report.report",
    "gemsieve.pipeline.run",
    "gemsieve.pipeline.watch.progress",
    "gemsieve.pipeline.workers.step",
    "matplotlib.backends.backend_svg",
    "matplotlib.pyplot",
    "rich.progress",
)


def humble() -> None:
    """Be as bound by a file's mode as anybody, root too: a child that is started is as well."""
    libc = ctypes.CDLL(None)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    data = (ctypes.c_uint32 * 6)()
    for capability in CAPABILITIES:
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    libc.capget(header, data)
    for set_ in range(3):
        data[set_] &= ~sum(1 << capability for capability in CAPABILITIES)
    libc.capset(header, data)


def command(request: dict[str, Any], said: int) -> int:
    """Run one command in this process, which is a fork, and return its status."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell in the background ignores it
    os.dup2(said, 1)
    os.dup2(said, 2)
    os.environ |= request["environment"]
    for module, name, value in request.get("set", ()):
        setattr(sys.modules[module], name, value)
    if fault := request.get("fault"):
        if fault["in"] == "child":
            os.environ["GEMSIEVE_TEST_FAULT"] = json.dumps(fault)
        else:
            importlib.import_module("inject").install(fault)
    humble()
    from gemsieve.cli import main

    try:
        return main(request["arguments"])
    except BaseException:
        import traceback

        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def wait(child: int, words: int, seconds: float) -> dict[str, Any]:
    """Wait for a fork to end; return its status, its words, and who of its session outlived it."""
    until, said = time.monotonic() + seconds, b""
    status = None
    os.set_blocking(words, False)
    while status is None:
        done, code = os.waitpid(child, os.WNOHANG)
        if done:
            status = os.waitstatus_to_exitcode(code)
        elif time.monotonic() > until:
            os.killpg(child, signal.SIGKILL)
            until = float("inf")
        time.sleep(0.005)
        with suppress(BlockingIOError):
            said += os.read(words, 1 << 20)
    left = survivors(child)
    until = time.monotonic() + 10
    while left and time.monotonic() < until:
        time.sleep(0.02)
        left = survivors(child)
    for process in left:
        os.kill(process, signal.SIGKILL)
    return {"status": status, "words": said.decode(), "left": len(left)}


def survivors(session: int) -> list[int]:
    """Return the processes of a session that are still at work."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, _, of, *_ = path.read_text().rpartition(")")[2].split()
            if int(of) == session and state != "Z":
                found.append(int(path.parent.name))
    return found


def warm() -> None:
    """Import what a job imports on its way, and compile the templates that it fills."""
    for name in MODULES:
        importlib.import_module(name)
    from gemsieve.pipeline.report.templates import environment

    for template in environment().list_templates(["html", "md", "json"]):
        environment().get_template(template)


def main() -> None:
    """Serve requests until there are no more."""
    warm()
    answers = os.fdopen(os.dup(1), "w")
    print(json.dumps({}), file=answers, flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        ours, theirs = os.pipe()
        child = os.fork()
        if not child:
            status = 1
            try:
                status = command(request, theirs)
            finally:
                os._exit(status)
        os.close(theirs)
        print(json.dumps(wait(child, ours, request["seconds"])), file=answers, flush=True)
        os.close(ours)


if __name__ == "__main__":
    main()
