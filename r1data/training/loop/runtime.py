"""What GRPO and SFT share: prepared rows on disk, TRL and its arguments, resuming, and writing the model folder.

On a machine without a GPU: no bf16, no gradient checkpointing, `use_cpu`. With one: bf16 over float32 weights, because
a step of 3e-6 is lost in bf16's eight bits. TRL imports vLLM wherever it is installed (7 s); here it does so only
where vLLM is asked for.

The scores of a batch's tokens, [batch, length, vocabulary], are never whole: TRL's fused head computes them, in SFT and
GRPO, in tiles of up to 4,096 tokens x 32,768 words (a tile of 256 MiB in bf16, 512 in float32), in the forward pass and
again in the backward pass. What a step keeps of the head between the two is the last hidden states and some numbers a
token; the backward pass holds its weights' gradient in float32. `label_smoothing` or a loss function of one's own would
bring the whole scores back (a test watches). Under FSDP the head's weights are gathered for it.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
import warnings
from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
import transformers

from r1data.training.loop import callbacks, intervals, stopping, tracking, watching
from r1data.training.loop.adapter_reference import AdapterReference
from r1data.training.models import adapters, out_of_memory, strategies
from r1data.training.models.strategies import Strategy
from r1data.training.output import checkpoint, rounding, saving
from r1data.training.output.background import Writer
from r1data.training.rollouts.recording import Recorder, Recording
from r1data.training.rollouts.saved import Rollout
from r1data.training.settings import Settings

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase, Trainer

SETTLE_SECONDS = 10.0
"""How long a run that fails, or leaves at once, waits for a checkpoint that is being written. Ours."""
LIBRARIES = ("torch", "transformers", "trl")
SAVE_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
SCHEDULERS = {"constant": "constant_with_warmup", "linear": "linear", "cosine": "cosine_with_min_lr"}


def import_trl(vllm: bool = False) -> Any:
    """The `trl` package, without vLLM unless it is asked for, and with its chatter off."""
    import trl

    # TRL loads its modules when they are asked for, and each asks once, while it is loaded, whether vLLM is there.
    utilities: Any = import_module("trl.import_utils")
    finds_vllm = _trl_finds_vllm(utilities)
    utilities.is_vllm_available = finds_vllm if vllm else lambda *_, **__: False
    if vllm:
        _say_vllm_warning(utilities)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    for name in ("trl", "accelerate", "torch.distributed"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return trl


@cache
def _trl_finds_vllm(utilities: Any) -> Any:
    """TRL's own answer to whether vLLM is there, kept before it is replaced: a process may want it after a training
    that did not."""
    return utilities.is_vllm_available


@cache
def _say_vllm_warning(utilities: Any) -> None:
    """Says once, in one line of the main process, what TRL warns of where vLLM is not of a version that it supports."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        utilities.is_vllm_available()
    # TRL repeats it in each of its modules that look for vLLM.
    warnings.filterwarnings("ignore", message="TRL currently supports vLLM")
    if os.environ.get("RANK", "0") == "0":
        for warning in caught:
            sys.stderr.write(f"{warning.message} Watch the gap between the log-probabilities of both.\n")


def shared_arguments(
    run: checkpoint.TrainingRun, settings: Settings, steps: int, strategy: Strategy
) -> dict[str, Any]:
    """The arguments of both TRL trainers."""
    gpu = torch.cuda.is_available()
    return {
        "output_dir": str(run.trainer),
        "max_steps": steps,
        "learning_rate": settings.lr,
        "lr_scheduler_type": SCHEDULERS[settings.schedule],
        "warmup_steps": settings.warmup_steps,
        "weight_decay": settings.weight_decay,
        "max_grad_norm": settings.max_grad_norm,
        "seed": settings.seed,
        "use_cpu": not gpu,
        "bf16": gpu,
        **strategies.trainer_options(strategy, settings),
        "logging_steps": 1,
        # The filter would put an average in the place of a NaN, and `Metrics` could not see that training diverged.
        "logging_nan_inf_filter": False,
        "save_strategy": "steps",
        "save_steps": steps,  # at the end; before it `intervals` decides
        # The trainer would remove old checkpoints before the newest is whole; `MarkComplete` does after.
        "save_total_limit": None,
        "report_to": "none",
        "disable_tqdm": True,
        "log_level": "error",
        "ddp_find_unused_parameters": False,
        "dataloader_pin_memory": gpu,
    }


def train(
    trainer: Trainer,
    run: checkpoint.TrainingRun,
    settings: Settings,
    strategy: Strategy,
    title: str,
    kept: Callable[[], int | None] = lambda: None,
) -> callbacks.Metrics:
    """Train to the end, from the last whole checkpoint if there is one.

    `kept` gives the step of a checkpoint that stays beside the newest one.
    """
    resumed = checkpoint.last_complete(run)
    step = int(resumed.name.rsplit("-", 1)[1]) if resumed else 0
    metrics, progress = _logs(trainer, run, title, step)
    stop_request = stopping.StopRequest(run.work / stopping.STOP)
    alarms = watching.Alarms(run.alarms, metrics, getattr(settings, "stop_on", ()), stop_request)
    tracked = tracking.Tracking(settings.track, run, metrics)
    saves = intervals.Saving(settings.save_steps, stop_request)
    writer = Writer(trainer)
    recorder: Recorder | None = getattr(trainer, "recorder", None)
    for callback in (
        callbacks.Seeds(settings.seed),
        metrics,
        progress,
        *_references(trainer, settings, strategy, resumed),
        *_rollouts(trainer, recorder, step, resumed),
        *([alarms] if settings.kind == "grpo" else []),
        *([tracked] if settings.track else []),
        # After those that save: what it marks as complete holds what they have written.
        callbacks.MarkComplete(writer, recorder.commit if recorder else lambda step: None, kept),
        saves,
        callbacks.CheckAtStart(lambda: strategies.check_world(trainer, strategy, settings.processes)),
    ):
        trainer.add_callback(callback)
    try:
        with (
            stopping.listening(stop_request, alone=settings.processes == 1),
            out_of_memory.in_one_line(settings, strategy, "training"),
        ):
            trainer.train(resume_from_checkpoint=str(resumed) if resumed else None)
            writer.wait()
    except BaseException:
        writer.settle(SETTLE_SECONDS)
        raise
    finally:
        progress.close()
        tracked.close()
    if saves.stopped == stopping.ALARM:
        raise watching.stopped(alarms.reason, run)
    if saves.stopped:
        raise stopping.as_exception(saves.stopped)
    return metrics


def _logs(
    trainer: Any, run: checkpoint.TrainingRun, title: str, step: int
) -> tuple[callbacks.Metrics, callbacks.Progress]:
    """The metrics and the progress of a run that goes on after `step`, 0 at its beginning."""
    before = callbacks.rewind(run.metrics, step) if trainer.is_world_process_zero() else None
    # The other processes may read the file before the main one has cut it, so rows after `step` are passed over.
    rows = callbacks.read_metrics(run.metrics) if step else []
    tokens = float(next((row.get("num_tokens", 0) for row in reversed(rows) if row["step"] <= step), 0))
    if hasattr(trainer, "_total_train_tokens"):
        trainer._total_train_tokens = tokens  # TRL's SFT trainer starts its count again when it resumes
    trainer.remove_callback(transformers.PrinterCallback)
    return callbacks.Metrics(run.metrics, before), callbacks.Progress(title, tokens)


def _rollouts(trainer: Any, recorder: Recorder | None, step: int, resumed: Path | None) -> list[Any]:
    """What keeps the rollouts of a GRPO run, and where its prompts are, in the checkpoints."""
    states: list[Any] = []
    if hasattr(trainer, "num_iterations"):  # GRPO's, whose rollouts last for several steps
        states.append(Rollout(trainer, resumed))
    if recorder is not None:
        states.append(Recording(recorder))
        if trainer.is_world_process_zero():
            recorder.settle(step)
    if hasattr(trainer, "source"):
        states.append(callbacks.Prompts(trainer, resumed))
    return states


def _references(trainer: Any, settings: Settings, strategy: Strategy, resumed: Path | None) -> list[Any]:
    """What keeps a reference model in the checkpoints; one that is never replaced is the model that training began
    with, and need not be saved."""
    if settings.lora and getattr(settings, "beta", 0) and (steps := getattr(settings, "sync_ref_steps", 0)):
        return [AdapterReference(trainer.accelerator.unwrap_model(trainer.model), steps, resumed)]
    if not getattr(trainer.args, "sync_ref_model", False) or (reference := trainer.ref_model) is None:
        return []
    if strategy.strategy == "fsdp":
        # TRL's own callback, which replaces the reference, is there already.
        trainer.callback_handler.callbacks.insert(0, callbacks.Reshard(trainer.model, reference))
    return [callbacks.Reference(reference, resumed)]


def finish(
    trainer: Trainer,
    run: checkpoint.TrainingRun,
    settings: Settings,
    tokenizer: PreTrainedTokenizerBase,
    metrics: callbacks.Metrics,
    summary: dict[str, Any],
) -> dict[str, Any]:
    """Write the model folder and its manifest; only the main process writes. Returns the manifest."""
    dtype = SAVE_DTYPES[settings.save_dtype]
    if settings.lora:
        adapters.merge(trainer, run.work / adapters.FOLDER)
    # In all processes, which gather a sharded model together; only then do all but the main one leave.
    strategy = strategies.of(summary, settings)
    weights = strategies.gathered(trainer, strategy, dtype)
    if not trainer.is_world_process_zero():
        return {}
    model = trainer.accelerator.unwrap_model(trainer.model)
    if not strategy.sharded:
        summary = summary | rounding.measure(model, run.request["parameters"]["model"], dtype)

    manifest = {
        "seconds": round(metrics.elapsed(), 1),
        "versions": {name: version(name) for name in LIBRARIES},
        "summary": summary,
        "last": metrics.last,
    }

    def save(folder: Path) -> None:
        if (run.work / tracking.EVENTS).is_dir():
            shutil.copytree(run.work / tracking.EVENTS, folder / tracking.EVENTS)
        saving.save_model(folder, model, weights, tokenizer, dtype, getattr(settings, "template", None))
        if settings.lora:
            shutil.copytree(run.work / adapters.FOLDER, folder / adapters.FOLDER)
        saving.write_card(folder, run, manifest)

    return checkpoint.publish(run, save, manifest)
