"""What a chat template does, found out by rendering a few short chats with it.

Not here: whether that is right (`training.examples.template_checks`).
"""

from __future__ import annotations

import re
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING

from r1data.data.responses import CLOSE
from r1data.engines.base import SWITCHES, Thinking
from r1data.engines.control_tokens import text_encoder
from r1data.engines.model_checks import Chat, Rendering, reads, render_chats
from r1data.errors import UserError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

QUESTION, ANSWER = "q7Question", "a7Answer"
"""Texts that stand in no template, and that none has a reason to change."""


@dataclass(frozen=True, slots=True)
class TemplateFacts:
    """Facts of a chat template.

    Attributes:
        switch: the variable that turns thinking on and off; None where there is none.
        header: what it writes before a response when it renders one; None where it renders none.
        generation_prompt: what it writes there to ask for a response.
        end: what it writes after the last response.
        middle_end: what it writes after a response, up to the next question.
        end_id: the token that ends the last response; None where none does.
    """

    switch: str | None
    header: str | None
    generation_prompt: str
    end: str
    middle_end: str
    end_id: int | None


def thinking_switch(tokenizer: PreTrainedTokenizerBase) -> str | None:
    """The variable of the chat template that turns thinking on and off; None where there is none."""
    return template_facts(tokenizer).switch


def rendering_of(
    thinking: Thinking | None, template: str, tokenizer: PreTrainedTokenizerBase
) -> Rendering | None:
    """How prompts are rendered with thinking turned on or off; None where it is left alone.

    Raises UserError where the template has no switch for it.
    """
    if thinking is None:
        return None
    name = thinking_switch(tokenizer) if template == "chat" else None
    if name is None:
        raise UserError(
            f"--thinking {thinking}: the template {template!r} of {tokenizer.name_or_path} has no switch for thoughts "
            f"({' or '.join(SWITCHES)}); leave --thinking out, or give a model whose chat template has one"
        )
    return Rendering(variables={name: thinking == "on"})


def end_token_id(tokenizer: PreTrainedTokenizerBase, template: str) -> int | None:
    """The token that ends a response: the chat template's own where it writes one, else the tokenizer's."""
    of_template = template_facts(tokenizer).end_id if template == "chat" and tokenizer.chat_template else None
    return tokenizer.eos_token_id if of_template is None else of_template


def set_end_token(tokenizer: PreTrainedTokenizerBase, template: str) -> None:
    """Make the token that ends a turn the tokenizer's end token: what is trained with it ends so, and what is saved
    says so. Bases come with a chat template for their successors that ends turns with another token than their own."""
    number = end_token_id(tokenizer, template)
    if number is not None and number != tokenizer.eos_token_id:
        tokenizer.eos_token = tokenizer.convert_ids_to_tokens(number)


_FACTS: weakref.WeakKeyDictionary[PreTrainedTokenizerBase, tuple[object, TemplateFacts]] = (
    weakref.WeakKeyDictionary()
)


def template_facts(tokenizer: PreTrainedTokenizerBase) -> TemplateFacts:
    """The facts of a tokenizer's chat template. Raises UserError where it has none, or it fails on a plain question."""
    known = _FACTS.get(tokenizer)
    if known is None or known[0] != tokenizer.chat_template:
        known = _FACTS[tokenizer] = tokenizer.chat_template, _facts(tokenizer)
    return known[1]


def _facts(tokenizer: PreTrainedTokenizerBase) -> TemplateFacts:
    question: Chat = [{"role": "user", "content": QUESTION}]
    answered: Chat = [*question, {"role": "assistant", "content": ANSWER}]
    (prompt,) = render_chats([question], tokenizer)
    switch = next((name for name in SWITCHES if _is_switch(name, question, tokenizer)), None)
    generation_prompt = prompt.rpartition(QUESTION)[2]
    last = _rendered(answered, tokenizer)
    several = _rendered([*answered, {"role": "user", "content": QUESTION + "2"}], tokenizer)
    if last is None or ANSWER not in last or QUESTION not in last:
        return TemplateFacts(switch, None, generation_prompt, "", "", None)
    header = last.partition(QUESTION)[2].rpartition(ANSWER)[0]
    end = last.rpartition(ANSWER)[2]
    middle = (several or "").partition(ANSWER)[2].partition(QUESTION + "2")[0]
    return TemplateFacts(switch, header, generation_prompt, end, middle, _first_control(end, tokenizer))


def _rendered(chat: Chat, tokenizer: PreTrainedTokenizerBase) -> str | None:
    """A chat without a generation prompt; None where the template refuses it."""
    try:
        return render_chats([chat], tokenizer, Rendering(generation_prompt=False))[0]
    except UserError:
        return None


def _is_switch(name: str, question: Chat, tokenizer: PreTrainedTokenizerBase) -> bool:
    if not reads(tokenizer, name):
        return False
    on, off = (Rendering(variables={name: value}) for value in (True, False))
    try:
        thinking, not_thinking = render_chats([question, question], tokenizer, [on, off])
    except UserError:
        return False
    return thinking != not_thinking


def _first_control(text: str, tokenizer: PreTrainedTokenizerBase) -> int | None:
    """The control token that a text begins with, blanks apart."""
    encoder, text = text_encoder(tokenizer), text.lstrip()
    return max(
        ((len(name), number) for name, number in encoder.ids.items() if text.startswith(name)),
        default=(0, None),
    )[1]


def without_thinking(generation_prompt: str) -> str:
    """A generation prompt without what it writes of the thoughts, opened or empty."""
    return re.sub(r"<think>\s*(?:</think>\s*)?\Z", "", generation_prompt)


def closes_thinking(prompt: str) -> bool:
    """Whether a prompt writes an empty block of thoughts, so that the response has none."""
    return prompt.rstrip().endswith(CLOSE)
