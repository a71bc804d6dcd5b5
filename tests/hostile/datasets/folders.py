"""Hostile dataset folders: each function spoils a good dataset in place; `victim` is a folder of somebody else's.

A stranger seals a commit as well as r1 does, so nearly all of these have a right sha256.
"""

import hashlib
import json
import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

Spoil = Callable[[Path, Path], None]

LOG = ".r1/commits"
SHARD = "data/part-00001.parquet"
FOLDERS: dict[str, Spoil] = {}


def sample(spoil: Spoil) -> Spoil:
    """Adds a function to `FOLDERS` under its name."""
    FOLDERS[spoil.__name__] = spoil
    return spoil


def body_of(dataset: Path, number: int = 0) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((dataset / LOG / f"{number:08d}.json").read_bytes())
    body.pop("sha256", None)
    return body


def sealed(body: dict[str, Any]) -> bytes:
    """A commit's bytes, with the hash that r1 would give it."""
    without = _encoded(body)
    return _encoded({**body, "sha256": hashlib.sha256(without).hexdigest()})


def _encoded(body: dict[str, Any]) -> bytes:
    return json.dumps(body, indent=1, ensure_ascii=False).encode("utf-8", "surrogatepass")


def put(dataset: Path, number: int, **changes: Any) -> None:
    """Writes the first commit anew, with changes, under a number."""
    body = {**body_of(dataset), **changes}
    (dataset / LOG / f"{number:08d}.json").write_bytes(sealed(body))


def last(dataset: Path) -> int:
    return max(int(path.stem) for path in (dataset / LOG).glob("*.json"))


def change_all(dataset: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Changes every commit, and seals it again."""
    for number in range(last(dataset) + 1):
        body = body_of(dataset, number)
        change(body)
        (dataset / LOG / f"{number:08d}.json").write_bytes(sealed(body))


def replace_by_link(path: Path, target: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    path.symlink_to(target)


# links


@sample
def data_is_a_link(dataset: Path, victim: Path) -> None:
    replace_by_link(dataset / "data", victim)


@sample
def data_is_a_link_to_its_own_shards(dataset: Path, victim: Path) -> None:
    (dataset / "data").rename(victim / "data")
    (dataset / "data").symlink_to(victim / "data")


@sample
def scratch_is_a_link(dataset: Path, victim: Path) -> None:
    replace_by_link(dataset / ".r1/tmp", victim)


@sample
def damaged_is_a_link(dataset: Path, victim: Path) -> None:
    replace_by_link(dataset / ".r1/damaged", victim)


@sample
def quarantine_is_a_link(dataset: Path, victim: Path) -> None:
    replace_by_link(dataset / ".r1/quarantine", victim)


@sample
def log_is_a_link(dataset: Path, victim: Path) -> None:
    (dataset / LOG).rename(victim / "commits")
    (dataset / LOG).symlink_to(victim / "commits")


@sample
def dot_r1_is_a_link(dataset: Path, victim: Path) -> None:
    (dataset / ".r1").rename(victim / "r1")
    (dataset / ".r1").symlink_to(victim / "r1")


@sample
def a_shard_is_a_link(dataset: Path, victim: Path) -> None:
    (dataset / SHARD).rename(victim / "shard.parquet")
    (dataset / SHARD).symlink_to(victim / "shard.parquet")


@sample
def a_commit_is_a_link(dataset: Path, victim: Path) -> None:
    name = dataset / LOG / f"{last(dataset):08d}.json"
    name.rename(victim / "commit.json")
    name.symlink_to(victim / "commit.json")


@sample
def the_lock_is_a_link(dataset: Path, victim: Path) -> None:
    replace_by_link(dataset / ".r1/lock", victim / "not-there")


@sample
def links_among_the_shards(dataset: Path, victim: Path) -> None:
    (dataset / "data/notes.parquet").symlink_to(victim / "secret.txt")
    (dataset / "data/more").symlink_to(victim)
    (dataset / ".r1/tmp/old").symlink_to(victim / "secret.txt")


@sample
def links_in_a_circle(dataset: Path, victim: Path) -> None:
    replace_by_link(dataset / "data", Path("data"))


@sample
def quarantined_rows_are_a_link(dataset: Path, victim: Path) -> None:
    (dataset / ".r1/quarantine").mkdir()
    (dataset / ".r1/quarantine/part-00001.parquet").symlink_to(victim / "secret.txt")


# what is no file


@sample
def a_shard_is_a_pipe(dataset: Path, victim: Path) -> None:
    (dataset / SHARD).unlink()
    os.mkfifo(dataset / SHARD)


@sample
def a_shard_is_a_folder(dataset: Path, victim: Path) -> None:
    (dataset / SHARD).unlink()
    (dataset / SHARD).mkdir()


@sample
def a_commit_is_a_pipe(dataset: Path, victim: Path) -> None:
    os.mkfifo(dataset / LOG / f"{last(dataset) + 1:08d}.json")


@sample
def a_commit_is_a_folder(dataset: Path, victim: Path) -> None:
    (dataset / LOG / f"{last(dataset) + 1:08d}.json").mkdir()


@sample
def a_commit_is_a_socket(dataset: Path, victim: Path) -> None:
    here = Path.cwd()
    os.chdir(dataset / LOG)  # a socket's path has 107 bytes at most
    try:
        socket.socket(socket.AF_UNIX).bind(f"{last(dataset) + 1:08d}.json")
    finally:
        os.chdir(here)


@sample
def the_lock_is_a_pipe(dataset: Path, victim: Path) -> None:
    (dataset / ".r1/lock").unlink(missing_ok=True)
    os.mkfifo(dataset / ".r1/lock")


@sample
def pipes_everywhere(dataset: Path, victim: Path) -> None:
    for folder in ("data", ".r1/tmp", ".r1/damaged", ".r1/quarantine", LOG):
        (dataset / folder).mkdir(exist_ok=True)
        os.mkfifo(dataset / folder / "pipe.parquet")


@sample
def data_is_a_file(dataset: Path, victim: Path) -> None:
    shutil.rmtree(dataset / "data")
    (dataset / "data").write_bytes(b"x")


@sample
def scratch_of_odd_owners(dataset: Path, victim: Path) -> None:
    host = socket.gethostname()
    for pid in ("²", "٣", "1" * 200, "-1", "1-2-3", ""):
        (dataset / f".r1/tmp/{host}.{pid}.abcd").write_bytes(b"")


@sample
def a_sparse_shard_of_a_terabyte(dataset: Path, victim: Path) -> None:
    with (dataset / SHARD).open("r+b") as file:
        file.truncate(1 << 40)


# numbers and names of commits


@sample
def a_commit_of_the_highest_number(dataset: Path, victim: Path) -> None:
    put(dataset, 99_999_999)


@sample
def the_highest_number_alone(dataset: Path, victim: Path) -> None:
    put(dataset, 99_999_999)
    for number in range(last(dataset)):
        path = dataset / LOG / f"{number:08d}.json"
        if not path.exists():
            break
        path.unlink()


@sample
def a_commit_every_thousand(dataset: Path, victim: Path) -> None:
    for number in range(1_000, 2_000_000, 20_000):
        put(dataset, number)


@sample
def odd_names_of_commits(dataset: Path, victim: Path) -> None:
    content = (dataset / LOG / "00000000.json").read_bytes()
    for name in (
        "7",
        "0000000٣",
        "0000_008",
        "-0000001",
        "000000007",
        "00000007.JSON",
        "\x1b[2J",
        "a\nb",
        "１２３４５６７８",
    ):
        (dataset / LOG / f"{name}.json").write_bytes(content)


@sample
def twenty_thousand_strange_files(dataset: Path, victim: Path) -> None:
    for number in range(20_000):
        (dataset / LOG / f"x{number}").touch()


# bytes of commits


def raw(name: str, content: Callable[[dict[str, Any]], bytes]) -> None:
    """A sample whose next commit has these bytes."""

    def spoil(dataset: Path, victim: Path) -> None:
        (dataset / LOG / f"{last(dataset) + 1:08d}.json").write_bytes(content(body_of(dataset)))

    FOLDERS[name] = spoil


raw("a_commit_of_brackets", lambda body: b"[" * 10_000_000)
raw("a_commit_of_objects", lambda body: b'{"a":' * 1_000_000)
raw("a_commit_of_lists", lambda body: b"[" + b"[]," * 5_000_000 + b"[]]")
raw("a_commit_of_no_text", lambda body: os.urandom(1 << 20))
raw("an_empty_commit", lambda body: b"")
raw("a_commit_of_zeros", lambda body: bytes(1 << 20))
raw("a_commit_in_utf_16", lambda body: json.dumps(body).encode("utf-16"))
raw("a_commit_of_a_number", lambda body: b"1" * 1_000_000)
raw("a_commit_of_a_newer_r1", lambda body: sealed({**body, "version": 10**4000}))
raw("keys_given_twice", lambda body: sealed(body).replace(b' "shards"', b' "shards": [],\n "shards"', 1))


@sample
def a_sparse_commit_of_a_terabyte(dataset: Path, victim: Path) -> None:
    with (dataset / LOG / f"{last(dataset) + 1:08d}.json").open("wb") as file:
        file.truncate(1 << 40)


# fields of commits


def field(name: str, change: Callable[[dict[str, Any]], None]) -> None:
    """A sample in all commits of which a field is changed."""
    FOLDERS[name] = lambda dataset, victim: change_all(dataset, change)


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


def shard_with(**changes: Any) -> Callable[[dict[str, Any]], None]:
    """Changes every shard of a commit."""

    def change(body: dict[str, Any]) -> None:
        body["shards"] = [{**shard, **changes} for shard in body["shards"]]

    return change


SHARD_PATHS = {
    "out_of_the_dataset": "../victim/secret.txt",
    "out_of_data": "data/../../victim/secret.txt",
    "absolute": "/etc/passwd",
    "with_a_newline": "data/x.parquet\n",
    "with_nul": "data/x\0.parquet",
    "of_dots": "data/...parquet",
    "very_long": f"data/{'x' * 5_000}.parquet",
    "in_other_digits": "data/٣.parquet",
}
for label, path in SHARD_PATHS.items():
    field(f"a_shard_path_{label}", shard_with(path=path))
FIELDS: dict[str, Callable[[dict[str, Any]], None]] = {
    "rows_that_lie": shard_with(rows=2**62),
    "rows_below_zero": shard_with(rows=-5),
    "rows_beyond_counting": shard_with(rows=10**4000),
    "rows_of_truth": shard_with(rows=True),
    "bytes_that_lie": shard_with(bytes=2**62),
    "a_short_hash": shard_with(sha256="ab"),
    "a_hash_of_escapes": shard_with(sha256="\x1b[2J" * 16),
    "counts_of_texts": shard_with(counts={"rows": "many"}),
    "counts_of_lists": shard_with(counts={"rows": [1], "quarantined": {}}),
    "endless_counts": shard_with(counts={"rows": float("inf"), "seconds": float("nan")}),
    "inputs_of_numbers": shard_with(inputs=[[1, 2]]),
    "a_schema_elsewhere": lambda body: body["schema"].update(name="../../etc/passwd"),
    "a_schema_of_control_characters": lambda body: body["schema"].update(name="\x1b]0;x\x07"),
    "an_unknown_schema": lambda body: body["schema"].update(name="unheard_of"),
    "a_schema_version_beyond": lambda body: body["schema"].update(version=10**300),
    "a_command_of_markup": lambda body: body["command"].update(name="[bold red]\x1b[31m\u202e</script>"),
    "parameters_of_wrong_types": lambda body: body["command"].update(
        parameters=dict.fromkeys(
            ("limits", "skip", "filters", "quotas", "near", "decontaminate", "verdict"), 5
        )
    ),
    "a_filter_of_wrong_types": lambda body: body.update(
        command={"name": "filter", "parameters": {"limits": [1], "skip": 5, "filters": "x", "verdict": {}}}
    ),
    "a_build_of_wrong_types": lambda body: body.update(
        command={
            "name": "build",
            "parameters": {"quotas": [1], "near": "x", "licenses": 5, "decontaminate": 7},
        }
    ),
    "deep_parameters": lambda body: body["command"].update(parameters={"a": deep(900)}),
    "a_long_parameter": lambda body: body["command"].update(parameters={"a": "x\x1b[2J" * 200_000}),
    "surrogates": lambda body: body["command"].update(parameters={"\ud800": "\udfff\x00"}),
    "a_deep_summary": lambda body: body.update(summary={"a": deep(900)}),
    "a_summary_of_wrong_types": lambda body: body.update(
        summary=dict.fromkeys(("quarantined", "samples", "rows", "clusters", "dropped"), "many"),
        complete=True,
    ),
    "a_date_of_control_characters": lambda body: body.update(created="\x1b[2J\x9b31m"),
    "a_tool_of_numbers": lambda body: body.update(tool={"version": [1]}),
    "a_digest_of_another": lambda body: body.update(digest="0" * 64, complete=True),
}
for label, change in FIELDS.items():
    field(label, change)


@sample
def a_shard_committed_twice_otherwise(dataset: Path, victim: Path) -> None:
    body = body_of(dataset)
    shards = [{**shard, "sha256": "0" * 64} for shard in body["shards"]]
    put(dataset, last(dataset) + 1, shards=shards)


# parents


def parents(name: str, *uris: str) -> None:
    """A sample whose commits name these parents; `VICTIM` in them is that folder."""

    def spoil(dataset: Path, victim: Path) -> None:
        named = [{"uri": uri.replace("VICTIM", str(victim)), "digest": "0" * 64} for uri in uris]
        change_all(dataset, lambda body: body.update(parents=named))

    FOLDERS[name] = spoil


parents("a_parent_of_the_system", "/etc/passwd", "/etc/shadow", "/dev/zero", "/dev/tty", "/proc/self/mem")
parents("a_parent_that_is_the_victim", "VICTIM", "VICTIM/secret.txt", "VICTIM/rows.jsonl", "VICTIM/dataset")
parents("a_parent_up_and_down", "../../victim", "../../victim/rows.jsonl", "../../../../../../etc/passwd")
parents(
    "a_parent_on_the_net",
    "http://192.0.2.1/rows.jsonl",
    "s3://bucket/set",
    "hf:org/name",
    "ftp://192.0.2.1/x",
)
parents("a_parent_on_the_hub", "hf://datasets/org/name", "hf:org/name@main", "gs://bucket/x.parquet")
parents("a_parent_with_a_key", "s3://AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY@bucket/set")
parents("a_parent_of_odd_characters", "\x1b]0;title\x07", "a\nb", "\u202e", "", ".", "\udc80", "x" * 100_000)
parents("many_parents", *(f"../gone-{number}" for number in range(20_000)))
parents("a_parent_that_is_itself", ".", "../dataset")


@sample
def a_parent_behind_a_link(dataset: Path, victim: Path) -> None:
    (dataset.parent / "link").symlink_to(victim)
    named = [{"uri": uri, "digest": None} for uri in ("../link/rows.jsonl", "../link/dataset", "../link")]
    change_all(dataset, lambda body: body.update(parents=named))


@sample
def a_parent_that_is_a_pipe(dataset: Path, victim: Path) -> None:
    os.mkfifo(dataset.parent / "pipe.jsonl")
    change_all(dataset, lambda body: body.update(parents=[{"uri": "../pipe.jsonl", "digest": None}]))


@sample
def a_circle_of_parents(dataset: Path, victim: Path) -> None:
    shutil.copytree(dataset, dataset.parent / "other")
    for one, other in ((dataset, "../other"), (dataset.parent / "other", "../dataset")):
        change_all(one, lambda body, uri=other: body.update(parents=[{"uri": uri, "digest": None}]))  # type: ignore[misc]


@sample
def a_long_chain_of_parents(dataset: Path, victim: Path) -> None:
    body = {**body_of(dataset), "shards": [], "complete": True}
    for number in range(1_200):
        log = dataset.parent / "chain" / str(number) / LOG
        log.mkdir(parents=True)
        body["parents"] = [{"uri": f"../{number + 1}", "digest": None}]
        (log / "00000000.json").write_bytes(sealed(body))
    change_all(dataset, lambda body: body.update(parents=[{"uri": "../chain/0", "digest": None}]))
