"""Runs command lines in child processes, forked from a server that has already done the heavy imports.

On a machine with a GPU each child is a fresh process with imports of its own, because CUDA does not survive a fork.

A child has its own process group: Ctrl-C reaches this process, which forwards it once and waits; a child whose
parent is gone ends itself. A child's stdout is discarded (its rows go to its folder), its stderr goes to the
terminal.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext, SpawnContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import FrameType

from r1data.errors import UserError
from r1data.runtime.processes import end_with_parent, signal_group

Launch = Callable[[list[str]], int]
"""The command line as a function of its words that returns the exit code; importable by name."""

GPU_DEVICES = ("/dev/nvidiactl", "/dev/kfd")
"""Where one of these is, children are started anew: a forked one could not use a GPU that an import had touched."""

PATIENCE = 30.0
"""Seconds that an interrupted step gets to put its things in order."""
TRAINING = ("train-sft", "train-grpo", "distill")
TRAINING_PATIENCE = 3_600.0
"""The same for a step that trains: it ends an optimizer step, which may generate responses, and writes a checkpoint. A
second Ctrl-C does not wait for it."""


class CommandServer:
    """Runs command lines, each in its own child."""

    def __init__(self, launch: Launch, preload: Sequence[str]) -> None:
        self.launch = launch
        self.forks = not any(Path(device).exists() for device in GPU_DEVICES)
        self.context = ForkServerContext() if self.forks else SpawnContext()
        if self.forks:
            self.context.set_forkserver_preload(list(preload))

    def ready(self, say: Callable[[str], None]) -> None:
        """Waits until the imports are done; nothing to wait for where every child does its own."""
        if self.forks:
            say("importing what the steps need, once")
            _start()
            # The server takes requests only after its imports, so once a first child has ended they are done.
            first = self.context.Process(target=_do_nothing)
            first.start()
            first.join()

    def run(self, arguments: Sequence[str]) -> int:
        """The exit code of `r1 arguments…`; negative when a signal ended it, 130 when interrupted.

        Raises KeyboardInterrupt after passing Ctrl-C or SIGTERM on to the child.
        """
        if self.forks:
            _start()
        call = (self.launch, list(arguments), Path.cwd(), dict(os.environ))
        child = self.context.Process(target=_child, args=call)
        with _terminate_as_interrupt():
            with _ignore_interrupts():
                child.start()
            try:
                child.join()
            except KeyboardInterrupt:
                _interrupt(child, TRAINING_PATIENCE if arguments[0] in TRAINING else PATIENCE)
                raise
        return child.exitcode if child.exitcode is not None else 1


def _start() -> None:
    """Raises UserError where the server's socket cannot be named below TMPDIR."""
    try:
        with _ignore_interrupts():
            forkserver.ensure_running()
    except OSError as error:
        if "AF_UNIX path too long" not in str(error):
            raise
        raise UserError(
            f"{tempfile.gettempdir()}: too long a path for a socket; set TMPDIR to a shorter one"
        ) from error


@contextlib.contextmanager
def _ignore_interrupts() -> Iterator[None]:
    """What is started in here does not hear Ctrl-C until it wants to."""
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)


def _do_nothing() -> None:
    """The first child's work."""


def _child(launch: Launch, arguments: list[str], folder: Path, environment: dict[str, str]) -> None:
    os.setpgrp()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.chdir(folder)
    os.environ.update(environment)  # the fork server's own is as old as its start
    signal.signal(signal.SIGINT, signal.default_int_handler)  # inherited as ignored: see `_ignore_interrupts`
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    end_with_parent(lambda: os.killpg(0, signal.SIGKILL))
    sys.argv = ["r1", *arguments]
    try:
        sys.exit(launch(arguments))
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        # a forked child of multiprocessing ends by os._exit, which runs none of them: process pools would stay open
        atexit._run_exitfuncs()


def _interrupt(child: BaseProcess, patience_first: float) -> None:
    """Ctrl-C for the child's whole group; then patience, and an end to it."""
    for number, patience in ((signal.SIGINT, patience_first), (signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)):
        with contextlib.suppress(KeyboardInterrupt):
            signal_group(child.pid or 0, number)
            child.join(patience)
        if not child.is_alive():
            return


@contextlib.contextmanager
def _terminate_as_interrupt() -> Iterator[None]:
    """SIGTERM, as a scheduler sends it, is taken like Ctrl-C."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
