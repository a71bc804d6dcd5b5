"""Launching training runs: start or resume in a folder, in this process, in several (`elastic`) or on several machines.

The first machine begins the run and prepares its rows, the others wait for it (`nodes`).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from r1data.data.days import today
from r1data.data.records import Record
from r1data.data.rows import Rows
from r1data.data.source import open_source
from r1data.engines.model_files import check_quantisation, template_writes_date
from r1data.engines.models import local_folder
from r1data.errors import UserError
from r1data.training.evaluation.prompts import open_rows
from r1data.training.loop import stopping
from r1data.training.models import context, room
from r1data.training.output import checkpoint
from r1data.training.plan import execution
from r1data.training.processes import elastic, nodes, ray_train, worker
from r1data.training.processes.placement import Placement, refuse_other_launchers
from r1data.training.settings import Settings
from r1data.training.settings.recorded import as_parameters

DISTILL = "distill"
"""The command whose runs extend a base by default where its examples may be longer."""
ONE_MACHINE = Placement()


@dataclass(frozen=True)
class Trained:
    """The result of a run: its folder, whether it was finished before, and its manifest."""

    out: Path
    was_finished: bool
    manifest: dict[str, Any]


def read_rows(uri: str, *schemas: str) -> Rows:
    """Rows of the dataset, file or pipe that a `DS` argument names.

    Raises UserError where nothing is there, rows are narrower than each of `schemas`, or a pipe broke off.
    """
    source = open_source(uri, *schemas)
    if uri == "-":
        # Training needs every row before its first step, so that the pipe is read to its end first; its shards lie in
        # a dataset, which is then opened.
        for _ in source.shards():
            pass
        if not source.complete:
            raise UserError("-: the pipe ended before its end line; run the command before this one again")
        source = open_source(source.uri, *schemas)
    return Rows(source)


def run(
    rows: Iterable[Record],
    *,
    model: str | Path,
    out: Path,
    settings: Settings,
    command: str,
    parents: Sequence[dict[str, Any]] = (),
    say: Callable[[str], None] = lambda line: None,
    placement: Placement = ONE_MACHINE,
) -> Trained:
    """Train `model` on `rows` into the folder `out`, or resume it; does nothing where it is finished.

    `parents` (`uri`, `digest`) say what the rows are; the models are added to them. With `GrpoSettings` rows are
    prompts, with `SftSettings` rows of the `sft` schema, with `OnPolicySettings` either. `say` is told how a base is
    changed. Of several machines each calls this with the same arguments and its own `placement`. Raises UserError for
    errors that the user can fix; nothing is left in `out` then, unless there are checkpoints.
    """
    refuse_other_launchers()
    # From here on `processes` is their number over all machines.
    settings = replace(settings, processes=settings.processes * placement.nodes, nodes=placement.nodes)
    settings = settings.resolved()
    settings.check()
    folder = local_folder(model)
    check_quantisation(folder, training=True)
    if command == DISTILL:
        settings = context.by_default(settings, context.read_config(folder), folder)
    room.check(folder, settings)
    if change := context.of_folder(folder, settings):
        say(f"{model}: {change}")
    settings = _with_date(settings, folder, out)
    parameters = {"model": str(model), **as_parameters(settings)}
    # The model that is trained comes last, however many others are read.
    folders = {name: local_folder(name) for name in settings.other_models() if name != str(model)}
    folders[str(model)] = folder
    models = [{"uri": name, "digest": checkpoint.digest_of_model(path)} for name, path in folders.items()]
    data = [parent for uri in settings.other_data() for parent in open_rows(uri)[0].parents()]
    request = checkpoint.run_request(command, parameters, [*parents, *data, *models], settings.kind)
    if placement.nodes == 1 or placement.executor != "local":
        return _lead(rows, folder, out, request, settings, placement)
    with nodes.meet(placement, nodes.identity(request)) as meeting:
        if placement.rank == 0:
            return _lead(rows, folder, out, request, settings, placement, meeting)
        return _follow(folder, out, request, settings, placement, meeting)


def _lead(
    rows: Iterable[Record],
    model: Path,
    out: Path,
    request: dict[str, Any],
    settings: Settings,
    placement: Placement,
    meeting: nodes.Meeting | None = None,
) -> Trained:
    """On the only machine, or the first one: begin or resume, prepare the rows, train."""
    training_run = checkpoint.begin(out, request)
    if training_run is None:
        if meeting:
            meeting.announce(nodes.FINISHED)
        return Trained(out, True, checkpoint.finished(out) or {})
    with checkpoint.run_lock(training_run):
        try:
            _prepare(rows, model, training_run, settings, placement)
            if meeting:
                meeting.announce(nodes.mark(training_run.work))
            return Trained(out, False, _train(model, training_run, settings, placement, meeting))
        except (KeyboardInterrupt, SystemExit) as interrupt:
            interrupt.add_note(checkpoint.kept(training_run))
            raise
        except UserError:
            # Without a checkpoint there is nothing to resume, and a corrected command would be refused here.
            if checkpoint.last_complete(training_run) is None:
                shutil.rmtree(training_run.work, ignore_errors=True)
                if out.is_dir() and not any(out.iterdir()):
                    out.rmdir()
            raise


def _with_date(settings: Settings, model: Path, out: Path) -> Settings:
    """The settings with the day that a chat template writes as today's: the earlier run's in `out`, so that it goes on
    as it began, else today's. As they are where the template writes none."""
    is_chat = getattr(settings, "template", None) in (None, "chat")
    if settings.date is not None or not is_chat or not template_writes_date(model):
        return settings
    earlier = checkpoint.earlier_parameters(out)
    return replace(settings, date=earlier.get("date") if earlier else today())


def _follow(
    model: Path,
    out: Path,
    request: dict[str, Any],
    settings: Settings,
    placement: Placement,
    meeting: nodes.Meeting,
) -> Trained:
    """On the other machines: train what the first one has prepared."""
    training_run = checkpoint.TrainingRun(out, request)
    state = meeting.follow()
    if state != nodes.FINISHED:
        nodes.check_mark(training_run.work, state, placement)
        try:
            elastic.spawn(model, training_run, settings, placement, meeting)
        except (KeyboardInterrupt, SystemExit) as interrupt:
            interrupt.add_note(checkpoint.kept(training_run))
            raise
    manifest = nodes.see(lambda: checkpoint.finished(out) or {})
    return Trained(out, state == nodes.FINISHED, manifest)


def _prepare(
    rows: Iterable[Record],
    model: Path,
    training_run: checkpoint.TrainingRun,
    settings: Settings,
    placement: Placement,
) -> None:
    """Prepares the rows on disk, unless an interrupted run of this release did."""
    trainer = worker.trainer_of(settings)
    trainer.check(settings)
    if settings.track:
        from r1data.training.loop import tracking

        tracking.check(settings.track)
    # In this order: a process that a killed run left may be writing the checkpoint that looks torn.
    checkpoint.wait_for_orphans(training_run)
    checkpoint.remove_incomplete(training_run)
    (training_run.work / stopping.STOP).unlink(missing_ok=True)
    # Written after the rows' files, so that where it is there they are whole.
    prepared_file = training_run.work / worker.PREPARED
    # Rows of the releases that chose no strategy are of another form.
    if not prepared_file.is_file() or "strategy" not in worker.read_prepared(training_run):
        summary = trainer.prepare(rows, model, training_run, settings)
        on_ray = placement.executor != "local"
        machine = ray_train.hardware(placement.executor, settings.processes) if on_ray else None
        checkpoint.write_json(
            prepared_file, execution.noted(summary, model, training_run.work, settings, machine)
        )


def _train(
    model: Path,
    training_run: checkpoint.TrainingRun,
    settings: Settings,
    placement: Placement,
    meeting: nodes.Meeting | None,
) -> dict[str, Any]:
    """Trains on the prepared rows; returns the manifest."""
    if placement.executor != "local":
        ray_train.train(model, training_run, settings, placement.executor)
        return checkpoint.finished(training_run.out) or {}
    if settings.processes == 1:
        manifest: dict[str, Any] = worker.train(model, training_run, settings)
        return manifest
    elastic.spawn(model, training_run, settings, placement, meeting)
    return checkpoint.finished(training_run.out) or {}
