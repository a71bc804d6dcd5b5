"""`r1 cold-start` from end to end on a real engine, and the one line that a mistake gets."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from r1data.cli import invoke

from tests import tiny
from tests.sampling.cold_start.scripted import rows, write

PROMPTS = [{"prompt": f"{n}+{n}=", "truth": str(n + n)} for n in range(6)]
EXAMPLE = "prompt: 1+1=\nthoughts: one and one\nsummary: '2'\ndomain: math\nlanguage: en\n"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.build(tmp_path_factory.mktemp("small"), context=512)


@pytest.fixture
def prompts(tmp_path: Path) -> str:
    return write(tmp_path / "prompts.jsonl", PROMPTS)


@pytest.fixture
def samples(tmp_path: Path) -> str:
    lines = [{**prompt, "response": f"<think>so</think>{prompt['truth']}"} for prompt in PROMPTS]
    return write(tmp_path / "samples.jsonl", lines)


@pytest.fixture
def cold_start(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Runs the command into `out`; its exit code and its last line, on stdout or stderr."""

    def run(source: str, method: str, *more: object) -> tuple[int, str]:
        line = ["cold-start", source, "-o", tmp_path / "out", "--method", method, "--model", small, "--json"]
        line += ["--template", "plain", "--max-tokens", 8, "--threads", 1, "--engine", "transformers", *more]
        code = invoke([str(word) for word in line])
        said = capsys.readouterr()
        return code, (said.err if code else said.out).splitlines()[-1]

    return run


def test_few_shot_on_a_real_engine(
    cold_start: Callable[..., tuple[int, str]], prompts: str, tmp_path: Path
) -> None:
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / "one.yaml").write_text(EXAMPLE)
    (tmp_path / "text").write_text("{prompt}{thoughts}{summary}\n---\n{examples}{prompt}")
    more = ("--examples", tmp_path / "ours", "--prompt-file", tmp_path / "text", "-n", 2)
    told = [cold_start(prompts, "few-shot", *more) for _ in range(2)]
    assert told[0] == told[1] and told[0][0] == 0
    assert json.loads(told[0][1])["rows"] == len(rows(tmp_path / "out")) == 12


def test_reflect_on_a_real_engine(
    cold_start: Callable[..., tuple[int, str]], prompts: str, tmp_path: Path
) -> None:
    (tmp_path / "text").write_text("think: {prompt}")
    code, said = cold_start(prompts, "reflect", "--prompt-file", f"en={tmp_path / 'text'}")
    assert code == 0 and json.loads(said)["rows"] == len(rows(tmp_path / "out")) == 24


def test_refine_on_a_real_engine_loses_no_row(
    cold_start: Callable[..., tuple[int, str]], samples: str, tmp_path: Path
) -> None:
    (tmp_path / "text").write_text("{prompt}{thoughts}{answer}")
    more = ("--prompt-file", tmp_path / "text", "--dropped", tmp_path / "dropped", "--temperature", 0)
    code, said = cold_start(samples, "refine", *more)
    assert code == 0 and json.loads(said)["refined"] == 6
    assert len(rows(tmp_path / "out")) + len(rows(tmp_path / "dropped")) == 6


def test_prompts_that_fit_with_no_example_are_rows_that_say_so(
    cold_start: Callable[..., tuple[int, str]], prompts: str, tmp_path: Path
) -> None:
    code, said = cold_start(prompts, "few-shot", "-n", 1)
    assert code == 1 and "6 rows failed" in said
    row = rows(tmp_path / "out")[0]
    sampling = json.loads(str(row["sampling"]))
    assert row["finish_reason"] == "error" and "context of 512" in sampling["error"]
    assert len(sampling["examples"]) == 1


@pytest.mark.parametrize(
    ("kind", "method", "more", "code", "said"),
    [
        ("prompts", "dream", [], 2, "'dream' is not one of"),
        ("prompts", "refine", [], 1, "holds prompt rows; `r1 cold-start` needs sample rows"),
        ("samples", "few-shot", [], 1, "holds sample rows; `r1 cold-start` needs prompt rows"),
        ("prompts", "few-shot", ["--examples", "nowhere"], 1, "nowhere: no such folder of examples"),
        ("prompts", "few-shot", ["--examples", "bad"], 1, "bad/a.yaml: no thoughts"),
        ("prompts", "reflect", ["--prompt-file", "nowhere"], 1, "nowhere: cannot be read"),
        ("prompts", "reflect", ["--shots", "2"], 1, "shots: for --method few-shot alone"),
        ("samples", "refine", ["-n", "2"], 1, "one refinement a row"),
        ("samples", "refine", ["--repairable", "dreams"], 1, "dreams: no such filter"),
        ("samples", "refine", ["--delimiter", " ", "--output-format", "special-token"], 1, "it is blank"),
    ],
)  # fmt: skip
def test_a_mistake_gets_one_line_and_writes_nothing(
    kind: str, method: str, more: list[str], code: int, said: str, prompts: str, samples: str, tmp_path: Path,
    cold_start: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    Path("bad").mkdir()
    Path("bad/a.yaml").write_text(EXAMPLE.replace("thoughts: one and one\n", ""))
    found = cold_start(prompts if kind == "prompts" else samples, method, *more)
    assert found[0] == code and said in found[1] and found[1].startswith("r1: ")
    assert not (tmp_path / "out").exists()


def test_a_dry_run_writes_nothing_and_tells_what_is_asked(
    cold_start: Callable[..., tuple[int, str]], prompts: str, tmp_path: Path
) -> None:
    code, said = cold_start(prompts, "few-shot", "--dry-run")
    told = json.loads(said)
    assert code == 0 and not (tmp_path / "out").exists()
    assert (
        told["method"] == "few-shot" and told["rows"] == 24 and set(told["texts"]) == {"en", "zh", "others"}
    )
