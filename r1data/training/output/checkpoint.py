"""A checkpoint folder: a model folder with `r1.json` and `metrics.jsonl`, or an unfinished run.

During a run everything is in `.r1/`: the request (`run.json`), the trainer's own checkpoints, the metrics. A trainer's
checkpoint counts once it holds `whole`, written after all else, so that one torn by a kill is passed over. At the end
the files are moved up, `r1.json` last (it alone says `finished`), and `.r1/` goes.

Run again with the same arguments on the same inputs: a finished folder is left alone, an unfinished one goes on. With
others: refused. The layout is ours.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from r1data.data.small_files import lock_alone
from r1data.data.stores.entries import kind_of, not_a_folder
from r1data.data.stores.local import fsync
from r1data.engines.model_files import CHAT_TEMPLATES
from r1data.errors import UserError
from r1data.training.settings.recorded import as_recorded

if TYPE_CHECKING:
    from transformers import TrainingArguments

MANIFEST = "r1.json"
METRICS = "metrics.jsonl"
ALARMS = "alarms.jsonl"
COMPLETE = "whole"
LOCK = "lock"
"""Of `.r1/`, held as long as somebody trains into the folder."""
WORKERS = "workers"
"""Locked by all processes of a run that has several."""
SAMPLED_BYTES = 1 << 20
EXECUTION = frozenset(
    {"save_steps", "nodes", "offload", "activation_checkpointing", "rollouts", "stop_on", "track"}
    | {"max_logprob_gap", "engine_sync"}
    | {"engine", "engine_url", "engine_memory", "engine_dtype", "engine_tensor_parallel", "engine_sleep"}
)
"""Parameters that say how a run is executed and mean no other result: they may be others when it goes on. With another
engine than before responses are drawn by other random numbers from the same model."""


@dataclass(frozen=True)
class TrainingRun:
    """An unfinished run: its folder and its request."""

    out: Path
    request: dict[str, Any]

    @property
    def work(self) -> Path:
        return self.out / ".r1"

    @property
    def trainer(self) -> Path:
        """Where the trainer writes its checkpoints."""
        return self.work / "trainer"

    @property
    def metrics(self) -> Path:
        return self.work / METRICS

    @property
    def alarms(self) -> Path:
        return self.work / ALARMS


def finished(out: Path) -> dict[str, Any] | None:
    """The manifest of a finished checkpoint folder; None where there is none."""
    path = out / MANIFEST
    if not path.is_file():
        return None
    manifest = _read_json(path)
    return manifest if manifest.get("finished") is True else None


def earlier_parameters(out: Path) -> dict[str, Any]:
    """The parameters of the run that is finished or unfinished in `out`; empty where there is none."""
    request_file = out / ".r1" / "run.json"
    request = finished(out) or (_read_json(request_file) if request_file.is_file() else {})
    parameters = request.get("parameters")
    return parameters if isinstance(parameters, dict) else {}


def run_request(
    command: str, parameters: dict[str, Any], parents: Sequence[dict[str, Any]], kind: str | None = None
) -> dict[str, Any]:
    """The identity of a run: command, kind of training, parameters and the inputs' digests, as JSON gives them back."""
    request: dict[str, Any] = json.loads(
        json.dumps({"command": command, "kind": kind, "parameters": parameters, "parents": list(parents)})
    )
    return request


def begin(out: Path, request: dict[str, Any]) -> TrainingRun | None:
    """Starts or resumes a run in `out`; None where the same run is finished there.

    Raises UserError where the folder holds something else.
    """
    manifest = finished(out)
    if manifest is not None:
        _refuse_other_request(out, manifest, request)
        return None
    run = TrainingRun(out, request)
    for folder in (run.work, run.trainer):  # what is in them is removed at the end
        if error := not_a_folder(str(folder), kind_of(folder)):
            raise error
    request_file = run.work / "run.json"
    if request_file.is_file():
        _refuse_other_request(out, _read_json(request_file), request)
        return run
    # A `.r1` without its request is what a kill between the two lines at the end leaves.
    if out.exists() and (not out.is_dir() or any(p.name != ".r1" for p in out.iterdir())):
        raise UserError(f"{out}: already holds other files; give a new folder")
    run.trainer.mkdir(parents=True, exist_ok=True)
    write_json(request_file, request)
    return run


@contextmanager
def run_lock(run: TrainingRun) -> Iterator[None]:
    """Hold the run, and record how it is executed this time: a second process that trains into the same folder is
    refused with a UserError."""
    # A lock of the kernel ends with its process, however that ends; a file with a process number would stay.
    with (run.work / LOCK).open("w") as lock:
        try:
            lock_alone(lock.fileno())
        except BlockingIOError as error:
            raise UserError(
                f"{run.out}: another process is training into it; wait for it or stop it"
            ) from error
        # Only now: the training processes of who holds the run read it.
        if _read_json(run.work / "run.json") != run.request:
            write_json(run.work / "run.json", run.request)
        yield


@contextmanager
def worker_lock(run: TrainingRun) -> Iterator[None]:
    """Say, in each of several processes, that it writes into the run's folder."""
    # Shared, so that all workers hold it at once; `wait_for_orphans` gets it for itself when the last one is gone.
    with (run.work / WORKERS).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield


def wait_for_orphans(run: TrainingRun, seconds: float = 60.0) -> None:
    """Wait for processes whose parent was killed to end: until they have noticed, they write into the folder.

    Raises UserError where one is still there after so many seconds.
    """
    end = time.monotonic() + seconds
    with (run.work / WORKERS).open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > end:
                    raise UserError(
                        f"{run.out}: processes of a killed run still train into it; end them"
                    ) from None
                time.sleep(0.1)
            else:
                return


def remove_incomplete(run: TrainingRun) -> None:
    """Removes trainer checkpoints that a kill left half-written; one process does so, before training begins."""
    for folder in run.trainer.glob("checkpoint-*"):
        if not (folder / COMPLETE).is_file():
            shutil.rmtree(folder)


def last_complete(run: TrainingRun) -> Path | None:
    """The newest complete trainer checkpoint."""
    complete = [folder for folder in run.trainer.glob("checkpoint-*") if (folder / COMPLETE).is_file()]
    return max(complete, key=_step, default=None)


def trainer_folder(args: TrainingArguments, step: int) -> Path:
    """The checkpoint that the trainer writes after a step."""
    return Path(str(args.output_dir)) / f"checkpoint-{step}"


def mark_complete(folder: Path) -> None:
    """Say that all of a trainer's checkpoint is on disk."""
    # The mark must not be on disk before what it vouches for: a power cut may keep later writes and lose earlier ones.
    for path in folder.rglob("*"):
        fsync(path)
    (folder / COMPLETE).touch()
    fsync(folder)


def remove_others(folder: Path, kept: Collection[int]) -> None:
    """Remove a trainer's checkpoints of other steps than these, once one of these is whole."""
    for path in folder.glob("checkpoint-*"):
        if _step(path) not in kept:
            shutil.rmtree(path, ignore_errors=True)


def publish(run: TrainingRun, save: Callable[[Path], None], manifest: dict[str, Any]) -> dict[str, Any]:
    """Finish: `save(folder)` writes the model's files, then they move to `out`, the manifest last.

    Returns the manifest as written.
    """
    staged = run.work / "model"
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir()
    save(staged)
    for file in (run.metrics, run.alarms):
        if file.exists():
            shutil.copy2(file, staged / file.name)
    # Up to the manifest, a kill leaves `.r1/`, from which the same command finishes again; after it only litter.
    for path in sorted(staged.iterdir()):
        place = run.out / path.name
        if path.is_dir():
            for file in path.rglob("*"):
                fsync(file)
            # What is there is a killed attempt's, and no folder takes the place of one that holds files.
            shutil.rmtree(place, ignore_errors=True)
        fsync(path)
        path.replace(place)
    fsync(run.out)
    whole = {
        **run.request,
        **manifest,
        "finished_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "finished": True,
    }
    write_json(run.out / MANIFEST, whole)
    shutil.rmtree(
        run.work, ignore_errors=True
    )  # on NFS the logs of other processes cannot go while they are open
    return whole


def kept(run: TrainingRun) -> str:
    """What an interruption leaves, in words: the step of the last whole checkpoint, and the steps that are lost."""
    folder = last_complete(run)
    if folder is None:
        return "no step is kept yet, the same command begins again"
    step, last = _step(folder), last_logged(run.metrics)
    lost = (
        ""
        if last <= step
        else f" (steps {step + 1} to {last} are lost)"
        if last > step + 1
        else f" (step {last} is lost)"
    )
    return f"step {step} is kept{lost}, the same command goes on from there"


def last_logged(metrics: Path) -> int:
    """The last step in a file of metrics; 0 where there is none."""
    lines = metrics.read_text().splitlines(keepends=True) if metrics.exists() else []
    whole = [line for line in lines if line.endswith("\n")]
    return int(json.loads(whole[-1])["step"]) if whole else 0


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Write a JSON file so that it is there whole or not at all."""
    write_whole(path, json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")


def write_whole(path: Path, text: str) -> None:
    """Write a file so that a kill leaves what was there before, or all of the text."""
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(text)
    fsync(temporary)
    temporary.replace(path)
    fsync(path.parent)


def digest_of_model(folder: Path) -> str:
    """sha256 over names, sizes and three samples of 1 MiB (start, middle, end) of a model folder's files.

    Samples, because hashing 64 GB of weights takes longer than loading them; any training changes all weights.
    """
    digest = hashlib.sha256()
    suffixes: tuple[str, ...] = (".safetensors", ".json", ".jinja")
    # Where tokenizer.json is missing, the tokenizer is made of other files.
    suffixes += () if (folder / "tokenizer.json").is_file() else (".model", ".txt")
    files = [path for path in folder.iterdir() if path.suffix in suffixes and path.is_file()]
    for path in sorted([*files, *(folder / CHAT_TEMPLATES).glob("*.jinja")]):
        if path.name == MANIFEST:
            continue
        size = path.stat().st_size
        digest.update(f"{path.name}\0{size}\0".encode())
        with path.open("rb") as file:
            for start in sorted({0, max(0, size // 2), max(0, size - SAMPLED_BYTES)}):
                file.seek(start)
                digest.update(file.read(SAMPLED_BYTES))
    return digest.hexdigest()


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text())
    except ValueError as error:
        raise UserError(f"{path}: not JSON ({error}); remove the folder and train again") from error
    return content if isinstance(content, dict) else {}


def _refuse_other_request(out: Path, recorded: dict[str, Any], request: dict[str, Any]) -> None:
    if recorded.get("command") != request["command"]:
        raise UserError(
            f"{out}: was made by {recorded.get('command')}, not {request['command']}; give a new folder"
        )
    # A folder of an earlier release says no kind.
    if (kind := recorded.get("kind")) and kind != request.get("kind"):
        raise UserError(f"{out}: was begun as {kind} training, not {request.get('kind')}; give a new folder")
    old, new = as_recorded(request.get("kind"), recorded.get("parameters", {})), request["parameters"]
    # First, as its settings differ with it. It may have moved to another path: its digest, which is the last, counts.
    if "model" in old and _digests(recorded)[-1:] != _digests(request)[-1:]:
        began = old["model"] if old["model"] != new.get("model") else f"another version of {old['model']}"
        raise UserError(f"{out}: was begun from the model {began}, not {new.get('model')}; give a new folder")
    for key in sorted({*old, *new} - {"model", "teachers", "eval_on"} - EXECUTION):
        if old.get(key) != new.get(key):
            raise UserError(
                f"{out}: was begun with {key}={old.get(key)}, not {new.get(key)}; give a new folder"
            )
    if _digests(recorded) != _digests(request):
        raise UserError(f"{out}: was begun with other inputs (its data has changed); give a new folder")


def _digests(request: dict[str, Any]) -> list[Any]:
    """What the inputs are, wherever they lie; a path where there is no digest."""
    return [parent.get("digest") or parent.get("uri") for parent in request.get("parents", [])]


def _step(folder: Path) -> int:
    return int(folder.name.rsplit("-", 1)[1])
