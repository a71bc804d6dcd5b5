"""Runs the service until it is told to stop: the token, the address, signals.

On SIGTERM or Ctrl-C it takes no new requests (503), finishes those that it has, and ends; a second signal ends it at
once. The token comes from an option, a file or the environment; else one is drawn and shown once, on stderr.
"""

import asyncio
import contextlib
import logging
import os
import resource
import signal
import socket
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from r1data.engines.models import resolve_model
from r1data.errors import UserError
from r1data.runtime.access import draw_token, given_token, is_loopback
from r1data.runtime.processes import default_workers
from r1data.training.verdict_service.service import Limits, Service
from r1data.verifiers.judge.review import Judging

if TYPE_CHECKING:
    from r1data.training.verdict_service.frontend import Frontend

VARIABLE = "R1_VERDICTS_TOKEN"
BACKLOG = 4_096
"""Connections that may wait to be taken: a cluster's trainers ask all at once. Ours."""


@dataclass(frozen=True)
class ServiceSettings:
    """Where the service listens, and what it takes on.

    `token` and `token_file` say the token (else the environment's `R1_VERDICTS_TOKEN`, else one is drawn);
    `no_token`: none is asked for, which only a loopback address may do. `stop_seconds`: how long it goes on with
    what it has once it is told to stop.
    """

    host: str = "127.0.0.1"
    port: int = 8009
    token: str | None = field(default=None, repr=False)
    token_file: str | None = None
    no_token: bool = False
    workers: int | None = None
    limits: Limits = field(default_factory=Limits)
    stop_seconds: float = 60.0
    judging: Judging | None = None


def serve(settings: ServiceSettings) -> dict[str, int]:
    """Serves until a signal comes; returns what was counted. Raises UserError where it cannot."""
    try:
        import aiohttp  # noqa: F401
    except ImportError as error:
        raise UserError(
            "r1 serve-verdicts needs aiohttp, which is not installed; install it: pip install 'r1data[serve]'"
        ) from error
    token = check(settings)
    if settings.judging and not settings.judging.judge.settings.remote:
        resolve_model(settings.judging.judge.settings.model)
    allow_many_files()
    return asyncio.run(_serve(settings, token))


def check(settings: ServiceSettings) -> str | None:
    """The token that is asked for, None for none. Raises UserError for settings that do not fit together."""
    if settings.no_token:
        if settings.token is not None or settings.token_file is not None:
            raise UserError("--no-token and a token contradict each other; leave one out")
        if not is_loopback(settings.host):
            raise UserError(
                f"--no-token: whoever reaches {settings.host} could use the service; give a token, or --host 127.0.0.1"
            )
        return None
    return given_token(settings.token, settings.token_file, VARIABLE) or draw_token()


def allow_many_files() -> None:
    """As many open files as the machine lets this process have: each connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard if hard != resource.RLIM_INFINITY else soft, hard))


async def _serve(settings: ServiceSettings, token: str | None) -> dict[str, int]:
    from aiohttp import web
    from aiohttp.log import server_logger

    from r1data.training.verdict_service.frontend import Frontend

    service = Service(settings.workers or default_workers(), settings.limits, settings.judging)
    frontend = Frontend(service, token)
    server_logger.addFilter(_is_ours)
    # A client that is gone takes its items out of the queue.
    runner = web.AppRunner(
        frontend.application(), access_log=None, handler_cancellation=True, shutdown_timeout=5.0
    )
    await runner.setup()
    async with service.running():
        try:
            await web.TCPSite(runner, settings.host, settings.port, backlog=BACKLOG).start()
        except (OSError, socket.gaierror) as error:
            await runner.cleanup()
            raise UserError(
                f"--host {settings.host} --port {settings.port}: {error.strerror or error}; choose another"
            ) from error
        _announce(runner.addresses[0][:2], token, drawn=not _was_given(settings))
        await _until_stopped(frontend, settings.stop_seconds)
        await runner.cleanup()
    metrics = service.metrics
    return {
        "requests": sum(metrics.requests.values()),
        "verdicts": sum(metrics.verdicts.values()),
        "unknown_rewards": metrics.rewards["unknown"],
        "checkers_lost": service.queue.deaths,
    }


def _is_ours(record: logging.LogRecord) -> bool:
    """Whether aiohttp's log is of a fault of the service, not of bytes that are no HTTP, which anybody may send."""
    from aiohttp.http_exceptions import HttpProcessingError

    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


async def _until_stopped(frontend: "Frontend", seconds: float) -> None:
    """Waits for a signal, then until what is under way is done, `seconds` at most, or a second signal."""
    loop = asyncio.get_running_loop()
    signals: asyncio.Queue[int] = asyncio.Queue()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, signals.put_nowait, number)
    await signals.get()
    frontend.stopping = True
    sys.stderr.write(f"stopping: {frontend.active} requests are finished first\n")
    second = asyncio.ensure_future(signals.get())
    end = loop.time() + seconds
    while frontend.active and loop.time() < end and not second.done():
        await asyncio.sleep(0.05)
    second.cancel()


def _announce(address: tuple[str, int], token: str | None, *, drawn: bool) -> None:
    host, port = address
    where = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    sys.stderr.write(f"serving verdicts at {where}\n")
    if drawn and token:
        sys.stderr.write(f"token {token}\n")
    sys.stderr.flush()


def _was_given(settings: ServiceSettings) -> bool:
    return bool(settings.token or settings.token_file or os.environ.get(VARIABLE))
