"""Stores: a file appears whole or not at all, a commit is exclusive, and a store's own trouble is one line."""

import errno
import os
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from r1data.data.dataset import Dataset
from r1data.data.stores import copy, open_store
from r1data.data.stores.layout import DATA, SCRATCH, Store
from r1data.data.stores.remote import ObjectStore
from r1data.errors import UserError
from tests.data.test_writer import opened, prompts
from tests.s3 import BUCKET, KEYS, free_port

Answer = Callable[[str, str], tuple[int, bytes]]


@pytest.fixture(params=["disk", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "d") if request.param == "disk" else f"{request.getfixturevalue('s3')}/d"


@pytest.fixture
def store(place: str) -> Store:
    made = open_store(place)
    made.prepare()
    return made


@pytest.fixture
def answering(s3: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Answer], None]]:
    """Puts another server in the place of S3: a function from method and path to status and body."""
    servers = []

    def start(answer: Answer) -> None:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def reply(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, body = answer(self.command, self.path)
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = reply  # noqa: N815

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
        Thread(target=servers[-1].serve_forever, daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{servers[-1].server_port}")

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("content", [b"", b"x", os.urandom(70_000)])
def test_a_file_is_created_once_and_whole(store: Store, content: bytes) -> None:
    assert store.create("data/a", content)
    assert not store.create("data/a", b"other")
    assert store.read("data/a") == content


def test_nothing_is_left_in_the_making(store: Store) -> None:
    store.create("data/a", b"1")
    store.create("data/a", b"2")
    store.place(store.stage("data/a", b"3"), "data/a")
    assert store.files(SCRATCH) == []


def test_what_is_placed_replaces_what_lay_there(store: Store) -> None:
    store.create("data/a", b"left over")
    staged = store.stage("data/a", b"new")
    assert store.read("data/a") == b"left over"
    store.place(staged, "data/a")
    assert store.read("data/a") == b"new"


def test_files_are_listed_by_name_with_their_bytes(store: Store) -> None:
    for name, size in (("b", 2), ("a", 1), ("c", 0)):
        store.create(f"data/{name}", b"x" * size)
    store.create("data/deeper/d", b"x")
    assert [(file.name, file.bytes) for file in store.files(DATA)] == [
        ("data/a", 1),
        ("data/b", 2),
        ("data/c", 0),
    ]
    assert all(abs(file.age) < 60 for file in store.files(DATA))


def test_what_is_not_there_has_no_files_and_cannot_be_read(place: str) -> None:
    store = open_store(place)
    assert not store.exists()
    assert store.files(DATA) == []
    assert store.read_all([]) == []
    store.remove("data/a")
    with pytest.raises(FileNotFoundError):
        store.read("data/a")


def test_many_files_come_in_the_order_asked_for(store: Store) -> None:
    for name in "abc":
        store.create(f"data/{name}", name.encode())
    assert store.read_all(["data/c", "data/a", "data/b"]) == [b"c", b"a", b"b"]


def test_a_place_with_other_files_is_foreign(place: str) -> None:
    store = open_store(place)
    assert not store.is_foreign()
    _put_stranger(store)
    assert store.is_foreign()
    with pytest.raises(UserError, match="other files"):
        opened(place)


def _put_stranger(store: Store) -> None:
    if isinstance(store, ObjectStore):
        store.create("thesis.tex", b"years of work")
    else:
        Path(store.uri).mkdir()
        Path(store.uri, "thesis.tex").write_text("years of work")


def test_a_file_is_copied_from_store_to_store(store: Store, tmp_path: Path) -> None:
    store.create("data/a", b"1")
    there = open_store(tmp_path / "there")
    there.prepare()
    copy(store, "data/a", there)
    assert there.read("data/a") == b"1"


def test_a_left_over_shard_gives_way_to_the_one_that_is_committed(place: str) -> None:
    store = open_store(place)
    store.prepare()
    store.place(store.stage("data/a.parquet", b"of a run that died"), "data/a.parquet")
    opened(place).publish("a", prompts(3))
    assert len(Dataset(place).table()) == 3


def test_a_committed_shard_does_not_give_way(place: str) -> None:
    late = opened(place)
    draft = late.target.draft("a", prompts(2))
    opened(place).publish("a", prompts(3))
    assert late.adopt(draft).rows == 3
    assert len(Dataset(place).table()) == 3


def test_a_shard_whose_file_is_gone_is_made_again(place: str) -> None:
    opened(place).publish("a", prompts(3))
    open_store(place).remove("data/a.parquet")
    again = opened(place)
    assert not again.has("a")
    again.publish("a", prompts(3))
    assert len(Dataset(place).table()) == 3


def test_a_shard_that_comes_out_otherwise_the_second_time_is_refused(place: str) -> None:
    opened(place).publish("a", prompts(3))
    store = open_store(place)
    store.remove("data/a.parquet")
    store.create("data/a.parquet", b"torn")
    with pytest.raises(UserError, match="other bytes"):
        opened(place).publish("a", prompts(2))
    assert store.files(SCRATCH) == [] or not isinstance(store, ObjectStore)


def test_a_disk_without_hard_links_is_refused_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    with pytest.raises(UserError, match="hard links"):
        opened(tmp_path / "d").publish("a", prompts(1))
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_server_that_ignores_the_condition_is_refused(answering: Callable[[Answer], None], s3: str) -> None:
    kept: dict[str, bytes] = {}

    def careless(method: str, path: str) -> tuple[int, bytes]:
        return 200, kept.setdefault(path, b"")

    answering(careless)
    with pytest.raises(UserError, match="IfNoneMatch"):
        opened(f"{s3}/d").publish("a", prompts(1))


@pytest.mark.parametrize("scheme", ["memory", "gs", "ftp"])
def test_other_kinds_of_store_are_not_written(scheme: str) -> None:
    with pytest.raises(UserError, match=f"{scheme}:// datasets are read, not written"):
        open_store(f"{scheme}://bucket/d").prepare()


def test_other_kinds_of_store_are_read(tmp_path: Path) -> None:
    import fsspec

    opened(tmp_path / "d").publish("a", prompts(3))
    memory = fsspec.filesystem("memory")
    memory.put(str(tmp_path / "d"), "/copied", recursive=True)
    try:
        assert len(Dataset("memory://copied").table()) == 3
    finally:
        memory.rm("/copied", recursive=True)


@pytest.mark.parametrize("status", [403, 400])
def test_what_a_server_refuses_is_one_line(answering: Callable[[Answer], None], s3: str, status: int) -> None:
    answering(lambda *_: (status, b""))
    for call in (lambda: Dataset(f"{s3}/d"), open_store(f"{s3}/d").prepare):
        with pytest.raises(UserError) as raised:
            call()
        _is_one_clean_line(str(raised.value), f"{s3}/d")


def test_a_server_that_fails_is_one_line(
    answering: Callable[[Answer], None], s3: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")
    answering(lambda *_: (500, b""))
    with pytest.raises(UserError) as raised:
        open_store(f"{s3}/d").prepare()
    _is_one_clean_line(str(raised.value), f"{s3}/d")


def test_a_server_that_is_not_there_is_one_line(s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    with pytest.raises(UserError) as raised:
        open_store(f"{s3}/d").prepare()
    _is_one_clean_line(str(raised.value), f"{s3}/d")


def test_a_bucket_that_is_not_there_is_one_line(s3: str) -> None:
    there = s3.replace(BUCKET, "no-such-bucket")
    for call in (lambda: opened(there).publish("a", prompts(1)), lambda: Dataset(there)):
        with pytest.raises(UserError, match="no-such-bucket"):
            call()


def test_missing_keys_are_one_line(s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in KEYS:
        monkeypatch.delenv(name)
    with pytest.raises(UserError) as raised:
        open_store(f"{s3}/d").prepare()
    _is_one_clean_line(str(raised.value), f"{s3}/d")


def _is_one_clean_line(said: str, uri: str) -> None:
    assert said.startswith(uri)
    assert "\n" not in said
    assert len(said) > len(uri) + 5
    assert not any(key in said for key in KEYS.values())
