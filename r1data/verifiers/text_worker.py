"""The worker process for patterns and schemas: if a check hangs or grows, this process is killed.

Started by `runtime.workers`, served by `runtime.serving`. A request names its check under "check".
"""

from collections.abc import Callable, Mapping
from typing import Any

from r1data.runtime.serving import serve
from r1data.verifiers import json_schema, regex

CHECKS: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "regex": regex.handle_request,
    "json-schema": json_schema.handle_request,
}


def handle_request(request: Mapping[str, Any]) -> dict[str, Any]:
    """The reply of the check that a request names."""
    return CHECKS[request["check"]](request)


if __name__ == "__main__":
    serve(handle_request)
