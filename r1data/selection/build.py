"""Builds the training set (R1 2.3.3, the 800k set): kept samples and other conversations in, schema `sft` out.

Three steps, none of which holds the set in memory: any number of workers, on one machine or many, compute the
features of each shard's examples (`features`); DuckDB decides over their keys, out of core (`decide`); the chosen
examples are sorted on disk (`external_sort`) and written. Rows are ordered by example id: a shuffle that does not
depend on the order of the inputs.

Intermediate files are in the set's `.r1/tmp`, or in `scratch`, until the set is finished; a killed build resumes
from them.
"""

import contextlib
import errno
import fcntl
import functools
import hashlib
import itertools
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from r1data.data import parquet
from r1data.data.commits import Command
from r1data.data.dataset import Dataset
from r1data.data.locations import local, scheme
from r1data.data.records import as_text
from r1data.data.schema import load_schema
from r1data.data.source import Source
from r1data.data.stores.layout import SCRATCH, quarantine_names
from r1data.data.text import one_line
from r1data.data.values import to_rows
from r1data.data.writer import Summary, Writer
from r1data.errors import UserError
from r1data.runtime.processes import default_workers
from r1data.runtime.progress import track
from r1data.runtime.stages import Output, refuse_shared_folders, report_quarantine, run_stage
from r1data.runtime.task import QUARANTINED, count_quarantined
from r1data.selection import contamination, statistics
from r1data.selection.evaluations import Compared, digest
from r1data.selection.examples import LICENSE
from r1data.selection.external_sort import PLACE, in_order
from r1data.selection.features import features
from r1data.selection.ignored_runs import EvaluationFiles
from r1data.selection.mixture import Mixture
from r1data.selection.yields import draw_more

if TYPE_CHECKING:
    import duckdb

Result = TypeVar("Result")

SHARD_ROWS = 2_000
SHARD_CHARACTERS = 32 << 20
"""Characters of last messages after which a shard ends."""
MEMORY = "800MB"
"""What DuckDB may take before it writes to disk."""
ROWS_FOR_THREADS = 10_000
"""Examples from which DuckDB gets more than one thread: of fewer they only wait for one another."""
FULL = ("No space left on device", "max_temp_directory_size")
"""What DuckDB says of a full disk."""
INDEX = "evaluation.npz"
NOTE_CHARACTERS = 1_000
"""Ours, all four."""
LEFT_OUT = ("drop_reasons", "contaminated_by", "shared_words", "lost_to", "drop_note")
"""Columns that the dropped rows have behind those of the set."""


def run(
    sources: Sequence[Source],
    out: str,
    *,
    mixture: Mixture,
    decontaminate: Sequence[Compared] = (),
    boilerplate: Sequence[str] = (),
    dropped: str | None = None,
    workers: int | None = None,
    executor: str = "local",
    scratch: str | None = None,
) -> Summary:
    """Builds the set into `out`; what is left out goes to `dropped` if that is given, with `LEFT_OUT`.

    Args:
        boilerplate: files of instructions, a line each, that are no contamination (`boilerplate`).
        workers: shards in work at once; by default the cores. The result does not depend on it.
        executor: `local`, `ray` or `ray://HOST:PORT`. The result does not depend on it.
        scratch: folder for what lies between the steps, about as large as the inputs; workers on other machines must
            share it. By default in `out`, or in the system's temporary folder where `out` is no local folder.

    Raises:
        UserError: no example is left, or an evaluation file has no text to compare with.
        RowsLost: as for `run_stage`; rows that no example can be made of are quarantined in `out`.
    """
    evaluation = sorted(map(digest, decontaminate))
    named = {"boilerplate": sorted(map(_digest, boilerplate))} if boilerplate else {}
    command = Command("build", {**_parameters(mixture), "decontaminate": evaluation, **named})
    parents = [parent for source in sources for parent in source.parents()]
    places = [out] if dropped is None else [out, dropped]
    writers = [  # the set's comes first, and it alone announces its shards to a pipe
        Writer.open(place, schema="sft", command=command, parents=parents, announce=number == 0)
        for number, place in enumerate(places)
    ]
    refuse_shared_folders(writers)
    folder = _folder(out, scratch, command, sources)
    earlier = [writer.finished() for writer in writers]
    if None not in earlier:
        summaries = [writer.finish(counted) for writer, counted in zip(writers, earlier, strict=True)]
        shutil.rmtree(folder, ignore_errors=True)
        report_quarantine(out, count_quarantined(summaries[0].details))
        return summaries[0]
    with _scratch(folder):
        datasets = _extract_features(sources, folder, mixture, decontaminate, boilerplate, workers, executor)
        quarantined = _keep_quarantine(datasets, writers[0])
        feature_files = [Path(dataset.uri, entry.path) for dataset in datasets for entry in dataset.entries]
        threads = workers or default_workers() if statistics.rows_of(feature_files) >= ROWS_FOR_THREADS else 1
        with _database(folder, threads) as con, _room_in(folder):

            def decide_and_write() -> Summary:
                compared = (
                    EvaluationFiles(tuple(decontaminate), str(folder / INDEX)) if decontaminate else None
                )
                _decide(con, feature_files, mixture, folder, out, compared)
                return _write_all(con, writers, sources, mixture, folder, out, quarantined)

            summary = _interruptibly(con, decide_and_write)
    report_quarantine(out, quarantined)
    return summary


def _parameters(mixture: Mixture) -> dict[str, Any]:
    return {**asdict(mixture), "licenses": list(mixture.licenses)}


def _digest(path: str) -> str:
    """What identifies a file of boilerplate: its content, not where it lies."""
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}; give a text file with one instruction a line") from None


def plan(
    sources: Sequence[Source],
    out: str,
    mixture: Mixture,
    decontaminate: Sequence[Compared],
    boilerplate: Sequence[str] = (),
) -> dict[str, Any]:
    """What `run` would read and by which rules it would choose, for `--dry-run`."""
    rows = {source.uri: source.rows for source in sources}
    evaluation = contamination.read_evaluation(decontaminate, mixture.ngram, boilerplate)
    return {"rows": rows, "out": out, **_parameters(mixture), "n_grams": len(evaluation.runs)}


def _folder(out: str, scratch: str | None, command: Command, sources: Sequence[Source]) -> Path:
    """Where this build alone keeps what lies between its steps."""
    if scratch is not None:
        parent = Path(scratch)
    elif scheme(out):
        parent = Path(tempfile.gettempdir())
    else:
        parent = local(out) / SCRATCH
    place = out if scheme(out) else str(local(out).resolve())
    identity = json.dumps([command.as_json(), [source.uri for source in sources], place], sort_keys=True)
    return parent / f"build-{hashlib.sha256(identity.encode()).hexdigest()[:16]}"


@contextlib.contextmanager
def _scratch(folder: Path) -> Iterator[None]:
    """Makes the folder. It stays where the build is killed or ends early, and goes where it is done, or where nothing
    can come of it.

    Raises UserError where the same build is at work already.
    """
    new_folders = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("ab") as lock:
        # The kernel's lock, not the file's existence: it ends with the process, so a killed build can be resumed.
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(f"{folder}: another `r1 build` is making this very set; wait for it") from None
        try:
            yield
        except UserError:
            shutil.rmtree(folder)
            for path in new_folders[1:]:
                with contextlib.suppress(OSError):  # somebody put something in it meanwhile
                    path.rmdir()
            raise
        shutil.rmtree(folder)


def _extract_features(
    sources: Sequence[Source],
    folder: Path,
    mixture: Mixture,
    decontaminate: Sequence[Compared],
    boilerplate: Sequence[str],
    workers: int | None,
    executor: str,
) -> list[Dataset]:
    """The examples with their features, one dataset for each of the sources."""
    saved = folder / INDEX
    if decontaminate:
        contamination.read_evaluation(decontaminate, mixture.ngram, boilerplate).save(saved)
    stage = functools.partial(features, evaluation=str(saved) if decontaminate else None, seed=mixture.seed)
    datasets = []
    for number, source in enumerate(sources):
        place = folder / f"features-{number}"
        run_stage(
            source,
            {"features": Output(str(place), "sft")},
            stage,
            command=Command("build", {}),
            workers=workers,
            executor=executor,
            title=f"features of {source.uri}",
            announce=False,
            report=False,
        )
        datasets.append(Dataset(place))
    return datasets


def _keep_quarantine(datasets: Sequence[Dataset], writer: Writer) -> int:
    """Writes the rows that were quarantined into the set's folder, by the name of their shard; returns their number."""
    tables: dict[str, list[pa.Table]] = {}
    for dataset in datasets:
        for entry in dataset.entries:
            if count_quarantined(entry.counts):
                name = quarantine_names(entry.name)[0]
                tables.setdefault(name, []).append(
                    parquet.decode(dataset.store.read(name), f"{dataset.uri}/{name}")
                )
    for name, parts in tables.items():
        store = writer.target.store
        store.place(store.stage(name, parquet.encode(_concatenated(parts))), name)
    return sum(len(part) for parts in tables.values() for part in parts)


def _concatenated(tables: Sequence[pa.Table]) -> pa.Table:
    """Rows of shards of one name, which several sources may have; a column of several types becomes text."""
    types: dict[str, set[pa.DataType]] = {}
    for field in (field for table in tables for field in table.schema if not pa.types.is_null(field.type)):
        types.setdefault(field.name, set()).add(field.type)
    for name in (name for name, kinds in types.items() if len(kinds) > 1):
        tables = [_with_texts(table, name) if name in table.column_names else table for table in tables]
    return pa.concat_tables(tables, promote_options="default")


def _with_texts(table: pa.Table, name: str) -> pa.Table:
    values = [as_text(row[name]) for row in to_rows(table.select([name]), "quarantined rows")]
    return table.set_column(table.column_names.index(name), name, pa.array(values, pa.string()))


@contextlib.contextmanager
def _database(folder: Path, threads: int) -> Iterator["duckdb.DuckDBPyConnection"]:
    """An empty database in the folder, which spills there too."""
    import duckdb

    # New for each process: of a killed build only the features are resumed, the decision starts over.
    place = folder / f"decision-{os.getpid()}.duckdb"
    settings = {
        "memory_limit": MEMORY,
        "threads": threads,
        "temp_directory": str(folder / "spill"),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    place.unlink(missing_ok=True)
    with duckdb.connect(place, config=settings) as con:
        con.execute("SET enable_progress_bar = false")
        yield con


@contextlib.contextmanager
def _room_in(folder: Path) -> Iterator[None]:
    """Raises OSError where the folder's disk has no room for DuckDB."""
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        if any(words in str(error) for words in FULL):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder)) from error
        raise


def _interruptibly(con: "duckdb.DuckDBPyConnection", work: Callable[[], Result]) -> Result:
    """What `work` returns. Raises what a signal raises, KeyboardInterrupt or SystemExit, once `work` has ended.

    `work` runs in a thread of its own. In the main thread some of DuckDB's calls ignore signals, and others turn what
    a signal's handler raises into a RuntimeError.
    """
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(work)
        try:
            return future.result()
        except BaseException:
            # Again and again: an interrupt ends the query that runs just then, and `work` may be between two.
            while not future.done():
                con.interrupt()
                time.sleep(0.05)
            raise


def _decide(
    con: "duckdb.DuckDBPyConnection",
    feature_files: Sequence[Path],
    mixture: Mixture,
    folder: Path,
    out: str,
    evaluation: EvaluationFiles | None,
) -> None:
    from r1data.selection.decide import decide

    total = statistics.rows_of(feature_files)
    if not total:
        raise UserError(
            f"{out}: no rows to build from: the inputs are empty, or filters dropped all of them; "
            "`r1 inspect` tells"
        )
    with track("decide", total=total) as bar:
        decide(con, feature_files, mixture, folder, evaluation)
        bar.advance(total)


def _write_all(
    con: "duckdb.DuckDBPyConnection",
    writers: Sequence[Writer],
    sources: Sequence[Source],
    mixture: Mixture,
    folder: Path,
    out: str,
    quarantined: int,
) -> Summary:
    parents = [parent for source in sources for parent in source.parents()]
    complete = all(source.complete for source in sources)
    names = [*load_schema("sft").names, *([LICENSE] if statistics.has_licenses(con) else [])]
    inputs = (("all", statistics.digest_of_decision(con)),)
    writer, *others = writers
    # The dropped rows go first, so that they can be looked at where no example is left and the build ends below.
    for other in others:
        _write(con, other, [*names, *LEFT_OUT], f"NOT ({statistics.KEPT})", inputs, folder)
        other.finish(complete=complete, parents=parents)
    if not statistics.count(con, statistics.KEPT):
        total = statistics.count(con, "true")
        raise UserError(
            f"{out}: none of {total} examples is left; {statistics.describe_reasons(con)}; change "
            "what drops most, or give other inputs"
        )
    _write(con, writer, names, statistics.KEPT, inputs, folder)
    details = {**statistics.statistics(con), **({QUARANTINED: quarantined} if quarantined else {})}
    quotas = {name: rows for name, rows in mixture.quotas.items() if ":" not in name}
    if shortfall := draw_more(sources, details["samples"], quotas):
        details["missing"] = shortfall
    return writer.finish(details, complete=complete, parents=parents)


def _write(
    con: "duckdb.DuckDBPyConnection",
    writer: Writer,
    names: Sequence[str],
    where: str,
    inputs: Any,
    folder: Path,
) -> None:
    """Publishes the rows that `where` holds for, in the order of the set; what is there already stays."""
    # A file's ids end where the next one's start; behind the last one no id follows, so any large number will do.
    files = con.execute(
        "SELECT filename, start, lead(start, 1, start + 1_000_000_000) OVER (ORDER BY start) FROM files ORDER BY start"
    ).fetchall()
    total, places = statistics.count(con, where), statistics.count(con, "true")
    size = statistics.bytes_of([file for file, _, _ in files]) * total // places
    with track(f"sort {writer.uri}", total=total) as bar:

        def decided_tables() -> Iterator[pa.Table]:
            for file, start, stop in files:
                if len(table := _decided_rows(con, file, start, stop, names, where)):
                    yield table
                bar.advance(len(table))

        # The first table is there once all rows lie in their buckets: with it this bar ends, and the next one starts.
        tables = in_order(decided_tables(), size, places, folder / "buckets")
        first = next(tables, None)
    with track(f"write {writer.uri}", total=total) as bar:
        for number, table in enumerate(_shards(itertools.chain([] if first is None else [first], tables))):
            name = f"part-{number:05d}"
            if not writer.has(name, inputs):
                writer.publish(name, table.select(list(names)), inputs)
            bar.advance(len(table))


def _decided_rows(
    con: "duckdb.DuckDBPyConnection", file: str, start: int, stop: int, names: Sequence[str], where: str
) -> pa.Table:
    """Those rows of a file of features that `where` holds for, with what was decided, `place` and `length`."""
    # What is shared is not the features' where some of it was ignored (`ignored_runs`).
    shared = ", contaminated_by, shared_words" if "shared_words" in names else ""
    source = "decided JOIN keys USING (id, place)" if shared else "decided"
    query = f"""SELECT id - {start} AS row, {PLACE}, split, reasons AS drop_reasons, lost_to, note AS drop_note{shared}
        FROM {source} WHERE id >= {start} AND id < {stop} AND {where} ORDER BY id"""
    with con.cursor() as cursor:
        decided = cursor.sql(query).to_arrow_table()
    own = [name for name in (*names, "length") if name not in decided.column_names]
    table = pq.ParquetFile(file).read(columns=own, use_threads=False).take(decided["row"])
    for name in (PLACE, *names):
        if name in decided.column_names:
            table = table.append_column(
                name, _printable(decided[name]) if name == "drop_note" else decided[name]
            )
    return table


def _printable(notes: pa.ChunkedArray) -> pa.Array:
    """Notes, which quote licences of rows from elsewhere, each on one line."""
    return pa.array(
        [None if note is None else one_line(note, NOTE_CHARACTERS) for note in notes.to_pylist()], pa.string()
    )


def _shards(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """The rows in shards of `SHARD_ROWS`, or fewer if they are long, whatever tables they come in."""
    waiting: list[pa.Table] = []
    rows = characters = 0
    for table in tables:
        start = 0
        for stop, length in enumerate(table["length"].to_pylist(), 1):
            rows, characters = rows + 1, characters + length
            if rows == SHARD_ROWS or characters >= SHARD_CHARACTERS:
                yield pa.concat_tables([*waiting, table.slice(start, stop - start)]).combine_chunks()
                waiting, start, rows, characters = [], stop, 0, 0
        waiting.append(table.slice(start))
    if rows:
        yield pa.concat_tables(waiting).combine_chunks()
