"""The openai engine: against vLLM's server, and against one that does everything wrong."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from r1data.cli import invoke

from r1data.data.dataset import Dataset
from r1data.engines import endpoints
from r1data.engines.base import Completion, EngineOptions, Message, Request, Sampling, load_engine, seed_of
from r1data.engines.replies import seconds_of
from r1data.engines.transformers import TransformersEngine
from r1data.errors import UserError
from tests.served import Answer, Fake, Reply, Served, build_bytes, completion

SAMPLING = Sampling(max_tokens=8)
ASKED = [Request(str(i), [], i, (Message("user", f"q{i}"),)) for i in range(10)]


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "FIRST_PAUSE", 0.02)


def asked_of(
    *fakes: Fake,
    requests: list[Request] = ASKED,
    patience: float = 20.0,
    timeout: float = 20.0,
    **other: object,
) -> dict[int, Completion]:
    options = EngineOptions(
        endpoints=tuple(fake.url for fake in fakes), patience=patience, request_timeout=timeout, **other
    )
    return dict(load_engine("openai", "tiny", options).generate(requests, SAMPLING))


def first(*replies: Reply) -> Answer:
    """These replies first, then good ones."""
    left = list(replies)
    return lambda fake, body: left.pop(0) if left else completion()


@pytest.mark.vllm
@pytest.mark.slow
def test_a_server_agrees_with_transformers_and_repeats_itself(served: Served) -> None:
    options = EngineOptions(threads=1, endpoints=(served.url,))
    mine, theirs = TransformersEngine(served.folder, options), load_engine("openai", served.folder, options)
    requests = [
        Request(str(i), mine.tokenizer(f"{i} + {i * 7 % 50} =")["input_ids"], seed_of(0, str(i), 0))
        for i in range(70)
    ]
    requests.append(Request("long", [5] * 17_000, 1))
    greedy = Sampling(temperature=0, max_tokens=24)
    expected, completions = dict(mine.generate(requests, greedy)), dict(theirs.generate(requests, greedy))
    assert sorted(completions) == list(range(71))
    assert completions[70] == expected[70] and completions[70].finish_reason == "error"
    assert sum(completions[i] == expected[i] for i in range(70)) >= 67
    drawn = Sampling(temperature=1.0, top_p=0.95, max_tokens=24)
    once, again = (
        dict(theirs.generate(requests[:70], drawn)),
        dict(theirs.generate(reversed(requests[:70]), drawn)),
    )
    assert sum(once[i] == again[69 - i] for i in range(70)) >= 66
    assert len({c.text for c in once.values()}) > 35


@pytest.mark.vllm
@pytest.mark.slow
def test_the_command_samples_from_a_server(
    served: Served, write_jsonl: Callable[..., Path], tmp_path: Path
) -> None:
    prompts = str(write_jsonl([{"prompt": f"{i}+1="} for i in range(5)]))
    words = [
        "sample",
        prompts,
        "--engine",
        "openai",
        "--endpoint",
        served.url,
        "-n",
        "2",
        "--max-tokens",
        "4",
    ]
    ways = {
        "a": ["--model", str(served.folder)],
        "b": ["--model", "tiny", "--tokenizer", str(served.folder)],
        "c": ["--model", "tiny", "--template", "server"],
    }
    for name, way in ways.items():
        assert invoke([*words, *way, "-o", str(tmp_path / name)]) == 0
    texts = [
        [row["response"] for table in Dataset(tmp_path / name).tables() for row in table.to_pylist()]
        for name in ways
    ]
    assert texts[0] == texts[1] and len(texts[2]) == 10


FAULTS = {
    "500": Reply(status=500),
    "502": Reply(b"<html>bad gateway</html>", status=502, kind="text/html"),
    "429": Reply(b'{"error": {"message": "slow down"}}', status=429, headers={"Retry-After": "0.05"}),
    "503": Reply(status=503),
    "a web page": Reply(b"<!doctype html><p>log in", kind="text/html"),
    "no JSON": Reply(b'{"choices": [{"te'),
    "no choices": Reply(b'{"choices": []}'),
    "deep JSON": Reply(b'{"a":' + b"[" * 100_000),
    "a list": Reply(b"[1]"),
    "cut": Reply(completion().body, missing=20),
    "a redirect": Reply(status=302, headers={"Location": "/elsewhere"}),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_may_pass_is_tried_again(name: str) -> None:
    with Fake(first(*[FAULTS[name]] * 5)) as fake:
        completions = asked_of(fake)
    assert {c.text for c in completions.values()} == {"ok"} and len(completions) == 10
    assert len(fake.asked) == 15


def test_an_answer_that_takes_too_long_is_tried_again() -> None:
    with Fake(first(Reply(hang=20))) as fake:
        completions = asked_of(fake, timeout=1.0)
    assert {c.text for c in completions.values()} == {"ok"}


@pytest.mark.parametrize("name", ["500", "a web page", "cut"])
def test_a_request_that_keeps_failing_is_a_row_that_says_so(name: str) -> None:
    def answer(fake: Fake, body: dict[str, object]) -> Reply:
        return FAULTS[name] if body["seed"] == 3 else completion()

    with Fake(answer) as fake:
        completions = asked_of(fake)
    assert [i for i, c in completions.items() if c.finish_reason == "error"] == [3]
    assert "given up" in str(completions[3].error)


def test_a_request_that_always_hangs_is_timed_out_and_the_others_are_not() -> None:
    def answer(fake: Fake, body: dict[str, object]) -> Reply:
        return Reply(hang=30) if body["seed"] == 3 else completion()

    with Fake(answer) as fake:
        completions = asked_of(fake, timeout=0.5)
    assert [i for i, c in completions.items() if c.timed_out] == [3]
    assert {c.text for i, c in completions.items() if i != 3} == {"ok"}


def test_what_a_server_refuses_is_a_row_with_its_words_at_once() -> None:
    def answer(fake: Fake, body: dict[str, object]) -> Reply:
        return Reply(b'{"error": {"message": "too long"}}', status=400) if body["seed"] == 3 else completion()

    with Fake(answer) as fake:
        completions = asked_of(fake)
    assert completions[3].error == "400: too long" and completions[3].finish_reason == "error"
    assert len(fake.asked) == 10


def test_a_server_that_comes_later_is_waited_for() -> None:
    fake = Fake(first())
    threading.Timer(1.0, fake.__enter__).start()
    try:
        assert len(asked_of(fake)) == 10
    finally:
        fake.__exit__()


def test_a_server_that_goes_leaves_its_work_to_the_others() -> None:
    with Fake(first(Reply(hang=0.2))) as good, Fake(first()) as other:
        bad = Fake(first())
        with bad:
            engine = load_engine(
                "openai",
                "tiny",
                EngineOptions(endpoints=(good.url, other.url, bad.url), patience=20, concurrency=2),
            )
        completions = dict(engine.generate(ASKED, SAMPLING))
    assert {c.text for c in completions.values()} == {"ok"}
    assert good.asked and other.asked and not bad.asked


def test_servers_that_are_gone_end_the_run_in_one_line() -> None:
    with Fake(first()) as fake:
        engine = load_engine("openai", "tiny", EngineOptions(endpoints=(fake.url,), patience=0.5))
    with pytest.raises(UserError, match="run the same command again"):
        list(engine.generate(ASKED, SAMPLING))


def test_a_server_that_fails_everything_ends_the_run_before_all_rows_are_lost() -> None:
    with (
        Fake(lambda fake, body: Reply(status=500)) as fake,
        pytest.raises(UserError, match="last 4 requests"),
    ):
        asked_of(fake, concurrency=4)


@pytest.mark.parametrize("status", [401, 404])
def test_a_wrong_key_or_name_ends_the_run_in_one_line(status: int) -> None:
    with Fake(lambda fake, body: Reply(status=status)) as fake, pytest.raises(UserError, match=str(status)):
        asked_of(fake)


def test_a_name_that_nobody_serves_is_refused_with_those_that_are_served() -> None:
    with Fake(first(), models=("a", "b")) as fake, pytest.raises(UserError, match="choose --model from a, b"):
        asked_of(fake)


@pytest.mark.parametrize(
    "url", ["ftp://host", "host:80", "", "http://user:password@host", "http://host?key=1"]
)
def test_an_address_that_will_not_do_is_refused(url: str) -> None:
    with pytest.raises(UserError, match="--endpoint") as refused:
        load_engine("openai", "tiny", EngineOptions(endpoints=(url,)))
    assert "password" not in str(refused.value)


def test_64_requests_are_in_flight_at_each_server() -> None:
    requests = [Request(str(i), [], i, (Message("user", "q"),)) for i in range(300)]
    with (
        Fake(lambda f, b: Reply(completion().body, hang=0.5)) as one,
        Fake(lambda f, b: Reply(completion().body, hang=0.5)) as two,
    ):
        assert len(asked_of(one, two, requests=requests)) == 300
    assert (one.most, two.most) == (64, 64)


def test_no_key_is_written_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with Fake(lambda f, b: Reply(b'{"error": "bad words: my-own-key-1"}', status=400)) as fake:
        completions = asked_of(fake, api_key="my-own-key-1")
    assert {headers["Authorization"] for headers in fake.headers} == {"Bearer my-own-key-1"}
    assert {c.error for c in completions.values()} == {"400: bad words: ***"}
    assert "my-own-key-1" not in repr(EngineOptions(api_key="my-own-key-1"))


def test_a_schema_goes_along_until_a_server_refuses_it() -> None:
    def answer(fake: Fake, body: dict[str, object]) -> Reply:
        return Reply(status=400) if "response_format" in body else completion()

    requests = [Request("a", [], 1, (Message("user", "q"),), '{"type": "object"}')] * 3
    with Fake(answer) as fake:
        completions = asked_of(fake, requests=requests, concurrency=1)
    assert {c.text for c in completions.values()} == {"ok"}
    assert ["response_format" in body for body in fake.asked] == [True, False, False, False]


def test_thoughts_that_a_server_gives_apart_come_back_in_front() -> None:
    message = {"role": "assistant", "content": "4", "reasoning_content": "2 and 2"}
    with Fake(lambda f, b: completion(message=message)) as fake:
        assert asked_of(fake, requests=ASKED[:1])[0].text == "<think>2 and 2</think>4"


def test_a_server_that_tells_no_token_ids_gives_its_text(tmp_path: Path) -> None:
    folder = build_bytes(tmp_path / "model", hidden_size=32, intermediate_size=32)
    with Fake(first()) as fake:
        options = EngineOptions(endpoints=(fake.url,), tokenizer=str(folder))
        completions = dict(
            load_engine("openai", "tiny", options).generate([Request("a", [1, 2], 5)], SAMPLING)
        )
    assert completions[0] == Completion("ok", [], "stop", 3, 2)
    assert (fake.asked[0]["prompt"], fake.asked[0]["seed"], fake.asked[0]["stop_token_ids"]) == (
        [1, 2],
        5,
        [257],
    )


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("3", 3, 3),
        ("0.5", 0.5, 0.5),
        ("-1", 0, 0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0, 0),
        ("soon", None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str, least: float | None, most: float | None) -> None:
    assert seconds_of(text) == least == most
    assert seconds_of("inf") is None and seconds_of(None) is None


@pytest.mark.parametrize(("thinking", "told"), [("off", False), ("on", True), (None, None)])
def test_a_server_s_template_is_told_to_think_or_not(thinking: str | None, told: bool | None) -> None:
    bodies: list[dict[str, object]] = []

    def answer(fake: Fake, body: dict[str, object]) -> Reply:
        bodies.append(body)
        return completion()

    with Fake(answer) as fake:
        asked_of(fake, requests=ASKED[:1], thinking=thinking)
    switches = {"enable_thinking": told, "thinking": told}
    assert bodies[-1].get("chat_template_kwargs") == (None if told is None else switches)
