"""`--continue`: a truncated response goes on from its own tokens and comes out as if written in one go."""

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from r1data.cli import invoke

from r1data.data.source import open_source
from r1data.data.writer import Summary
from r1data.engines import endpoints
from r1data.engines.base import EngineOptions, Sampling
from r1data.errors import UserError
from r1data.sampling.continuation import Codec, ResponsePrefix
from r1data.sampling.continue_truncated import Continue
from r1data.sampling.plan import SamplingPlan
from r1data.sampling.sample import sample
from r1data.sampling.strategy import PartialResponse
from r1data.verifiers.table import verify_table
from tests import tiny
from tests.sampling.conftest import PROMPTS, Row, rows
from tests.served import Fake, Reply, build_bytes

CPU = EngineOptions(threads=1, device="cpu")


def asked(model: Path, **other: object) -> SamplingPlan:
    settings = {
        "sampling": Sampling(max_tokens=6),
        "n": 2,
        "template": "plain",
        "engine": "transformers",
        **other,
    }
    return SamplingPlan(str(model), **settings)  # type: ignore[arg-type]


def go_on(
    source: object, out: Path, plan: SamplingPlan, options: EngineOptions = CPU, **other: bool
) -> Summary:
    return sample(open_source(str(source)), str(out), plan, options, strategy=Continue(plan, **other))


def written(made: list[Row]) -> list[Row]:
    """Rows without what says how they came about."""
    return [{name: value for name, value in row.items() if name != "sampling"} for row in made]


@pytest.mark.parametrize("temperature", [0.0, 1.0])
@pytest.mark.parametrize("longer", [20, 400])
def test_it_equals_the_response_written_in_one_go(
    model: Path, prompts: str, tmp_path: Path, temperature: float, longer: int
) -> None:
    """To the token, drawn or greedy; 400 is more than the context has."""
    short, long = (asked(model, sampling=Sampling(temperature, max_tokens=most)) for most in (6, longer))
    cut = sample(open_source(prompts), str(tmp_path / "cut"), short, CPU)
    sample(open_source(prompts), str(tmp_path / "whole"), long, CPU)
    on = SamplingPlan(long.model, 1, long.sampling, template="plain", engine="transformers")
    summary = go_on(tmp_path / "cut", tmp_path / "on", on)
    assert summary.details["continued"] == cut.details["truncated"] > 0
    assert written(rows(tmp_path / "on")) == written(rows(tmp_path / "whole"))


def test_twice_cut_is_twice_continued(model: Path, prompts: str, tmp_path: Path) -> None:
    before = tmp_path / "cut"
    sample(open_source(prompts), str(before), asked(model), CPU)
    for most in (9, 30):
        on = asked(model, n=1, sampling=Sampling(max_tokens=most))
        go_on(before, tmp_path / str(most), on)
        before = tmp_path / str(most)
    sample(open_source(prompts), str(tmp_path / "whole"), asked(model, sampling=Sampling(max_tokens=30)), CPU)
    made = rows(before)
    assert written(made) == written(rows(tmp_path / "whole"))
    assert [{"max_tokens": 6}, {"max_tokens": 9}] in [
        json.loads(str(row["sampling"])).get("continued") for row in made
    ]


def test_other_rows_pass_as_they_are(model: Path, prompts: str, tmp_path: Path) -> None:
    sample(open_source(prompts), str(tmp_path / "cut"), asked(model, sampling=Sampling(max_tokens=60)), CPU)
    go_on(tmp_path / "cut", tmp_path / "on", asked(model, n=1, sampling=Sampling(max_tokens=70)))
    old, new = rows(tmp_path / "cut"), rows(tmp_path / "on")
    assert [(r["prompt_id"], r["sample_index"]) for r in old] == [
        (r["prompt_id"], r["sample_index"]) for r in new
    ]
    ended = [(a, b) for a, b in zip(old, new, strict=True) if a["finish_reason"] == "stop"]
    assert ended and len(ended) < len(old) and all(a == b for a, b in ended)


def test_a_limit_that_is_no_larger_changes_nothing(model: Path, prompts: str, tmp_path: Path) -> None:
    sample(open_source(prompts), str(tmp_path / "cut"), asked(model), CPU)
    summary = go_on(tmp_path / "cut", tmp_path / "on", asked(model, n=1))
    assert rows(tmp_path / "on") == rows(tmp_path / "cut")
    assert summary.details["continued"] == summary.details["failed"] == 0


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"sampling": Sampling(0.5, max_tokens=20)}, "temperature 1.0 .now 0.5"),
        ({"template": "r1-zero"}, "template 'plain'"),
        ({"system": "Be brief."}, "system None"),
    ],
)
def test_other_settings_are_refused_in_one_line_unless_that_is_meant(
    model: Path, prompts: str, tmp_path: Path, other: dict[str, object], said: str
) -> None:
    sample(open_source(prompts), str(tmp_path / "cut"), asked(model), CPU)
    now = asked(model, n=1, **{"sampling": Sampling(max_tokens=20), **other})
    with pytest.raises(UserError, match=said):
        go_on(tmp_path / "cut", tmp_path / "on", now)
    assert go_on(tmp_path / "cut", tmp_path / "on", now, anyway=True).rows == 24
    notes = [json.loads(str(row["sampling"])) for row in rows(tmp_path / "on")]
    assert all(len(note["continued"][0]) == 2 for note in notes if "continued" in note)


def test_another_model_is_refused(model: Path, prompts: str, tmp_path: Path) -> None:
    sample(open_source(prompts), str(tmp_path / "cut"), asked(model), CPU)
    other = tiny.build(tmp_path / "other", seed=3)
    with pytest.raises(UserError, match="model "):
        go_on(tmp_path / "cut", tmp_path / "on", asked(other, n=1, sampling=Sampling(max_tokens=20)))


def test_prompts_are_not_continued(model: Path, prompts: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="needs sample rows"):
        go_on(prompts, tmp_path / "on", asked(model, n=1))


def test_without_token_ids_the_text_is_read_and_the_row_says_so(
    model: Path, write_jsonl: Callable[..., Path], tmp_path: Path
) -> None:
    text = [{**row, "response": "1+2", "finish_reason": "length"} for row in PROMPTS[:3]]
    go_on(write_jsonl(text), tmp_path / "on", asked(model, n=1, sampling=Sampling(max_tokens=10)))
    made = rows(tmp_path / "on")
    assert all(str(row["response"]).startswith("1+2") for row in made)
    assert all(json.loads(str(row["sampling"]))["retokenised"] for row in made)
    assert all(isinstance(row["response_tokens"], int) and row["response_tokens"] >= 4 for row in made)


def test_old_verdicts_do_not_stay(model: Path, prompts: str, tmp_path: Path) -> None:
    sample(
        open_source(prompts), str(tmp_path / "cut"), asked(model), CPU, schema="verified", stage=verify_table
    )
    go_on(tmp_path / "cut", tmp_path / "on", asked(model, n=1, sampling=Sampling(max_tokens=20)))
    assert "verdict" not in rows(tmp_path / "on")[0]


def test_a_letter_across_the_cut_is_whole(tmp_path: Path) -> None:
    codec = Codec(str(build_bytes(tmp_path / "model", hidden_size=32, intermediate_size=32)))
    first, second = codec.encode("é")
    half = codec.decode([first])
    prefix = ResponsePrefix.from_partial(PartialResponse(half, (first,), 0), [1], "", codec)
    from r1data.engines.base import Completion

    made = prefix.joined_with(Completion("\ufffd", [second, 257], "stop", 2, 2))
    assert (made.text, made.token_ids, made.prompt_tokens, made.response_tokens) == (
        "é",
        [first, second, 257],
        1,
        3,
    )


def test_a_server_gets_the_responses_own_tokens_and_what_is_left_of_the_limit(
    tmp_path: Path, prompts: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoints, "FIRST_PAUSE", 0.01)
    folder = build_bytes(tmp_path / "model", hidden_size=32, intermediate_size=32)
    words = [
        "sample",
        "--engine",
        "openai",
        "--model",
        "tiny",
        "--tokenizer",
        str(folder),
        "--template",
        "plain",
    ]

    def answer(fake: Fake, body: dict[str, object]) -> Reply:
        ids = list(b"abcd") if len(fake.asked) <= 24 else [101, 257]
        reason = "length" if len(ids) == 4 else "stop"
        choice = {"text": "", "token_ids": ids, "finish_reason": reason}
        return Reply(json.dumps({"choices": [choice]}).encode())

    with Fake(answer) as fake:
        words += ["--endpoint", fake.url]
        assert invoke([*words, prompts, "-o", str(tmp_path / "cut"), "-n", "2", "--max-tokens", "4"]) == 0
        line = [str(tmp_path / "cut"), "-o", str(tmp_path / "on"), "--continue", "--max-tokens", "9"]
        assert invoke([*words, *line]) == 0
    first = {tuple(body["prompt"]) for body in fake.asked[:24]}
    for body in fake.asked[24:]:
        assert tuple(body["prompt"][:-4]) in first and body["prompt"][-4:] == list(b"abcd")
        assert body["max_tokens"] == 5
    seeds = [body["seed"] for body in fake.asked]
    assert len(set(seeds)) == 48, "the rest of a response is drawn with other numbers than its beginning"
    assert {row["response_tokens"] for row in rows(tmp_path / "on")} == {6}


def test_the_command_continues(model: Path, prompts: str, tmp_path: Path) -> None:
    words = ["--model", str(model), "--template", "plain", "--engine", "transformers", "--threads", "1"]
    assert (
        invoke(["sample", prompts, "-o", str(tmp_path / "cut"), "-n", "2", "--max-tokens", "4", *words]) == 0
    )
    line = ["sample", str(tmp_path / "cut"), "-o", str(tmp_path / "on"), "--continue", "--max-tokens", "8"]
    for _ in range(2):
        assert invoke([*line, *words]) == 0
    assert invoke([*line, *words, "-n", "3"]) == 1
    assert pa.array([row["response_tokens"] for row in rows(tmp_path / "on")]).to_pylist() != []
