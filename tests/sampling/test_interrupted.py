"""An interrupted run keeps the responses it has: the next one asks for the others alone, and ends in the same rows."""

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from r1data.cli import invoke

from r1data.data.dataset import Dataset
from r1data.data.source import open_source
from r1data.data.stores.layout import UNFINISHED
from r1data.engines.base import Completion, EngineOptions, Request, Sampling
from r1data.engines.batch import FinishedRow
from r1data.engines.transformers import TransformersEngine
from r1data.errors import UserError
from r1data.sampling import unfinished
from r1data.sampling.sample import sample
from r1data.sampling.until import StoppingRule
from tests.sampling.conftest import Dice, Row, plan, rows
from tests.served import Fake, Reply, completion

Play = Callable[..., Dice]


class Stopping:
    """An engine that stops the run after so many completions, one whose `generate` has that many left to pass on."""

    def __init__(self, dice: Dice, after: int, error: type[BaseException], unclaimed: int = 0) -> None:
        self.dice, self.after, self.error, self.late = dice, after, error, unclaimed
        self.name, self.exact = dice.name, dice.exact
        self.unclaimed: list[tuple[int, Completion]] = []

    def generate(
        self, requests: Iterable[Request | None], sampling: Sampling
    ) -> Iterator[tuple[int, Completion]]:
        self.unclaimed = []
        for item in self.dice.generate(requests, sampling):
            if self.after > 0:
                self.after -= 1
                yield item
                continue
            self.unclaimed.append(item)
            if len(self.unclaimed) >= self.late:
                raise self.error


def stopped(
    monkeypatch: pytest.MonkeyPatch, source: str, out: Path, model: Path, engine: Stopping, **settings: object
) -> str:
    """Runs until the engine stops; what the exception notes."""
    from r1data.engines import base

    with monkeypatch.context() as patched:
        entry = base.Engine("dice", lambda model, options: engine)
        patched.setitem(base.ENGINES.built_in, "dice", entry)
        with pytest.raises(engine.error) as raised:
            sample(open_source(source), str(out), plan(model, **settings))
    return "; ".join(raised.value.__notes__)


@pytest.mark.parametrize("exact", [False, True], ids=["one-call", "exact"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, UserError])
def test_ten_interruptions_draw_nothing_twice_and_end_in_the_same_dataset(
    exact: bool,
    error: type[BaseException],
    model: Path,
    prompts: str,
    play: Play,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    undisturbed, dice = tmp_path / "undisturbed", play(exact=exact)
    expected = sample(open_source(prompts), str(undisturbed), plan(model, part_rows=24))
    dice.asked.clear()
    kept = 0
    for turn in range(10):
        engine = Stopping(dice, after=turn, error=error, unclaimed=1 + turn % 3)
        note = stopped(monkeypatch, prompts, tmp_path / "out", model, engine, part_rows=24)
        kept += turn + len(engine.unclaimed)
        assert note == f"{kept} of 96 responses are kept, the same command goes on from there"
    summary = sample(open_source(prompts), str(tmp_path / "out"), plan(model, part_rows=24))
    assert max(Counter(dice.asked).values()) == 1
    assert (summary.digest, summary.rows) == (expected.digest, expected.rows)
    assert not list((tmp_path / "out" / UNFINISHED).iterdir())


def test_adaptive_rounds_go_on_from_the_responses_that_were_kept(
    model: Path, prompts: str, play: Play, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    rule, dice = StoppingRule.of(2, 8, 2, 0.1, 0.05), play()
    sample(open_source(prompts), str(tmp_path / "undisturbed"), plan(model, until=rule))
    asked = Counter(dice.asked)
    dice.asked.clear()
    for turn in range(10):
        engine = Stopping(dice, after=turn, error=KeyboardInterrupt, unclaimed=1)
        note = stopped(monkeypatch, prompts, tmp_path / "out", model, engine, until=rule)
        assert "responses are kept" in note and " of " not in note
    sample(open_source(prompts), str(tmp_path / "out"), plan(model, until=rule))
    assert Counter(dice.asked) == asked
    assert rows(tmp_path / "out") == rows(tmp_path / "undisturbed")


def test_an_interruption_before_any_response_says_so_and_leaves_nothing(
    model: Path, prompts: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    engine = Stopping(Dice(together=1), after=0, error=KeyboardInterrupt)
    engine.dice.generate = lambda requests, sampling: _interrupt()  # type: ignore[method-assign]
    note = stopped(monkeypatch, prompts, tmp_path / "out", model, engine)
    assert note == "no response had come yet, the same command starts anew"
    assert not (tmp_path / "out").exists()


def _interrupt() -> Iterator[Any]:
    raise KeyboardInterrupt
    yield


def test_what_was_kept_belongs_to_its_settings(
    model: Path, prompts: str, play: Play, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    dice = play()
    stopped(monkeypatch, prompts, tmp_path / "out", model, Stopping(dice, 5, KeyboardInterrupt))
    with pytest.raises(UserError, match="written with temperature"):
        sample(
            open_source(prompts),
            str(tmp_path / "out"),
            plan(model, sampling=Sampling(temperature=0.5, max_tokens=12)),
        )


def test_a_prompt_that_has_changed_does_not_get_the_response_to_the_old_one(
    model: Path,
    play: Play,
    write_jsonl: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    dice = play(together=1)
    old: list[Row] = [{"prompt_id": f"p{i}", "prompt": f"{i}+1=", "truth": "1"} for i in range(3)]
    source = str(write_jsonl(old))
    stopped(monkeypatch, source, tmp_path / "out", model, Stopping(dice, 16, KeyboardInterrupt))
    dice.asked.clear()
    changed = str(write_jsonl([{**old[0], "prompt": "9+9="}, *old[1:]]))
    sample(open_source(changed), str(tmp_path / "out"), plan(model))
    assert Counter(name.partition("/")[0] for name in dice.asked) == {"p0": 8, "p2": 7}


def test_a_kill_costs_what_came_since_the_last_minute(
    model: Path, prompts: str, play: Play, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(unfinished, "SAVE_SECONDS", 0.0)
    monkeypatch.setattr(unfinished.Unfinished, "responses", lambda self: 0)
    dice = play()

    def killed(self: unfinished.Unfinished) -> None:
        if len(dice.asked) == 30:
            os._exit(9)

    child = os.fork()
    if child == 0:
        monkeypatch.setattr(
            unfinished.Unfinished, "save_if_due", after(unfinished.Unfinished.save_if_due, killed)
        )
        sample(open_source(prompts), str(tmp_path / "out"), plan(model))
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    summary = sample(open_source(prompts), str(tmp_path / "out"), plan(model))
    assert (summary.rows, len(dice.asked)) == (96, 66)


def after(first: Callable[..., None], then: Callable[..., None]) -> Callable[..., None]:
    def both(self: unfinished.Unfinished) -> None:
        first(self)
        then(self)

    return both


def test_a_file_that_is_no_such_file_is_said_in_one_line(
    model: Path, prompts: str, play: Play, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stopped(monkeypatch, prompts, tmp_path / "out", model, Stopping(play(), 5, KeyboardInterrupt))
    (file,) = (tmp_path / "out" / UNFINISHED).iterdir()
    file.write_bytes(b"PAR1")
    with pytest.raises(UserError, match="unfinished/"):
        sample(open_source(prompts), str(tmp_path / "out"), plan(model))


def test_what_no_run_writes_is_not_taken_up(
    model: Path, prompts: str, play: Play, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    dice = play(together=1)
    stopped(monkeypatch, prompts, tmp_path / "out", model, Stopping(dice, 5, KeyboardInterrupt))
    (file,) = (tmp_path / "out" / UNFINISHED).iterdir()
    kept = pq.read_table(file).to_pylist()
    changes = (
        {"response_tokens": -1},
        {"prompt_tokens": 1 << 62},
        {"finish_reason": "error"},
        {"request": 9_999},
    )
    rows_ = [{**row, **change} for row, change in zip(kept, (*changes, {"digest": "0"}), strict=False)]
    rows_[0]["seconds"] = float("nan")
    pq.write_table(pa.Table.from_pylist(rows_, schema=unfinished.COLUMNS), file)
    dice.asked.clear()
    summary = sample(open_source(prompts), str(tmp_path / "out"), plan(model))
    assert len(dice.asked) == 96 and Dataset(tmp_path / "out").complete
    assert summary.details["response_tokens"] == 192


def test_an_unfinished_dataset_can_be_looked_at(
    model: Path,
    prompts: str,
    play: Play,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    stopped(monkeypatch, prompts, tmp_path / "out", model, Stopping(play(), 5, KeyboardInterrupt))
    dataset = Dataset(tmp_path / "out")
    assert (len(dataset.entries), dataset.complete) == (0, False)
    for command in ("inspect", "check", "cat", "gc"):
        assert invoke([command, str(tmp_path / "out")]) in (0, 1)
        assert "Traceback" not in capsys.readouterr().err
    assert list((tmp_path / "out" / UNFINISHED).iterdir())


def test_a_server_is_asked_once_for_each_response_though_ten_runs_are_stopped(
    write_jsonl: Callable[..., Path], tmp_path: Path
) -> None:
    prompts = write_jsonl([{"prompt_id": f"p{i}", "prompt": f"{i}+1=", "truth": "1"} for i in range(25)])

    def answer(fake: Fake, body: dict[str, Any]) -> Reply:
        reply = completion(rf"\boxed{{{body['seed'] % 3}}}")
        return Reply(reply.body, hang=0.02 * (1 + body["seed"] % 5))

    def command(out: str) -> list[str]:
        words = f"--engine openai --endpoint {fake.url} --template server --model tiny -n 4 --concurrency 3"
        return ["sample", str(prompts), "-o", str(tmp_path / out), *words.split()]

    with Fake(answer) as fake:
        assert invoke(command("undisturbed")) == 0
        asked, fake.asked[:] = Counter(map(place, fake.asked)), []
        for turn in range(10):
            # Ctrl-C and SIGTERM in turn, to this process, as a terminal and a scheduler send them.
            number, enough = (signal.SIGINT, signal.SIGTERM)[turn % 2], len(fake.asked) + 6
            sender = threading.Thread(
                target=send_when, args=(number, lambda enough=enough: len(fake.asked) >= enough)
            )
            sender.start()
            assert invoke(command("out")) == (130, 143)[turn % 2]
            sender.join()
        assert 50 < len(fake.asked) < 100
        assert invoke(command("out")) == 0
    assert Counter(map(place, fake.asked)) == asked and set(asked.values()) == {1}
    assert Dataset(tmp_path / "out").digest == Dataset(tmp_path / "undisturbed").digest


def place(body: dict[str, Any]) -> tuple[str, int]:
    return body["messages"][-1]["content"], body["seed"]


def send_when(number: int, is_time: Callable[[], bool]) -> None:
    while not is_time():
        time.sleep(0.005)
    os.kill(os.getpid(), number)


def test_the_transformers_engine_draws_each_response_once_though_ten_runs_are_stopped(
    model: Path, prompts: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = {"engine": "transformers", "sampling": Sampling(max_tokens=12), "part_rows": 48}
    options = EngineOptions(max_batch=5)
    sample(open_source(prompts), str(tmp_path / "undisturbed"), plan(model, **settings), options)
    drawn: Counter[str] = Counter()
    complete = TransformersEngine._completion

    def count(self: TransformersEngine, ended: FinishedRow) -> Completion:
        drawn[ended.job.request.id] += 1
        return complete(self, ended)

    monkeypatch.setattr(TransformersEngine, "_completion", count)
    for turn in range(10):
        enough = len(drawn) + 3 + turn

        def stop(self: unfinished.Unfinished, enough: int = enough) -> None:
            if len(drawn) >= enough:
                raise KeyboardInterrupt

        monkeypatch.setattr(unfinished.Unfinished, "save_if_due", stop)
        with pytest.raises(KeyboardInterrupt):
            sample(open_source(prompts), str(tmp_path / "out"), plan(model, **settings), options)
    monkeypatch.undo()
    monkeypatch.setattr(TransformersEngine, "_completion", count)
    sample(open_source(prompts), str(tmp_path / "out"), plan(model, **settings), options)
    assert len(drawn) == 96 and set(drawn.values()) == {1}
    assert rows(tmp_path / "out") == rows(tmp_path / "undisturbed")
