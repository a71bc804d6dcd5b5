"""Inputs for tests, made by generators in the sandbox; these are as untrusted as any other output of a model.

A generator is a Python program with a function `inputs(seed)` that returns a list: of texts for stdin, or of lists of
arguments. It is called with the seeds 0, 1, … until it fails; the same seed must give the same inputs, which is not
checked, because the inputs themselves go into the truth. Ours: the paper gives neither the form nor numbers.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from r1data.sandbox.job import LIMITS, Program, ProgramInput
from r1data.verifiers.code.values import plain

SEEDS = 8
"""Calls of one generator at most."""
CHARACTERS = 100_000
"""Characters of one input, as JSON, at most."""


@dataclass(frozen=True, slots=True)
class Input:
    """One input: a text for stdin, or the arguments of a call; `key` is the same for equal ones."""

    stdin: str | None
    args: Sequence[Any] | None
    key: str

    @property
    def size(self) -> int:
        return len(self.key)


@dataclass(frozen=True, slots=True)
class Generated:
    """Inputs without repetitions, and what is wrong with a generator that made none."""

    inputs: Sequence[Input]
    complaint: str | None


def generate(generators: Sequence[str], *, calls: bool, most: int) -> Generated:
    """Up to `most` inputs of some generators, each generator's share as equal as can be.

    Args:
        calls: whether the inputs are arguments of calls, and not texts for stdin.

    Raises:
        NoIsolation, SandboxFailed: nothing was run, or the sandbox broke.
    """
    inputs: dict[str, Input] = {}
    complaint = None
    for number, source in enumerate(generators):
        # Of what is left: a generator that makes little, or what others made, leaves its share to those after it.
        share = math.ceil((most - len(inputs)) / (len(generators) - number))
        generated = _generated(source, calls, share)
        complaint = complaint or generated.complaint
        for item in generated.inputs:
            if len(inputs) < most:
                inputs.setdefault(item.key, item)
    return Generated(list(inputs.values()), complaint)


def _generated(source: str, calls: bool, most: int) -> Generated:
    """Inputs of one generator, seed by seed until there are enough."""
    from r1data.sandbox.running import run

    inputs: dict[str, Input] = {}
    complaint = None
    runs = [ProgramInput(call="inputs", args=[seed]) for seed in range(SEEDS)]
    for outcome in run(Program(source), runs, LIMITS, until_failure=True):
        if len(inputs) >= most:
            break
        value = plain(outcome.value) if outcome.status == "ok" else None
        for item in value if isinstance(value, (list, tuple)) else ():
            parsed = _input(item, calls)
            if parsed is None:
                kind = "lists of arguments" if calls else "texts"
                complaint = complaint or f"its inputs are no {kind} of up to {CHARACTERS:,} characters"
            else:
                inputs.setdefault(parsed.key, parsed)
        if outcome.status != "ok":
            complaint = complaint or f"{outcome.status}: {outcome.detail}"
    if not inputs:
        complaint = complaint or "it returned no list of inputs"
    return Generated(list(inputs.values())[:most], None if inputs else complaint)


def _input(item: Any, calls: bool) -> Input | None:
    """An item as an input; None where it has the wrong type or is too long."""
    if calls and not isinstance(item, (list, tuple)):
        return None
    if not calls and not isinstance(item, str):
        return None
    try:
        value = as_json(item)
        key = json.dumps(value)
    except (ValueError, RecursionError):
        return None
    if len(key) > CHARACTERS:
        return None
    return Input(None, value, key) if calls else Input(item, None, key)


def as_json(value: Any) -> Any:
    """A plain value as JSON can write it: tuples as lists. Raises ValueError on what JSON cannot write."""
    match value:
        case None | bool() | int() | str():
            return value
        case float() if math.isfinite(value):
            return value
        case list() | tuple():
            return [as_json(item) for item in value]
        case dict() if all(isinstance(key, str) for key in value):
            return {key: as_json(item) for key, item in value.items()}
    raise ValueError(f"a {type(value).__name__} in JSON")
