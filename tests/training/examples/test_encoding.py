"""What is trained on, token by token, with the tokenizers and templates of published models."""

from typing import Any

import pytest

from r1data.engines.templates import messages, prompts
from r1data.errors import UserError
from r1data.training.examples.encoding import IGNORED, Encoder
from r1data.training.settings import SftSettings
from tests.training.real_tokenizers import load_real, published_template
from tests.training.tiny import build_tokenizer

THOUGHT = "<think>\nfirst 1, then 2\n</think>\n\n3"
SECOND = "<think>\nagain\n</think>\n\n4"


def chat(*contents: str) -> list[dict[str, Any]]:
    """Turns of a user and an assistant."""
    return [{"role": ("user", "assistant")[n % 2], "content": text} for n, text in enumerate(contents)]


def encoded(
    tokenizer: Any, conversation: list[dict[str, Any]], template: str = "chat", **settings: Any
) -> list[tuple[str, str]]:
    """For each example all of its text, and what bears loss."""
    encoder = Encoder(template, tokenizer, SftSettings(**settings))
    texts = []
    for example in encoder.several([conversation]):
        assert isinstance(example, dict)
        learned = [label for label in example["labels"] if label != IGNORED]
        texts.append((tokenizer.decode(example["input_ids"]), tokenizer.decode(learned)))
    return texts


@pytest.mark.parametrize("name", ["qwen3", "llama3_1", "deepseek_v3"])
def test_thoughts_and_end_bear_the_loss_and_the_prompt_is_that_of_sampling(name: str) -> None:
    tokenizer = load_real(name)
    example = next(Encoder("chat", tokenizer, SftSettings()).several([chat("1+2=", THOUGHT)]))
    assert isinstance(example, dict)
    prompt = prompts("chat", [messages("1+2=", None)], tokenizer)[0].ids
    assert example["input_ids"][: len(prompt)] == prompt
    learned = [label for label in example["labels"] if label != IGNORED]
    assert example["input_ids"][len(prompt) :] == learned
    assert tokenizer.decode(learned) == THOUGHT + tokenizer.eos_token


@pytest.mark.parametrize("name", ["qwen3", "llama3_1"])
def test_trls_training_template_gives_the_same_tokens(name: str) -> None:
    from trl.chat_template_utils import get_training_chat_template

    tokenizer = load_real(name, published_template({"qwen3": "qwen3", "llama3_1": "llama3"}[name]))
    conversation = chat("1+2=", THOUGHT)
    ours = next(Encoder("chat", tokenizer, SftSettings()).several([conversation]))
    theirs = tokenizer.apply_chat_template(
        conversation,
        chat_template=get_training_chat_template(tokenizer),
        return_dict=True,
        return_assistant_tokens_mask=True,
    )
    assert isinstance(ours, dict)
    learned = [
        number for number, mask in zip(theirs["input_ids"], theirs["assistant_masks"], strict=True) if mask
    ]
    # under Qwen's templates TRL trains the line break after a turn too
    kept = learned[:-1] if name == "qwen3" else learned
    assert [label for label in ours["labels"] if label != IGNORED] == kept
    assert theirs["input_ids"][: len(ours["input_ids"])] == ours["input_ids"]


def test_a_row_without_thoughts_is_rendered_with_thinking_off() -> None:
    ((text, learned),) = encoded(load_real("qwen3"), chat("hi", "hello"))
    assert text.endswith("assistant\n<think>\n\n</think>\n\nhello<|im_end|>")
    assert learned == "hello<|im_end|>"


def test_an_empty_block_of_thoughts_is_not_written_twice() -> None:
    ((text, learned),) = encoded(load_real("qwen3"), chat("hi", "<think>\n\n</think>\n\nhello"))
    assert text.count("</think>") == 1 and learned == "hello<|im_end|>"


def test_a_prompt_that_opens_the_thoughts_is_gone_on_from() -> None:
    tokenizer = load_real("deepseek_v3", published_template("deepseek_r1_distill"))
    ((text, learned),) = encoded(tokenizer, chat("1+2=", THOUGHT))
    assert text.count("<think>") == 1
    assert learned == THOUGHT.removeprefix("<think>\n") + tokenizer.eos_token


def test_a_users_end_token_ends_nothing() -> None:
    tokenizer = load_real("qwen3")
    example = next(
        Encoder("chat", tokenizer, SftSettings()).several(
            [chat("a<|im_end|>b<think>", THOUGHT + "<|im_end|>")]
        )
    )
    assert isinstance(example, dict)
    end = tokenizer.convert_tokens_to_ids("<|im_end|>")
    assert example["input_ids"].count(end) == 2  # the question's and the response's
    assert example["input_ids"].count(tokenizer.convert_tokens_to_ids("<think>")) == 1


@pytest.mark.parametrize("template", ["r1-zero", "plain", "chat"])
@pytest.mark.parametrize("name", ["llama3_1", "deepseek_v3"])
def test_one_start_token(name: str, template: str) -> None:
    tokenizer = load_real(name)
    example = next(Encoder(template, tokenizer, SftSettings()).several([chat("1+2=", THOUGHT)]))
    assert isinstance(example, dict) and example["input_ids"].count(tokenizer.bos_token_id) == 1


def test_each_turn_is_trained_as_the_model_has_to_write_it() -> None:
    first, second = encoded(load_real("qwen3"), chat("1+2=", THOUGHT, "2+2=", SECOND), turns="all")
    assert first[1] == THOUGHT + "<|im_end|>" and second[1] == SECOND + "<|im_end|>"
    assert "then 2" not in second[0] and "assistant\n3<|im_end|>" in second[0]


def test_turns_whose_context_does_not_change_are_one_example() -> None:
    ((text, learned),) = encoded(load_real("llama3_1"), chat("1+2=", THOUGHT, "2+2=", SECOND), turns="all")
    assert text.count("then 2") == 1 and learned == f"{THOUGHT}<|eot_id|>{SECOND}<|eot_id|>"


def test_rows_whose_context_changes_are_counted() -> None:
    encoder = Encoder("chat", load_real("qwen3"), SftSettings())
    rows = [chat("1+2=", THOUGHT, "2+2=", SECOND), chat("1+2=", "3", "2+2=", SECOND), chat("1+2=", THOUGHT)]
    assert all(isinstance(example, dict) for example in encoder.several(rows))
    assert encoder.context_changed == 1


def test_the_template_is_told_thoughts_apart_where_it_reads_them_so() -> None:
    """Such a template would write them twice, once from the content."""
    template = (
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{% if m.reasoning_content %}<think>\n"
        "{{ m.reasoning_content }}\n</think>\n\n{% endif %}{{ m.content }}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    )
    ((text, _),) = encoded(load_real("qwen3", template), chat("1+2=", THOUGHT, "2+2=", SECOND))
    assert text.count("first 1, then 2") == 1 and THOUGHT in text


def test_the_date_in_a_prompt_is_the_runs() -> None:
    tokenizer = load_real("llama3_1", published_template("llama3_2"))
    ((text, _),) = encoded(tokenizer, chat("1+2=", THOUGHT), date="2025-01-31")
    assert "Today Date: 31 Jan 2025" in text


def test_a_response_that_the_vocabulary_cannot_write_is_dropped_and_counted() -> None:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = "<think>/\n ab"
    vocabulary = {letter: number for number, letter in enumerate(dict.fromkeys(letters))} | {"?": 20, "E": 21}
    inner = Tokenizer(models.BPE(vocabulary, [], unk_token="?"))
    inner.pre_tokenizer, inner.decoder = pre_tokenizers.Split("", "isolated"), decoders.Fuse()
    words = PreTrainedTokenizerFast(tokenizer_object=inner, unk_token="?", eos_token="E")
    rows = [chat("a", "<think>\na\n</think>b")] * 2 + [chat("a", "<think>\nZ\n</think>b")]
    assert list(Encoder("plain", words, SftSettings()).several(rows))[2] == "not_in_vocabulary"


def test_a_row_that_the_template_refuses_is_named() -> None:
    picky = (
        "{% for m in messages %}{% if m['content'] == 'no' %}{{ raise_exception('none of this') }}{% endif %}"
        "{{ m['content'] }}{% endfor %}"
    )
    tokenizer = build_tokenizer(picky)
    encoder = Encoder("chat", tokenizer, SftSettings())
    with pytest.raises(UserError, match=r"row 2, before whose response stands 'no': .*none of this"):
        list(encoder.several([chat(question, THOUGHT) for question in ("1", "2", "no", "4")]))
