"""A run whose prompts have rubrics, judged by a server."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from r1data.data.rows import Rows
from r1data.data.source import open_source
from r1data.training import launch
from tests.served import Fake, Reply
from tests.training import harness
from tests.training.tiny import sums


def reply(fake: Fake, body: dict[str, Any]) -> Reply:
    """Every item is met but `broken`, on which the judge says nothing that can be read."""
    shown = body["messages"][0]["content"]
    text = "hm" if "\nbroken\n" in shown else json.dumps({"analysis": "so", "met": "\nno\n" not in shown})
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return Reply(
        json.dumps({"choices": [choice], "usage": {"completion_tokens": 5, "prompt_tokens": 5}}).encode()
    )


def test_rubrics_are_judged_by_a_server_and_a_second_run_asks_it_for_nothing(
    qwen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("R1_CACHE", str(tmp_path / "cache"))
    rubrics = [["yes", "no"], ["yes", "broken"], None, None]
    prompts = [{**row, "rubric": rubric} for row, rubric in zip(sums(4), rubrics, strict=True)]
    with Fake(reply) as fake:
        settings = replace(
            harness.GRPO,
            steps=1,
            steps_per_rollout=1,
            beta=0.0,
            prompts_per_step=4,
            rewards={"letters": 1.0, "rubric": 1.0},
            judge="tiny",
            judge_url=fake.url,
        )
        asked = []
        for name in ("a", "b"):
            launch.run(prompts, model=qwen, out=tmp_path / name, settings=settings, command="train-grpo")
            asked.append(len(fake.asked))
    assert asked[0] > 0 and asked[1] == asked[0]
    values: dict[str, set[Any]] = {}
    for row in Rows(open_source(str(tmp_path / "a/rollouts"))):
        values.setdefault(row["prompt"], set()).add((row["reward_rubric"], row["reward_letters"] is None))
        if row["prompt"] == "0+1=" and row["reward_rubric"]:
            items = json.loads(row["grades"])["rubric"]["detail"]
            assert [(one["item"], one["met"]) for one in items] == [("yes", True), ("no", False)]
    assert {value for value, _ in values["0+1="]} <= {0.5, 0.0}
    # Unknown where the judge was asked; a response without a summary meets nothing, and it was not.
    assert values["1+1="] <= {(None, True), (0.0, False)}
    assert values["2+1="] == values["3+1="] == {(None, False)}
