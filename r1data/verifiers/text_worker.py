"""The process in which patterns and schemas meet answers: what may hang or grow does so here, and is killed.

Started by `workers`, served by `serving`. A request names its check under "check".
"""

from collections.abc import Callable, Mapping
from typing import Any

from r1data.runtime.serving import serve
from r1data.verifiers import json_schema, regex

CHECKS: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "regex": regex.answer,
    "json-schema": json_schema.answer,
}


def answer(request: Mapping[str, Any]) -> dict[str, Any]:
    """What the check that a request names says."""
    return CHECKS[request["check"]](request)


if __name__ == "__main__":
    serve(answer)
