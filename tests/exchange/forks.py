"""Runs `r1 …` in forks of one process that has the imports behind it: a line of JSON in, one out.

The environment is that of this process; a command that needs another one is started on its own.
"""

import contextlib
import io
import json
import os
import sys

import pandas  # noqa: F401  pyarrow asks for it with the first array
from huggingface_hub import HfApi, HfFileSystem  # noqa: F401
from r1data.cli import invoke

import r1data.exchange
import r1data.lineage  # noqa: F401


def main() -> None:
    with contextlib.redirect_stderr(io.StringIO()):
        invoke(["inspect", "nowhere"])  # what typer imports with its first command
    for line in sys.stdin:
        request = json.loads(line)
        out, err = os.pipe(), os.pipe()
        child = os.fork()
        if child == 0:
            os.dup2(out[1], 1)
            os.dup2(err[1], 2)
            os.chdir(request["folder"])
            sys.argv = ["r1", *request["arguments"]]
            sys.exit(invoke(request["arguments"]))
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        answer = {"code": code, "stdout": _drained(*out), "stderr": _drained(*err)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _drained(read: int, write: int) -> str:
    """What a child wrote, which must fit into the pipe."""
    os.close(write)
    with os.fdopen(read) as stream:
        return stream.read()


if __name__ == "__main__":
    main()
