"""`run`: a program on its inputs, in the sandbox of this machine or in one that an address names."""

import os
from collections.abc import Sequence

from r1data.sandbox import languages, outcomes, piston, probe
from r1data.sandbox.job import LIMITS, Limits, Outcome, Program, Run
from r1data.sandbox.servers import SERVERS, Broken, Kind, Server


def run(
    program: Program,
    runs: Sequence[Run],
    limits: Limits = LIMITS,
    *,
    until_failure: bool = False,
    preload: tuple[str, ...] = (),
) -> list[Outcome]:
    """One outcome for each of `runs`, in order; with `until_failure` the list ends with the first that is not ok.

    Where the environment's R1_SANDBOX holds the address of a Piston server, that one runs it (`piston`).
    `preload` names modules that the warm server imports once before programs start from it. Raises NoIsolation where
    nothing that holds can be had, NotInstalled where the language's tool is missing, SandboxFailed where it broke.
    """
    if address := os.environ.get("R1_SANDBOX"):
        return piston.run(address, program, runs, limits, until_failure=until_failure)
    languages.check(program, runs)
    kind = Kind(probe.way(), program.libraries, preload)
    return on_server(kind, program, runs, limits, until_failure=until_failure)


def on_server(
    kind: Kind, program: Program, runs: Sequence[Run], limits: Limits = LIMITS, *, until_failure: bool = False
) -> list[Outcome]:
    """The same on a server of that kind, whether it holds or not; once more on a new one where the first breaks."""
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
    made: list[Outcome] = []
    for item in runs:
        reply = server.start(order, languages.task(program, item, limits))
        order["fresh"] = False
        made.append(outcomes.read(item, reply))
        if until_failure and made[-1].status != "ok":
            break
        if made[-1].status == "compile":
            made += [made[-1]] * (len(runs) - len(made))
            break
    return made
