"""The template gate: planted faults are caught, sound templates pass, published ones get their verdicts."""

import copy
from pathlib import Path
from typing import Any

import pytest

from r1data.engines.models import load_tokenizer
from r1data.errors import UserError
from r1data.training import launch
from r1data.training.examples.encoding import Encoder
from r1data.training.examples.template_checks import check_template
from r1data.training.examples.template_gate import Gate
from r1data.training.settings import GrpoSettings, SftSettings
from tests.training.real_tokenizers import load_real, published_template
from tests.training.tiny import build_model, lessons, sums

TURN = "{{ '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' }}"
ASK = "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
LOOP = "{% for m in messages %}"
SOUND = LOOP + TURN + "{% endfor %}" + ASK


def assistant(content: str, end: str = "<|im_end|>\\n") -> str:
    """ChatML with another rendering of responses."""
    turn = "{{ '<|im_start|>assistant\\n' + " + content + " + '" + end + "' }}"
    return (
        LOOP + "{% if m.role == 'assistant' %}" + turn + "{% else %}" + TURN + "{% endif %}{% endfor %}" + ASK
    )


def others(content: str) -> str:
    """ChatML with another rendering of questions."""
    turn = "{{ '<|im_start|>' + m.role + '\\n' + " + content + " + '<|im_end|>\\n' }}"
    return (
        LOOP + "{% if m.role != 'assistant' %}" + turn + "{% else %}" + TURN + "{% endif %}{% endfor %}" + ASK
    )


FAULTS = {
    "drops thoughts": (assistant("m.content.split('</think>')[-1]"), "thoughts"),
    "drops thoughts after a system prompt": (
        assistant("(m.content.split('</think>')[-1] if messages[0].role == 'system' else m.content)"),
        "thoughts",
    ),
    "drops thoughts of a second response": (
        assistant("(m.content if loop.index0 < 2 else m.content.split('</think>')[-1])"),
        "thoughts",
    ),
    "drops the tags": (assistant("m.content.replace('<think>', '').replace('</think>', '')"), "thoughts"),
    "collapses blanks in thoughts": (assistant("' '.join(m.content.split())"), "thoughts"),
    "escapes thoughts": (assistant("m.content | escape"), "thoughts"),
    "writes thoughts twice": (
        assistant("(m.content.split('</think>')[0] + '</think>' if '</think>' in m.content else '') + m.content"),
        "thoughts",
    ),
    "opens thoughts for a response and keeps the response's tag": (
        LOOP
        + "{% if m.role == 'assistant' %}{{ '<|im_start|>assistant\\n<think>\\n' + m.content + '<|im_end|>\\n' }}"
        + "{% else %}" + TURN + "{% endif %}{% endfor %}"
        + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n<think>\\n' }}{% endif %}",
        "thoughts",
    ),
    "closes the thoughts beforehand": (
        SOUND.replace("assistant\\n' }}", "assistant\\n<think>\\n\\n</think>\\n\\n' }}"),
        "thoughts",
    ),
    "asks for nothing": (LOOP + TURN + "{% endfor %}", "generation prompt"),
    "asks otherwise": (SOUND.replace("|>assistant\\n' }}", "|>model\\n' }}"), "generation prompt"),
    "drops responses": (LOOP + "{% if m.role != 'assistant' %}" + TURN + "{% endif %}{% endfor %}" + ASK, "contents"),
    "drops system prompts": (LOOP + "{% if m.role != 'system' %}" + TURN + "{% endif %}{% endfor %}" + ASK, "contents"),
    "writes system prompts twice": (
        "{% if messages[0].role == 'system' %}{{ messages[0].content + '\\n' }}{% endif %}" + SOUND,
        "contents",
    ),
    "lowers questions": (others("m.content | lower"), "contents"),
    "escapes questions": (others("m.content | escape"), "contents"),
    "writes None": (
        LOOP + "{{ '<|im_start|>' + m.role + '\\n' }}{{ m.reasoning_content or none }}{{ m.content + '<|im_end|>\\n' }}"
        "{% endfor %}" + ASK,
        "contents",
    ),
    "is for tools alone": ("{% if tools %}" + SOUND + "{% endif %}", "contents"),
    "refuses several turns": (
        "{% if messages | length > 2 %}{{ raise_exception('one turn only') }}{% endif %}" + SOUND,
        "contents",
    ),
    "ends in padding": (assistant("m.content", "<|endoftext|>"), "end of a turn"),
    "ends in the start of a turn": (assistant("m.content", "<|im_start|>"), "end of a turn"),
    "ends in another model's token": (assistant("m.content", "</s>"), "end of a turn"),
    "ends only the last response": (
        assistant("m.content + ('<|im_end|>' if loop.last else '')", "\\n"),
        "end of a turn",
    ),
    "doubles earlier thoughts": (
        assistant("(m.reasoning_content or '') + (m.reasoning_content or '') + m.content"),
        "earlier thoughts",
    ),
}  # fmt: skip


def unfit(template: str, name: str = "qwen3") -> set[str]:
    checks = check_template(load_real(name, template), "chat")
    return {check.name for check in checks if check.verdict == "unfit"}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_caught_by_its_property(fault: str) -> None:
    template, name = FAULTS[fault]
    assert name in unfit(template)


@pytest.mark.parametrize(
    "template",
    [
        SOUND,
        "{% for m in messages %}" + TURN + "{% endfor %}" + ASK.replace("{%", "{%-").replace("%}", "-%}"),
        "{{ bos_token }}" + SOUND,
        SOUND.replace("m.content +", "(m.content | trim) +"),
        "{% if messages[0].role == 'system' %}{{ raise_exception('no system prompts') }}{% endif %}" + SOUND,
        "{% if messages[0].role != 'system' %}{{ '<|im_start|>system\\nYou help.<|im_end|>\\n' }}{% endif %}"
        + SOUND,
    ],
)
def test_a_sound_template_passes(template: str) -> None:
    assert unfit(template) == set()


@pytest.mark.parametrize(
    ("name", "template"),
    [
        ("qwen3", None),
        ("llama3_1", None),
        ("deepseek_v3", None),
        *[("qwen3", name) for name in ("qwen2_5", "qwen3_instruct_2507", "qwen3_5_think", "qwen3_training")],
        *[("llama3_1", name) for name in ("llama3", "llama3_1", "llama3_2", "llama3_training")],
        *[("deepseek_v3", name) for name in ("deepseekv3", "deepseek_r1_distill")],
    ],
)
def test_published_templates_are_fit(name: str, template: str | None) -> None:
    assert unfit(published_template(template) if template else load_real(name).chat_template, name) == set()


@pytest.mark.parametrize(
    ("name", "template", "said"),
    [
        (
            "qwen3",
            None,
            {"earlier thoughts": "note", "switch": "note", "thoughts": "fit", "end of a turn": "fit"},
        ),
        (
            "llama3_1",
            None,
            {"earlier thoughts": "fit", "tags": "fit", "thoughts": "fit", "start of a text": "fit"},
        ),
        ("deepseek_v3", None, {"earlier thoughts": "fit", "end of a turn": "note", "start of a text": "fit"}),
        ("deepseek_v3", "deepseek_r1_distill", {"thoughts": "note", "earlier thoughts": "note"}),
        ("llama3_1", "llama3_2", {"date": "note"}),
    ],
)
def test_what_is_known_of_published_templates_is_said(
    name: str, template: str | None, said: dict[str, str]
) -> None:
    tokenizer = load_real(name, published_template(template) if template else None)
    verdicts = {check.name: check.verdict for check in check_template(tokenizer, "chat")}
    assert said.items() <= verdicts.items()


def test_a_template_that_opens_the_thoughts_twice_for_another_vocabulary_is_unfit() -> None:
    assert "end of a turn" in unfit(published_template("deepseek_r1_distill"), "qwen3")


def test_a_base_with_a_chat_template_ends_turns_as_the_template_does() -> None:
    tokenizer = load_real("qwen3")
    tokenizer = copy.deepcopy(tokenizer)  # a shallow copy shares its special tokens
    tokenizer.eos_token = "<|endoftext|>"
    checks = {check.name: check for check in check_template(tokenizer, "chat")}
    assert checks["end of a turn"].verdict == "note" and "<|im_end|>" in checks["end of a turn"].says


def test_a_vocabulary_without_the_letters_of_the_tags_is_unfit() -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    inner = Tokenizer(models.WordLevel({"<unk>": 0, "a": 1}, unk_token="<unk>"))
    inner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    words = PreTrainedTokenizerFast(tokenizer_object=inner, unk_token="<unk>", eos_token="<unk>")
    checks = check_template(words, "plain")
    assert [check.name for check in checks if check.verdict == "unfit"] == ["tags"]


SWALLOWS = "{% for m in messages %}{{ m.content.split('</think>')[-1] + eos_token }}{% endfor %}"


def test_a_run_with_a_template_that_swallows_thoughts_stops_and_shows_row_tokens_and_way_out(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    model = build_model(tmp_path / "model", chat_template=SWALLOWS)
    with pytest.raises(UserError, match=r"drops a response's thoughts; .*--swallowed keep"):
        launch.run(
            lessons(),
            model=model,
            out=tmp_path / "out",
            settings=SftSettings(max_tokens=600),
            command="train-sft",
        )
    shown = capfd.readouterr().err
    assert "0+1=" in shown and "tokens" in shown and "one more than 0" in shown
    assert not (tmp_path / "out").exists()


def test_thoughts_that_a_template_swallows_are_trained_where_that_is_known(tmp_path: Path) -> None:
    words = load_tokenizer(build_model(tmp_path / "model", chat_template=SWALLOWS))
    example = next(Encoder("chat", words, SftSettings(swallowed="keep")).several([lessons(1)[0]["messages"]]))
    assert isinstance(example, dict) and "one more than 0" in words.decode(example["input_ids"])


def test_rows_without_thoughts_have_none_to_lose(tmp_path: Path) -> None:
    words = load_tokenizer(build_model(tmp_path / "model", chat_template=SWALLOWS))
    plain = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]
    assert isinstance(next(Encoder("chat", words, SftSettings()).several([plain])), dict)


def test_a_row_whose_question_the_template_changes_stops_the_run() -> None:
    template = others("m.content.replace('$', '')")
    encoder = Encoder("chat", load_real("qwen3", template), SftSettings())
    rows = [chat("What is 1?", "1"), chat("What is $1?", "1")]
    with pytest.raises(UserError, match=r"does not fit row 1 .*user's text is lost or changed"):
        list(encoder.several(rows))


@pytest.mark.parametrize(
    ("name", "thoughts"), [("qwen3", "user"), ("llama3_1", "2023"), ("deepseek_v3", "<｜User｜>")]
)
def test_earlier_thoughts_that_a_template_writes_of_itself_too_are_not_there_twice(
    name: str, thoughts: str
) -> None:
    encoder = Encoder("chat", load_real(name), SftSettings(date="2026-01-31"))
    turns = chat("a", f"<think>\n{thoughts}\n</think>\n\nb", "c", "<think>\nd\n</think>\n\ne")
    assert isinstance(next(encoder.several([turns])), dict)


def test_prompts_of_reinforcement_learning_pass_the_gate(tmp_path: Path) -> None:
    template = "{{ bos_token }}{{ bos_token }}{% for m in messages %}{{ m.content }}{% endfor %}"
    words = load_tokenizer(build_model(tmp_path / "model", chat_template=template))
    words.bos_token = words.eos_token
    gate = Gate("chat", words, GrpoSettings(template="chat"))
    from r1data.engines.templates import messages, prompts

    question = messages(sums(1)[0]["prompt"], None)
    with pytest.raises(UserError, match="two start tokens"):
        gate.check_prompt(question, prompts("chat", [question], words)[0])


def chat(*contents: str) -> list[dict[str, Any]]:
    """Turns of a user and an assistant."""
    return [{"role": ("user", "assistant")[n % 2], "content": text} for n, text in enumerate(contents)]
