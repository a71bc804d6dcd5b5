"""Templates: what a model sees around a prompt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1data.engines.templates import default_template, encode, prefill, render
from r1data.errors import UserError
from tests import tiny

CHAT = (
    "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}"
    "{% if add_generation_prompt %}[assistant]<think>\n{% endif %}"
)


@given(st.text())
def test_the_prompt_stands_in_the_template_as_it_is(prompt: str) -> None:
    assert render("plain", prompt, None) == prompt
    zero = render("r1-zero", prompt, None)
    assert zero.endswith(f"User: {prompt} Assistant:") and "<think> thoughts </think>" in zero


def test_a_system_prompt_is_not_lost() -> None:
    assert render("plain", "p", "be brief") == "be brief\n\np"
    assert render("r1-zero", "p", "be brief").startswith("be brief\n\nThis is a conversation")


def test_chat_is_the_tokenizers_own() -> None:
    tokenizer = tiny.make_tokenizer()
    with pytest.raises(UserError, match="no chat template"):
        render("chat", "p", None, tokenizer)
    assert default_template(tokenizer) == "r1-zero"
    tokenizer.chat_template = CHAT
    assert default_template(tokenizer) == "chat"
    assert render("chat", "p", "s", tokenizer) == "[system]s[user]p[assistant]<think>\n"


def test_an_unknown_template_lists_the_known_ones() -> None:
    with pytest.raises(UserError, match="r1-zero, chat, plain"):
        render("alpaca", "p", None)


def test_encoding_is_the_tokenizers_of_the_rendered_text() -> None:
    tokenizer = tiny.make_tokenizer()
    assert encode("plain", "12+3", None, tokenizer) == tokenizer("12+3")["input_ids"]


@pytest.mark.parametrize(
    ("rendered", "written"),
    [
        ("…<think>\n", "<think>\n"),
        ("…<think>", "<think>"),
        ("<think> </think> tags", ""),
        ("", ""),
        ("  ", ""),
    ],
)
def test_what_a_template_writes_of_the_response(rendered: str, written: str) -> None:
    assert prefill(rendered) == written
