"""The worker process for patterns and schemas: if a check hangs or grows, this process is killed.

Started by `runtime.workers`, served by `runtime.serving`. A request names its check under "check".
"""

import importlib
from collections.abc import Callable, Mapping
from typing import Any

from r1data.runtime.pandas_on_demand import import_pandas_on_demand
from r1data.runtime.serving import serve
from r1data.verifiers import json_schema, regex

CHECKS: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "regex": regex.handle_request,
    "json-schema": json_schema.handle_request,
}


def handle_request(request: Mapping[str, Any]) -> dict[str, Any]:
    """The reply of the check that a request names."""
    return CHECKS[request["check"]](request)


def main() -> None:
    """Serve requests until stdin ends."""
    # Here, in the process that forks those that work: in a job, imports count against its limit, and where it is over
    # they are lost with the process, time after time. pyarrow would import pandas too, which takes seconds.
    import_pandas_on_demand()
    for module in ("jsonschema", "jsonschema_specifications", "pyarrow.compute", "referencing.exceptions"):
        importlib.import_module(module)
    serve(handle_request)


if __name__ == "__main__":
    main()
