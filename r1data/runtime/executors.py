"""The protocol of executors, which run calls in local processes or on Ray; their differences are hidden behind it.

Nothing is retried here: an executor reports a worker's death for the one call that it ran, and `retries` decides.
"""

import pickle
import re
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from r1data.errors import R1Error, UserError

Result = TypeVar("Result")
Call = Callable[[], Result]

CLUSTER = re.compile(r"ray://[^/\s@]+:[0-9]+")


class WorkerDied(Exception):
    """The process, or the machine, that ran a call is gone; the message says how it went."""


class Closed(Exception):
    """The run is over: nobody waits for this call's result any more."""


class Executor(Protocol):
    """Runs picklable calls elsewhere; safe to use from several threads."""

    @property
    def workers(self) -> int:
        """Calls that run at once; more of them wait."""

    def run(self, call: Call[Result]) -> Result:
        """The call's result, or what it raised.

        Raises:
            WorkerDied: its worker died, or ran out of memory; other calls are not touched.
            Closed: `abort` was called meanwhile.
        """

    def abort(self) -> None:
        """Has every call end with Closed, now or soon."""

    def close(self) -> None:
        """Ends the workers, once no call is under way."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a call, on its way back from the worker; one of the three is set."""

    value: Any = None
    error: Exception | None = None
    death: str | None = None

    def open(self) -> Any:
        """The value, or the error raised."""
        if self.death is not None:
            raise WorkerDied(self.death)
        if self.error is not None:
            raise self.error
        return self.value


def answer(call: Call[Any]) -> Answer:
    """Runs a call where the worker is. Short memory counts as a death: elsewhere, or later, there may be more."""
    try:
        return Answer(value=call())
    except MemoryError:
        return Answer(death="out of memory")
    except Exception as error:  # noqa: BLE001 - raised again by the one who asked
        return Answer(error=_portable(error))


def checked_name(name: str) -> str:
    """`name`, if an executor goes by it. Raises UserError."""
    if name in ("local", "ray") or CLUSTER.fullmatch(name):
        return name
    raise UserError(f"{name}: no such executor; choose local, ray, or the ray:// address of a cluster")


def _portable(error: Exception) -> Exception:
    """`error` as it survives the way to another process; one that is nobody's mistake keeps its traceback."""
    if not isinstance(error, (R1Error, OSError)):
        error.add_note(f"in a worker: {traceback.format_exc()}")
    # Pickled and unpickled here: an exception whose constructor takes other arguments fails only when it is unpickled.
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # noqa: BLE001 - whatever its own constructor does
        return RuntimeError("".join(traceback.format_exception(error)))
    return error
