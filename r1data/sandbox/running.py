"""`run`: runs a program on its inputs, in the local sandbox or in a remote one that `R1_SANDBOX` names."""

import os
from collections.abc import Sequence

from r1data.sandbox import languages, piston, probe
from r1data.sandbox.job import LIMITS, Limits, Outcome, Program, ProgramInput
from r1data.sandbox.servers import Kind, run_on_server


def run(
    program: Program,
    runs: Sequence[ProgramInput],
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
    return run_on_server(kind, program, runs, limits, until_failure=until_failure)
