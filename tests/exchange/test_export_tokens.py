"""Thoughts in exports: told where a tool's templates cut them, whole in the token ids that TRL takes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from r1data.engines.models import load_tokenizer
from r1data.errors import UserError
from r1data.exchange.export.run import export
from tests.exchange.test_export import lines, talk
from tests.training.tiny import build_model

Write = Callable[..., Path]
CUTTING = (
    "{% for m in messages %}{{ m['role'] + ':' + m['content'].split('</think>')[-1] + '<|end|>' }}{% endfor %}"
    "{% if add_generation_prompt %}assistant:{% endif %}"
)


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A student whose template cuts thoughts out, as those of R1's distilled models do."""
    return build_model(tmp_path_factory.mktemp("student") / "m", chat_template=CUTTING)


def two_turns() -> dict[str, Any]:
    return {**talk(0), "messages": talk(0)["messages"] + talk(1)["messages"]}


def test_where_thoughts_may_be_cut_the_summary_says_so(write_jsonl: Write, tmp_path: Path) -> None:
    source = str(write_jsonl([talk(0), two_turns()]))
    for to in ("trl", "verl", "llama-factory"):
        thoughts = export(source, to, str(tmp_path / to))["thoughts"]
        assert thoughts["rows_with_thoughts"] == 2
        assert thoughts["rows_with_thoughts_in_earlier_turns"] == 1 and thoughts["note"]
    assert "thoughts" not in export(source, "openai", str(tmp_path / "openai"))


@pytest.mark.slow
def test_trl_trains_on_the_thoughts_in_token_ids(write_jsonl: Write, student: Path, tmp_path: Path) -> None:
    from datasets import Dataset
    from transformers import AutoModelForCausalLM

    from r1data.training.loop.runtime import import_trl

    export(str(write_jsonl([talk(0), two_turns()])), "trl", str(tmp_path / "out"), student=str(student))
    records, words = lines(tmp_path / "out/train.jsonl"), load_tokenizer(student)
    trl = import_trl()
    arguments = trl.SFTConfig(
        str(tmp_path / "run"), max_length=None, use_cpu=True, bf16=False, report_to="none"
    )
    model = AutoModelForCausalLM.from_pretrained(student)
    rows = Dataset.from_list(records)
    trainer = trl.SFTTrainer(model, arguments, train_dataset=rows, processing_class=words)
    labels = [[label for label in row["labels"] if label != -100] for row in trainer.train_dataset]
    assert [words.decode(each) for each in labels] == [f"<think>{n}</think>\n\n{n}<|end|>" for n in range(2)]


def test_token_ids_are_for_trl_s_conversations_alone(
    write_jsonl: Write, student: Path, tmp_path: Path
) -> None:
    for rows, to in (([talk(0)], "verl"), ([{"prompt": "1?"}], "trl")):
        with pytest.raises(UserError, match="leave it out"):
            export(str(write_jsonl(rows)), to, str(tmp_path / "out"), student=str(student))
