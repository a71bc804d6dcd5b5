"""Forks `r1 …` from a process that has the imports behind it, as the steps of a recipe are started.

Speaks JSON over the socket that is its stdin: `{"arguments", "folder", "environment"}` with stdin, stdout and stderr
attached is answered with the child's pid, `{"reap": pid}` with its exit code. The environment is what the child has
beside the server's own; with `WATCH_LOG` in it, the child is watched (`tests.hostile.hook`).
"""

import atexit
import gc
import json
import os
import socket
import sys
import tempfile
import threading

import pandas  # noqa: F401  pyarrow asks for it with the first array
from r1data.cli import invoke
from transformers.models.qwen2 import modeling_qwen2  # noqa: F401


def main() -> None:
    talk = socket.socket(fileno=os.dup(0))
    gc.freeze()  # or the first collection in a child copies all that it shares with this process
    talk.send(b"{}")
    while True:
        message, files, _, _ = socket.recv_fds(talk, 1 << 16, 3)
        if not message:
            os._exit(0)
        request = json.loads(message)
        if "reap" in request:
            status = os.waitpid(request["reap"], 0)[1]
            talk.send(json.dumps(os.waitstatus_to_exitcode(status)).encode())
            continue
        child = os.fork()
        if child == 0:
            talk.close()
            become(request["folder"], files, request["environment"])
            sys.argv = ["r1", *request["arguments"]]
            leave(invoke(request["arguments"]))
        for file in files:
            os.close(file)
        talk.send(json.dumps(child).encode())


def leave(code: int) -> None:
    """Ends the process as Python does, but for taking each module apart: with torch's, that takes two seconds."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)


def become(folder: str, files: list[int], environment: dict[str, str]) -> None:
    """A process in a session of its own, with its own three streams."""
    os.setsid()
    os.environ.update(environment)
    tempfile.tempdir = None  # read anew: TMPDIR may be another
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(folder)
    here = sys.modules["__main__"]  # workers that are spawned shall not import this file
    here.__spec__ = None
    del here.__file__
    if "WATCH_LOG" in environment:
        from tests.hostile.hook import sitecustomize

        sitecustomize.install()


if __name__ == "__main__":
    main()
