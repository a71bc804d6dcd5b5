"""Turns values into pages. Whatever a template shows is escaped, and characters that do not show are made visible."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from r1data.data.text import one_line, printable
from r1data.recipe.report.text import duration

TEMPLATES = Path(__file__).with_name("templates")
_IN_SCRIPT = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


def _shown(value: Any) -> Any:
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def json_data(value: Any) -> Markup:
    """`value` as JSON within `<script type="application/json">`, where no text can end the element."""
    return Markup(json.dumps(value, ensure_ascii=True, default=str).translate(_IN_SCRIPT))


def address(path: str, parameters: Mapping[str, Any] | None = None, **more: Any) -> str:
    """A page's address: `path` and a query without the parameters that are None."""
    query = {name: value for name, value in {**(parameters or {}), **more}.items() if value is not None}
    return f"{path}?{urlencode(query, doseq=True)}" if query else path


def count(value: int) -> str:
    """`12,345`."""
    return f"{value:,}"


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"json_data": json_data, "count": count, "duration": duration, "short": one_line}
    environment.globals |= {"address": address}
    return environment


ENVIRONMENT = _environment()


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page or a part of one. Templates see `library` and `request` beside their own values."""
    library = request.app.state.library
    text = ENVIRONMENT.get_template(template).render(request=request, library=library, **values)
    return HTMLResponse(text, status)


def plain_page(title: str, message: str, status: int) -> HTMLResponse:
    """A page of one line, for what went wrong; it needs nothing of the app."""
    text = ENVIRONMENT.get_template("plain.html").render(title=title, message=message)
    return HTMLResponse(text, status)
