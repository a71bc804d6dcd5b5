"""few-shot and reflect: what is asked, and the samples that come of it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from r1data.data.dataset import Dataset
from r1data.data.source import open_source
from r1data.engines.models import load_tokenizer
from r1data.engines.templates import tokenize
from r1data.errors import UserError
from r1data.sampling.cold_start.run import ColdStartSettings, load_strategy, run
from r1data.sampling.cold_start.texts import OutputLayout
from tests.sampling.cold_start.scripted import Scripted, plan, rows, write

Script = Callable[..., Scripted]
PROMPTS = [
    {"prompt_id": "en", "prompt": "1+2=?", "language": "en", "domain": "math", "truth": "3"},
    {"prompt_id": "zh", "prompt": "1+2等于几？", "language": "zh", "domain": "math", "truth": "3"},
]
GOOD = "<think>\nIt is three.\n</think>\n\n\\boxed{3}"


@pytest.fixture
def prompts(tmp_path: Path) -> str:
    return write(tmp_path / "prompts.jsonl", PROMPTS)


def test_examples_stand_before_the_question_the_nearest_last() -> None:
    strategy = load_strategy("few-shot", ColdStartSettings(shots=3), seed=1)
    first, *fewer = strategy.requests({**PROMPTS[1], "system": None})
    assert [len(each.note["examples"]) for each in (first, *fewer)] == [3, 2, 1]
    assert first.prompt.endswith("<question>\n1+2等于几？\n</question>")
    assert first.prompt.count("<think>\n") == 3 and first.prompt.count("</question>\n<think>") == 3
    names = first.note["examples"]
    assert all(name.startswith("zh-math") for name in names)
    assert fewer[0].note["examples"] == names[:2]


def test_each_language_is_asked_in_its_own_words() -> None:
    strategy = load_strategy("reflect", ColdStartSettings())
    english, chinese = (strategy.requests({**row, "system": "S"})[0] for row in PROMPTS)
    assert "verify" in english.prompt and "验证" in chinese.prompt and english.system == "S"


def test_every_prompt_gets_n_samples_whatever_is_in_them(
    model: Path, prompts: str, tmp_path: Path, scripted: Script
) -> None:
    scripted({"en/0": GOOD, "en/1": "no thoughts", "zh/0": "<think>cut", "zh/1": GOOD}, cut=["zh/0"])
    strategy = load_strategy("reflect", ColdStartSettings())
    summary = run(open_source(prompts), str(tmp_path / "out"), plan(model, 2), strategy)
    made = rows(tmp_path / "out")
    assert Dataset(tmp_path / "out").schema.name == "sample"
    assert summary.details["both_parts"] == 2 and summary.details["truncated"] == 1
    assert [row["response"] for row in made] == [GOOD, "no thoughts", "<think>cut", GOOD]
    assert [row["answer"] for row in made] == ["\\boxed{3}", "no thoughts", None, "\\boxed{3}"]
    assert all(row["original_response"] is None for row in made)
    assert json.loads(str(made[0]["sampling"]))["method"] == "reflect"


def test_what_a_model_asks_itself_after_its_answer_is_cut_off(
    model: Path, prompts: str, tmp_path: Path, scripted: Script
) -> None:
    more = f"{GOOD}\n\n<question>\n2+2?\n</question>\n<think>"
    scripted({"en/0": more, "zh/0": GOOD}, cut=["en/0"])
    run(
        open_source(prompts),
        str(tmp_path / "out"),
        plan(model),
        load_strategy("few-shot", ColdStartSettings()),
    )
    cut, whole = rows(tmp_path / "out")
    assert (cut["response"], cut["finish_reason"], cut["original_response"]) == (GOOD, "stop", more)
    assert cut["answer"] == "\\boxed{3}" and whole["original_response"] is None


def test_special_tokens_stand_around_both_parts_or_nowhere(
    model: Path, prompts: str, tmp_path: Path, scripted: Script
) -> None:
    scripted({"en/0": GOOD, "zh/0": "no thoughts"})
    strategy = load_strategy("reflect", ColdStartSettings(output=OutputLayout("special-token", "|s|")))
    run(open_source(prompts), str(tmp_path / "out"), plan(model), strategy)
    laid_out, other = rows(tmp_path / "out")
    assert laid_out["response"] == "|s|It is three.|s|\\boxed{3}" and laid_out["original_response"] == GOOD
    assert (laid_out["reasoning"], laid_out["answer"]) == ("It is three.", "\\boxed{3}")
    assert other["response"] == "no thoughts"


def test_examples_that_leave_no_room_are_left_out(
    model: Path, prompts: str, tmp_path: Path, scripted: Script
) -> None:
    scripted({"en/0": GOOD, "zh/0": GOOD})
    strategy = load_strategy("few-shot", ColdStartSettings(shots=3))
    tokenizer = load_tokenizer(model)
    lengths = [
        [
            len(tokenize("plain", each.prompt, tokenizer))
            for each in strategy.requests({**row, "system": None})
        ]
        for row in PROMPTS
    ]
    context = lengths[0][1] + 12
    summary = run(open_source(prompts), str(tmp_path / "out"), plan(model, max_model_len=context), strategy)
    counts = [len(json.loads(str(row["sampling"]))["examples"]) for row in rows(tmp_path / "out")]
    assert counts == [next(3 - i for i, n in enumerate(each) if n <= context - 12) for each in lengths]
    assert counts[0] == 2 and summary.details["fewer_examples"] == sum(count < 3 for count in counts)


def test_a_failed_row_has_no_parts_and_is_counted(
    model: Path, prompts: str, tmp_path: Path, scripted: Script
) -> None:
    scripted({"zh/0": GOOD}, broken=["en/0"])
    summary = run(
        open_source(prompts),
        str(tmp_path / "out"),
        plan(model),
        load_strategy("few-shot", ColdStartSettings()),
    )
    failed = rows(tmp_path / "out")[0]
    assert summary.details["failed"] == 1 and summary.details["both_parts"] == 1
    assert (failed["finish_reason"], failed["reasoning"], failed["answer"]) == ("error", None, None)


def test_other_examples_into_the_same_folder_are_refused(
    model: Path, prompts: str, tmp_path: Path, scripted: Script
) -> None:
    scripted({"en/0": GOOD, "zh/0": GOOD})
    run(
        open_source(prompts),
        str(tmp_path / "out"),
        plan(model),
        load_strategy("few-shot", ColdStartSettings()),
    )
    (tmp_path / "e").mkdir()
    (tmp_path / "e" / "a.yaml").write_text(
        "prompt: 1\nthoughts: it\nsummary: s\ndomain: math\nlanguage: en\n"
    )
    other = load_strategy("few-shot", ColdStartSettings(examples=str(tmp_path / "e")))
    with pytest.raises(UserError, match="written with examples"):
        run(open_source(prompts), str(tmp_path / "out"), plan(model), other)


def test_samples_are_no_prompts(model: Path, tmp_path: Path) -> None:
    samples = write(tmp_path / "s.jsonl", [{"prompt": "1+1?", "response": GOOD}])
    with pytest.raises(UserError, match="holds sample rows; `r1 cold-start` needs prompt rows"):
        run(
            open_source(samples),
            str(tmp_path / "out"),
            plan(model),
            load_strategy("few-shot", ColdStartSettings()),
        )
