"""What the service promises: nothing is lost, nothing is guessed, nobody without the token is heard."""

import gzip
import json
import os
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from r1data.training.verdict_service.clients.client import ServiceError, VerdictClient
from tests.training.verdict_service.conftest import Running, started

TOKEN = "a token of the environment".replace(" ", "-")


def right(number: int) -> dict[str, Any]:
    return {"prompt": f"{number}?", "response": f"<think>so</think>\\boxed{{{number}}}", "truth": str(number)}


def post(running: Running, path: str, body: bytes, **headers: str) -> tuple[int, dict[str, Any]]:
    request = urllib.request.Request(
        running.url + path,
        body,
        {"Content-Type": "application/json", "Authorization": f"Bearer {running.token}", **headers},
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:
            return reply.status, json.loads(reply.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def checkers(running: Running) -> list[int]:
    """The processes of a service's checkers, without their forks."""
    pids = Path(f"/proc/{running.process.pid}/task").glob("*/children")
    return [int(pid) for file in pids for pid in file.read_text().split()]


def test_verdicts_come_in_order_with_their_cause(service: Running) -> None:
    items = [
        right(1),
        {**right(2), "truth": "3"},
        {"response": "\\boxed{4}"},
        {"response": "so", "truth": "1"},
    ]
    verdicts = service.client.verdicts(items)
    assert [verdict["verdict"] for verdict in verdicts] == [
        "correct",
        "incorrect",
        "unverifiable",
        "unverifiable",
    ]
    assert [verdict["cause"] for verdict in verdicts] == [None, None, "no_truth", "no_answer"]
    assert verdicts[0]["extracted"] == "1" and verdicts[0]["verifier_version"].startswith("math/")


def test_an_unknown_verdict_has_no_reward_of_any_kind(service: Running) -> None:
    items = [right(1), {**right(2), "verifier": "dies"}, {**right(3), "truth": "4"}]
    replies = service.client.rewards(items, {"accuracy": 1, "format": 0.5})
    assert [reply["reward"] for reply in replies] == [1.5, None, 0.5]
    assert replies[1]["rewards"] == {"accuracy": None, "format": None}


def test_a_checker_that_hangs_is_stopped_and_its_item_alone_is_unknown(service: Running) -> None:
    verdicts = service.client.verdicts([right(1), {**right(2), "verifier": "hangs"}, right(3)])
    assert [(verdict["verdict"], verdict["cause"]) for verdict in verdicts] == [
        ("correct", None),
        ("timeout", "limit"),
        ("correct", None),
    ]


def test_a_reward_that_kills_or_raises_takes_no_other_response_with_it(service: Running) -> None:
    texts = ["four", "raise", "kill", "sixsix"]
    items = [{"prompt": "one prompt", "response": text} for text in texts]
    replies = service.client.rewards(items, ["brittle"])
    assert [reply["reward"] for reply in replies] == [4.0, None, None, 6.0]


def test_rewards_that_compare_responses_compare_those_of_a_prompt(service: Running) -> None:
    lengths = {"a": [10, 20, 30], "b": [40, 50]}
    items = [{**right(1), "prompt": prompt, "tokens": n} for prompt, all in lengths.items() for n in all]
    replies = service.client.rewards([items[n] for n in (0, 3, 1, 4, 2)], ["accuracy", "length"])
    shares = {n: reply["rewards"]["length"] for n, reply in zip((0, 3, 1, 4, 2), replies, strict=True)}
    assert shares == {0: 0.5, 1: 0.0, 2: -0.5, 3: 0.5, 4: -0.5}


@pytest.mark.slow
def test_1000_concurrent_requests_lose_nothing_beside_a_poisoned_and_a_killed_checker(poison: Path) -> None:
    numbers = range(1_000)
    with started(poison, "--workers", "2", "--time-limit", "1", "--grace", "1") as running:
        running.wait_until_warm()
        items = [{**right(n), "verifier": "dies" if n == 500 else "math"} for n in numbers]
        before = checkers(running)
        with ThreadPoolExecutor(1_000) as pool:
            replies = [pool.submit(running.client.verdicts, [item]) for item in items]
            while sum(reply.done() for reply in replies) < 50:
                time.sleep(0.005)
            os.kill(before[0], signal.SIGKILL)
            verdicts = [reply.result()[0] for reply in replies]
        unknown = [n for n, verdict in enumerate(verdicts) if verdict["verdict"] != "correct"]
        assert [(n, verdicts[n]["verdict"], verdicts[n]["cause"]) for n in unknown] == [
            (500, "error", "crash")
        ]
        assert [verdict["extracted"] for n, verdict in enumerate(verdicts) if n != 500] == [
            str(n) for n in numbers if n != 500
        ]
        assert before[0] not in checkers(running)
        assert 'r1_verdicts_total{verdict="error",cause="crash"} 1' in running.get("/metrics")[1]


def test_a_full_queue_says_when_to_come_back_and_the_client_does(poison: Path) -> None:
    with started(poison, "--workers", "1", "--queue", "20", "--grace", "5", token=TOKEN) as running:
        running.wait_until_warm()
        items = [{"response": "a", "truth": "a", "verifier": "slow"}] * 20
        body = json.dumps(items).encode()
        done: list[int] = []
        with ThreadPoolExecutor(3) as pool:
            for _ in range(3):
                pool.submit(lambda: done.append(len(running.client.verdicts(items))))
            statuses = set()
            while 429 not in statuses:
                statuses.add(post(running, "/verdicts", body)[0])
        assert done == [20] * 3
        assert TOKEN not in "".join(running.lines), "a token that was given is not shown"
        assert statuses <= {200, 429} and 429 in statuses
        assert post(running, "/verdicts", json.dumps(items * 2).encode())[0] == 400


def test_a_long_request_does_not_keep_a_short_one_waiting(poison: Path) -> None:
    with started(poison, "--workers", "1", "--grace", "5") as running:
        running.wait_until_warm()
        item = {"response": "a", "truth": "a", "verifier": "slow"}
        ended: list[str] = []

        def ask(name: str, count: int) -> None:
            running.client.verdicts([item] * count)
            ended.append(name)

        long = threading.Thread(target=ask, args=("long", 200))
        long.start()
        time.sleep(0.5)
        ask("short", 1)
        long.join()
        assert ended == ["short", "long"]


def test_a_stopped_service_finishes_what_it_has_and_ends_with_0(poison: Path) -> None:
    with started(poison, "--workers", "1", "--grace", "5") as running:
        running.wait_until_warm()
        item = {"response": "a", "truth": "a", "verifier": "slow"}
        with ThreadPoolExecutor(1) as pool:
            reply = pool.submit(running.client.verdicts, [item] * 100)
            time.sleep(0.5)
            running.process.send_signal(signal.SIGTERM)
            time.sleep(0.2)
            assert post(running, "/verdicts", json.dumps([item]).encode())[0] == 503
            assert len(reply.result()) == 100
        assert running.process.wait(20) == 0
        assert "Traceback" not in "".join(running.lines)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": ""}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Authorization": "Basic !!!"}, 401),
        ({"Content-Type": "text/plain"}, 400),
        ({}, 200),
    ],
)
def test_only_the_token_opens_it(service: Running, headers: dict[str, str], status: int) -> None:
    assert post(service, "/verdicts", json.dumps([right(1)]).encode(), **headers)[0] == status


def test_the_token_may_stand_in_the_address(service: Running) -> None:
    url = service.url.replace("http://", f"http://r1:{service.token}@")
    assert VerdictClient(url, patience=1).verdicts([right(1)])[0]["verdict"] == "correct"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b"[" * 100_000,
        b'{"items": [1]}',
        b'{"items": [{}]}',
        b'{"items": [{"response": 1}]}',
        b'{"items": [{"response": "a", "truth": ["b"]}]}',
        b"[" + b"9" * 6_000 + b"]",
        b'{"items": [{"response": "a"}], "rewards": ["nothing"]}',
        b'{"items": [{"response": "a"}], "rewards": {"format": NaN}}',
        b'{"items": [{"response": "a"}], "rewards": {"format": "1"}}',
        b'{"items": [{"response": "a"}], "rewards": {}}',
        b'{"items": [{"response": "a"}], "rewards": ["helpfulness"]}',
        b'{"items": [{"response": "a", "tokens": 1.5}]}',
        b'{"items": [{"response": "a", "length_target": 0}]}',
        b'{"items": [{"response": "a", "tokens": 1' + b"0" * 400 + b"}]}",
        b'{"items": [{"response": "a"}], "rewards": {"accuracy": 1e308, "format": 1e308}}',
    ],
)
def test_what_cannot_be_read_is_said_in_one_line(service: Running, body: bytes) -> None:
    status, reply = post(service, "/rewards", body)
    assert status == 400 and len(reply["error"]) < 600 and "\n" not in reply["error"]


def test_hostile_text_comes_back_as_it_was_and_harms_nobody(service: Running) -> None:
    texts = ["\ud800", "\x1b[31m", "<think>" * 20_000, "\\boxed{" * 20_000, "9^{9^{9^9}}", ""]
    verdicts = service.client.verdicts([{"response": text, "truth": "4"} for text in texts])
    assert len(verdicts) == len(texts) and not any(verdict["verdict"] == "correct" for verdict in verdicts)


def test_metrics_hold_no_word_of_a_client(service: Running) -> None:
    post(service, "/nowhere-at-all", b"{}")
    service.client.verdicts([{"response": "a", "verifier": "invented-name"}])
    text = service.get("/metrics")[1]
    assert "invented-name" not in text and "nowhere-at-all" not in text
    assert 'r1_verdicts_total{verdict="error",cause="no_checker"}' in text


def test_a_body_over_the_limit_is_refused(service: Running) -> None:
    body = json.dumps([{"response": "a" * (2 << 20)}]).encode()
    status, reply = post(service, "/verdicts", body)
    assert status == 413 and "1,048,576" in reply["error"]
    packed = post(service, "/verdicts", gzip.compress(body), **{"Content-Encoding": "gzip"})
    assert packed[0] == 413 and "1,048,576" in packed[1]["error"]


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (("--no-token", "--host", "0.0.0.0"), "--no-token"),
        (("--token", "short"), "16"),
        (("--token-file", "nowhere"), "nowhere"),
        (("--token-file", os.devnull), "16"),
        (("--token", ""), "16"),
        (("--judge", "./nowhere"), "no such model folder"),
        (("--token", TOKEN, "--token-file", os.devnull), "both"),
        (("--no-token", "--token", ""), "contradict"),
        (("--host", "192.0.2.1"), "--host"),
    ],
)
def test_a_mistake_is_one_line(options: tuple[str, ...], word: str, tmp_path: Path) -> None:
    from tests.conftest import R1

    done = subprocess.run(
        [R1, "serve-verdicts", "--port", "0", *options],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=60,
    )
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1 and word in done.stderr


def test_a_judge_that_does_not_answer_keeps_nobody_else_waiting(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        options = ("--workers", "1", "--judge", "j", "--endpoint", endpoint, "--stop-seconds", "0")
        with started(tmp_path, *options) as running, ThreadPoolExecutor(40) as clients:
            running.wait_until_warm()
            waiting = [
                clients.submit(
                    post, running, "/verdicts", json.dumps([{**right(1), "verifier": "judge"}]).encode()
                )
                for _ in range(40)
            ]
            time.sleep(0.5)
            began = time.monotonic()
            assert running.client.verdicts([right(1)])[0]["verdict"] == "correct"
            assert time.monotonic() - began < 5 and not any(future.done() for future in waiting)
            running.process.terminate()
            assert running.process.wait(30) == 0


def test_no_client_writes_into_the_log(service: Running) -> None:
    port = int(service.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"POST /verdicts HTTP/1.1\r\nContent-Length: abc\r\n\r\n")
        assert b"400" in client.recv(100)
    assert "Traceback" not in "".join(service.lines)


def test_a_service_that_is_gone_is_one_clear_error() -> None:
    with pytest.raises(ServiceError, match="is r1 serve-verdicts running"):
        VerdictClient("http://127.0.0.1:9", patience=0.1).verdicts([right(1)])
