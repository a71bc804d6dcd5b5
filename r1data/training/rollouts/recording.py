"""Rollouts as a dataset beside a GRPO run: `OUT/rollouts`, schema `verified`, a shard a rollout (`recorded`: its rows).

A rollout belongs to the dataset once a checkpoint holds the steps that were made of it: what a killed run generates
again after its last checkpoint would otherwise stand there twice, and on a GPU with other words. So each process writes
its part of a rollout as a file in the run's folder while training goes on, and the main process commits it when the
next checkpoint is whole. A run that goes on first commits what its checkpoint includes and removes the rest. Names
follow from steps and processes alone: an interrupted run leaves the shards of one that was not.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import torch
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from r1data.data import parquet
from r1data.data.commits import Command, Parent, ShardEntry
from r1data.data.dataset import Dataset
from r1data.data.schema import conform, load_schema
from r1data.data.stores import open_store
from r1data.data.stores.layout import LOG
from r1data.data.stores.local import fsync
from r1data.data.writer import Draft, Writer
from r1data.errors import UserError
from r1data.evaluation.benchmarks import place_of
from r1data.training.grpo.lengths import OVERLONG
from r1data.training.output.checkpoint import EXECUTION, TrainingRun
from r1data.training.rewards import Scored
from r1data.training.rollouts import prompt_rows, recorded
from r1data.training.settings import GrpoSettings
from r1data.verifiers.table import count, version_of
from r1data.verifiers.verdict import Verifier

FOLDER = "rollouts"
"""Of the dataset in the run's folder, and of what is not committed in the run's work folder."""
SCHEMA = "verified"
_NAME = re.compile(r"step-(\d{8})[\w-]*\.parquet", re.ASCII)


class Recorder:
    """Records the rollouts of one process.

    A trainer calls `capture` for each generation, `close` for the rollout made of them, `fill` where log-probabilities
    are known only in its steps, and `send` after each step.

    Args:
        run: the run, whose folder holds the prompts' rows (`prompt_rows`).
        settings: `rollouts` says which rollouts are kept.
        overrides: verifiers that stand in for those of their name.
        process, processes: this process's number, and how many there are.
    """

    def __init__(
        self,
        run: TrainingRun,
        settings: GrpoSettings,
        overrides: Mapping[str, Verifier],
        process: int = 0,
        processes: int = 1,
    ) -> None:
        self.run, self.settings, self.overrides = run, settings, overrides
        self.process, self.processes = process, processes
        self.every = settings.rollouts_every()
        self.prompts = prompt_rows.PromptRows(run.work / prompt_rows.FILE)
        punished = [OVERLONG] if settings.overlong == "punish" else []
        self.columns = recorded.schema([*settings.rewards, *punished])
        self.pending = run.work / FOLDER
        self.pending.mkdir(exist_ok=True)
        self._open: tuple[int, list[recorded.Response], str] | None = None
        self._sums: list[tuple[Any, Any]] = []
        self._thread = ThreadPoolExecutor(1, "r1-rollouts")
        self._writing: Future[None] | None = None
        self._dataset: Writer | None = None

    @property
    def uri(self) -> Path:
        """Where the dataset lies."""
        return self.run.out / FOLDER

    def capture(
        self,
        rows: Sequence[Mapping[str, Any]],
        responses: Sequence[Sequence[int]],
        scored: Sequence[Scored],
        rewards: Mapping[str, Sequence[float | None]],
    ) -> list[recorded.Response]:
        """The responses of one generation, which `close` gets those of that are trained on.

        Args:
            rows: the prompts' rows as the trainer has them, one a response.
            responses: token ids.
            rewards: by name, one number a response.
        """
        captured = []
        for number, (row, ids, one) in enumerate(zip(rows, responses, scored, strict=True)):
            values = {name: column[number] for name, column in rewards.items()}
            captured.append(recorded.Response(int(row["row"]), one, values, len(row["prompt"]), len(ids)))
        return captured

    def close(
        self,
        batch: dict[str, Any],
        responses: list[recorded.Response],
        policy_step: int,
        rollout: int,
        sampling: Mapping[str, Any],
    ) -> None:
        """Record the responses that a rollout trains on.

        Args:
            batch: the rollout as TRL holds it before it is shuffled; it gets `sample`, the responses' positions.
            responses: its responses, as `capture` gave them.
            policy_step: optimizer steps made before it.
            rollout: its number.
            sampling: how it was sampled.
        """
        if not self.every or rollout % self.every:
            return
        size = len(responses)
        batch["sample"] = torch.arange(size, device=batch["advantages"].device)
        first = (rollout * self.processes + self.process) * size
        for number, (response, advantage) in enumerate(
            zip(responses, batch["advantages"].tolist(), strict=True)
        ):
            response.sample_index = first + number
            response.numbers = {
                "reward": self._weighted(response),
                "advantage": advantage,
                "policy_step": policy_step,
                "round": rollout,
            }
        self._open = (policy_step, responses, json.dumps(dict(sampling), ensure_ascii=False))
        if (logprobs := batch.get("old_per_token_logps")) is not None:
            self.fill(batch, logprobs)
            self.send()

    def fill(self, batch: Mapping[str, Any], logprobs: torch.Tensor) -> None:
        """Note the log-probabilities, [responses, tokens], that the policy gives responses of the open rollout."""
        if self._open is not None and "sample" in batch:
            sums = _sums(logprobs.detach(), batch.get("sampling_per_token_logps"), batch["completion_mask"])
            self._sums.append((batch["sample"], sums))

    def send(self) -> None:
        """Hand the open rollout to the thread that writes it."""
        if self._open is None:
            return
        policy_step, responses, sampling = self._open
        for samples, sums in self._sums:
            for number, values in zip(samples.tolist(), sums.tolist(), strict=True):
                names = ("trainer_logprob", "engine_logprob", "logprob_gap")
                known = {name: value for name, value in zip(names, values, strict=True) if value == value}
                for name, value in known.items():
                    responses[number].numbers.setdefault(name, value)
        self._open, self._sums = None, []
        self.flush()  # of the rollout before, long since written
        self._writing = self._thread.submit(self._write, policy_step, responses, sampling)

    def flush(self) -> None:
        """Wait until all that was sent is on disk. Raises UserError where it could not be written."""
        writing, self._writing = self._writing, None
        if writing is None:
            return
        try:
            writing.result()
        except OSError as error:
            raise _no_room(self.uri, error) from error

    def settle(self, step: int) -> None:
        """Before training goes on at a step, in the main process alone: commit the rollouts of the steps before it, and
        remove those that are generated again."""
        for path in self.pending.iterdir():
            if (number := _step(path)) is None or number >= step:
                path.unlink()
        self.commit(step)

    def commit(self, step: int) -> None:
        """Commit the rollouts that the steps up to this one were made of, in the main process alone.

        Raises UserError where the dataset holds another rollout of a step, or the disk is full.
        """
        paths = sorted(path for path in self.pending.iterdir() if _before(path, step))
        if not paths:
            return
        try:
            self._commit(paths)
        except OSError as error:
            raise _no_room(self.uri, error) from error

    def finish(self) -> dict[str, Any]:
        """End the dataset, in the main process; returns what a summary says of it, nothing where there is none."""
        if not open_store(self.uri).files(LOG):
            return {}
        writer = self._writer()
        if missing := [name for name in writer.committed if not writer.has(name)]:
            return {
                "recorded_rollouts": {"missing_shards": len(missing)}
            }  # no reason not to publish the model
        summary = writer.finish()
        return {"recorded_rollouts": {"rows": summary.rows, "digest": summary.digest}}

    def _weighted(self, response: recorded.Response) -> float | None:
        """A response's rewards as TRL adds them up: what is there; None where nothing is."""
        weights = self.settings.rewards
        values = [value * weights[name] for name, value in response.rewards.items() if value is not None]
        return sum(values) + response.punishment if values else None

    def _write(self, policy_step: int, responses: Sequence[recorded.Response], sampling: str) -> None:
        # The base as it was named, so that the same run in another folder leaves the same bytes.
        model = f"{self.run.request['parameters']['model']}@{policy_step}"
        origin = recorded.Origin(model, self.settings.engine, sampling)
        prompts = {
            position: self.prompts[position] for position in {response.position for response in responses}
        }
        names = {response.scored.rollout.verifier for response in responses}
        versions = {name: version_of(name, self.overrides) if name else "none" for name in names}
        tables = list(recorded.tables(responses, prompts, origin, versions, self.columns))
        for part, table in enumerate(tables):
            name = f"step-{policy_step:08d}"
            name += f"-process-{self.process:04d}" if self.processes > 1 else ""
            name += f"-part-{part:04d}" if len(tables) > 1 else ""
            content = parquet.encode(conform(table, load_schema(SCHEMA), name))
            temporary = self.pending / f"{name}.tmp"
            temporary.write_bytes(content)
            fsync(temporary)
            temporary.replace(temporary.with_suffix(".parquet"))
        fsync(self.pending)

    def _commit(self, paths: Sequence[Path]) -> None:
        writer, drafts = self._writer(), []
        for path in paths:
            content = path.read_bytes()
            digest = hashlib.sha256(content).hexdigest()
            if (entry := writer.committed.get(path.stem)) is not None:
                if entry.sha256 != digest:
                    raise UserError(
                        f"{self.uri}: holds other rollouts of step {_step(path)}, after a checkpoint that is gone; "
                        "remove that folder"
                    )
                continue
            names = ["verdict", "verdict_cause"]
            table = pq.read_table(path, columns=names)
            entry = ShardEntry(f"data/{path.name}", len(table), len(content), digest, (), dict(count(table)))
            drafts.append(Draft(entry, writer.target.store.stage(entry.path, content)))
        writer.adopt_all(drafts)
        for path in paths:
            path.unlink()

    def _writer(self) -> Writer:
        if self._dataset is None:
            self._dataset = Writer.open(
                self.uri,
                schema=SCHEMA,
                command=self._command(),
                parents=_parents(self.run.request),
                announce=False,
            )
        return self._dataset

    def _command(self) -> Command:
        """The run's command; where it began under another execution or release, as it was recorded then."""
        if open_store(self.uri).files(LOG):
            command = Dataset(self.uri).command
            return Command(command["name"], command["parameters"])
        request = self.run.request
        parameters = {k: v for k, v in request["parameters"].items() if k not in EXECUTION}
        return Command(request["command"], parameters)


class Recording(TrainerCallback):  # type: ignore[misc]
    """Sends and flushes a recorder's rollouts; it must come before `MarkComplete` among the callbacks."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self.recorder.send()

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        # In every process, before they meet: the main one commits all parts once the checkpoint is whole.
        self.recorder.flush()


def of(
    run: TrainingRun,
    settings: GrpoSettings,
    overrides: Mapping[str, Verifier],
    process: int = 0,
    processes: int = 1,
) -> Recorder | None:
    """The recorder of a run; None for one that an earlier release prepared, without its prompts' rows."""
    if not (run.work / prompt_rows.FILE).is_file():
        return None
    return Recorder(run, settings, overrides, process, processes)


def _sums(logprobs: torch.Tensor, engine: torch.Tensor | None, mask: torch.Tensor) -> torch.Tensor:
    """[responses, 3]: both log-probabilities, summed over a response's tokens, and their largest difference; NaN where
    one is not known."""
    mask = mask.bool()
    logprobs = logprobs.float()
    unknown = torch.full((len(logprobs),), torch.nan, device=logprobs.device)
    trainer = torch.where(mask, logprobs, 0.0).double().sum(1)
    if engine is None:
        return torch.stack([trainer, unknown.double(), unknown.double()], 1)
    # A token whose log-probability vLLM could not tell is NaN, and its response's sum is not known.
    gap = torch.where(mask & ~engine.isnan(), (logprobs - engine).abs(), 0.0).amax(1)
    return torch.stack([trainer, torch.where(mask, engine, 0.0).double().sum(1), gap.double()], 1)


def _step(path: Path) -> int | None:
    match = _NAME.fullmatch(path.name)
    return int(match[1]) if match else None


def _before(path: Path, step: int) -> bool:
    number = _step(path)
    return number is not None and number < step


def _parents(request: Mapping[str, Any]) -> list[Parent]:
    """The prompts and the base of a run, where it is a folder; other models are among the parameters."""
    parameters = request["parameters"]
    others = {
        parameters["model"],
        *([place_of(parameters["eval_on"])] if parameters.get("eval_on") else []),
        *(parameters.get("reward_models") or {}).values(),
    }
    return [
        Parent(parent["uri"], parent.get("digest"))
        for parent in request["parents"]
        if parent["uri"] not in others
        or (parent["uri"] == parameters["model"] and Path(parent["uri"]).is_dir())
    ]


def _no_room(uri: Path, error: OSError) -> UserError:
    return UserError(
        f"{uri}: rollouts cannot be written ({error.strerror or error}); make room, or go on with --rollouts none"
    )
