"""A Piston server's answer is an outcome of its program, or one line that says what came instead."""

import pytest

from r1data.data.text import one_line
from r1data.sandbox import piston
from r1data.sandbox.job import Limits, Program, ProgramInput, SandboxFailed
from tests.hostile.sampled import sampled
from tests.hostile.servers.builders import LOUD, ROWS
from tests.hostile.servers.server import POISON, Server, Way, reply

RESULT = {"stdout": "ok", "stderr": "", "code": 0, "signal": None}
ANSWERS: dict[str, Way] = {
    "a run of text": reply({"run": "done"}),
    "a run of a list": reply({"run": [RESULT]}),
    "a compiler of numbers": reply({"run": RESULT, "compile": 7}),
    "output of a list": reply({"run": {**RESULT, "stdout": ["ok"]}}),
    "errors of a number": reply({"run": {**RESULT, "stderr": 7}}),
    "a code of text": reply({"run": {**RESULT, "code": LOUD}}),
    "a huge code": reply({"run": {**RESULT, "code": 10**400}}),
    "a signal of a list": reply({"run": {**RESULT, "signal": [9]}}),
    "a time of text": reply({"run": {**RESULT, "wall_time": LOUD}}),
    "a time of NaN": reply({"run": {**RESULT, "cpu_time": float("nan")}}),
    "a list": reply([RESULT]),
    **{
        name: ROWS[name]
        for name in ROWS
        if not name.startswith(("a slow", "silence", "only 100", "endless headers"))
    },
}


@pytest.mark.parametrize("name", sampled(ANSWERS, 20))
def test_an_answer_is_an_outcome_or_a_line(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(piston, "PAUSE", 0.0)
    monkeypatch.setattr(piston, "SLACK", 1.0)
    program = Program(f"# {POISON}")
    with Server(answer=ANSWERS[name]) as server:
        try:
            piston.run(f"piston+{server.url}", program, [ProgramInput()], Limits(seconds=1.0))
        except SandboxFailed as error:
            assert str(error) == one_line(str(error), 400)


def test_a_program_goes_to_no_other_server() -> None:
    with Server() as other:
        away = reply({}, "307 Away", f"Location: {other.url}/api/v2/execute")
        with Server(answer=away) as server, pytest.raises(SandboxFailed, match="307"):
            piston.run(f"piston+{server.url}", Program(POISON), [ProgramInput()], Limits())
        assert other.asked == []
