"""`r1 serve-verdicts`: verifiers and rewards as an HTTP service for trainers."""

from typing import Annotated

import typer

from . import console
from .judging import JudgeOptions, with_judge
from .options import JsonOption

HostOption = Annotated[
    str, typer.Option("--host", metavar="ADDRESS", help="Address to listen at; 0.0.0.0 is every network.")
]
PortOption = Annotated[int, typer.Option("--port", min=0, max=65_535, help="Port; 0 takes a free one.")]
TokenOption = Annotated[
    str | None,
    typer.Option(
        "--token",
        help="What clients must show; better set R1_VERDICTS_TOKEN. [default: one is drawn, and shown once]",
        show_default=False,
    ),
]
TokenFileOption = Annotated[
    str | None,
    typer.Option("--token-file", metavar="PATH", help="A file that holds the token.", show_default=False),
]
NoTokenOption = Annotated[
    bool, typer.Option("--no-token", help="Ask for no token; only for a loopback address.")
]
WorkersOption = Annotated[
    int | None, typer.Option("--workers", min=1, help="Checkers at work at once. [default: the cores]")
]
TimeLimitOption = Annotated[
    float,
    typer.Option(
        "--time-limit", min=0.01, help="Seconds for one answer; what takes longer gets the verdict timeout."
    ),
]
GraceOption = Annotated[
    float,
    typer.Option(
        "--grace", min=0.1, help="Seconds beyond its limit after which a checker that hangs is killed."
    ),
]
QueueOption = Annotated[
    int,
    typer.Option(
        "--queue", min=1, help="Items that may wait; beyond that, clients are told to come back (429)."
    ),
]
BodyOption = Annotated[int, typer.Option("--max-body", min=1, help="Largest request, in MiB.")]
StopOption = Annotated[
    float,
    typer.Option(
        "--stop-seconds",
        min=0.0,
        help="Time to finish what is under way, once told to stop (SIGTERM, Ctrl-C).",
    ),
]


@with_judge()
def command(
    host: HostOption = "127.0.0.1",
    port: PortOption = 8009,
    token: TokenOption = None,
    token_file: TokenFileOption = None,
    no_token: NoTokenOption = False,
    workers: WorkersOption = None,
    time_limit: TimeLimitOption = 5.0,
    grace: GraceOption = 30.0,
    queue: QueueOption = 16_384,
    max_body: BodyOption = 64,
    stop_seconds: StopOption = 60.0,
    *,
    judge_options: JudgeOptions,
    json: JsonOption = False,
) -> None:
    """Serve verdicts and rewards to trainers over HTTP, from one pool of checkers.

    r1 serve-verdicts

    r1 serve-verdicts --host 0.0.0.0 --port 8009 --token-file token --workers 64
    """
    from r1data.errors import UserError
    from r1data.training.verdict_service.run import ServiceSettings, serve
    from r1data.training.verdict_service.service import Limits

    judging = judge_options.judging()
    if judging and judging.agreement:
        raise UserError("--measure-agreement is for datasets; leave it out, or run r1 verify with it")
    limits = Limits(time_limit, grace, queue, max_body << 20)
    summary = serve(
        ServiceSettings(
            host,
            port,
            token,
            token_file,
            no_token,
            workers,
            limits,
            stop_seconds=stop_seconds,
            judging=judging,
        )
    )
    console.show(summary, as_json=json, data_command=False)
