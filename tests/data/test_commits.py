"""The commit log: what was written comes back, and a changed, newer or lost commit is told."""

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from r1data.data import parquet
from r1data.data.commits import Command, Parent, ShardEntry, append, name_of, parse, read
from r1data.data.dataset import Dataset
from r1data.data.stores.layout import LOG, Store
from r1data.data.stores.local import LocalStore
from r1data.errors import DamagedShard, UserError
from tests.data.test_writer import opened, prompts

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NAMES = st.from_regex(r"[A-Za-z0-9_.-]{1,20}", fullmatch=True)
HASHES = st.from_regex(r"[0-9a-f]{64}", fullmatch=True)
ENTRIES = st.builds(
    ShardEntry,
    path=NAMES.map(lambda name: f"data/{name}.parquet"),
    rows=st.integers(0, 10**9),
    bytes=st.integers(0, 10**12),
    sha256=HASHES,
    inputs=st.lists(st.tuples(NAMES, HASHES), max_size=2).map(tuple),
    counts=st.dictionaries(NAMES, st.integers(0, 10**9) | st.floats(0, 1), max_size=2),
)
PARENTS = st.lists(st.builds(Parent, uri=NAMES, digest=st.none() | HASHES), max_size=2)
EACH = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = LocalStore(tmp_path / "d")
    made.prepare()
    return made


def added(store: Store, shards: list[ShardEntry], **more: object) -> int:
    given = {"schema": ("prompt", 1), "command": Command("test"), "parents": [], **more}
    number = append(store, shards=shards, **given)  # type: ignore[arg-type]
    assert number is not None
    return number


@EACH
@given(
    shards=st.lists(ENTRIES, max_size=3), parents=PARENTS, summary=st.dictionaries(NAMES, TEXT, max_size=2)
)
def test_a_commit_comes_back_as_it_was_written(
    store: Store, shards: list[ShardEntry], parents: list[Parent], summary: dict[str, str]
) -> None:
    number = added(store, shards, parents=parents, complete=True)
    commit = parse(store, number, store.read(name_of(number)))
    assert (list(commit.shards), list(commit.parents), commit.complete) == (shards, parents, True)


@EACH
@given(place=st.floats(0, 1, exclude_max=True), to=st.integers(1, 255))
def test_any_changed_byte_is_refused(store: Store, place: float, to: int) -> None:
    number = added(store, [ShardEntry("data/a.parquet", 1, 1, "0" * 64)])
    content = bytearray(store.read(name_of(number)))
    content[int(place * len(content))] ^= to
    with pytest.raises(UserError, match=name_of(number)):
        parse(store, number, bytes(content))


@EACH
@given(place=st.floats(0, 1, exclude_max=True))
def test_a_truncated_commit_is_refused(store: Store, place: float) -> None:
    number = added(store, [ShardEntry("data/a.parquet", 1, 1, "0" * 64)])
    content = store.read(name_of(number))
    with pytest.raises(DamagedShard, match="not a readable commit"):
        parse(store, number, content[: int(place * len(content))])


@pytest.mark.parametrize(
    "content", [b"[" * 100_000, b"null", b'{"version": 2}', b"\xff", b'{"version": "x"}']
)
def test_what_is_no_commit_is_one_line(store: Store, content: bytes) -> None:
    with pytest.raises(DamagedShard) as raised:
        parse(store, 0, content)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("lost", [0, 1])
def test_a_lost_commit_is_told(tmp_path: Path, lost: int) -> None:
    for name in "abc":
        opened(tmp_path / "d").publish(name, prompts(1))
    (tmp_path / "d" / name_of(lost)).unlink()
    with pytest.raises(DamagedShard, match=f"{lost:08d}.json"):
        Dataset(tmp_path / "d")


def test_a_commit_of_a_newer_version_asks_for_an_update(store: Store) -> None:
    store.create(name_of(0), json.dumps({"version": 99}).encode())
    with pytest.raises(UserError, match=r"version 99 is newer .* update r1"):
        read(store)


def test_a_commit_after_one_that_is_not_known_is_not_added(store: Store) -> None:
    added(store, [])
    assert append(store, shards=[], schema=("prompt", 1), command=Command("t"), parents=[], after=-1) is None
    assert len(store.files(LOG)) == 1


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        (("prompt", 7), "v7, this r1 knows v1; update r1"),
        (("prompt", 0), "v0, this r1 knows v1; make the dataset again"),
        (("dance", 1), "'dance'"),
    ],
)
def test_a_schema_that_is_not_known_is_named(store: Store, schema: tuple[str, int], said: str) -> None:
    added(store, [], schema=schema)
    with pytest.raises(UserError, match=said):
        list(Dataset(store.uri).shards())


def test_a_column_of_another_type_is_named(tmp_path: Path) -> None:
    table = prompts(2).set_column(0, "prompt_id", [[1, 2]])
    store = LocalStore(tmp_path / "d")
    store.prepare()
    content = parquet.encode(table).to_pybytes()
    store.create("data/a.parquet", content)
    added(store, [ShardEntry("data/a.parquet", 2, len(content), hashlib.sha256(content).hexdigest())])
    with pytest.raises(DamagedShard, match=r"'prompt_id' is int64, schema 'prompt' v1 says string"):
        Dataset(tmp_path / "d").table()
