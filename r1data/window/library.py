"""What the window shows: datasets and runs by their keys.

A place that one of them names is opened when it is asked for.
Nothing is read but commits and records until a page asks; what is being written is followed by `refresh`.
"""

import contextlib
import threading
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from r1data.data.dataset import Dataset
from r1data.data.locations import scheme
from r1data.data.plain import is_plain
from r1data.errors import R1Error, UserError
from r1data.exchange.review.desk import ReviewDesk
from r1data.recipe import record
from r1data.recipe.report import training_runs
from r1data.recipe.report.links import window_key
from r1data.training.output.checkpoint import MANIFEST
from r1data.window.runs.recipe_state import FollowedRecipe
from r1data.window.runs.samples import FollowedRollouts
from r1data.window.runs.training_state import ROLLOUTS, FollowedTraining
from r1data.window.table import RowTable
from r1data.window.table.plain_rows import as_dataset


@dataclass
class OpenDataset:
    """A dataset of committed shards that pages show, or a plain file whose rows were written into one.

    `uri` is what the user named; `place` is where the shards lie.
    """

    key: str
    uri: str
    place: str = ""
    _table: RowTable | None = field(default=None, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        self.place = self.place or self.uri

    @property
    def name(self) -> str:
        return self.uri.rstrip("/").rpartition("/")[2]

    @property
    def path(self) -> str:
        """The beginning of its pages' addresses."""
        return f"/d/{self.key}"

    def dataset(self) -> Dataset:
        """As it is committed now. Raises UserError where it is no dataset any more."""
        return Dataset(self.place)

    @property
    def table(self) -> RowTable:
        """Its rows as they are committed now; one that a page holds stays as it was. Raises as `dataset`."""
        with self._lock:
            self._table = RowTable(self.place) if self._table is None else self._table.refreshed()
            return self._table


@dataclass
class OpenRun:
    """A run's folder that pages show: of a recipe (`run.json`), or of one training (`metrics.jsonl`)."""

    key: str
    folder: Path
    is_recipe: bool

    @property
    def name(self) -> str:
        return self.folder.resolve().name

    @property
    def path(self) -> str:
        """The beginning of its pages' addresses."""
        return f"/r/{self.key}"

    @cached_property
    def uri(self) -> str:
        return str(self.folder)

    @cached_property
    def followed(self) -> FollowedRecipe | FollowedTraining:
        """What reads the run's files again and again."""
        return FollowedRecipe(self.folder) if self.is_recipe else FollowedTraining(self.folder)

    @cached_property
    def rollouts(self) -> FollowedRollouts:
        """What reads the newest rollouts of a training."""
        return FollowedRollouts(self.folder / ROLLOUTS)


@dataclass
class Library:
    """Datasets and runs by key, in the order in which they were opened. Safe between threads."""

    datasets: dict[str, OpenDataset] = field(default_factory=dict)
    runs: dict[str, OpenRun] = field(default_factory=dict)
    named: list[str] = field(default_factory=list)
    """Keys of those that the user named."""
    desk: ReviewDesk | None = None
    """The review that `r1 review` opened."""
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def open(self, place: str) -> OpenDataset | OpenRun:
        """Opens what the user named: a dataset, a plain file, or a run's folder.

        Raises:
            UserError: it is neither.
        """
        opened = self.open_run(Path(place)) if is_run(place) else self.open_dataset(place)
        if opened.key not in self.named:
            self.named.append(opened.key)
        return opened

    def open_dataset(self, uri: str) -> OpenDataset:
        """A dataset, opened once. Raises UserError where there is none."""
        key = window_key(uri)
        with self.lock:
            if key in self.datasets:
                return self.datasets[key]
        opened = OpenDataset(key, uri, as_dataset(uri))
        opened.dataset()
        with self.lock:
            return self.datasets.setdefault(key, opened)

    def open_run(self, folder: Path) -> OpenRun:
        """A run, opened once. Raises UserError where there is none."""
        key = window_key(str(folder))
        with self.lock:
            if key in self.runs:
                return self.runs[key]
        if not is_run(str(folder)):
            raise UserError(
                f"{folder}: no run here; give the folder that r1 run or a training was given as --out"
            )
        opened = OpenRun(key, folder, (folder / record.FILE).is_file())
        with self.lock:
            return self.runs.setdefault(key, opened)

    def warm(self) -> None:
        """Reads what the first page of each dataset needs, in the background; what is wrong is said by the page."""

        def work() -> None:
            for opened in list(self.datasets.values()):
                with contextlib.suppress(R1Error, OSError):
                    opened.table.warm()

        threading.Thread(target=work, daemon=True, name="warm").start()

    def dataset(self, key: str) -> OpenDataset:
        """The dataset of an address. Raises UnknownKey."""
        with self.lock:
            if key in self.datasets:
                return self.datasets[key]
        raise UnknownKey(f"no dataset {key!r:.80} is open in this window; start r1 view with its path")

    def run(self, key: str) -> OpenRun:
        """The run of an address. Raises UnknownKey."""
        with self.lock:
            if key in self.runs:
                return self.runs[key]
        raise UnknownKey(f"no run {key!r:.80} is open in this window; start r1 view with its folder")


class UnknownKey(UserError):
    """An address names a dataset or a run that is not open."""


def is_run(place: str) -> bool:
    """Whether a place is the folder of a recipe's run or of a training."""
    if scheme(place) is not None or is_plain(place) or place.startswith("hf:"):
        return False
    folder = Path(place)
    return (
        (folder / record.FILE).is_file() or (folder / MANIFEST).is_file() or training_runs.is_training(folder)
    )
