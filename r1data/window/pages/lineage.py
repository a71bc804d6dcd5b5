"""`/d/{key}/lineage?id=…`: a row's lineage as a strip, from its prompt to the set or to where it was dropped.

The page has it at once; a page that holds the strip among other things asks for it with htmx, and gets the part alone.
"""

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from r1data.data.locations import scheme
from r1data.errors import UserError
from r1data.lineage.ancestors import place_of
from r1data.lineage.scanning import by_columns
from r1data.lineage.why import why
from r1data.window.library import Library, OpenDataset
from r1data.window.rendering import address, page
from r1data.window.sides.stations import Station, stations
from r1data.window.table import database

KEPT, SECONDS = 100, 60
"""Lineages that are kept, and for how long: a dataset further down may have been made since. Ours, both."""


@dataclass(frozen=True, slots=True)
class RowLineage:
    """A row's stations, and what could not be read on the way, a line each."""

    stations: list[Station]
    unreadable: list[str]


@dataclass
class Cache:
    """Lineages that were told lately, by dataset, digest and row. Safe between threads."""

    entries: OrderedDict[tuple[str, str, str], tuple[float, RowLineage]] = field(default_factory=OrderedDict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, opened: OpenDataset, row_id: str) -> RowLineage:
        """The lineage of a row. Raises UserError where no dataset has it."""
        key = (opened.uri, opened.dataset().digest, row_id)
        with self.lock:
            if key in self.entries and time.monotonic() - self.entries[key][0] < SECONDS:
                return self.entries[key][1]
        row_lineage = lineage_of(opened.place, row_id)
        with self.lock:
            self.entries[key] = (time.monotonic(), row_lineage)
            while len(self.entries) > KEPT:
                self.entries.popitem(last=False)
        return row_lineage


CACHE = Cache()
SCAN = partial(by_columns, database=database.running)


def lineage_of(place: str, row_id: str) -> RowLineage:
    """The lineage of a row of a dataset, over the datasets beside it and its ancestors."""
    folder = place if scheme(place) else str(Path(place_of(place)).parent)
    history = why(row_id, [place], search_folder=folder, scan=SCAN)
    return RowLineage(stations(history), [entry.why for entry in history.unreadable])


def lineage(request: Request) -> Response:
    """The strip, as a page or, asked for by htmx, as a part of one."""
    opened = request.app.state.library.dataset(request.path_params["key"])
    row_id = required(request, "id")
    part = request.headers.get("hx-request") == "true"
    try:
        row_lineage = CACHE.of(opened, row_id)
    except UserError as error:
        if not part:
            raise
        row_lineage = RowLineage([], [str(error)])
    return page(
        request,
        "_lineage.html" if part else "lineage.html",
        opened=opened,
        row_id=row_id,
        stations=row_lineage.stations,
        unreadable=row_lineage.unreadable,
        row_address=row_address,
        here=place_of(opened.place),
    )


def required(request: Request, name: str) -> str:
    """A parameter of the address. Raises UserError where it is missing."""
    value = request.query_params.get(name, "")
    if not value:
        raise UserError(f"this address lacks {name}=; open a row from the rows of its dataset")
    return str(value)


def row_address(library: Library, uri: str, row_id: str, page_name: str = "row") -> str | None:
    """The address of a row's page in any dataset of a lineage, which is opened for it; None where it cannot be."""
    try:
        return address(f"{library.open_dataset(uri).path}/{page_name}", id=row_id)
    except (UserError, OSError):
        return None


routes = [Route("/d/{key}/lineage", lineage)]
