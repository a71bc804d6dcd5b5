"""Work that a page waits for in a thread, stopped once its reader has left."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from r1data.window.table import Stop

INTERVAL = 0.25
"""Seconds between two looks at whether the reader is still there. Ours."""
T = TypeVar("T")


async def while_read(request: Request, work: Callable[[Stop], T]) -> T:
    """What `work` returns; a query of its that runs under the `Stop` ends when the reader goes or the window closes."""
    stop = Stop()
    task = asyncio.ensure_future(run_in_threadpool(work, stop))
    while not task.done():
        await asyncio.wait([task], timeout=INTERVAL)
        if not task.done() and (request.app.state.closing.is_set() or await request.is_disconnected()):
            stop.stop()
    return await task
