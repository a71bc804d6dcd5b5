"""Asks the worker process (`engines.model_worker`) to render chats, and to try a tokenizer before it is loaded here.

The limits are ours: templates of published models render in a millisecond and their tokenizers load in one or two
seconds.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from r1data.data.text import one_line
from r1data.engines.model_files import AGAIN, LARGEST_TEMPLATE, TOKENIZER_FILES, tokenizer_error
from r1data.errors import UserError
from r1data.runtime.workers import Crashed, TimedOut, WorkerPool

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

RENDER_SECONDS, PROMPT_SECONDS, CHARACTER_SECONDS = 3.0, 0.02, 1e-6
"""Processor time for a request, for each of its chats and for each of their characters."""
LOAD_SECONDS, CONVERT_SECONDS, MEGABYTE_SECONDS = 5.0, 20.0, 0.3
"""Processor time to load a tokenizer.json, or to make a tokenizer from other files, and for each megabyte of them. The
largest published one, of 31 MB, takes 4.5 s."""
SLOWER = 20.0
"""How much longer than its processor time a request may take on a busy machine."""
MOST_CHARACTERS = 4_000_000
"""Characters that a template may add to what it is given eight times over; also of the chats of one request."""
CHATS = 512
"""Chats of one request."""
OTHER_TEMPLATE = "mend the template, or use --template r1-zero or --template plain"

Chat = list[dict[str, Any]]

_WORKERS = WorkerPool("r1data.engines.model_worker")


@dataclass(frozen=True, slots=True)
class Rendering:
    """How chats are rendered.

    Attributes:
        date: the day that templates take for today, as YYYY-MM-DD; None: today.
        variables: what else a template reads, such as `enable_thinking`, as JSON values.
        generation_prompt: whether to end where the assistant's turn begins, and not after the last turn.
    """

    date: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    generation_prompt: bool = True


def render_chats(
    chats: Sequence[Chat],
    tokenizer: PreTrainedTokenizerBase,
    renderings: Rendering | Sequence[Rendering] | None = None,
) -> list[str]:
    """Chats in the tokenizer's chat template, up to where the assistant's turn begins.

    Args:
        chats: turns as `role` and `content`.
        tokenizer: whose template is rendered.
        renderings: how, for all chats or for each.

    Raises UserError where the template fails, or takes more time, memory or text than any needs.
    """
    template = _template(tokenizer)
    each = [renderings or Rendering()] * len(chats) if not isinstance(renderings, Sequence) else renderings
    special_tokens = {name: _plain(value) for name, value in tokenizer.special_tokens_map.items()}
    return [
        text
        for request in _requests(chats, each)
        for text in _ask_to_render(request, template, special_tokens, tokenizer)
    ]


def reads(tokenizer: PreTrainedTokenizerBase, name: str) -> bool:
    """Whether the chat template names something, such as `reasoning_content`; False where there is no template."""
    return bool(tokenizer.chat_template) and name in _template(tokenizer)


def writes_date(tokenizer: PreTrainedTokenizerBase) -> bool:
    """Whether the chat template asks for today's date."""
    return reads(tokenizer, "strftime_now")


def try_tokenizer(folder: Path) -> None:
    """Raise UserError where the folder's tokenizer cannot be loaded and used within the limits. Once for each state of
    its files."""
    files = sorted(path for path in folder.iterdir() if path.suffix in (".json", ".model", ".txt", ".jinja"))
    # The worker's working directory is that of its start.
    _try_tokenizer(
        folder,
        folder.absolute(),
        tuple((path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files),
    )


@functools.lru_cache(64)
def _try_tokenizer(folder: Path, absolute: Path, files: tuple[tuple[str, int, int], ...]) -> None:
    if find_spec("transformers") is None:  # the worker could not even start
        raise ModuleNotFoundError("No module named 'transformers'", name="transformers")
    names = [name for name, _, _ in files]
    seconds = LOAD_SECONDS if "tokenizer.json" in names else CONVERT_SECONDS
    seconds += MEGABYTE_SECONDS * sum(size for _, size, _ in files) / 1e6
    try:
        reply = _WORKERS.ask(
            {"folder": str(absolute), "processor_seconds": seconds, "time_limit": SLOWER * seconds}
        )
    except (TimedOut, Crashed) as error:
        name = next((name for name in TOKENIZER_FILES if name in names), "its tokenizer")
        raise UserError(
            f"{folder / name}: cannot be loaded and used within {seconds:.1f} s of processor time and 2 GiB of memory; "
            f"{AGAIN}"
        ) from error
    if "error" in reply:
        kind = ImportError if reply["kind"] in ("ImportError", "ModuleNotFoundError") else ValueError
        raise tokenizer_error(folder, kind(reply["error"] or reply["kind"]))


def _template(tokenizer: PreTrainedTokenizerBase) -> str:
    try:
        template = tokenizer.get_chat_template()
    except (ValueError, TypeError, KeyError) as error:
        raise UserError(
            f"{tokenizer.name_or_path}: it has chat templates, and none of them is the default; {OTHER_TEMPLATE}"
        ) from error
    if not isinstance(template, str):
        raise UserError(f"{tokenizer.name_or_path}: its chat template is no text; {OTHER_TEMPLATE}")
    if len(template) > LARGEST_TEMPLATE:
        raise UserError(
            f"{tokenizer.name_or_path}: its chat template has {len(template):,} characters, and those up to "
            f"{LARGEST_TEMPLATE:,} are read; {OTHER_TEMPLATE}"
        )
    return template


def _plain(value: Any) -> Any:
    """A special token, or a list of them, as text."""
    return [str(token) for token in value] if isinstance(value, (list, tuple)) else str(value)


def _requests(
    chats: Sequence[Chat], renderings: Sequence[Rendering]
) -> Iterator[list[tuple[Chat, Rendering]]]:
    """The chats in portions that a request takes."""
    request: list[tuple[Chat, Rendering]] = []
    characters = 0
    for chat, rendering in zip(chats, renderings, strict=True):
        size = _characters(chat)
        if request and (len(request) == CHATS or characters + size > MOST_CHARACTERS):
            yield request
            request, characters = [], 0
        request.append((chat, rendering))
        characters += size
    if request:
        yield request


def _characters(chat: Chat) -> int:
    return sum(len(str(turn["content"])) + len(turn.get("reasoning_content") or "") for turn in chat)


def _ask_to_render(
    portion: list[tuple[Chat, Rendering]],
    template: str,
    special_tokens: dict[str, Any],
    tokenizer: PreTrainedTokenizerBase,
) -> list[str]:
    chats = [chat for chat, _ in portion]
    seconds = RENDER_SECONDS + PROMPT_SECONDS * len(chats) + CHARACTER_SECONDS * sum(map(_characters, chats))
    request = {
        "chats": chats,
        "renderings": [
            {"date": each.date, "variables": dict(each.variables), "prompt": each.generation_prompt}
            for _, each in portion
        ],
        "template": template,
        "special_tokens": special_tokens,
        "most_characters": MOST_CHARACTERS,
        "processor_seconds": seconds,
        "time_limit": SLOWER * seconds,
    }
    try:
        reply = _WORKERS.ask(request)
    except (TimedOut, Crashed) as error:
        raise _failed(tokenizer, f"it does not end within {seconds:.1f} s and 2 GiB of memory") from error
    if "error" in reply:
        kind = reply["kind"]
        is_known = kind in ("TemplateError", "TemplateSyntaxError", "UndefinedError", "TypeError", "TooLong")
        why = one_line(reply["error"] if is_known else f"{kind}: {reply['error']}", 300)
        raise _failed(tokenizer, why)
    return [str(text) for text in reply["texts"]]


def _failed(tokenizer: PreTrainedTokenizerBase, why: str) -> UserError:
    return UserError(f"{tokenizer.name_or_path}: its chat template fails ({why}); {OTHER_TEMPLATE}")
