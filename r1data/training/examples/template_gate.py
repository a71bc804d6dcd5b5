"""The template gate: every row is looked at on its way to training, before the first step.

That costs a search of its text and one decoding. What is unfit, of the template (`template_checks`) or of a row under
it, stops the run with the row, its tokens and what to do.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

from r1data.data.responses import CLOSE, is_blank, split
from r1data.engines import template_facts
from r1data.engines.control_tokens import text_encoder
from r1data.engines.model_checks import Chat, Rendering, render_chats
from r1data.engines.template_facts import ANSWER, QUESTION, closes_thinking
from r1data.engines.templates import Prompt
from r1data.errors import UserError
from r1data.runtime.terminal import console
from r1data.training.examples.template_checks import (
    OTHER,
    Check,
    check_template,
    escaped,
    lost_turn,
    repeats_start,
    token_list,
)

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from r1data.training.settings import Settings

MOST_CHANGED = 0.5
"""A larger share than this of the first rows that a tokenizer cannot give back stops the run. Ours."""


class Gate:
    """Looks at every row on its way to training. Raises UserError for the first that cannot be trained on as it stands.

    Attributes:
        checks: what `check_template` said; empty until the first row.
        row: the number of the row that is looked at, from 0.
    """

    def __init__(self, template: str, tokenizer: PreTrainedTokenizerBase, settings: Settings) -> None:
        self.template, self.tokenizer, self.settings = template, tokenizer, settings
        self.checks: list[Check] = []
        self.row = 0
        self._is_chat = template == "chat" and bool(tokenizer.chat_template)
        self._first = tokenizer.bos_token_id
        self._normalizer = getattr(getattr(tokenizer, "backend_tokenizer", None), "normalizer", None)

    def notes(self) -> dict[str, str]:
        """What there is to know of the template, by property."""
        return {check.name: check.says for check in self.checks if check.verdict == "note"}

    def check_prompt(self, before: Chat, prompt: Prompt, response: str = "") -> None:
        """One prompt, as it was rendered and encoded, and the response that follows it."""
        if not self.checks:
            self._check_template(before, prompt, response)
        if self._first is not None and repeats_start(prompt.ids, self._first):
            self._refuse("its prompt begins with two start tokens", before, prompt, OTHER)
        if self._is_chat:
            missing = lost_turn(before, prompt.text)
            if missing is not None:
                why = f"its {missing['role']}'s text is lost or changed by the chat template"
                self._refuse(why, before, prompt, OTHER)
            if (
                CLOSE in response
                and closes_thinking(prompt.text)
                and not is_blank(split(response).reasoning or "")
            ):
                self._refuse("the chat template closes its thoughts before they begin", before, prompt, OTHER)
        self.row += 1

    def changed_rows(self, texts: Sequence[str], ids: Sequence[Sequence[int]]) -> list[bool]:
        """For each response whether its tokens say something else than its text."""
        decoded = self.tokenizer.batch_decode(
            [list(each) for each in ids], skip_special_tokens=False, clean_up_tokenization_spaces=False
        )
        unknown = self.tokenizer.unk_token_id
        changed = [
            (unknown is not None and unknown in numbers) or not self._is_same(text, back)
            for text, back, numbers in zip(texts, decoded, ids, strict=True)
        ]
        if not self.row and sum(changed) > MOST_CHANGED * len(changed):
            number = changed.index(True)
            self._show("row", texts[number], token_list(self.tokenizer, ids[number]))
            raise UserError(
                f"{self.tokenizer.name_or_path}: its tokenizer does not give back the text of "
                f"{sum(changed):,} of the first {len(changed):,} responses (above: the first one and its tokens); "
                "take a student with another tokenizer"
            )
        return changed

    def loses_thoughts(self, before: Chat, prompt: Prompt) -> bool:
        """Whether thoughts of earlier turns are not in the prompt. Raises UserError where they are in it twice."""
        lost = False
        for turn in before:
            if turn["role"] != "assistant":
                continue
            thoughts = (turn.get("reasoning_content") or split(turn["content"]).reasoning or "").strip()
            if is_blank(thoughts):
                continue
            times = prompt.text.count(thoughts)
            own = sum((each.get("reasoning_content") or "").count(thoughts) for each in before)
            in_turns = own + sum(each["content"].count(thoughts) for each in before)
            # thoughts such as "user" stand in the template's own text as well
            if times > in_turns and thoughts not in self._own_text:
                self._refuse(
                    "the chat template writes the thoughts of earlier turns twice", before, prompt, OTHER
                )
            lost |= not times
        return lost

    @functools.cached_property
    def _own_text(self) -> str:
        """What the template writes around turns, with a system prompt and without, thinking and not."""
        question: Chat = [{"role": "user", "content": QUESTION}]
        chats: list[Chat] = [[*question, {"role": "assistant", "content": ANSWER}, *question]]
        chats.append([{"role": "system", "content": QUESTION}, *chats[0]])
        switch = template_facts.template_facts(self.tokenizer).switch
        texts = []
        for chat, thinks in itertools.product(chats, (True, False) if switch else (None,)):
            rendering = Rendering(self.settings.date, {switch: thinks} if switch else {})
            with contextlib.suppress(UserError):  # templates without system prompts refuse one
                texts += render_chats([chat], self.tokenizer, rendering)
        return "\n".join(texts)

    def _check_template(self, before: Chat, prompt: Prompt, response: str) -> None:
        swallowed = getattr(self.settings, "swallowed", "keep")
        self.checks = check_template(self.tokenizer, self.template, swallowed, self.settings.date)
        for check in self.checks:
            # a set without thoughts, and prompts alone, have none to lose
            if check.verdict == "unfit" and (check.name != "thoughts" or CLOSE in response):
                if check.shown:
                    self._show("rendered", check.shown)
                self._refuse(check.says, before, prompt, check.way_out, response)

    def _is_same(self, text: str, back: str) -> bool:
        if text == back:
            return True
        normalized = text if self._normalizer is None else str(self._normalizer.normalize_str(text))
        return normalized.strip() == back.strip() or self._renormalized(back) == normalized

    def _renormalized(self, text: str) -> str:
        return text if self._normalizer is None else str(self._normalizer.normalize_str(text))

    def _refuse(self, why: str, before: Chat, prompt: Prompt, way_out: str, response: str = "") -> NoReturn:
        content = before[-1]["content"] if before else ""
        self._show("row", f"{self.row}: {content}")
        self._show("prompt", prompt.text, token_list(self.tokenizer, prompt.ids))
        if response:
            self._show(
                "response",
                response,
                token_list(self.tokenizer, text_encoder(self.tokenizer).encode([response])[0]),
            )
        raise UserError(
            f"{self.tokenizer.name_or_path}: the template does not fit row {self.row} (above, with its tokens): "
            f"{why}; {way_out}"
        )

    def _show(self, name: str, text: str, tokens: str = "") -> None:
        console().print(f"{name:>9}  {escaped(text)}", soft_wrap=True)
        if tokens:
            console().print(f"{'tokens':>9}  {tokens}", soft_wrap=True)
