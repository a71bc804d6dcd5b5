"""The sandbox."""

from r1data.verify.sandbox.job import LIMITS, Limits, NoIsolation, Outcome, Program, Run, SandboxFailed
from r1data.verify.sandbox.languages import NotInstalled
from r1data.verify.sandbox.probe import Isolation, isolation
from r1data.verify.sandbox.running import run

__all__ = [
    "LIMITS", "Isolation", "Limits", "NoIsolation", "NotInstalled", "Outcome", "Program", "Run", "SandboxFailed",
    "isolation", "run",
]  # fmt: skip
