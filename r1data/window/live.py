"""`/live/{key}`: server-sent events. `changed` is sent when a dataset or a run has grown; pages then ask for its state.

An event holds no data of the dataset. What has changed is told from names, sizes and times of the files that grow.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from r1data.data.small_files import is_held
from r1data.data.stores import open_store
from r1data.data.stores.layout import LOG
from r1data.errors import UserError
from r1data.recipe import record
from r1data.recipe.report.runs import METRICS
from r1data.training.output.checkpoint import ALARMS, LOCK, MANIFEST
from r1data.window.library import OpenDataset, OpenRun

INTERVAL = 1.0
"""Seconds between two looks. Ours."""
KEEP_ALIVE = 15
"""Looks after which a connection without events gets a comment, so that one that is gone is noticed."""


async def live(request: Request) -> StreamingResponse:
    """The events of one dataset or run, until the reader goes or the window closes."""
    library, key = request.app.state.library, request.path_params["key"]
    opened = library.runs.get(key) or library.dataset(key)
    return StreamingResponse(_events(request, opened), media_type="text/event-stream")


async def _events(request: Request, opened: OpenDataset | OpenRun) -> AsyncIterator[str]:
    last = await run_in_threadpool(fingerprint, opened)
    yield "retry: 2000\n\n"
    looks = 0
    while not request.app.state.closing.is_set() and not await request.is_disconnected():
        await asyncio.sleep(INTERVAL)
        looks += 1
        now = await run_in_threadpool(fingerprint, opened)
        if now != last:
            last = now
            yield "event: changed\ndata: \n\n"
        elif looks % KEEP_ALIVE == 0:
            yield ": still here\n\n"


def fingerprint(opened: OpenDataset | OpenRun) -> object:
    """A value that is another one once the dataset or the run has grown; None while it cannot be read."""
    try:
        if isinstance(opened, OpenDataset):
            return tuple(open_store(opened.place).files(LOG))
        growing, locks = _growing(opened.folder)
        # A run that is killed writes nothing more: that nobody holds its lock any longer tells.
        return (*(_state_of(path) for path in growing), *map(is_held, locks))
    except (UserError, OSError):
        return None


def _growing(folder: Path) -> tuple[list[Path], list[Path]]:
    """The files of a run that grow (its record, its trainings' metrics, its outputs' commits), and its locks."""
    parents = [folder, *sorted(place for place in folder.iterdir() if place.is_dir())]
    names = (record.FILE, MANIFEST, METRICS, f".r1/{METRICS}", f".r1/{ALARMS}", ".r1/run.json", LOG)
    growing = [place / name for place in parents for name in names]
    return growing, [folder / record.LOCK, *(place / ".r1" / LOCK for place in parents)]


def _state_of(path: Path) -> tuple[int, int] | None:
    try:
        state = path.stat()
    except OSError:
        return None
    return state.st_mtime_ns, state.st_size


routes = [Route("/live/{key}", live)]
