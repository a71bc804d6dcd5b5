"""Runs a plan: each step is its own command line in a child process, and a finished step is not run again.

The children are forked from one server that has imported the heavy packages once (`preload`), so that a step does not
pay eight seconds of imports. An interrupted step is resumed by its own command when it is run again.

Not here: steps in parallel, or on several machines.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from r1data.data.small_files import lock_alone, own_folder, own_lock
from r1data.errors import UserError
from r1data.recipe import record
from r1data.recipe.commands import nearest
from r1data.recipe.plan import PlannedStep, RecipePlan
from r1data.recipe.record import Record, StepRecord
from r1data.runtime.command_server import CommandServer, Launch

Say = Callable[[str], None]


def select_steps(plan: RecipePlan, only: str | None = None, start: str | None = None) -> list[PlannedStep]:
    """The steps to run: all, one, or those from `start` on."""
    names = [step.name for step in plan.steps]
    for name in (only, start):
        if name is not None and name not in names:
            raise UserError(f'{plan.recipe.path}: no step "{name}" {nearest(name, names)}')
    if only is not None:
        return [plan.steps[names.index(only)]]
    return list(plan.steps[names.index(start) if start else 0 :])


def run(
    plan: RecipePlan, steps: Sequence[PlannedStep], launch: Launch, preload: Sequence[str], say: Say
) -> Record:
    """Runs those of `steps` that are not done; returns the record as it stands on disk.

    Raises UserError when an input is missing, a finished step differs from the recipe or a step fails, and
    KeyboardInterrupt when it was interrupted; finished steps stay finished.
    """
    if plan.missing_inputs:
        needed = "; ".join(f"{name} = {what}" for name, what in plan.missing_inputs.items())
        remedy = "provide them, or set other paths with --set inputs.NAME=PATH"
        raise UserError(f"{plan.recipe.path}: inputs are missing ({remedy}): {needed}")
    plan.folder.mkdir(parents=True, exist_ok=True)
    # Under the lock, since a second `r1 run` in the folder would replace the record that this one read.
    with _lock(plan.folder):
        for step in plan.steps:
            if step.output is not None:
                own_folder(step.output)
        current, planned = record.read(plan.folder), record.new_record(plan)
        if current is None:
            current = planned
        elif (current.recipe["name"], current.seed) != (plan.recipe.name, plan.seed):
            what = f'"{current.recipe["name"]}" with seed {current.seed}'
            raise UserError(f"{plan.folder}: holds a run of {what}; choose another folder with -o")
        current.recipe, current.report, current.versions = planned.recipe, planned.report, planned.versions
        record.write(plan.folder, current)
        pending = [step for step in steps if record.state(step, current.steps, plan.folder) != "done"]
        needs_model = any(step.runs_a_model for step in pending)
        server = CommandServer(launch, preload if needs_model else ())
        if needs_model:
            server.ready(say)
        for step in steps:
            _run_step(plan, step, current, server, say)
    return current


def _run_step(plan: RecipePlan, step: PlannedStep, current: Record, server: CommandServer, say: Say) -> None:
    progress = f"[{plan.steps.index(step) + 1}/{len(plan.steps)}] {step.name}"
    state = record.state(step, current.steps, plan.folder)
    if state == "done":
        say(f"{progress}: done before")
        return
    if state != "to do":
        remedy = f"delete {step.output} to make it again, or choose another folder with -o"
        raise UserError(f'{plan.folder}: the step "{step.name}" was {state} than the recipe says; {remedy}')
    say(f"{progress}: {step.command}")
    entry = _entry(plan, step, current)
    exit_code = _run_timed(plan, step, current, entry, server)
    if exit_code == 130:
        raise KeyboardInterrupt
    if exit_code != 0:
        end = f"ended with exit code {exit_code}"
        if exit_code < 0:
            # SIGKILL is how the kernel ends a process when memory runs out; few others send it.
            end = f"was killed by signal {-exit_code}" + (" (out of memory?)" if exit_code == -9 else "")
        raise UserError(
            f'the step "{step.name}" {end}; mend that and run the recipe again, '
            f"or the step alone: {step.line}"
        )
    say(f"{progress}: {entry.seconds:.1f} s")


def _entry(plan: RecipePlan, step: PlannedStep, current: Record) -> StepRecord:
    """The step's record, which keeps the time of earlier attempts with the same command line."""
    arguments = [record.portable(argument, plan.folder) for argument in step.arguments]
    output = record.portable(str(step.output), plan.folder) if step.output else None
    inputs = record.fingerprints(step, plan.folder)
    entry = StepRecord(step.command, arguments, output, inputs, _now())
    previous = current.steps.get(step.name)
    if previous is not None and previous.exit is None and previous.arguments == arguments:
        entry.seconds, entry.attempts, entry.started = previous.seconds, previous.attempts, previous.started
    return entry


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _run_timed(
    plan: RecipePlan, step: PlannedStep, current: Record, entry: StepRecord, server: CommandServer
) -> int:
    """Runs the step; its time is always recorded, its exit code only if it was not interrupted."""
    entry.attempts += 1
    current.steps[step.name] = entry
    current.running = {"step": step.name, "started": _now()}
    record.write(plan.folder, current)
    earlier_seconds, start = entry.seconds, time.monotonic()
    try:
        exit_code = server.run(step.arguments)
        # 130 is Ctrl-C: the step counts as interrupted, so that its time is added to when it is run again.
        entry.exit = None if exit_code == 130 else exit_code
        return exit_code
    finally:
        entry.seconds = round(earlier_seconds + time.monotonic() - start, 2)
        current.running = {}
        record.write(plan.folder, current)


@contextlib.contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """Holds the lock of a run's folder; it is released when the process ends, however it does."""
    # The file stays when the lock is released: removed, it could be locked by two runs, one of them by the old inode.
    handle = own_lock(folder / record.LOCK)
    try:
        lock_alone(handle)
        yield
    except BlockingIOError as error:
        raise UserError(
            f"{folder}: another `r1 run` is running here; wait for it or choose another folder"
        ) from error
    finally:
        os.close(handle)
