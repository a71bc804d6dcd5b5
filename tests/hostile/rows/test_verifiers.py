"""One poisoned row among 1,000: the others keep their verdicts and rewards, and it has a verdict of its own.

Of verification by each verifier, the judge and the rewards of GRPO; the other stages are in `test_stages`. Rows of
`code` are fewer, as each starts a program. `HOSTILE=all` throws 500 poisons at each.
"""

import itertools
import json
import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import pytest

from r1data.data.text import storable
from r1data.engines.base import Completion, EngineOptions
from r1data.exchange.task_rows import rows as task_rows
from r1data.training import rewards
from r1data.training.rewards import REWARDS, Reward, Rollout, each, reward, score
from r1data.training.rollouts.measures import shares, sums
from r1data.verifiers import registry
from r1data.verifiers.judge.judge import Judge, JudgeSettings
from r1data.verifiers.judge.review import Judging
from r1data.verifiers.table import COLUMNS, VerifyPlan, count, verify_table
from r1data.verifiers.verdict import DECIDED, WORDS, Case, Check, Verdict, Verifier, correct
from tests.hostile.rows import poisons
from tests.hostile.rows.poisons import Poison
from tests.hostile.watch import unshown
from tests.served import Fake, Reply, completion
from tests.verifiers.judge.fakes import Scripted, judge, said

ROWS = 1_000
LIMIT = 2.0
"""Seconds a row."""
SECONDS = 30.0
"""For 1,000 rows and a poison, on a busy machine; a tenth of a second is usual."""
GOOD = {
    "math": ("<think>so</think>The answer is \\boxed{%d}.", "%d"),
    "choice": ("<think>so</think>Answer: B", "B"),
    "exact": ("<think>so</think>%d apples", "%d apples"),
    "regex": ("<think>so</think>%d", "[0-9]+"),
    "json-schema": ('<think>so</think>{"n": %d}', '{"type": "object", "required": ["n"]}'),
    "format": ("<think>so</think>%d", None),
    "format-r1-zero": ("<think>so</think><answer>%d</answer>", None),
}
COLUMN_NAMES = ("response", "truth", "prompt", "verifier", "reasoning", "answer")


def table(verifier: str) -> pa.Table:
    response, truth = GOOD[verifier]
    rows = [
        {
            "prompt_id": f"p{number}",
            "prompt": f"What is {number}?",
            "response": response.replace("%d", str(number % 7)),
            "truth": truth and truth.replace("%d", str(number % 7)),
            "verifier": verifier,
            "reasoning": None,
            "answer": None,
        }
        for number in range(ROWS)
    ]
    names = ("prompt_id", *COLUMN_NAMES)
    return pa.table({name: pa.array([row[name] for row in rows], pa.string()) for name in names})


def poisoned(clean: pa.Table, place: int, column: str, text: str) -> pa.Table:
    values = clean.column(column).to_pylist()
    values[place] = storable(text)
    return clean.set_column(clean.column_names.index(column), column, pa.array(values, pa.string()))


def cases(seed: int, in_ci: int) -> Iterator[tuple[Poison, str, int]]:
    """Poisons, with the column and the place of each: responses and truths in turn, now and then another column."""
    draw = random.Random(f"verifiers {seed}")
    streams = {"response": poisons.responses(seed), "truth": poisons.texts(seed + 1)}
    for number in range(poisons.count(in_ci)):
        column = ("response", "truth")[number % 2] if number % 5 else draw.choice(COLUMN_NAMES)
        yield next(streams.get(column, streams["truth"])), column, draw.randrange(ROWS)


def verdicts(verified: pa.Table) -> list[tuple[Any, ...]]:
    return list(zip(*(verified.column(name).to_pylist() for name in COLUMNS), strict=True))


def check_one(row: tuple[Any, ...]) -> None:
    """A row's verdict is complete: a word, a cause where it is undecided, and nothing that a terminal acts on."""
    verdict = dict(zip(COLUMNS, row, strict=True))
    assert verdict["verdict"] in WORDS
    assert (verdict["verdict_cause"] is None) == (verdict["verdict"] in DECIDED)
    assert verdict["verdict"] in DECIDED or verdict["verdict_reason"]
    for name in ("extracted", "verdict_reason", "verifier_version"):
        shown = (verdict[name] or "").replace("\n", "").replace("\t", "")
        assert not any(
            ord(char) < 32 or 127 <= ord(char) < 160 or char in poisons.SURROGATES for char in shown
        )


@pytest.mark.parametrize("verifier", GOOD)
def test_verify(verifier: str) -> None:
    clean = table(verifier)
    plan = VerifyPlan(time_limit=LIMIT)
    expected = verdicts(verify_table(clean, plan))
    assert {row[0] for row in expected} == {"correct"}
    for poison, column, place in cases(31, 25):
        started = time.monotonic()
        verified = verify_table(poisoned(clean, place, column, poison.value), plan)
        found = verdicts(verified)
        assert time.monotonic() - started < SECONDS, (poison, column)
        assert found[:place] + found[place + 1 :] == expected[:place] + expected[place + 1 :], (
            poison,
            column,
        )
        check_one(found[place])
        count(verified)


@pytest.mark.parametrize("batch", [False, True])
def test_a_verifier_that_raises_anything_raises_it_for_its_row(batch: bool) -> None:
    """Also one of another package that gives no verdict, or one with values that no column holds."""
    errors, values, draw = poisons.exceptions(5), poisons.values(6), random.Random(5)
    clean = table("exact")
    for number in range(poisons.count(25)):
        bad_place, error, value = draw.randrange(ROWS), next(errors), next(values).value
        marked = poisoned(clean, bad_place, "response", "BAD")
        kind = number % 4

        def bad(kind: int = kind, error: Exception = error, value: Any = value) -> Any:
            if kind == 0:
                raise error
            if kind == 1:
                return value
            return Verdict("correct", value if kind == 2 else 1.0, None if kind == 2 else value)

        def one(case: Case, limit: float, bad: Any = bad) -> Verdict:
            return bad() if case.response == "BAD" else correct(case.response)  # type: ignore[no-any-return]

        def many(some: Sequence[Case], limit: float, one: Check = one) -> list[Verdict]:
            return [one(case, limit) for case in some]

        entry = Verifier("exact", many if batch else one, "1", "", batch=batch)
        found = verdicts(verify_table(marked, VerifyPlan(overrides={"exact": entry})))
        assert [row[0] for row in found[:bad_place] + found[bad_place + 1 :]] == ["correct"] * (ROWS - 1)
        check_one(found[bad_place])


def test_logic() -> None:
    (row,) = task_rows("leg_counting", {}, seed=0, block=0, rows=1)
    truth = json.dumps({"task": "leg_counting", "config": {}, "entry": row["entry"]})
    response = f"<think>so</think><answer>{row['entry']['answer']}</answer>"
    draw, numbers = random.Random(8), range(ROWS)
    texts, bad_responses = poisons.texts(9), poisons.responses(10)
    bombs = itertools.cycle(poisons.JSON_BOMBS)
    for number in range(poisons.count(4)):
        place = draw.choice(numbers)
        bad = [next(bad_responses).value, truth]
        if number % 3:
            bad = [response, next(bombs) if number % 3 == 1 else entry_of(next(texts).value)]
        rows = [[response, truth]] * place + [bad] + [[response, truth]] * (ROWS - 1 - place)
        found = registry.check_all(["logic"] * ROWS, *map(list, zip(*rows, strict=True)), time_limit=LIMIT)
        assert [v.verdict for v in found[:place] + found[place + 1 :]] == ["correct"] * (ROWS - 1), bad
        assert found[place].verdict in WORDS


def entry_of(text: str) -> str:
    """A poison in each place of a logic truth."""
    entry = {"answer": text, "question": text, "metadata": {text[:50]: [text]}}
    return json.dumps({"task": "leg_counting", "config": {text[:50]: text}, "entry": entry})


def judged(judge: Judge, clean: pa.Table) -> list[tuple[Any, ...]]:
    return verdicts(verify_table(clean, VerifyPlan(judging=Judging(judge))))


def judge_rows() -> pa.Table:
    """All with one question, so that a judge is asked once for the good ones with equal answers."""
    clean = table("exact").to_pydict()
    return pa.table({**clean, "verifier": ["judge"] * ROWS, "prompt": ["How many?"] * ROWS})


def test_judge_of_poisoned_rows() -> None:
    clean = judge_rows()
    model = judge(Scripted(lambda number, prompt: said("correct")), tokenizer=None)
    expected = judged(model, clean)
    for poison, column, place in cases(41, 12):
        found = judged(model, poisoned(clean, place, column, poison.value))
        assert found[:place] + found[place + 1 :] == expected[:place] + expected[place + 1 :], (
            poison,
            column,
        )
        check_one(found[place])


def test_judge_whose_tokenizer_reads_the_poison() -> None:
    clean = judge_rows().slice(0, 10)
    model = judge(Scripted(lambda number, prompt: said("correct")))
    for poison, column, place in cases(42, 5):
        found = judged(model, poisoned(clean, place % 10, column, poison.value))
        assert [row[0] for n, row in enumerate(found) if n != place % 10] == ["correct"] * 9, (poison, column)
        check_one(found[place % 10])


def test_judge_that_says_anything() -> None:
    """Replies of any text, completions with any error, engines that raise at one prompt."""
    replies, errors, draw = poisons.responses(51), poisons.exceptions(52), random.Random(53)
    clean = judge_rows()
    for number in range(poisons.count(25)):
        place, reply, error = draw.randrange(ROWS), next(replies).value, next(errors)
        marked = poisoned(clean, place, "prompt", "POISONED")

        def say(
            turn: int, prompt: str, number: int = number, reply: str = reply, error: Exception = error
        ) -> str | Completion:
            if "POISONED" not in prompt:
                return said("correct")
            if number % 3 == 0:
                raise error
            return reply if number % 3 == 1 else Completion("", [], "error", 1, 0, reply)

        found = judged(judge(Scripted(say), tokenizer=None), marked)
        assert [row[0] for row in found[:place] + found[place + 1 :]] == ["correct"] * (ROWS - 1)
        check_one(found[place])
        assert found[place][0] != "incorrect"


@pytest.mark.parametrize(
    "reply",
    [
        completion("\ud800\x00\x1b[2J"),
        completion(text=7, message={"content": ["x"]}),
        completion(said("correct", "\ud800\u202e" * 9_000)),
    ],
    ids=range(3),
)
def test_judge_behind_a_server(reply: Reply) -> None:
    def answer(server: Fake, body: dict[str, Any]) -> Reply:
        return reply if "POISONED" in body["messages"][0]["content"] else completion(said("correct"))

    with Fake(answer) as server:
        options = EngineOptions(endpoints=(server.url,), request_timeout=5.0, patience=1.0)
        settings = JudgeSettings("tiny", engine="openai", cache=False, options=options)
        found = judged(Judge(settings), poisoned(judge_rows(), 500, "prompt", "POISONED"))
    assert [row[0] for row in found[:500] + found[501:]] == ["correct"] * (ROWS - 1)
    check_one(found[500])
    assert found[500][0] != "incorrect"


def test_code() -> None:
    """Several poisoned programs among good ones, as starts are dear: none of the good ones loses its verdict."""
    good = "<think>so</think>\n```python\ndef f(x):\n    return x + %d\n```"
    truth = json.dumps(["assert f(2) == 4", "assert f(3) == 5"])
    sources = poisons.programs(61)
    for _ in range(math.ceil(poisons.count(12) / 12)):
        bad = [
            f"<think>so</think>\n```python\n{poison.value}\n```" for poison in itertools.islice(sources, 12)
        ]
        responses = [text for pair in zip([good % 2] * 12, bad, strict=True) for text in pair]
        table = {"response": list(map(storable, responses)), "truth": [truth] * 24, "verifier": ["code"] * 24}
        found = verdicts(verify_table(pa.table(table), VerifyPlan(time_limit=LIMIT, scores=True)))
        assert [row[0] for row in found[::2]] == ["correct"] * 12
        for row in found[1::2]:
            check_one(row)


def rollouts() -> list[Rollout]:
    words = "First we count the apples and then we add the others to them"
    return [
        Rollout(f"What is {n}?", f"<think>{words} {n}</think>\\boxed{{{n % 7}}}", str(n % 7), "math", "en")
        for n in range(ROWS)
    ]


def test_rewards(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Rollouts that are poisoned anywhere, and rewards that fail on one: it has no reward, never 0 for an error."""
    bad_rewards = {"bad": Reward("bad", each(lambda one: bad(one)))}
    monkeypatch.setattr(REWARDS, "built_in", MappingProxyType({**REWARDS.built_in, **bad_rewards}))
    errors, values, texts = poisons.exceptions(72), poisons.values(73), poisons.responses(74)
    good, draw = rollouts(), random.Random(75)

    def bad(one: Any) -> Any:
        if "BAD" not in one.rollout.prompt:
            return 0.5
        if raises:
            raise error
        return value

    raises, error, value = False, Exception(), 0.5
    names = ["accuracy", "format", "language", "bad"]
    expected = reward(score(good, LIMIT, names), names)
    assert all(None not in column for column in expected.values())
    for number in range(poisons.count(14)):
        place, text = draw.randrange(ROWS), next(texts).value
        raises, error, value = number % 3 == 0, next(errors), next(values).value
        field = draw.choice(["response", "truth", "prompt", "language", "verifier"])
        poison = replace(good[place], **{field: text}) if number % 2 else replace(good[place], prompt="BAD")
        scored = score([*good[:place], poison, *good[place + 1 :]], LIMIT, names)
        try:
            found = reward(scored, names)
        except rewards.UserError as refusal:  # a number out of the range that the reward says it has
            assert "no number from 0 to 1" in str(refusal) and number % 2 == 0 and not raises
            continue
        shares(sums(scored))
        for name in names:
            assert found[name][:place] + found[name][place + 1 :] == (
                expected[name][:place] + expected[name][place + 1 :]
            )
        is_number = value is None or (isinstance(value, int | float) and 0 <= value <= 1)
        if number % 2 == 0 and (raises or not is_number):
            assert [column[place] for column in found.values()] == [None] * 4
    told = capsys.readouterr().err
    assert "which get no reward" in told
    assert not unshown(told.encode("utf-8", "surrogateescape"))
