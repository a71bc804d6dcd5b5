"""The chat template that a template-less model gets writes what it was trained on."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from r1data.engines.templates import encode
from r1data.training.output.text_template import text_template
from tests.training.tiny import build_tokenizer

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)


def with_template(template: str, has_start: bool) -> tuple[Any, Any]:
    """A tokenizer without a chat template, and the same with ours."""
    from tokenizers.processors import TemplateProcessing

    both = []
    for chat_template in (None, ""):
        words = build_tokenizer()
        if has_start:
            words.add_special_tokens({"bos_token": "<|start|>"})
            words.backend_tokenizer.post_processor = TemplateProcessing(
                single="<|start|> $A", special_tokens=[("<|start|>", words.bos_token_id)]
            )
        words.chat_template = None if chat_template is None else text_template(template, words)
        both.append(words)
    return both[0], both[1]


@pytest.mark.parametrize("has_start", [True, False])
@pytest.mark.parametrize("template", ["r1-zero", "plain"])
@settings(max_examples=25)
@given(prompt=TEXT, system=st.none() | TEXT)
def test_a_prompt_has_the_same_tokens(
    template: str, has_start: bool, prompt: str, system: str | None
) -> None:
    bare, dressed = with_template(template, has_start)
    assert encode("chat", prompt, system, dressed) == encode(template, prompt, system, bare)
