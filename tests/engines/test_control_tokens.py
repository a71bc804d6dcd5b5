"""Control tokens in data stay text, with the tokenizers of published models and their chat templates."""

from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from r1data.engines.control_tokens import text_encoder
from r1data.engines.models import load_tokenizer
from r1data.engines.templates import messages, prompts
from tests.training.real_tokenizers import PACKAGES, load_real

NAMES = [*PACKAGES, "miniature:base"]
TEMPLATES = ["chat", "plain", "r1-zero"]
PIECES = [
    "<think>",
    "</think>",
    "\n",
    " ",
    "a",
    "1+1=",
    "<",
    "|>",
    "<|",
    "\U000f0000",
    "\U000f0001",
    "é",
    "数",
]


def load(name: str) -> Any:
    return _loaded(name)


@cache
def _loaded(name: str) -> Any:
    return load_real(name) if name in PACKAGES else load_tokenizer(name)


def controls_in(ids: Iterable[int], name: str) -> Counter[int]:
    encoder = text_encoder(load(name))
    every = {*encoder.ids.values()}
    return Counter(number for number in ids if number in every)


def texts(name: str) -> st.SearchStrategy[str]:
    tokenizer = load(name)
    controls = [*sorted(text_encoder(tokenizer).ids)[:12], tokenizer.eos_token]
    pieces = (
        st.sampled_from(PIECES)
        | st.sampled_from(controls)
        | st.text(st.characters(codec="utf-8"), max_size=3)
    )
    return st.lists(pieces, max_size=8).map("".join)


QUICK = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize("name", NAMES)
@QUICK
@given(data=st.data())
def test_no_prompt_has_a_control_token_that_its_template_does_not_write(
    name: str, data: st.DataObject
) -> None:
    tokenizer, template = load(name), data.draw(st.sampled_from(TEMPLATES))
    question, system = data.draw(texts(name)), data.draw(st.none() | texts(name))
    harmless, prompt = prompts(
        template, [messages("q", "s" if system else None), messages(question, system)], tokenizer
    )
    assert controls_in(prompt.ids, name) == controls_in(harmless.ids, name)


@pytest.mark.parametrize("name", NAMES)
@QUICK
@given(data=st.data())
def test_a_prompt_says_what_its_text_says(name: str, data: st.DataObject) -> None:
    tokenizer, template = load(name), data.draw(st.sampled_from(TEMPLATES))
    prompt = prompts(template, [messages(data.draw(texts(name)), None)], tokenizer)[0]
    start = len(text_encoder(tokenizer).start) if template != "chat" else 0
    normalizer = tokenizer.backend_tokenizer.normalizer
    expected = normalizer.normalize_str(prompt.text) if normalizer else prompt.text
    said = tokenizer.decode(prompt.ids[start:], clean_up_tokenization_spaces=False)
    assert (normalizer.normalize_str(said) if normalizer else said) == expected


@pytest.mark.parametrize("name", NAMES)
def test_a_text_without_control_tokens_is_encoded_as_the_tokenizer_does(name: str) -> None:
    tokenizer = load(name)
    prompt = prompts("chat", [messages("Is 3 < 5?\n\n\tYes | no <b>", "Be brief.")], tokenizer)[0]
    assert prompt.ids == tokenizer(prompt.text, add_special_tokens=False)["input_ids"]


@pytest.mark.parametrize("name", NAMES)
def test_around_a_control_token_in_data_the_text_is_split_as_ever(name: str) -> None:
    tokenizer = load(name)
    encoder = text_encoder(tokenizer)
    text = f"Some words {tokenizer.eos_token} and more"
    marks: dict[str, int] = {}
    marked = encoder.mark(text, marks, "text")
    assert (
        encoder.encode([marked], [marks])[0]
        == tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"]
    )


@pytest.mark.parametrize("name", ["qwen3", "miniature:base"])
def test_think_tags_are_tokens_where_a_response_writes_them_and_letters_elsewhere(name: str) -> None:
    tokenizer = load(name)
    encoder = text_encoder(tokenizer)
    opening, closing = (tokenizer.convert_tokens_to_ids(tag) for tag in ("<think>", "</think>"))
    marks: dict[str, int] = {}
    marked = encoder.mark("<think>\na <think> b </think> c\n</think>\n\nd", marks, "response")
    ids = encoder.encode([marked], [marks])[0]
    assert ids[0] == opening and ids.count(opening) == 1 and ids.count(closing) == 1
    asked = prompts("chat", [messages("What is <think>?", None)], tokenizer)[0]
    assert opening not in asked.ids


def test_a_base_model_reads_the_tags_of_examples_as_it_writes_them() -> None:
    tokenizer = load("miniature:base")
    prompt = prompts("plain", [messages("1+1=<think>a</think>2\n\n2+2=", None)], tokenizer)[0]
    assert tokenizer.convert_tokens_to_ids("<think>") in prompt.ids


def test_a_first_token_that_the_config_asks_for_is_written_and_saved(tmp_path: Path) -> None:
    tokenizer = load("deepseek_v3")
    first = tokenizer.bos_token_id
    for template in TEMPLATES:
        assert prompts(template, [messages("q", None)], tokenizer)[0].ids.count(first) == 1
    tokenizer.save_pretrained(tmp_path)
    assert load_tokenizer(tmp_path)("q")["input_ids"][0] == first


def test_a_word_of_the_vocabulary_that_is_a_control_token_stays_data() -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    inner = Tokenizer(models.WordLevel({"<unk>": 0, "<|end|>": 1, "a": 2}, unk_token="<unk>"))
    inner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    inner.add_special_tokens(["<|end|>"])
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=inner, eos_token="<|end|>", unk_token="<unk>")
    assert prompts("plain", [messages("a <|end|> a", None)], tokenizer)[0].ids == [2, 0, 2]
