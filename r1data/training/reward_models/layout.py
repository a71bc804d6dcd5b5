"""What a reward model reads, as token ids: a prompt, what its kind reads of a response, and the token that ends it.

The same in training and in scoring, and as supervised training has it: control tokens in a response stay text, so that
no response can end its own turn and praise itself in the next. `config.json` of a model that was trained here says
its kind and template. A model of someone else's is read with its tokenizer's chat template, and gets what it is given.

The score is that of the last token, as transformers and vLLM take it. transformers looks for the last token that is not
padding, so that padding must be another token than the one that ends responses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from r1data.data.days import check_date
from r1data.data.responses import is_blank, split
from r1data.engines.control_tokens import Marks, text_encoder
from r1data.engines.model_checks import Rendering
from r1data.engines.template_facts import end_token_id, thinking_switch
from r1data.engines.templates import TEMPLATES, default_template, messages, prompts
from r1data.errors import UserError
from r1data.training.examples.encoding import continued
from r1data.training.examples.template_gate import Gate

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Kind = Literal["helpful", "safety"]
ANSWER, WHOLE = "answer", "response"
READS: dict[str, str] = {"helpful": ANSWER, "safety": WHOLE}
"""What each kind reads: the final summary alone, or the response with its thoughts (R1 2.3.4)."""
ASPECTS: dict[str, str] = {"helpful": "helpfulness", "safety": "harmlessness"}
"""What the schema `preference` calls them."""
MARK = "r1_reward_model"
"""Key of `config.json` under which a model that was trained here says its kind and template."""
PROBABILITY = "multi_label_classification"
"""`problem_type` of models that give a probability: transformers, vLLM and this project take the sigmoid for it."""
NUMBER = "regression"
"""`problem_type` of models whose score is the head's number as it is."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What a model reads, as its config says.

    Attributes:
        kind: of a model that was trained here; None of others.
        template: name in `TEMPLATES`; None is the tokenizer's chat template, or plain text.
        probability: whether its score is one.
        date: day that its chat template wrote as today's in training.
    """

    kind: str | None
    template: str | None
    probability: bool
    date: str | None = None

    def read(self, response: str) -> str:
        """The part of a response that the model reads."""
        return part(response, READS[self.kind]) if self.kind in READS else response


def layout_of(config: Mapping[str, Any]) -> Layout:
    """The layout in a model's config. Raises UserError where the project's own entry is broken."""
    mark = config.get(MARK) or {}
    known = isinstance(mark, dict) and all(isinstance(value, str) for value in mark.values())
    kind, template, date = (mark.get(name) if known else "" for name in ("kind", "template", "date"))
    if kind not in (None, *READS) or template not in (None, *TEMPLATES):
        raise UserError(f"config.json: {MARK} is not what `r1 train-rm` writes; take it out, or train again")
    check_date(date)
    return Layout(kind, template, config.get("problem_type") == PROBABILITY, date)


def part(response: str, reads: str) -> str:
    """The final summary of a response, or all of it; empty where there is no summary."""
    return response if reads == WHOLE else split(response).answer or ""


class PairEncoder:
    """Pairs of prompt and response as token ids.

    Attributes:
        template: what renders the prompts.
        pad: the token that fills a batch up; never the one that ends responses.
        gate: what looks at rows to train on; None in scoring, where any response may come.
    """

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerBase,
        template: str | None,
        *,
        date: str | None = None,
        vocabulary: int | None = None,
        gate: Gate | None = None,
    ) -> None:
        """`vocabulary`: the first token id that the model has no weights for, if the tokenizer makes any."""
        self.template = template or (default_template(tokenizer) if tokenizer.chat_template else "plain")
        self.tokenizer, self.date, self.vocabulary, self.gate = tokenizer, date, vocabulary, gate
        self.pad = padding(tokenizer, self.template)
        self._texts = text_encoder(tokenizer)
        is_chat = self.template == "chat" and bool(tokenizer.chat_template)
        self._switch = thinking_switch(tokenizer) if is_chat else None
        self._end = end_token_id(tokenizer, self.template)

    def ids(self, pairs: Sequence[tuple[str, str]]) -> list[list[int] | str]:
        """Token ids of (prompt, what is read of the response), or why there are none: `unknown_token`, or under a gate
        `not_in_vocabulary`. Raises UserError where the template fails, or the gate refuses."""
        if not pairs:
            return []
        chats = [messages(prompt, None) for prompt, _ in pairs]
        renderings = [Rendering(date=self.date, variables=self._variables(each)) for _, each in pairs]
        rendered = prompts(self.template, chats, self.tokenizer, renderings)
        texts = [continued(prompt, response) for prompt, (_, response) in zip(rendered, pairs, strict=True)]
        marks: list[Marks] = [{} for _ in texts]
        marked = [self._texts.mark(text, each, "response") for text, each in zip(texts, marks, strict=True)]
        responses = self._texts.encode(marked, marks)
        changed = [False] * len(pairs)
        if self.gate is not None:
            changed = self.gate.changed_rows(texts, responses)
            for chat, prompt, (_, response) in zip(chats, rendered, pairs, strict=True):
                self.gate.check_prompt(chat, prompt, response)
        end = [] if self._end is None else [self._end]
        return [
            "not_in_vocabulary" if is_changed else self._within([*prompt.ids, *response, *end])
            for prompt, response, is_changed in zip(rendered, responses, changed, strict=True)
        ]

    def _variables(self, response: str) -> dict[str, bool]:
        """What the template is told where it can turn thinking off: whether the response thinks."""
        thinks = not is_blank(split(response).reasoning or "")
        return {} if self._switch is None else {self._switch: thinks}

    def _within(self, ids: list[int]) -> list[int] | str:
        return "unknown_token" if self.vocabulary is not None and max(ids) >= self.vocabulary else ids


def padding(tokenizer: PreTrainedTokenizerBase, template: str) -> int:
    """A token to fill up with that ends no response."""
    end = end_token_id(tokenizer, template)
    own = [tokenizer.pad_token_id, tokenizer.bos_token_id, tokenizer.unk_token_id, *tokenizer.all_special_ids]
    return next((number for number in own if number is not None and number != end), 1 if end == 0 else 0)
