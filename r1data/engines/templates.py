"""Prompt templates: the full text that a model sees for a prompt.

`r1-zero` follows table 1 of the paper in this project's own words: a base model is told that the assistant first
thinks and then answers, between tags, and gets no other hint. `chat` is the template of the model's own tokenizer,
`plain` the prompt as it is. Only `chat` has a place for a system prompt; the other two put it in front, which is
this project's choice. `server` is no text at all: the messages go to a server, whose own chat template applies.

Prompts go to every engine as token ids, so that each engine reads the same tokens, and a control token in a question
stays text (`control_tokens`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from r1data.engines.control_tokens import Marks, Origin, TextEncoder, text_encoder
from r1data.engines.model_checks import Chat, Rendering, render_chats
from r1data.errors import UserError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

R1_ZERO = (
    "This is a conversation between User and Assistant. User asks, Assistant answers. Before it answers, "
    "Assistant works the question out for itself. What it thinks stands between <think> and </think>, what "
    "it answers between <answer> and </answer>, like this: <think> thoughts </think> <answer> answer "
    "</answer>. User: {prompt} Assistant:"
)


def r1_zero(prompt: str, system: str | None, tokenizer: PreTrainedTokenizerBase | None) -> str:
    """The purpose of the paper's table 1, in our words."""
    return _in_front(system) + R1_ZERO.replace("{prompt}", prompt)


def plain(prompt: str, system: str | None, tokenizer: PreTrainedTokenizerBase | None) -> str:
    """The prompt as it is."""
    return _in_front(system) + prompt


def chat(prompt: str, system: str | None, tokenizer: PreTrainedTokenizerBase | None) -> str:
    """The tokenizer's chat template up to where the assistant's turn begins."""
    if tokenizer is None or not tokenizer.chat_template:
        raise UserError(
            "this model's tokenizer has no chat template; use --template r1-zero or --template plain"
        )
    return render_chats([messages(prompt, system)], tokenizer)[0]


def messages(prompt: str, system: str | None) -> list[dict[str, Any]]:
    """A prompt as a chat."""
    system_turns = [{"role": "system", "content": system}] if system else []
    return [*system_turns, {"role": "user", "content": prompt}]


Template = Callable[[str, "str | None", "PreTrainedTokenizerBase | None"], str]
TEMPLATES: dict[str, Template] = {"r1-zero": r1_zero, "chat": chat, "plain": plain}
SERVER = "server"
"""The template that is the server's own affair."""


def render(
    template: str, prompt: str, system: str | None, tokenizer: PreTrainedTokenizerBase | None = None
) -> str:
    """The text a model gets for a prompt. Only `chat` needs the tokenizer. Raises UserError for an unknown
    template.
    """
    if template not in TEMPLATES:
        raise UserError(f"no template {template!r}; choose one of {', '.join(TEMPLATES)}")
    return TEMPLATES[template](prompt, system, tokenizer)


def render_all(
    template: str,
    prompts: Sequence[tuple[str, str | None]],
    tokenizer: PreTrainedTokenizerBase | None = None,
) -> list[str]:
    """As `render`, for many pairs of prompt and system prompt; a chat template is much faster so."""
    if template == "chat" and tokenizer is not None and tokenizer.chat_template:
        return render_chats([messages(prompt, system) for prompt, system in prompts], tokenizer)
    return [render(template, prompt, system, tokenizer) for prompt, system in prompts]


def tokenize(template: str, text: str, tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """A text of one's own as token ids, all control tokens in it being meant. A chat template writes its own first
    token; the others get the tokenizer's. What holds data goes through `prompts`.
    """
    encoder = text_encoder(tokenizer)
    return [*([] if template == "chat" else encoder.start), *encoder.encode([text])[0]]


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt as a model gets it.

    Attributes:
        text: what the token ids say.
        ids: token ids, in which control tokens are the template's own and never the data's.
        prefill: what the prompt already writes of the response, see `prefill`.
        template_text: the text in which marks stand for control tokens of data.
        marks: what they stand for.
    """

    text: str
    ids: list[int]
    prefill: str
    template_text: str
    marks: Marks


def prompts(
    template: str,
    chats: Sequence[Chat],
    tokenizer: PreTrainedTokenizerBase,
    renderings: Rendering | Sequence[Rendering] | None = None,
) -> list[Prompt]:
    """What a model gets for chats, as `messages` makes them; with the template `chat` also of several turns.

    Args:
        template: a name in `TEMPLATES`.
        chats: turns as `role` and `content`, and `reasoning_content` of a response.
        tokenizer: the model's.
        renderings: what a chat template is told besides, for all chats or for each.

    Raises UserError for an unknown template, and where the template or the tokenizer fails.
    """
    encoder = text_encoder(tokenizer)
    origin: Origin = "chat" if template == "chat" else "text"
    marks: list[Marks] = [{} for _ in chats]
    marked = [
        [_marked_turn(turn, each, origin, encoder) for turn in chat]
        for chat, each in zip(chats, marks, strict=True)
    ]
    if template == "chat" and tokenizer.chat_template:
        texts = render_chats(marked, tokenizer, renderings)
    else:
        texts = [render(template, *_pair(turns), tokenizer) for turns in marked]
    start = [] if template == "chat" else encoder.start
    encoded = encoder.encode(texts, marks)
    return [
        Prompt(encoder.restore(text, each), start + ids, prefill(text), text, each)
        for text, ids, each in zip(texts, encoded, marks, strict=True)
    ]


def _marked_turn(turn: dict[str, Any], marks: Marks, origin: Origin, encoder: TextEncoder) -> dict[str, Any]:
    """A turn whose control tokens are marked; a response keeps the pair of tags that its template looks for."""
    origin = "response" if turn["role"] == "assistant" else origin
    return {
        key: encoder.mark(value, marks, origin) if key != "role" and isinstance(value, str) else value
        for key, value in turn.items()
    }


def _pair(turns: Chat) -> tuple[str, str | None]:
    return turns[-1]["content"], turns[0]["content"] if turns[1:] else None


def encode(template: str, prompt: str, system: str | None, tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """The token ids that a model gets for a prompt."""
    return prompts(template, [messages(prompt, system)], tokenizer)[0].ids


def default_template(tokenizer: PreTrainedTokenizerBase) -> str:
    """`chat` where the tokenizer has a chat template, else `r1-zero`."""
    return "chat" if tokenizer.chat_template else "r1-zero"


def prefill(rendered: str) -> str:
    """What a rendered prompt already writes of the response: `<think>` and the space after it where the
    prompt ends so
    (chat templates of R1's own models do), else nothing."""
    without_tag = rendered.rstrip().removesuffix("<think>")
    return rendered[len(without_tag) :] if len(without_tag) < len(rendered.rstrip()) else ""


def _in_front(system: str | None) -> str:
    return f"{system}\n\n" if system else ""
