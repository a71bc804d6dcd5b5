"""Token ids of texts in which strangers may have written a model's own control tokens.

A chat template's `<|im_end|>` is one token. The same letters in a question are data and become several, because the one
token would end the question's turn. What is a control token: the tokenizer's special tokens, added tokens that look
like them (`<|fim_prefix|>`, `<｜User｜>`), and in chats added tags too (`<think>`, `<tool_call>`).

How: before a template is filled, such letters in a text are replaced by marks, single characters from a private area of
Unicode. Afterwards each control token in the result is the template's own. It gets a secret name, the marks become
letters again, and a copy of the tokenizer that knows the control tokens under their secret names alone encodes the
whole at once. So the text around them is split as the tokenizer always splits it. A text without such letters, nearly
every one, goes to the tokenizer itself.

Not here: which parts of a text are whose (`templates`, `training.examples.encoding`).
"""

from __future__ import annotations

import functools
import json
import re
import secrets
import weakref
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from r1data.data.responses import CLOSE, OPEN
from r1data.engines.model_files import describe, is_failure
from r1data.errors import UserError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Origin = Literal["chat", "text", "response"]
"""Who wrote a text: a turn of a chat that is no response, a text without turns (few-shot examples may show the think
tags to a base model, so that tags stay tags), or a response, whose own pair of think tags are tokens."""

_ROLE = re.compile(r"<[|｜].*[|｜]>|\[/?[A-Z_]+\]", re.DOTALL)
"""Added tokens that control a model though no one declared them special: roles, tool calls, infilling."""
_TAG = re.compile(r"</?[A-Za-z_][\w-]*>")
_HTML = re.compile(
    r"</?(?:[abiuspq]|em|br|hr|li|ol|t[dhr]|ul|h[1-6]|del|ins|su[bp]|code|span|strong|table|t(?:body|foot|head)|caption|"
    r"blockquote)>",
    re.IGNORECASE,
)
"""Tags that some vocabularies hold as ordinary text."""
Marks = dict[str, int]
"""The letters that marks stand for, and the marks' numbers, which count from 0."""
_FIRST_MARK = 0xF0000
_MARKS = 0xFFFD
"""The private area of Unicode's plane 15."""
_MARK = re.compile(f"[{chr(_FIRST_MARK)}-{chr(_FIRST_MARK + _MARKS)}]")


_PROBE = " ＜|Im_ｅnd|＞ e\u0301\u200b"
"""What normalizers change that can make one text of another."""


class TextEncoder:
    """Encodes texts with one tokenizer. Get it from `text_encoder`, which keeps it."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self.tokenizer = tokenizer
        added = tokenizer.added_tokens_decoder
        self.ids = {token.content: number for number, token in added.items() if _is_control(token)}
        self.tags = {
            token.content: number
            for number, token in added.items()
            if token.content not in self.ids and _is_tag(token.content)
        }
        self.start = self._start()
        self._searches: dict[Origin, re.Pattern[str] | None] = {
            "text": _any_of(self.ids),
            "chat": _any_of([*self.ids, *self.tags]),
            "response": _any_of([*self.ids, *({OPEN, CLOSE} & self.tags.keys())]),
        }
        self._normalizes = any(
            token.normalized for token in added.values() if token.content in self.ids
        ) and (self._normalized(_PROBE) != _PROBE)

    def mark(self, text: str, marks: Marks, origin: Origin) -> str:
        """The text with each control token replaced by a mark.

        Args:
            text: a text of a stranger's.
            marks: the letters that marks stand for, and their numbers; new ones are added.
            origin: who wrote it.
        """
        search = self._searches[origin]
        if search is None:
            return text
        own = _own_tags(text) if origin == "response" else ()
        holds_mark = not text.isascii() and _MARK.search(text)
        if holds_mark or any(match.start() not in own for match in search.finditer(text)):
            return self._replaced(text, search, own, marks)
        if self._normalizes and search.search(self._normalized(text)):
            marks.setdefault("", len(marks))  # no letters to replace, and still not for the tokenizer itself
        return text

    def restore(self, text: str, marks: Iterable[str]) -> str:
        """The text with its letters in place of the marks."""
        letters = list(marks)
        return _MARK.sub(lambda match: letters[ord(match.group()) - _FIRST_MARK], text) if letters else text

    def encode(self, texts: Sequence[str], marks: Sequence[Marks] | None = None) -> list[list[int]]:
        """Token ids of texts, without the tokenizer's first token.

        Args:
            texts: texts whose control tokens are meant, those of data being marked.
            marks: for each text what its marks stand for.

        Raises UserError where the tokenizer fails.
        """
        plain = [number for number in range(len(texts)) if not marks or not marks[number]]
        ids: list[list[int]] = [[] for _ in texts]
        try:
            if plain:
                encoded = self.tokenizer(
                    [texts[number] for number in plain],
                    add_special_tokens=False,
                    return_attention_mask=False,
                    return_token_type_ids=False,
                    verbose=False,
                )["input_ids"]
                for number, numbers in zip(plain, encoded, strict=True):
                    ids[number] = numbers
            for number, text in enumerate(texts):
                if marks and marks[number]:
                    ids[number] = self._encode_marked(text, marks[number])
        except BaseException as error:
            if not is_failure(error):
                raise
            raise UserError(
                f"{self.tokenizer.name_or_path}: its tokenizer fails on a text ({describe(error)}); "
                "take another model's"
            ) from error
        return ids

    def _start(self) -> list[int]:
        """What the tokenizer puts in front of a text: its first token, for most."""
        empty = self.tokenizer("", verbose=False)["input_ids"]
        ends = {self.tokenizer.eos_token_id, self.tokenizer.sep_token_id} - {self.tokenizer.bos_token_id}
        while empty and empty[-1] in ends:
            empty = empty[:-1]
        return list(empty)

    def _replaced(self, text: str, search: re.Pattern[str], own: Collection[int], marks: Marks) -> str:
        def mark(match: re.Match[str]) -> str:
            return match.group() if match.start() in own else _marked(match.group(), marks)

        # what looks like a mark first, or it would be taken for one
        parts, end = [], 0
        for match in search.finditer(text):
            parts += [_MARK.sub(lambda m: _marked(m.group(), marks), text[end : match.start()]), mark(match)]
            end = match.end()
        return "".join((*parts, _MARK.sub(lambda m: _marked(m.group(), marks), text[end:])))

    def _normalized(self, text: str) -> str:
        backend = getattr(self.tokenizer, "backend_tokenizer", None)
        normalizer = None if backend is None else backend.normalizer
        return text if normalizer is None else str(normalizer.normalize_str(text))

    def _encode_marked(self, text: str, marks: Marks) -> list[int]:
        if getattr(self.tokenizer, "backend_tokenizer", None) is None:
            return self._encode_in_parts(text, marks)
        copy = self._copy
        named = self._searches["chat"]
        renamed = named.sub(lambda match: copy.names[match.group()], text) if named else text
        ids, holds_control = copy.encode(self.restore(renamed, marks))
        if holds_control:
            # the model's own vocabulary holds a control token, so that only other letters can stand for it
            ids, _ = copy.encode(self.restore(renamed, [_broken_up(mark) for mark in marks]))
        return ids

    def _encode_in_parts(self, text: str, marks: Marks) -> list[int]:
        """For tokenizers in Python, which have no copy under other names."""
        named = self._searches["chat"]
        parts = re.split(f"({named.pattern})", text) if named else [text]
        ids: list[int] = []
        for part in filter(None, parts):
            number = self.ids.get(part, self.tags.get(part))
            ids += (
                self.tokenizer(
                    self.restore(part, marks),
                    add_special_tokens=False,
                    split_special_tokens=True,
                    verbose=False,
                )["input_ids"]
                if number is None
                else [number]
            )
        return ids

    @functools.cached_property
    def _copy(self) -> _Renamed:
        return _Renamed(self.tokenizer, {*self.ids, *self.tags})


class _Renamed:
    """A copy of a tokenizer whose control tokens have secret names."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, controls: set[str]) -> None:
        from tokenizers import AddedToken, Tokenizer

        secret = secrets.token_hex(8)
        specification = json.loads(tokenizer.backend_tokenizer.to_str())
        specification |= {"added_tokens": [], "truncation": None, "padding": None, "post_processor": None}
        self.names: dict[str, str] = {}
        added: list[tuple[int, AddedToken]] = []
        for number, token in sorted(tokenizer.added_tokens_decoder.items()):
            content = token.content
            if content in controls:
                self.names[content] = content = f"\U0010fffd{secret}-{number}\U0010fffd"
            flags = {"lstrip": token.lstrip, "rstrip": token.rstrip, "single_word": token.single_word}
            normalized = token.normalized and token.content not in controls
            added.append((number, AddedToken(content, normalized=normalized, special=False, **flags)))
        self.tokenizer = Tokenizer.from_str(json.dumps(specification))
        self.tokenizer.add_tokens([token for _, token in added])
        self.ids = {self.tokenizer.token_to_id(token.content): number for number, token in added}
        renamed = set(self.names.values())
        self.controls = {number for number, token in added if token.content in renamed}
        self.controls -= {tokenizer.unk_token_id, *self.ids}

    def encode(self, text: str) -> tuple[list[int], bool]:
        """Token ids under their own numbers, and whether the letters of a control token became one."""
        ids = self.tokenizer.encode(text, add_special_tokens=False).ids
        return [self.ids.get(number, number) for number in ids], not self.controls.isdisjoint(ids)


_ENCODERS: weakref.WeakKeyDictionary[PreTrainedTokenizerBase, TextEncoder] = weakref.WeakKeyDictionary()


def text_encoder(tokenizer: PreTrainedTokenizerBase) -> TextEncoder:
    """The tokenizer's encoder, made once."""
    if tokenizer not in _ENCODERS:
        _ENCODERS[tokenizer] = TextEncoder(tokenizer)
    return _ENCODERS[tokenizer]


def _is_control(token: Any) -> bool:
    return bool(token.content) and (token.special or _ROLE.fullmatch(token.content) is not None)


def _is_tag(content: str) -> bool:
    return _TAG.fullmatch(content) is not None and _HTML.fullmatch(content) is None


def _any_of(contents: Iterable[str]) -> re.Pattern[str] | None:
    """An expression for any of some texts, the longest first; those that begin alike share a branch, since vocabularies
    hold a thousand of them and `<` is common."""
    branches: dict[str, list[str]] = {}
    for content in sorted(contents, key=len, reverse=True):
        branches.setdefault(content[:2], []).append(re.escape(content[2:]))
    alternatives = (f"{re.escape(start)}(?:{'|'.join(ends)})" for start, ends in branches.items())
    return re.compile("|".join(alternatives)) if branches else None


def _own_tags(text: str) -> tuple[int, int]:
    """Where a response opens its thoughts, at its start, and where it closes them; -1 where it does not."""
    start = len(text) - len(text.lstrip())
    return (start if text.startswith(OPEN, start) else -1), text.rfind(CLOSE)


def _marked(letters: str, marks: Marks) -> str:
    number = marks.setdefault(letters, len(marks))
    if number >= _MARKS:
        raise UserError("a text with more private characters than can be told apart; remove its row")
    return chr(_FIRST_MARK + number)


def _broken_up(letters: str) -> str:
    return letters.replace("<", "‹", 1).replace("[", "⟦", 1)
