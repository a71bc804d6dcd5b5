"""Checkpoints written in the background: training goes on while files are written from a copy in memory.

One process, or the first of several that each hold a copy of the model, copies weights and optimizer into RAM, where
there is room for it, and a thread writes them as the trainer would. Where the model is sharded, each process copies
and writes its shards, by torch's distributed checkpoints. Only one checkpoint is under way: the next one waits for
it. A checkpoint counts as whole once all its files are on disk, so that one cut short by a kill is passed over.

Written at once, as before: adapters, which are small, DeepSpeed's checkpoints, and models for whose copy RAM is short.
"""

from __future__ import annotations

import contextlib
import copy
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, wait
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

import torch

from r1data.runtime.processes import spare_memory
from r1data.training.output import checkpoint

if TYPE_CHECKING:
    from transformers import Trainer

ROOM = 0.5
"""The share of free RAM that a copy may take. Ours."""


class Writer:
    """Takes the place of a trainer's own writing of checkpoints.

    Args:
        trainer: `_save_checkpoint` of this very trainer is replaced.
    """

    def __init__(self, trainer: Trainer) -> None:
        self.trainer = trainer
        self._save = trainer._save_checkpoint
        self._files: list[Future[Any]] = []
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None
        self._groups: list[Any] = []
        trainer._save_checkpoint = self.save

    def save(self, model: Any, trial: Any) -> None:
        """Write a checkpoint, or begin to."""
        self.wait()
        trainer = self.trainer
        # Callbacks write into it too, maybe before the thread has made it.
        checkpoint.trainer_folder(trainer.args, trainer.state.global_step).mkdir(parents=True, exist_ok=True)
        if trainer.is_deepspeed_enabled:
            self._save(model, trial)
        elif trainer.is_fsdp_enabled:
            with self._distributed_in_background() if self._all_have_room() else contextlib.nullcontext():
                self._save(model, trial)
        elif not trainer.args.should_save or not _copyable(trainer):
            self._save(model, trial)
        else:
            trainer.store_flos()  # here, as it may send messages between processes
            self._files = [_in_thread(_as_it_is(trainer)._save_checkpoint, model, trial)]

    def when_written(self, act: Callable[[], None]) -> None:
        """Call `act` once the files of the last checkpoint are on disk: now, or in a thread."""
        if not self._files:
            act()
            return
        files = list(self._files)

        def finish() -> None:
            try:
                for future in files:
                    future.result()
                act()
            except BaseException as error:  # noqa: BLE001 - raised again by `wait`
                self._error = error

        # daemon: leaving at once must not wait for it
        self._thread = threading.Thread(target=finish, name="r1-checkpoint", daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Wait for the checkpoint that is under way. Raises what its writing raised."""
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._files = []
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    def settle(self, seconds: float) -> None:
        """Give the checkpoint under way some time to end: Python may not end while a thread of torch's writes."""
        end = time.monotonic() + seconds
        wait(self._files, seconds)
        if self._thread is not None:
            self._thread.join(max(0.0, end - time.monotonic()))

    def check(self) -> None:
        """Raise what writing raised, if it has failed meanwhile."""
        if self._thread is not None and not self._thread.is_alive():
            self.wait()

    def _all_have_room(self) -> bool:
        """Whether every process's machine has RAM for the copies of all its processes: they write the same way."""
        if not self._groups:
            # One for each part, as both are written at once: messages of two threads must not mix.
            self._groups = [torch.distributed.new_group(backend="gloo") for _ in FSDP_PARTS]
        beside = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
        room = torch.tensor(int(_size(self.trainer) * beside < ROOM * spare_memory()))
        torch.distributed.all_reduce(room, torch.distributed.ReduceOp.MIN, group=self._groups[0])
        return bool(room.item())

    @contextlib.contextmanager
    def _distributed_in_background(self) -> Iterator[None]:
        """Within the block, torch's distributed checkpoints are copied to RAM and written later."""
        distributed_checkpoint: Any = import_module("torch.distributed.checkpoint")
        save = distributed_checkpoint.save
        numbers = iter(range(len(FSDP_PARTS)))

        def later(state_dict: Any, **options: Any) -> None:
            group = self._groups[next(numbers)]
            # Not torch's `async_save`, whose own copying fails for shards that are in RAM already.
            self._files.append(_in_thread(partial(save, copied(state_dict), process_group=group, **options)))

        distributed_checkpoint.save = later
        try:
            yield
        finally:
            distributed_checkpoint.save = save


FSDP_PARTS = ("model", "optimizer")


class _Snapshot:
    """Something whose state no longer changes."""

    def __init__(self, state: Any) -> None:
        self._state = state

    def state_dict(self) -> Any:
        return self._state


def _as_it_is(trainer: Trainer) -> Any:
    """A trainer that can only write a checkpoint, of this moment."""
    weights = copied(trainer.accelerator.unwrap_model(trainer.model).state_dict())
    facade: Any = copy.copy(trainer)
    del facade._save_checkpoint  # the writer's; the class has the trainer's own
    facade.state = copy.deepcopy(trainer.state)
    facade.optimizer = _Snapshot(copied(trainer.optimizer.state_dict()))
    facade.lr_scheduler = _Snapshot(copy.deepcopy(trainer.lr_scheduler.state_dict()))
    facade.store_flos = lambda: None
    write = type(trainer)._save
    facade._save = lambda output_dir: write(facade, output_dir, state_dict=weights)
    return facade


def copied(state: Any) -> Any:
    """A copy of nested tensors in RAM; those that share their memory, as tied embeddings do, share it still."""
    from torch.distributed.tensor import DTensor

    copies: dict[tuple[Any, ...], torch.Tensor] = {}

    def copy_one(value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            local = value.to_local() if isinstance(value, DTensor) else value
            key = (value.device, local.data_ptr(), value.shape, value.stride(), value.dtype)
            if not local.numel() or key not in copies:
                copies[key] = value.detach().to("cpu", copy=True)
            return copies[key]
        if isinstance(value, Mapping):
            return type(value)((name, copy_one(item)) for name, item in value.items())  # type: ignore[call-arg]
        if isinstance(value, (list, tuple)):
            return type(value)(copy_one(item) for item in value)
        return value

    return copy_one(state)


def _copyable(trainer: Trainer) -> bool:
    from transformers.utils import is_peft_available

    if is_peft_available():
        from peft import PeftModel

        if isinstance(trainer.model, PeftModel):
            return False
    return _size(trainer) < ROOM * spare_memory()


def _size(trainer: Trainer) -> int:
    """Bytes of this process's weights and optimizer; of its shards, where they are sharded."""
    from torch.distributed.tensor import DTensor

    tensors = [*trainer.model.state_dict().values()]
    for state in trainer.optimizer.state.values():
        tensors += [value for value in state.values() if isinstance(value, torch.Tensor)]
    return sum(one.to_local().nbytes if isinstance(one, DTensor) else one.nbytes for one in tensors)


def _in_thread(work: Callable[..., Any], *arguments: Any) -> Future[Any]:
    future: Future[Any] = Future()

    def run() -> None:
        try:
            future.set_result(work(*arguments))
        except BaseException as error:  # noqa: BLE001 - raised again by who asks for the result
            future.set_exception(error)

    threading.Thread(target=run, name="r1-checkpoint-files", daemon=True).start()
    return future
