"""`r1 push org/name`, the real client against a fake hub: whole or not at all, and never over something else."""

import signal
import subprocess
import threading
from pathlib import Path

import pytest

from tests.conftest import R1
from tests.exchange.conftest import SHARDS, HubR1, facts, one_line, same, write
from tests.exchange.fake_hub import TOKEN, FakeHub, Handler, Repository

CANARY = "hf_CanaryThatMustNotBeSeenAnywhere"


def committed(hub: FakeHub) -> bool:
    return any(path.startswith(".r1/") for name in hub.repositories for path in hub.files(name))


def test_what_was_pushed_and_pulled_is_the_same_and_checks(
    hub_r1: HubR1, dataset: Path, tmp_path: Path
) -> None:
    pushed = facts(hub_r1("push", dataset, "org/name", "--json"))
    pulled = facts(hub_r1("pull", "org/name", "-o", "copy", "--json"))
    assert pushed["digest"] == pulled["digest"] and pushed["copied"] == pulled["copied"] == SHARDS
    assert same(dataset, tmp_path / "copy")
    assert hub_r1("check", "copy").returncode == 0


def test_only_committed_files_and_the_card_go(hub_r1: HubR1, hub: FakeHub, dataset: Path) -> None:
    (dataset / "data/stray.parquet").write_bytes(b"stray")
    (dataset / ".r1/tmp/left").write_bytes(b"left")
    (dataset / "notes.txt").write_text("mine")
    facts(hub_r1("push", dataset, "org/name", "--json"))
    shards = {f"data/part-{number}.parquet" for number in range(SHARDS)}
    log = {f".r1/commits/{number:08d}.json" for number in range(SHARDS + 1)}
    assert set(hub.files("org/name")) == {*shards, *log, "README.md", ".gitattributes"}


def test_a_second_push_sends_nothing(hub_r1: HubR1, hub: FakeHub, dataset: Path) -> None:
    hub_r1("push", dataset, "org/name")
    before = hub.count("^(PUT|POST)")
    assert facts(hub_r1("push", dataset, "org/name", "--json"))["copied"] == 0
    assert hub.count("^(PUT|POST)") == before


def test_a_dataset_that_grew_sends_what_is_new(hub_r1: HubR1, hub: FakeHub, tmp_path: Path) -> None:
    write(tmp_path / "rows", 2, complete=False)
    hub_r1("push", "rows", "org/name", "--incomplete")
    assert "Not complete" in hub.files("org/name")["README.md"].decode()
    write(tmp_path / "rows", 3)
    assert facts(hub_r1("push", "rows", "org/name", "--json"))["copied"] == 1
    assert hub.count("^PUT") == 3
    assert "Not complete" not in hub.files("org/name")["README.md"].decode()


def test_a_card_that_somebody_edited_is_kept(hub_r1: HubR1, hub: FakeHub, tmp_path: Path) -> None:
    write(tmp_path / "rows", 2, complete=False)
    hub_r1("push", "rows", "org/name", "--incomplete")
    edited = hub.files("org/name")["README.md"].replace(b"# org/name", b"# Our rows")
    hub.repositories["org/name"].commit("main", {**hub.files("org/name"), "README.md": edited})
    write(tmp_path / "rows", 3)
    facts(hub_r1("push", "rows", "org/name", "--json"))
    assert hub.files("org/name")["README.md"] == edited


def test_a_dataset_that_has_not_finished_is_refused(hub_r1: HubR1, hub: FakeHub, tmp_path: Path) -> None:
    write(tmp_path / "rows", 1, complete=False)
    assert "--incomplete" in one_line(hub_r1("push", "rows", "org/name"))
    assert not hub.repositories


def test_a_repository_is_private_unless_it_is_said(hub_r1: HubR1, hub: FakeHub, dataset: Path) -> None:
    hub_r1("push", dataset, "org/closed")
    hub_r1("push", dataset, "org/open", "--public")
    assert hub.repositories["org/closed"].private and not hub.repositories["org/open"].private


def test_nothing_goes_to_a_public_repository_unasked(hub_r1: HubR1, hub: FakeHub, dataset: Path) -> None:
    hub.repositories["org/name"] = Repository(private=False)
    hub.repositories["org/name"].commit("main", {})
    assert "is public" in one_line(hub_r1("push", dataset, "org/name"))
    assert hub.files("org/name") == {}


def test_a_revision_is_a_branch(hub_r1: HubR1, hub: FakeHub, dataset: Path, tmp_path: Path) -> None:
    facts(hub_r1("push", dataset, "org/name", "--revision", "v1", "--message", "first", "--json"))
    assert set(hub.files("org/name")) == {".gitattributes"}
    facts(hub_r1("pull", "org/name", "--revision", "v1", "-o", "copy", "--json"))
    assert same(dataset, tmp_path / "copy")


def test_another_dataset_is_not_overwritten(
    hub_r1: HubR1, hub: FakeHub, dataset: Path, tmp_path: Path
) -> None:
    hub_r1("push", dataset, "org/name")
    before = hub.files("org/name")
    write(tmp_path / "other", domain="code")
    for line in (("other", "org/name"), ("other", "org/name", "--revision", "v2")):
        assert "choose another name" in one_line(hub_r1("push", *line))
    assert hub.files("org/name") == before


def test_a_damaged_shard_does_not_leave(hub_r1: HubR1, hub: FakeHub, dataset: Path) -> None:
    shard = dataset / "data/part-2.parquet"
    shard.write_bytes(shard.read_bytes()[:-1] + b"?")
    assert "part-2" in one_line(hub_r1("push", dataset, "org/name"))
    assert not committed(hub)


def test_files_that_the_repository_ignores_are_missed(hub_r1: HubR1, hub: FakeHub, dataset: Path) -> None:
    hub.repositories["org/name"] = Repository(private=True)
    hub.repositories["org/name"].commit("main", {".gitignore": b".r1/\n"})
    assert ".gitignore" in one_line(hub_r1("push", dataset, "org/name"))


def test_a_dry_run_sends_nothing(hub_r1: HubR1, hub: FakeHub, dataset: Path) -> None:
    said = facts(hub_r1("push", dataset, "org/name", "--dry-run", "--json"))
    assert (said["would_copy"], said["new"]) == (SHARDS, True)
    assert not hub.count("^(PUT|POST)")


def test_a_push_that_was_killed_is_not_whole_and_goes_on(
    hub_r1: HubR1, hub: FakeHub, dataset: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    arrived = threading.Event()

    def hold_the_third(handler: Handler) -> bool:
        if handler.command == "PUT" and hub.count("^PUT") >= 3:
            arrived.set()
            return True
        return False

    hub.meddle = hold_the_third
    command = [R1, "push", dataset, "org/name"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as killed:
        assert arrived.wait(60)
        killed.send_signal(signal.SIGKILL)
    assert not committed(hub)
    hub.meddle = lambda _: False
    stored, past = set(hub.blobs), len(hub.requests)
    facts(hub_r1("push", dataset, "org/name", "--json"))
    again = [request for request in hub.requests[past:] if request.startswith("PUT")]
    assert not [oid for oid in stored if f"PUT /storage/{oid}" in again]
    facts(hub_r1("pull", "org/name", "-o", "copy", "--json"))
    assert same(dataset, tmp_path / "copy")


def answer_html(handler: Handler) -> bool:
    handler.answer(b"<html>Please log in to the guest network</html>", Content_Type="text/html")
    return True


def fail(handler: Handler) -> bool:
    handler.answer(b"{}", 500)
    return True


@pytest.mark.parametrize(
    ("arguments", "changed", "meddle", "words"),
    [
        (("push", "rows", "org/name"), {"HF_TOKEN": ""}, None, "hf auth login"),
        (("push", "rows", "org/name"), {"HF_TOKEN": CANARY}, None, "does not know this token"),
        (("push", "rows", "closed/name"), {}, None, "write access"),
        (("push", "rows", "org/na..me"), {}, None, "org/na..me"),
        (("push", "rows", "hf:name"), {}, None, "hf:ORG/NAME"),
        (("pull", "org/nothing", "-o", "copy"), {}, None, "not there"),
        (("pull", "org/nothing", "-o", "copy"), {"HF_HUB_OFFLINE": "1"}, None, "HF_HUB_OFFLINE"),
        (("push", "rows", "org/name"), {"HF_ENDPOINT": "http://127.0.0.1:9"}, None, "cannot be reached"),
        (("push", "rows", "org/name"), {}, answer_html, "not a hub"),
        (("pull", "org/name", "-o", "copy"), {}, answer_html, "not a hub"),
        (("push", "rows", "org/name"), {}, fail, "failed"),
    ],
)
def test_what_goes_wrong_on_the_way_is_one_line(
    hub_r1: HubR1,
    hub: FakeHub,
    dataset: Path,
    arguments: tuple[str, ...],
    changed: dict[str, str],
    meddle: object,
    words: str,
) -> None:
    hub.meddle = meddle or hub.meddle  # type: ignore[assignment]
    said = one_line(hub_r1(*arguments, **changed))
    assert words in said and CANARY not in said
    assert not (dataset.parent / "copy").exists()


def test_a_folder_of_that_name_makes_the_hub_ambiguous(hub_r1: HubR1, dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "org").mkdir()
    assert "./org/name" in one_line(hub_r1("push", dataset, "org/name"))


def test_the_token_is_in_no_file_and_no_output(
    hub_r1: HubR1, hub: FakeHub, environment: dict[str, str], dataset: Path, tmp_path: Path
) -> None:
    lines = [("push", dataset, "org/name", "--message", f"with {TOKEN}"), ("pull", "org/name", "-o", "copy")]
    done = [hub_r1(*line) for line in lines]
    assert not any(one.returncode or TOKEN in one.stdout + one.stderr for one in done)
    places = (tmp_path, Path(environment["HF_HOME"]))
    kept = [path.read_bytes() for place in places for path in place.rglob("*") if path.is_file()]
    assert not any(TOKEN.encode() in content for content in [*kept, *hub.files("org/name").values()])
    assert "with ***" in hub.messages
