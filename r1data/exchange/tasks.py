"""Prompts from reasoning-gym's tasks (R1 2.2.2 and 2.3.2: logic problems with answers that a rule can check).

`reasoning-gym:chain_sum`, `reasoning-gym:chain_sum,sudoku` or `reasoning-gym:all` is a source of `prompt` rows whose
truth the verifier `logic` reads. Which tasks, and how to tell a model where to put its answer, is ours: the paper names
no set. A row depends on its task, settings, seed and index, and on reasoning-gym's version, which `meta` names.

Not here: reasoning-gym's curricula and its composite task; difficulty is set by `config`.
"""

import difflib
import hashlib
import json
import subprocess
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import pyarrow as pa

from r1data.data.commits import Parent
from r1data.data.plain import content_id
from r1data.data.schema import Schema, load_schema
from r1data.errors import UserError
from r1data.exchange.task_rows import BLOCK
from r1data.runtime.processes import module_command, module_environment

PREFIX = "reasoning-gym:"
LICENSE = "Apache-2.0"
TELL = "\n\nWrite the final answer, and nothing else, between <answer> and </answer>."
"""Added where a question does not name the tags itself."""
NO_TASK = ("composite",)
"""Names of reasoning-gym's that make no rows of their own."""

TaskConfig = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TaskShard:
    """Up to `BLOCK` rows of one task, made when they are asked for."""

    task: str
    config: TaskConfig
    seed: int
    block: int
    rows: int
    version: str

    @property
    def name(self) -> str:
        return f"{self.task}-{self.block:05d}"

    @property
    def sha256(self) -> str:
        """Identity of what makes the rows, which is known before the rows are."""
        return hashlib.sha256(
            json.dumps([self._request(), self.version], sort_keys=True).encode()
        ).hexdigest()

    def table(self) -> pa.Table:
        """The rows. Raises UserError where the task fails."""
        # A process of its own: some tasks walk through sets, whose order only PYTHONHASHSEED fixes, which Python reads
        # when it starts.
        process = subprocess.run(
            module_command("r1data.exchange.task_rows"),
            input=json.dumps(self._request()),
            capture_output=True,
            text=True,
            env=module_environment(PYTHONHASHSEED="0"),
        )
        if process.returncode:
            error_line = (process.stderr.strip().splitlines() or [f"exit {process.returncode}"])[-1]
            raise UserError(
                f"{PREFIX}{self.task}: its rows cannot be made: {error_line[:300]}; change its --config"
            )
        rows = [
            self._row(number, json.loads(line)) for number, line in enumerate(process.stdout.splitlines())
        ]
        return pa.Table.from_pylist(
            rows, pa.schema([(c.name, c.type) for c in load_schema("prompt").columns])
        )

    def _request(self) -> dict[str, Any]:
        return {
            "task": self.task, "config": dict(self.config), "seed": self.seed, "block": self.block, "rows": self.rows
        }  # fmt: skip

    def _row(self, number: int, task_row: Mapping[str, Any]) -> dict[str, Any]:
        index = self.block * BLOCK + number
        meta = {
            "task": self.task,
            "config": self.config,
            "seed": self.seed,
            "index": index,
            "version": self.version,
        }
        truth = {"task": self.task, "config": self.config, "entry": task_row["entry"]}
        question = task_row["question"].rstrip()
        return {
            "prompt_id": content_id(PREFIX, json.dumps(meta, sort_keys=True)),
            "prompt": question if "<answer>" in question else question + TELL,
            "domain": "logic",
            "language": "en",
            "verifier": "logic",
            "truth": json.dumps(truth, ensure_ascii=False),
            "source": PREFIX + self.task,
            "license": LICENSE,
            "meta": json.dumps(meta),
        }


class TaskSource:
    """Tasks of reasoning-gym as a source: the same number of rows of each, task after task."""

    complete = True

    def __init__(self, uri: str, rows: int, seed: int = 0, config: TaskConfig | None = None) -> None:
        """`config`: settings by name, for all tasks, or by `task.name`, for one.

        Raises UserError where reasoning-gym is not installed, and on unknown tasks, settings or values.
        """
        self.uri = uri
        self.schema: Schema = load_schema("prompt")
        try:
            _task_classes()
        except ImportError as error:
            raise UserError(f"{PREFIX} needs the package `reasoning-gym`; install r1data[logic]") from error
        self.version = version("reasoning-gym")
        self.seed = seed
        self.each = rows
        self.config = config or {}
        self.tasks = {task: _settings(task, self.config) for task in _task_names(uri.removeprefix(PREFIX))}
        for name in self.config:
            task, dot, _ = name.partition(".")
            if dot and task not in self.tasks:
                raise UserError(
                    f"--config {name}: {task} is not among the tasks of this source; add it there, or "
                    "leave the setting out"
                )
        if rows < 1:
            raise UserError(f"{uri}: how many rows of each task? write --rows 1000")
        self.rows = rows * len(self.tasks)

    def shards(self) -> Iterator[TaskShard]:
        for task, config in self.tasks.items():
            for block in range(-(-self.each // BLOCK)):
                rows = min(BLOCK, self.each - block * BLOCK)
                yield TaskShard(task, config, self.seed, block, rows, self.version)

    def parents(self) -> list[Parent]:
        """None: the command's parameters say all that the rows depend on."""
        return []

    def parameters(self) -> dict[str, Any]:
        """What the rows depend on, for the command that is recorded."""
        own = {"source": self.uri, "rows": self.each, "seed": self.seed, "config": dict(self.config)}
        return own | {"reasoning_gym": self.version}


def is_tasks(uri: str) -> bool:
    """True for `reasoning-gym:…`."""
    return uri.startswith(PREFIX)


def parse_config(texts: Sequence[str]) -> dict[str, Any]:
    """Settings from `NAME=VALUE`, the value read as JSON where it is some. Raises UserError without a name."""
    settings: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UserError(f"--config {text}: write NAME=VALUE, or TASK.NAME=VALUE")
        try:
            settings[name] = json.loads(value)
        except (ValueError, RecursionError):
            settings[name] = value
    return settings


def _task_classes() -> Mapping[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from reasoning_gym.factory import DATASETS
    return {name: entry for name, entry in DATASETS.items() if name not in NO_TASK}


def _task_names(text: str) -> list[str]:
    """The tasks that a source names, in its order, each once."""
    tasks = _task_classes()
    if text == "all":
        return sorted(tasks)
    names = list(dict.fromkeys(name.strip() for name in text.split(",")))
    for name in names:
        if name not in tasks:
            near = difflib.get_close_matches(name, tasks, n=5, cutoff=0.5)
            hint = (
                f"choose one near it: {', '.join(near)}"
                if near
                else f"choose one of {', '.join(sorted(tasks))}"
            )
            raise UserError(f"{PREFIX}{name}: no such task; {hint}")
    return names


def _settings(task: str, config: TaskConfig) -> dict[str, Any]:
    """The settings that are meant for a task. Raises UserError where it does not take them."""
    own = {name: value for name, value in config.items() if "." not in name}
    own |= {name.partition(".")[2]: value for name, value in config.items() if name.startswith(f"{task}.")}
    if reserved := sorted(own.keys() & {"seed", "size"}):
        raise UserError(f"--config {reserved[0]}: --seed and --rows say that; use those")
    _, kind = _task_classes()[task]
    try:
        settings = kind(**own)
        if hasattr(settings, "validate"):
            settings.validate()
    # reasoning-gym checks its settings by `assert`.
    except (AssertionError, TypeError, ValueError) as error:
        problem = str(error).removeprefix(f"{kind.__name__}.__init__() ") or "a value is out of range"
        fields = ", ".join(name for name in kind.__dataclass_fields__ if name not in ("seed", "size"))
        raise UserError(f"{PREFIX}{task}: {problem}; give --config one of {fields}") from error
    return own
