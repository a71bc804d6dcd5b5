"""A chat template that writes what `r1-zero` or `plain` wrote, for a model whose tokenizer has none.

A base without a chat template is trained on one of the project's own texts. With that text as its chat template the
model can be served and asked by chat clients, and gets the very tokens that it was trained on.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from r1data.engines.templates import R1_ZERO

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_SLOT = "{prompt}"


def text_template(template: str, tokenizer: PreTrainedTokenizerBase) -> str:
    """The Jinja text for `r1-zero` or `plain`; earlier turns follow each other, each response with its end token.

    The first token is written where the tokenizer puts one in front of other texts: a chat template writes its own.
    """
    before, after = R1_ZERO.split(_SLOT) if template == "r1-zero" else ("", "")
    intro, _, speaker = before.rpartition(". ")
    intro = f"{intro}. " if intro else ""
    has_start = tokenizer.bos_token_id is not None and tokenizer.bos_token_id in tokenizer("")["input_ids"]
    start = "{{ bos_token }}" if has_start else ""
    return (
        f"{start}{{%- set turns = messages -%}}"
        "{%- if turns[0]['role'] == 'system' -%}"
        "{%- if turns[0]['content'] -%}{{ turns[0]['content'] + '\\n\\n' }}{%- endif -%}"
        "{%- set turns = turns[1:] -%}{%- endif -%}"
        f"{{{{ {_literal(intro)} }}}}"
        "{%- for turn in turns -%}{%- if turn['role'] == 'assistant' -%}{{ turn['content'] + eos_token + ' ' }}"
        f"{{%- else -%}}{{{{ {_literal(speaker)} + turn['content'] + {_literal(after)} }}}}{{%- endif -%}}"
        "{%- endfor -%}"
    )


def _literal(text: str) -> str:
    """A text as Jinja writes it."""
    return json.dumps(text, ensure_ascii=False)
