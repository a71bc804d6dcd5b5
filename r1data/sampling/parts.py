"""Parts, that is shards in progress: some consecutive prompts, the requests for them, and their completions.

Requests are numbered within their part: the n requests of a prompt are consecutive. Not here: engines (`scheduler`),
rows (`rows`).
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from r1data.data.schema import Row
from r1data.data.source import Source
from r1data.data.writer import Writer
from r1data.engines.base import Completion, Message, Request, Thinking, seed_of
from r1data.engines.model_checks import Rendering
from r1data.engines.template_facts import rendering_of
from r1data.engines.templates import SERVER, Prompt, default_template, messages, prompts
from r1data.runtime.failing_rows import is_of_a_row, reason_of
from r1data.sampling.continuation import Codec, ResponsePrefix
from r1data.sampling.pending_retries import Inputs, RetryQueue
from r1data.sampling.strategy import PromptRequest, Strategy

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


@dataclass(frozen=True, slots=True)
class RowVerdict:
    """A row's verdict, by column, and whether its response is correct; None: unknown."""

    columns: Mapping[str, Any]
    correct: bool | None


@dataclass(slots=True)
class Part:
    """One shard in progress: its prompts, n requests for each in order, and their completions and verdicts.

    Attributes:
        prefills: what the template already writes of the response, one a prompt.
        notes: what the strategy records of each prompt.
        failures: why no request can be made of a prompt, by its number; its rows say so.
        unsampled: rows that the strategy sends no request for.
        prefixes: truncated responses that are continued, one a prompt.
        retried_requests: of a part that an earlier run committed, the requests that failed; only those are sent.
        rows_skipped: rows of earlier parts that are committed already, for the progress bar.
        earlier, earlier_seconds: responses by request, and the time they took, of a run that was interrupted.
        requests_sent, open_prompts: counted by the scheduler; prompts are open while another round may follow.
        prompt_tokens, response_tokens: what the engine read and wrote.
        received: completions as the engine gave them; `completions` has them joined to what they continue.
        saved: the requests of those that are written somewhere (`unfinished`).
    """

    name: str
    inputs: Inputs
    prompts: pa.Table
    template: str
    requests: list[Request]
    prefills: list[str]
    notes: list[Mapping[str, Any]]
    n: int
    unsampled: pa.Table | None = None
    prefixes: list[ResponsePrefix | None] = field(default_factory=list)
    failures: dict[int, str] = field(default_factory=dict)
    retried_requests: tuple[int, ...] | None = None
    rows_skipped: int = 0
    earlier: dict[int, Completion] = field(default_factory=dict)
    earlier_seconds: float = 0.0
    requests_sent: int = 0
    open_prompts: int = 0
    completions: dict[int, Completion] = field(default_factory=dict)
    verdicts: dict[int, RowVerdict] = field(default_factory=dict)
    endings: dict[int, str] = field(default_factory=dict)
    prompt_tokens: int = 0
    response_tokens: int = 0
    received: dict[int, Completion] = field(default_factory=dict)
    saved: set[int] = field(default_factory=set)

    @property
    def complete(self) -> bool:
        """True once every request sent has its completion and no more will be sent."""
        return len(self.completions) == self.requests_sent and not self.open_prompts

    @property
    def candidates(self) -> Sequence[int]:
        """The numbers of the requests that may be sent."""
        return range(len(self.requests)) if self.retried_requests is None else self.retried_requests

    @property
    def rows_not_sampled(self) -> int:
        """Requests that were never sent, and rows that the strategy left unsampled."""
        unsampled = 0 if self.unsampled is None else len(self.unsampled)
        return len(self.candidates) - len(self.completions) + unsampled

    def known(self, number: int) -> Completion | None:
        """What a request comes to without being sent: it cannot be made, or was answered earlier. Else None."""
        if number in self.earlier:
            return self.earlier[number]
        reason = self.failures.get(number // self.n)
        return None if reason is None else Completion("", [], "error", 0, 0, reason)

    def add(self, number: int, completion: Completion) -> None:
        """Takes a request's completion, joined to the truncated response that it continues, if any."""
        self.received[number] = completion
        if completion.error is None:
            self.prompt_tokens += completion.prompt_tokens
            self.response_tokens += completion.response_tokens
        prefix = self.prefixes[number // self.n]
        self.completions[number] = prefix.joined_with(completion) if prefix else completion

    def transient_failures(self) -> list[int]:
        """The requests that may succeed when a later run sends them again."""
        return sorted(number for number, completion in self.completions.items() if completion.transient)


class Renderer:
    """Turns rows into requests; `template` "auto" follows the model's tokenizer, "server" needs none.

    `max_prompt_tokens` bounds a prompt where the strategy offers shorter alternatives, `prompt_limit` any: a longer one
    has no request, and its rows say so; None: no bound.
    `thinking` turns the chat template's switch for thoughts.
    """

    def __init__(
        self,
        model: str,
        template: str,
        system: str | None,
        n: int,
        seed: int,
        strategy: Strategy | None = None,
        max_prompt_tokens: Callable[[], int | None] = lambda: None,
        prompt_limit: Callable[[], int | None] = lambda: None,
        thinking: Thinking | None = None,
        date: str | None = None,
    ) -> None:
        self.codec = None if template == SERVER else Codec(model)
        self.tokenizer = self.codec and self.codec.tokenizer
        self.template = (
            default_template(self.tokenizer) if self.tokenizer and template == "auto" else template
        )
        switched = rendering_of(thinking, self.template, self.tokenizer) if self.tokenizer else None
        self.rendering = replace(switched or Rendering(), date=date)
        self.system, self.n, self.seed = system, n, seed
        self.strategy = strategy or Strategy()
        # Cached, since asking reads the model's configuration from disk.
        self.max_prompt_tokens = functools.cache(max_prompt_tokens)
        self.prompt_limit = functools.cache(prompt_limit)

    def part(
        self, name: str, inputs: Inputs, rows: pa.Table, retried_requests: tuple[int, ...] | None = None
    ) -> Part:
        """The part for some rows; a row's own system prompt takes precedence over the plan's."""
        prompts, unsampled = self.strategy.partition(rows)
        # Rows left unsampled were written with the part's first shard; a retry shard must not repeat them.
        unsampled = unsampled if retried_requests is None else None
        part = Part(
            name,
            inputs,
            prompts,
            self.template,
            [],
            [],
            [],
            self.n,
            unsampled,
            retried_requests=retried_requests,
        )
        table_rows = prompts.select(list(self.strategy.columns_read)).to_pylist()
        choices: dict[int, Sequence[PromptRequest]] = {}
        for number, row in enumerate(table_rows):
            with _failing(part, number):
                choices[number] = self.strategy.requests(row)
        rendered = dict(zip(choices, self._render(list(choices.values())), strict=True))
        for number, row in enumerate(table_rows):
            requests, prefilled, note, prefix = _NOTHING
            if number in rendered:
                with _failing(part, number):
                    requests, prefilled, note, prefix = self._requests(row, *rendered[number])
                    if reason := self._too_long(rendered[number][1]):
                        part.failures[number] = reason
            part.requests += requests or [Request("", [], 0)] * self.n
            part.prefills.append(prefilled)
            part.notes.append(note)
            part.prefixes.append(prefix)
        return part

    def _requests(
        self,
        row: Row,
        prompt_request: PromptRequest,
        ids: list[int],
        chat: tuple[Message, ...],
        prefilled: str,
    ) -> _Requests:
        """A row's requests, what the template prefills, what is noted of them, and the response that they continue."""
        partial = prompt_request.partial_response
        prefix = (
            ResponsePrefix.from_partial(partial, ids, prefilled, self.codec)
            if partial and self.codec
            else None
        )
        note = {**prompt_request.note, **(prefix.note if prefix else {})}
        row_id = self.strategy.row_id(row)
        requests = []
        for index in range(self.n):
            seed = partial.seed if partial else seed_of(self.seed, row_id, index)
            request = Request(f"{row_id}/{index}", ids, seed, chat)
            requests.append(prefix.continuation(request) if prefix else request)
        return requests, prefilled, note, prefix

    def _render(
        self, choices: Sequence[Sequence[PromptRequest]]
    ) -> Iterator[tuple[PromptRequest, list[int], tuple[Message, ...], str]]:
        """For each row's alternatives the one that is sent, its prompt as token ids or as messages, and what the
        template prefills of the response."""
        if self.tokenizer is None:
            for request, *_ in choices:
                turns = messages(request.prompt, request.system or self.system)
                yield request, [], tuple(Message(**turn) for turn in turns), ""
            return
        # all at once: a chat template is rendered in another process
        first = self._prompts([request for request, *_ in choices], self.tokenizer)
        for (request, *others), prompt in zip(choices, first, strict=True):
            yield self._fitting(request, prompt, others, self.tokenizer)

    def _fitting(
        self,
        request: PromptRequest,
        prompt: Prompt,
        others: Sequence[PromptRequest],
        tokenizer: PreTrainedTokenizerBase,
    ) -> tuple[PromptRequest, list[int], tuple[Message, ...], str]:
        """The first of a row's alternatives that is short enough, or the last; `prompt` is the first one's."""
        for request_of_less in others:
            # Without a bound the first alternative fits.
            if len(prompt.ids) <= (self.max_prompt_tokens() or len(prompt.ids)):
                break
            request = request_of_less
            prompt = self._prompts([request], tokenizer)[0]
        return request, prompt.ids, (), prompt.prefill

    def _too_long(self, ids: list[int]) -> str | None:
        """Why a prompt has no request, where it is over the limit."""
        limit = self.prompt_limit()
        if limit is None or len(ids) <= limit:
            return None
        return f"a prompt of {len(ids)} tokens leaves no room for --max-tokens, which needs one of at most {limit}"

    def _prompts(
        self, requests: Sequence[PromptRequest], tokenizer: PreTrainedTokenizerBase
    ) -> Sequence[Prompt]:
        chats = [messages(request.prompt, request.system or self.system) for request in requests]
        return prompts(self.template, chats, tokenizer, self.rendering)


_Requests = tuple[list[Request], str, Mapping[str, Any], ResponsePrefix | None]
_NOTHING: _Requests = ([], "", {}, None)


@contextlib.contextmanager
def _failing(part: Part, number: int) -> Iterator[None]:
    """Notes why no request can be made of a prompt, where the row is to blame."""
    try:
        yield
    except BaseException as error:  # a panic of a tokenizer's is no Exception
        if not is_of_a_row(error):
            raise
        part.failures[number] = f"no request can be made of this row: {reason_of(error)}"


def missing(
    source: Source,
    writers: Sequence[Writer],
    retry_queue: RetryQueue,
    renderer: Callable[[], Renderer],
    prompts: int,
    n: int,
) -> Iterator[Part]:
    """The parts that some of the writers have not committed yet, or that have pending retries.

    Args:
        renderer: called when the first part is needed, so that a finished dataset loads no tokenizer.
        prompts: prompts a part.
        n: responses a prompt.
    """
    renderer = functools.cache(renderer)
    rows_skipped = 0
    for shard in source.shards():
        inputs = ((shard.name, shard.sha256),)
        table = functools.cache(shard.table)  # decoded once, and only where one of its parts is missing
        for number, start in enumerate(range(0, shard.rows, prompts)):
            name, rows = f"{shard.name}-{number:05d}", min(prompts, shard.rows - start)
            committed = [writer.has(name, inputs) for writer in writers]
            pending = retry_queue.pending(name, inputs) if all(committed) else None
            if all(committed) and pending is None:
                rows_skipped += rows * n
                continue
            retried_requests = pending.requests if pending else None
            shard_name = pending.shard if pending else name
            part = renderer().part(shard_name, inputs, table().slice(start, rows), retried_requests)
            succeeded = rows * n - len(retried_requests) if retried_requests else 0
            part.rows_skipped, rows_skipped = rows_skipped + succeeded, 0
            yield part
