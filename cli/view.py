"""`r1 view`: a window on datasets and runs, in the browser."""

from typing import Annotated

import typer

PlacesArgument = Annotated[
    list[str],
    typer.Argument(metavar="DS-or-RUN...", help="Datasets, plain files, folders of runs or trainings."),
]
HostOption = Annotated[
    str,
    typer.Option(
        "--host", metavar="ADDRESS", help="Address to listen at; others need --token or --token-file."
    ),
]
PortOption = Annotated[
    int | None,
    typer.Option(
        "--port", min=0, max=65_535, show_default=False,
        help="Port; 0 takes a free one. [default: 8311, or the next that is free]",
    ),
]  # fmt: skip
TokenOption = Annotated[
    str | None,
    typer.Option(
        "--token", show_default=False,
        help="What readers must bring; better set R1_VIEW_TOKEN. [default: one is drawn]",
    ),
]  # fmt: skip
TokenFileOption = Annotated[
    str | None,
    typer.Option("--token-file", metavar="PATH", help="A file that holds the token.", show_default=False),
]
OpenOption = Annotated[bool, typer.Option("--open", help="Open the first page in the browser.")]


def command(
    places: PlacesArgument,
    host: HostOption = "127.0.0.1",
    port: PortOption = None,
    token: TokenOption = None,
    token_file: TokenFileOption = None,
    open_browser: OpenOption = False,
) -> None:
    """Look at rows, verdicts, filters, lineage and live runs in the browser.

    r1 view kept

    r1 view runs/miniature samples --port 9000
    """
    from r1data.window.library import Library
    from r1data.window.serving import WindowSettings, end_process_if_busy, serve

    library = Library()
    for place in places:
        library.open(place)
    serve(library, WindowSettings(host, port, token, token_file, open_browser))
    end_process_if_busy()
