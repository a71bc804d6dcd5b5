"""The miniature tokenizer: whichever class loads it, the text is cut the same and comes back the same."""

import unicodedata
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from r1data.training.miniature import pretrain, tokenizer, world


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("model")
    words = tokenizer.save(out)
    pretrain.new_model(pretrain.ModelSize(1, 16, 2, 1), words).save_pretrained(out)
    return out


@pytest.fixture(scope="module")
def auto(folder: Path) -> PreTrainedTokenizerBase:
    return AutoTokenizer.from_pretrained(folder)


def test_the_class_that_qwen2_brings_cuts_text_as_the_files_say(
    folder: Path, auto: PreTrainedTokenizerBase
) -> None:
    plain = PreTrainedTokenizerFast.from_pretrained(folder)
    assert "Qwen2" in type(auto).__name__
    for prompt, response in islice(world.documents(0), 300):
        assert auto(prompt + response)["input_ids"] == plain(prompt + response)["input_ids"]


def test_the_fast_way_cuts_the_same(auto: PreTrainedTokenizerBase) -> None:
    cut = tokenizer.fast_encoder(tokenizer.build())
    for prompt, response in islice(world.documents(1), 500):
        assert cut(prompt + response) == auto(prompt + response)["input_ids"]


def test_a_number_is_one_token(auto: PreTrainedTokenizerBase) -> None:
    assert auto.tokenize("12+99") == ["12", "+", "99"]


def test_tags_survive_decoding(auto: PreTrainedTokenizerBase) -> None:
    text = "<think>so it is 3. </think>\\boxed{3}"
    ids = [*auto(text)["input_ids"], auto.eos_token_id]
    assert auto.decode(ids, skip_special_tokens=True) == text


@given(text=st.text(max_size=60).filter(lambda text: "<|" not in text))
@settings(max_examples=100)
def test_any_text_comes_back(auto: PreTrainedTokenizerBase, text: str) -> None:
    ids = auto(text)["input_ids"]
    assert auto.decode(ids, skip_special_tokens=True) == unicodedata.normalize("NFC", text)  # as Qwen2 does


def test_a_conversation_is_plain_text(auto: PreTrainedTokenizerBase) -> None:
    asked = {"role": "user", "content": "Find 3+4."}
    said = {"role": "assistant", "content": "\\boxed{7}"}
    assert auto.apply_chat_template([asked], tokenize=False, add_generation_prompt=True) == "Find 3+4."
    assert auto.apply_chat_template([asked, said], tokenize=False) == "Find 3+4.\\boxed{7}" + tokenizer.END


def test_ids_fit_the_models(auto: PreTrainedTokenizerBase) -> None:
    assert len(auto) <= pretrain.VOCABULARY
