"""The Ray executor: one remote task per call, on any machine of the cluster.

Ray's own retries are off, because retries are the same for every executor (`retries`). Ray's output stays in its log
files. A cluster that is started here ends with the command, however that ends.

Not covered: keys. A worker that reads or writes s3:// needs them in the environment of its own machine.
"""

import contextlib
import logging
import os
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import Any

from r1data.errors import RowsLost, UserError
from r1data.runtime.executors import Answer, Call, Closed, Result, WorkerDied, answer
from r1data.runtime.processes import default_workers

POLL_SECONDS = 0.5
"""How long a call is waited for after it was given up; ours."""
KNOCK_SECONDS = 10
QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_SCHEDULER_EVENTS": "0",
    "RAY_DEDUP_LOGS": "0",  # what it holds back goes to stdout at the end
}


class RayExecutor:
    """Calls on the cluster at `address`, or this process's, or this machine's, or a new one here."""

    def __init__(self, address: str | None, workers: int | None = None) -> None:
        self.ray = self._ray = _import_ray()
        self._ours = not self._ray.is_initialized()
        if self._ours:
            _connect(self._ray, address, workers)
        self._stdout = sys.stdout = _WithoutRay(sys.stdout)
        self.workers = workers or max(1, int(self._ray.cluster_resources().get("CPU", 1)))
        self._remote = self._ray.remote(num_cpus=1, max_retries=0)(_answer_in)
        self._aborted = threading.Event()

    def run(self, call: Call[Result]) -> Result:
        try:
            reply = self._wait_for(self._remote.remote(str(Path.cwd()), call))
        except self._ray.exceptions.RayError as error:
            raise self._translate_error(error) from error
        except ConnectionError as error:
            raise RowsLost(
                f"the Ray cluster is gone ({_last_line(error)}); what is committed is kept: run again to go on"
            ) from error
        result: Result = reply.open()
        return result

    def abort(self) -> None:
        self._aborted.set()

    def close(self) -> None:
        if self._ours:
            self._ray.shutdown()
        if sys.stdout is self._stdout:
            sys.stdout = self._stdout.stream

    def _wait_for(self, reference: Any) -> Answer:
        # `get` cannot be woken: only a short wait sees that the run was given up meanwhile
        while not self._aborted.is_set():
            with contextlib.suppress(self._ray.exceptions.GetTimeoutError):
                reply: Answer = self._ray.get(reference, timeout=POLL_SECONDS)
                return reply
        self._ray.cancel(reference, force=True)
        raise Closed

    def _translate_error(self, error: Exception) -> Exception:
        """What an error of Ray's is to us; a worker, a node or a result that is lost are the same."""
        errors = self._ray.exceptions
        if isinstance(error, (errors.RayTaskError, errors.RuntimeEnvSetupError, errors.AuthenticationError)):
            return UserError(
                f"a Ray worker cannot do the work ({_last_line(error)}); install this version of r1data "
                "and what it imports on every machine of the cluster"
            )
        return WorkerDied(type(error).__name__)


class _WithoutRay:
    """stdout for all but Ray's own threads: it carries data alone."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        if threading.current_thread().name.startswith("ray_"):
            return len(text)
        return int(self.stream.write(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def _import_ray() -> Any:
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    try:
        import ray
    except ImportError as error:
        raise UserError(f"--executor ray: needs another package; install r1data[ray] ({error})") from error
    return ray


def _connect(ray: Any, address: str | None, workers: int | None) -> None:
    """Joins the cluster at `address`, in RAY_ADDRESS or on this machine; starts one where there is none."""
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
    at_sigterm = signal.getsignal(signal.SIGTERM)
    try:
        if address is not None:
            # Raises OSError where nobody listens; Ray would wait half a minute and be unusable here afterwards.
            host, port = address.removeprefix("ray://").rsplit(":", 1)
            socket.create_connection((host.strip("[]"), int(port)), KNOCK_SECONDS).close()
            ray.init(address, **quiet)
            return
        try:
            ray.init(num_cpus=workers or default_workers(), include_dashboard=False, **quiet)
        except ValueError:  # there is a cluster, which has its number of cores
            ray.init(**quiet)
    except (OSError, RuntimeError, ValueError, ImportError) as error:
        where = address or os.environ.get("RAY_ADDRESS") or "this machine"
        raise UserError(
            f"no Ray cluster at {where} ({_last_line(error)}); start one there, or use --executor local"
        ) from error
    finally:
        # Ray takes SIGTERM for itself in the main thread, the only one that may set a handler; ours ends the command
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, at_sigterm)


def _answer_in(folder: str, call: Call[Any]) -> Answer:
    """What a worker runs. Relative paths mean what they mean to the one who asks, where the machine has them."""
    with contextlib.suppress(OSError):
        os.chdir(folder)
    return answer(call)


def _last_line(error: Exception) -> str:
    return str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__
