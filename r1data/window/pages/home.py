"""`/`: what is open in this window."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from r1data.data.text import one_line
from r1data.errors import R1Error
from r1data.window.library import OpenDataset
from r1data.window.rendering import page


def home(request: Request) -> Response:
    """Datasets and runs with what their commits say."""
    library = request.app.state.library
    runs = [library.runs[key] for key in library.named if key in library.runs]
    datasets = [library.datasets[key] for key in library.named if key in library.datasets]
    others = [each for key, each in library.datasets.items() if key not in library.named]
    return page(
        request,
        "home.html",
        runs=runs,
        datasets=[_described(each) for each in datasets],
        others=[_described(each) for each in others],
    )


def _described(opened: OpenDataset) -> dict[str, object]:
    described: dict[str, object] = {"opened": opened, "error": None}
    try:
        dataset = opened.dataset()
        described |= {
            "rows": dataset.rows,
            "schema": dataset.schema.name,
            "command": dataset.command["name"],
            "complete": dataset.complete,
        }
    except (R1Error, OSError) as error:
        described["error"] = one_line(str(error), 500)
    return described


routes = [Route("/", home)]
