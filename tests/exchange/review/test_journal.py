"""The journal of a review: what was synced stays, what was torn goes, everything else is refused."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from r1data.errors import UserError
from r1data.exchange.review import journal
from r1data.exchange.review.journal import Journal


def record(number: int, **values: Any) -> dict[str, Any]:
    return {journal.KIND: journal.ENTRY, "number": number, **values}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "out" / journal.FOLDER / journal.FILE


def numbers(path: Path) -> list[int]:
    opened = Journal(path)
    try:
        return [each["number"] for _, each in opened.records()]
    finally:
        opened.close()


def test_records_come_back_in_their_order_and_by_their_place(path: Path) -> None:
    opened = Journal.make(path)
    places = [opened.append(record(n, text="ü\u2028\n\\" * n)) for n in range(50)]
    opened.sync()
    assert [place for place, _ in opened.records()] == places
    assert opened.record_at(places[7]) == record(7, text="ü\u2028\n\\" * 7)
    opened.close()
    assert numbers(path) == list(range(50))


@settings(max_examples=40)
@given(cut=st.integers(0, 400), text=st.text(max_size=40))
def test_a_file_cut_at_any_byte_keeps_all_whole_records_and_takes_more(
    cut: int, text: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("j") / journal.FILE
    opened = Journal(path)
    for number in range(5):
        opened.append(record(number, text=text.encode("utf-8", "replace").decode()))
    opened.close()
    content = path.read_bytes()
    path.write_bytes(content[:cut])
    whole = content[:cut].count(b"\n")
    opened = Journal(path)
    opened.append(record(99))
    opened.close()
    assert numbers(path) == [*range(whole), 99]


def test_threads_that_write_at_once_lose_nothing(path: Path) -> None:
    opened = Journal.make(path)

    def write(start: int) -> None:
        for number in range(start, start + 50):
            opened.append(record(number))
            opened.sync()

    threads = [threading.Thread(target=write, args=(start * 50,)) for start in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    opened.close()
    assert sorted(numbers(path)) == list(range(200))


@pytest.mark.parametrize(
    "damage", [b"not json\n", b"[1]\n", b'{"record": 5}\n', b"\xff\xfe\n", b"\n", b"\0\0\n"]
)
def test_a_damaged_line_is_one_clear_line(damage: bytes, path: Path) -> None:
    Journal.make(path).close()
    good = json.dumps(record(0)).encode() + b"\n"
    path.write_bytes(good + damage + good)
    with pytest.raises(UserError, match=r"line 2 is damaged .*restore"):
        numbers(path)


def test_a_second_program_is_refused(path: Path) -> None:
    opened = Journal.make(path)
    with pytest.raises(UserError, match="another `r1 review`"):
        Journal(path)
    opened.close()
    Journal(path).close()


def test_a_link_is_not_followed(path: Path, tmp_path: Path) -> None:
    path.parent.mkdir(parents=True)
    (tmp_path / "elsewhere").write_text("mine")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UserError, match="symbolic link"):
        Journal.make(path)
    assert (tmp_path / "elsewhere").read_text() == "mine"


def test_a_write_that_fails_leaves_no_part_of_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Journal.make(path)
    opened.append(record(0))
    real = journal.os.pwrite

    def full(descriptor: int, data: bytes, place: int) -> int:
        if len(data) > 20:
            return real(descriptor, data[:20], place)
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(journal.os, "pwrite", full)
        with pytest.raises(OSError, match="No space"):
            opened.append(record(1))
    opened.append(record(2))
    opened.close()
    assert numbers(path) == [0, 2]


def test_after_a_failed_fsync_nothing_more_is_taken(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Journal.make(path)
    opened.append(record(0))

    def broken(descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(journal.os, "fsync", broken)
    with pytest.raises(OSError, match="Input/output"):
        opened.sync()
    with pytest.raises(UserError, match="the disk failed"):
        opened.append(record(1))
    with pytest.raises(UserError, match="the disk failed"):
        opened.sync()
    opened.close()
