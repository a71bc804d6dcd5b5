"""A program on its inputs, on a warm server of a given kind: whether that kind holds is not asked here (`probe`)."""

from collections.abc import Sequence

from r1data.sandbox import languages, outcomes
from r1data.sandbox.job import LIMITS, Limits, Outcome, Program, Run
from r1data.sandbox.servers import SERVERS, Broken, Kind, Server


def on_server(
    kind: Kind, program: Program, runs: Sequence[Run], limits: Limits = LIMITS, *, until_failure: bool = False
) -> list[Outcome]:
    """One outcome for each of `runs`, in order; once more on a new server where the first breaks."""
    try:
        with SERVERS.one(kind) as server:
            return _outcomes(server, program, runs, limits, until_failure)
    except Broken:
        with SERVERS.one(kind) as server:
            return _outcomes(server, program, runs, limits, until_failure)


def _outcomes(
    server: Server, program: Program, runs: Sequence[Run], limits: Limits, until_failure: bool
) -> list[Outcome]:
    if program.language == "cpp":
        reply = server.start(languages.COMPILE, {"stdin": program.source})
        if reply["code"] != 0 or reply["why"]:
            return [outcomes.not_compiled(reply)] * (1 if until_failure else len(runs))
    order = languages.order(program, limits)
    results: list[Outcome] = []
    for item in runs:
        reply = server.start(order, languages.task(program, item, limits))
        order["fresh"] = False
        results.append(outcomes.read(item, reply))
        if until_failure and results[-1].status != "ok":
            break
        if results[-1].status == "compile":
            results += [results[-1]] * (len(runs) - len(results))
            break
    return results
