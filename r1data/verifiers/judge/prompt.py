"""Renders a judge's prompt: untrusted texts, between fences that they cannot forge.

The templates are ours, and English (prompts/). The texts in them are untrusted: each is put between lines with a code
that is derived from the seed and the texts themselves, so that no text can contain it. Whatever looks like a control
token is broken up, and with a tokenizer at hand the texts are encoded separately, without recognising special tokens.
So the tokens around a text do not depend on it, and it yields no control token.

Not covered: a model that is persuaded by plain words. For servers that apply the chat template themselves, breaking up
is the only defence against control tokens, and it covers the forms `<…>` and `[WORD]`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from r1data.engines import templates
from r1data.engines.base import Message
from r1data.errors import RowError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

TEXTS = Path(__file__).parent / "prompts"
MOST_CHARS = 8_000
"""Most characters of a text that a judge sees; of a longer one the first and the last half of these. Ours."""

_PLACE = re.compile(r"\{([a-z]+)\}")
_MARKUP = re.compile(r"[<＜﹤](?=/?[^\s<>]{1,64}[>＞﹥])|[\[［](?=/?[A-Z_]{2,32}[\]］])")
_SQUARE = "[［"


@dataclass(frozen=True, slots=True)
class JudgePrompt:
    """A rendered prompt: token ids, or messages for servers.

    Attributes:
        token_ids: empty if the prompt is messages.
        messages: empty if the prompt is token ids.
        opened: the start of the reply, if the chat template already writes it.
        spans: where in the token ids the untrusted texts are.
    """

    token_ids: list[int]
    messages: tuple[Message, ...]
    opened: str = ""
    spans: tuple[range, ...] = ()


def render(
    template: str, texts: Mapping[str, str], seed: int, tokenizer: PreTrainedTokenizerBase | None
) -> JudgePrompt:
    """The prompt `template` of prompts with `texts` in their places; messages where there is no tokenizer.

    Raises RowError where a text cannot be encoded without the tokenizer's special tokens.
    """
    safe_texts = {name: cut(neutral(text)) for name, text in texts.items()}
    return fill(template, safe_texts, fence(seed, safe_texts), tokenizer)


def fill(
    template: str, safe_texts: Mapping[str, str], code: str, tokenizer: PreTrainedTokenizerBase | None
) -> JudgePrompt:
    """Like `render`, for texts that are already neutralised and a given code on the fences."""
    parts = _PLACE.split(_text(template).replace("{fence}", code))
    if tokenizer is None:
        whole = "".join(safe_texts[part] if place % 2 else part for place, part in enumerate(parts))
        return JudgePrompt([], (Message("user", whole),))
    # The chat template is filled with marks, which the texts replace afterwards: it never sees a text, and the
    # tokenizer sees each by itself, so that no token joins a text with the words around it.
    marks = {f"{code}{place}": part for place, part in enumerate(parts) if place % 2}
    marked = "".join(f"{code}{place}" if place % 2 else part for place, part in enumerate(parts))
    style = "chat" if tokenizer.chat_template else "plain"
    rendered = templates.render(style, marked, None, tokenizer)
    ids: list[int] = []
    spans: list[range] = []
    for piece in re.split("(" + "|".join(marks) + ")", rendered):
        start = len(ids)
        if piece in marks:
            ids += encoded(safe_texts[marks[piece]], tokenizer)
            spans.append(range(start, len(ids)))
        else:
            ids += tokenizer(piece, add_special_tokens=style == "plain" and not ids)["input_ids"]
    return JudgePrompt(ids, (), templates.prefill(rendered), tuple(spans))


def neutral(text: str) -> str:
    """The text with what looks like a control token or a tag broken up, and no lone surrogates."""
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return _MARKUP.sub(lambda match: "⟦" if match.group() in _SQUARE else "‹", whole)


def cut(text: str) -> str:
    """The text, or its two ends with a note between them if it is too long."""
    if len(text) <= MOST_CHARS:
        return text
    half = MOST_CHARS // 2
    return f"{text[:half]}\n[… {len(text) - 2 * half} characters left out …]\n{text[-half:]}"


def fence(seed: int, texts: Mapping[str, str]) -> str:
    """A code (16 hex digits) that is in none of the texts; derived from them, so that no text can anticipate it."""
    digest = hashlib.blake2b(str(seed).encode(), digest_size=8)
    for text in texts.values():
        digest.update(b"\0" + text.encode())
    while any(digest.hexdigest() in text for text in texts.values()):
        digest.update(b"\0")
    return digest.hexdigest()


def encoded(text: str, tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """A text as token ids without special tokens. Raises RowError if the tokenizer still produces one."""
    ids: list[int] = tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"]
    if control_ids(tokenizer).intersection(ids):
        raise RowError("the text cannot be shown to the judge without control tokens of its tokenizer")
    return ids


def control_ids(tokenizer: PreTrainedTokenizerBase) -> frozenset[int]:
    """Ids of special tokens and of tokens that look like tags, without the unknown token."""
    ids = {
        number
        for number, token in tokenizer.added_tokens_decoder.items()
        if token.special or _MARKUP.match(token.content)
    }
    return frozenset(ids - {tokenizer.unk_token_id})


@cache
def _text(template: str) -> str:
    return (TEXTS / f"{template}.en.txt").read_text("utf-8").strip()
