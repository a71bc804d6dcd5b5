"""Trainers score through the service: TRL's by real steps, others in the shape that they send."""

import asyncio
import base64
import json
import os
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from r1data.training.verdict_service.clients import verifiers, verl
from r1data.training.verdict_service.clients.trl import reward_functions
from tests import tiny
from tests.environments import python_with
from tests.training.verdict_service.conftest import Running

RIGHT = "<think>so</think>\\boxed{4}"
UNREADABLE = "<think>so</think>\\boxed{about four}"


def post(service: Running, path: str, value: Any) -> tuple[int, Any]:
    """By basic authentication, as clients do that know only an address with a password."""
    word = base64.b64encode(f"r1:{service.token}".encode()).decode()
    headers = {"Content-Type": "application/json", "Authorization": f"Basic {word}"}
    request = urllib.request.Request(service.url + path, json.dumps(value).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:
            return reply.status, json.loads(reply.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


@pytest.mark.slow
def test_trl_trains_on_rewards_of_the_service_and_leaves_unknown_ones_out(
    service: Running, tmp_path: Path
) -> None:
    from datasets import Dataset
    from trl import GRPOConfig, GRPOTrainer

    model = tiny.build(tmp_path / "model")
    rows = [
        {"prompt": "2+2?", "truth": "4", "verifier": "math", "language": "en"},
        {"prompt": "3+3?", "truth": "6", "verifier": "dies", "language": "en"},
    ]
    scored: list[list[float | None]] = []
    functions = reward_functions(["accuracy", "format"], service.client)

    def watched(function: Any) -> Any:
        def function_and_note(**columns: Any) -> list[float | None]:
            values: list[float | None] = function(**columns)
            scored.append(values)
            return values

        function_and_note.__name__ = function.__name__
        return function_and_note

    arguments = GRPOConfig(
        output_dir=str(tmp_path / "out"),
        max_steps=2,
        per_device_train_batch_size=4,
        num_generations=2,
        generation_batch_size=4,
        max_completion_length=8,
        use_cpu=True,
        bf16=False,
        report_to="none",
        logging_steps=1,
        shuffle_dataset=False,
    )
    trainer = GRPOTrainer(
        model=str(model),
        reward_funcs=[watched(function) for function in functions],
        args=arguments,
        train_dataset=Dataset.from_list(rows),
    )
    trainer.train()
    logs = [row for row in trainer.state.log_history if "rewards/accuracy/mean" in row]
    assert len(logs) == 2
    assert len(scored) == 4 and all(values[2:] == [None, None] for values in scored)
    missing = [[value is None for value in values] for values in scored]
    assert missing[::2] == missing[1::2], "beside a reward, a missing one would count as 0"


def test_a_nemo_gym_client_gets_its_request_back_with_a_reward(service: Running) -> None:
    def request(text: str, **row: Any) -> dict[str, Any]:
        content = [{"type": "output_text", "text": text, "annotations": []}]
        output = [
            {"type": "reasoning", "id": "r", "summary": [{"type": "summary_text", "text": "two and two"}]},
            {"type": "message", "role": "assistant", "id": "m", "status": "completed", "content": content},
        ]
        asked = {"input": [{"role": "user", "content": "2+2?"}]}
        return {"responses_create_params": asked, "response": {"id": "x", "output": output}, **row}

    assert post(service, "/seed_session", {}) == (200, {})
    right = request("\\boxed{4}", expected_answer="4")
    status, reply = post(service, "/verify", right)
    assert status == 200 and {**right, **reply} == reply
    assert (reply["reward"], reply["mask_sample"], reply["extracted_answer"]) == (1.0, False, "4")
    rewards = {"accuracy": 1, "format": 0.5}
    _, formatted = post(
        service, "/verify", request("\\boxed{5}", verifier_metadata={"truth": "4", "rewards": rewards})
    )
    assert formatted["reward"] == 0.5 and formatted["reward_components"] == {"accuracy": 0.0, "format": 1.0}
    _, unknown = post(service, "/verify", request("\\boxed{about four}", expected_answer="4"))
    assert (unknown["mask_sample"], unknown["failure_kind"]) == (True, "verifier_error")
    replies = {"verify_responses": [reply, formatted, unknown]}
    _, means = post(service, "/aggregate_metrics", replies)
    assert means["agent_metrics"] == {"mean/reward": 0.75, "mean/mask_sample": pytest.approx(1 / 3)}
    assert post(service, "/verify", {"response": "text"})[0] == 400


def test_openrlhf_gets_numbers_and_says_what_an_unknown_verdict_is_worth(service: Running) -> None:
    prompt = "<|im_start|>user\n2+2?<|im_end|>\n"
    label = json.dumps({"truth": "4", "verifier": "math", "language": "en"})
    texts = [RIGHT, "<think>so</think>\\boxed{5}", UNREADABLE]
    body = {
        "query": [f"{prompt}{text}<|im_end|>" for text in texts],
        "prompts": [prompt] * 3,
        "labels": ["4", label, label],
    }
    status, reply = post(service, "/openrlhf?unknown=0.25&reward=accuracy&reward=format=0.5", body)
    assert status == 200
    assert reply["rewards"] == [1.5, 0.5, 0.25] and reply["scores"] == [1.0, 0.0, 0.25]
    assert reply["extra_logs"] == {"unknown": [0.0, 0.0, 1.0]}
    status, reply = post(service, "/openrlhf", body)
    assert status == 400 and "?unknown=" in reply["error"]


def test_a_trace_of_verifiers_has_a_reward_or_an_error(
    service: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("R1_VERDICTS_URL", service.url)
    monkeypatch.setenv("R1_VERDICTS_TOKEN", service.token)
    verifiers._client.cache_clear()
    task = SimpleNamespace(prompt="2+2?", answer="4")

    def trace(reply: str) -> SimpleNamespace:
        message = SimpleNamespace(content=reply, reasoning_content="so")
        return SimpleNamespace(last_reply=reply, assistant_messages=[message])

    assert asyncio.run(verifiers.reward(task, trace("\\boxed{4}"))) == 1.0
    monkeypatch.setenv("R1_REWARDS", "accuracy,format=0.5")
    assert asyncio.run(verifiers.reward(task, trace("\\boxed{5}"))) == 0.5
    with pytest.raises(verifiers.UnknownVerdict, match="unverifiable"):
        asyncio.run(verifiers.reward(task, trace("\\boxed{about four}")))


@pytest.mark.slow
def test_a_task_of_verifiers_itself_scores_through_the_service(
    service: Running, request: pytest.FixtureRequest
) -> None:
    python = python_with(request, "verifiers-0.4.0", "verifiers==0.4.0")
    texts = ["\\boxed{4}", "\\boxed{5}", "\\boxed{about four}"]
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(__file__).parents[3]),
        "R1_VERDICTS_URL": service.url,
        "R1_VERDICTS_TOKEN": service.token,
    }
    script = Path(__file__).with_name("in_verifiers.py")
    done = subprocess.run(
        [python, script, json.dumps(texts)], env=environment, capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout.splitlines()[-1])
    assert results == [{"r1": 1.0}, {"r1": 0.0}, {"error": "TaskError", "r1": None}]


@pytest.mark.parametrize("way", ["service", "process"])
def test_verl_s_function_raises_for_an_unknown_verdict_or_gives_the_number_that_was_named(
    way: str, service: Running
) -> None:
    where = {"url": service.url, "token": service.token} if way == "service" else {}
    info = {"question": "2+2?", "verifier": "math", "language": "en"}
    known = verl.compute_score("sums", RIGHT, "4", info, **where)
    assert known == {"score": 2.0, "acc": 1.0, "known": 1.0, "reward_accuracy": 1.0, "reward_format": 1.0}
    with pytest.raises(RuntimeError, match="unknown verdict"):
        verl.compute_score("sums", UNREADABLE, "4", info, **where)
    given = verl.compute_score("sums", UNREADABLE, "4", info, unknown=0.25, **where)
    assert given["score"] == 0.25 and given["known"] == 0.0 and given.keys() == known.keys()


def test_what_the_prompt_wrote_belongs_to_the_response(service: Running) -> None:
    info = {"question": "2+2?", "verifier": "math"}
    where: dict[str, Any] = {"url": service.url, "token": service.token}
    opened = verl.compute_score("sums", "so</think>\\boxed{4}", "4", info, prefill="<think>", **where)
    assert opened["reward_format"] == 1.0
