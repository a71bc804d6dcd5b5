"""Machines that train together: they meet at the first one, compare what they run, and notice when one is gone.

The meeting is a `TCPStore` of torch's, which its launcher then uses as well. Each machine runs the same command. The
first one begins the run and prepares its data; the others wait for that. The folder of the run lies on a filesystem
that all of them share, and so do data and model.

Not here: the processes of a machine (`elastic`).
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeVar

from r1data.data.resources import PACKAGE_VERSION
from r1data.errors import UserError
from r1data.runtime.progress import track
from r1data.training.processes.placement import Placement

Seen = TypeVar("Seen")

LIBRARIES = ("torch", "transformers", "trl", "accelerate", "peft")
POLL_SECONDS = 0.2
BEAT_SECONDS = 1.0
SILENCE_SECONDS = 5.0
"""Without a beat for so long a machine is gone. Looked at only once training has failed. Ours."""
FAREWELL_SECONDS = 10.0
ANSWER_SECONDS = 60
SHARED_SECONDS = 60.0
"""A file that one machine wrote may be seen by another one after so long, as on NFS."""
FINISHED = "finished"
MARK = "meeting"
"""Name of a file by which the others see that they share the first machine's folder."""


class Meeting:
    """One machine's end of the meeting."""

    def __init__(self, placement: Placement, store: Any) -> None:
        self.placement = placement
        self.store = store
        self._ended = threading.Event()

    def take_rank(self) -> None:
        """Raises UserError where another machine has this one's number."""
        rank = self.placement.rank
        if self.store.add(f"taken/{rank}", 1) > 1:
            raise UserError(f"--rank {rank}: another machine has it; give each its own, from 0")

    def assemble(self, identity: dict[str, Any]) -> None:
        """Wait until every machine is there. Raises UserError where one does not come, or runs something else."""
        rank = self.placement.rank
        self.store.set(f"here/{rank}", json.dumps({**identity, "host": socket.gethostname()}))
        if rank == 0:
            missing = self._missing()
            error = _absence(missing, self.placement) if missing else self._difference(identity)
            if error:
                self.refuse(error)
                raise UserError(error)
            self.store.set("together", "1")
        else:
            self._await("together", f"waiting for {self.placement.nodes} nodes")
        threading.Thread(target=self._beat, name="r1-beat", daemon=True).start()

    def announce(self, state: str) -> None:
        """The first machine says that the run is prepared."""
        self.store.set("prepared", state)

    def follow(self) -> str:
        """On the other machines: wait for what the first one announces. Raises UserError where it gives up."""
        self._await("prepared", "waiting for node 0 to prepare the data")
        return str(self.store.get("prepared").decode())

    def refuse(self, message: str) -> None:
        """End all machines with a message."""
        with contextlib.suppress(RuntimeError):
            self.store.set("refused", message)
            self._until(lambda: self.store.add("heard", 0) >= self._present() - 1, FAREWELL_SECONDS)

    def end(self, message: str = "") -> None:
        """Say how this machine ended: well, or with a message for the others."""
        self._ended.set()
        with contextlib.suppress(RuntimeError):
            self.store.set(f"end/{self.placement.rank}", message)
            if self.placement.rank == 0:  # the store ends with this process
                others = [f"end/{rank}" for rank in range(1, self.placement.nodes)]
                self._until(lambda: all(self.store.check([key]) for key in others), FAREWELL_SECONDS)

    def blame(self) -> str | None:
        """After training has failed here: which other machine has failed or is gone; None where none."""
        others = [rank for rank in range(self.placement.nodes) if rank != self.placement.rank]
        try:
            before = {rank: self.store.add(f"beat/{rank}", 0) for rank in others}
            end = time.monotonic() + SILENCE_SECONDS
            while time.monotonic() < end:
                for rank in others:
                    if self.store.check([f"end/{rank}"]) and (
                        message := self.store.get(f"end/{rank}").decode()
                    ):
                        return f"{self._name(rank)} failed: {message}"
                time.sleep(POLL_SECONDS)
            for rank in others:
                if self.store.add(f"beat/{rank}", 0) == before[rank]:
                    return f"{self._name(rank)} is gone"
        except RuntimeError:  # torch's errors of a store whose server is gone
            return "node 0 is gone"
        return None

    def _name(self, rank: int) -> str:
        return f"node {rank} ({json.loads(self.store.get(f'here/{rank}'))['host']})"

    def _missing(self) -> list[int]:
        """The ranks that have not come in time."""
        waiting = list(range(1, self.placement.nodes))
        end = time.monotonic() + self.placement.wait
        with track("waiting for nodes", total=len(waiting), unit="nodes") as bar:
            while waiting and time.monotonic() < end:
                bar.note("missing: " + _list(waiting))
                time.sleep(POLL_SECONDS)
                here = [rank for rank in waiting if self.store.check([f"here/{rank}"])]
                bar.advance(len(here))
                waiting = [rank for rank in waiting if rank not in here]
        return waiting

    def _difference(self, identity: dict[str, Any]) -> str | None:
        """The first thing that another machine has otherwise."""
        for rank in range(1, self.placement.nodes):
            theirs = json.loads(self.store.get(f"here/{rank}"))
            for key, value in identity.items():
                if theirs.get(key) != value:
                    return (
                        f"{self._name(rank)} has {key} {theirs.get(key)}, and node 0 has {value}; "
                        "run the same command with the same installation on every node"
                    )
        return None

    def _await(self, key: str, title: str) -> None:
        with track(title, total=None, unit="nodes") as bar:
            try:
                while not self.store.check([key]):
                    bar.advance(0)
                    if self.store.check(["refused"]):
                        message = self.store.get("refused").decode()
                        self.store.add("heard", 1)
                        raise UserError(message)
                    time.sleep(POLL_SECONDS)
            except RuntimeError as error:
                raise UserError(f"node 0 is gone; run the command on every node again ({title})") from error

    def _present(self) -> int:
        return sum(self.store.check([f"here/{rank}"]) for rank in range(self.placement.nodes))

    def _beat(self) -> None:
        with contextlib.suppress(RuntimeError):
            while not self._ended.wait(BEAT_SECONDS):
                self.store.add(f"beat/{self.placement.rank}", 1)

    def _until(self, condition: Callable[[], bool], seconds: float) -> None:
        end = time.monotonic() + seconds
        while not condition() and time.monotonic() < end:
            time.sleep(POLL_SECONDS)


@contextlib.contextmanager
def meet(placement: Placement, identity: dict[str, Any]) -> Iterator[Meeting]:
    """Meet the other machines; what the block raises is told to them.

    Raises UserError where one does not come within `placement.wait` seconds, or runs something else.
    """
    meeting = Meeting(placement, _open_store(placement))
    meeting.take_rank()  # before the block: a machine that is turned away must not speak in another one's name
    try:
        meeting.assemble(identity)
        yield meeting
    except UserError as error:
        if placement.rank == 0:
            meeting.refuse(str(error))
        meeting.end(str(error))
        raise
    except BaseException as error:
        meeting.end(type(error).__name__)
        raise
    else:
        meeting.end()


def identity(request: dict[str, Any]) -> dict[str, Any]:
    """What must be the same on every machine, in words: versions, settings, and digests of model and data."""
    parameters = {
        key.replace("_", "-"): value for key, value in request["parameters"].items() if key != "model"
    }
    *data, model = [parent.get("digest") or parent.get("uri") for parent in request["parents"]]
    return {
        **_versions(),
        "command": request["command"],
        **parameters,
        "model (digest)": model,
        "data (digests)": data,
    }


def mark(work: Path) -> str:
    """Write something into the run's folder that no other folder holds; returns it."""
    token = uuid.uuid4().hex
    (work / MARK).write_text(token)
    return token


def check_mark(work: Path, token: str, placement: Placement) -> None:
    """Raise UserError where this machine does not see the first one's folder."""

    def seen() -> bool:
        path = work / MARK
        return path.is_file() and path.read_text() == token

    if not see(seen):
        raise UserError(
            f"{work.parent}: node {placement.rank} does not see what node 0 writes there; give --out on a filesystem "
            "that all nodes share"
        )


def see(look: Callable[[], Seen]) -> Seen:
    """What `look` gives as soon as it is true, else its last answer: another machine's files may be seen late."""
    end = time.monotonic() + SHARED_SECONDS
    while not (seen := look()) and time.monotonic() < end:
        time.sleep(POLL_SECONDS)
    return seen


def _versions() -> dict[str, str]:
    installed = {"r1data": PACKAGE_VERSION}
    for name in LIBRARIES:
        with contextlib.suppress(PackageNotFoundError):
            installed[name] = version(name)
    return installed


def _open_store(placement: Placement) -> Any:
    from torch.distributed import TCPStore  # type: ignore[attr-defined]

    host, port = placement.address
    if placement.rank:
        _knock(placement)
    try:
        return TCPStore(
            host,
            port,
            is_master=placement.rank == 0,
            timeout=timedelta(seconds=ANSWER_SECONDS),
            wait_for_workers=False,
            multi_tenant=True,  # the launcher in this process opens the same port
        )
    except RuntimeError as error:
        first = str(error).strip().splitlines()[0][:200]
        raise UserError(
            f"--head {placement.head}: node {placement.rank} cannot use this address ({first}); give node 0's own "
            "HOST and a free PORT"
        ) from error


def _knock(placement: Placement) -> None:
    """Wait until the first machine answers: torch's own wait cannot be interrupted."""
    host, port = placement.address
    end = time.monotonic() + placement.wait
    reason = ""
    with track(f"waiting for node 0 at {host}:{port}", total=None, unit="nodes") as bar:
        while time.monotonic() < end:
            bar.advance(0)
            try:
                socket.create_connection((host, port), ANSWER_SECONDS).close()
                return
            except OSError as error:
                reason = error.strerror or str(error)
                time.sleep(POLL_SECONDS)
    raise UserError(
        f"node 0 did not answer at {host}:{port} within {placement.wait:g} s ({reason}); start it with --rank 0, or "
        "correct --head; --wait SECONDS waits longer"
    )


def _absence(missing: list[int], placement: Placement) -> str:
    plural = "nodes" if len(missing) > 1 else "node"
    return (
        f"{plural} {_list(missing)} of {placement.nodes} did not come to {placement.head} within {placement.wait:g} s; "
        "run the same command there too, each with its --rank, or give --wait SECONDS"
    )


def _list(ranks: list[int]) -> str:
    shown = ", ".join(str(rank) for rank in ranks[:20])
    return shown if len(ranks) <= 20 else f"{shown} and {len(ranks) - 20} more"
