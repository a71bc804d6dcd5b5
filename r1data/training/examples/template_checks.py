"""Whether a model's chat template and tokenizer are fit to train on thoughts: short chats of ours, rendered and read.

`check_template` says of each property whether the template has it. Since the response is encoded as it stands
(`encoding`), some faults of templates do no harm to a single turn. They are unfit all the same, because the same
template renders the student's conversations wherever it is used next; `--swallowed keep` says that this is known.
The faults are those reported for published templates; their list is ours. Not here: what a template does with tools.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from r1data.data.responses import CLOSE, OPEN, split
from r1data.engines import template_facts
from r1data.engines.control_tokens import text_encoder
from r1data.engines.model_checks import Chat, Rendering, reads, render_chats, writes_date
from r1data.engines.template_facts import ANSWER, QUESTION, closes_thinking, without_thinking
from r1data.engines.templates import prompts
from r1data.errors import UserError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


Verdict = Literal["fit", "note", "unfit"]
VERBATIM = 'Sum <b>a</b> & "b", it\'s  2 spaces;\n\n\n\tTab, ÄÖ É 数 α_1 {x} \\frac{1}{2}'
"""A text with what templates have been seen to escape, trim, lower or collapse."""
THOUGHTS = f"t7First,  {VERBATIM}\n\n  wait: 1 < 2\nt7Last"
RESPONSE = f"{OPEN}\n{THOUGHTS}\n{CLOSE}\n\n{ANSWER}"
EXCERPT = 400
"""Characters of a text that are shown."""
_NONE = re.compile(r"(?<![A-Za-z])None(?![a-z])")
OTHER = "take another --template or mend the model's chat_template.jinja"
KEEP = "train on the response as it stands with --swallowed keep, or mend the model's chat_template.jinja"


@dataclass(frozen=True, slots=True)
class Check:
    """One property of a template.

    Attributes:
        name: the property.
        verdict: whether the template has it; `note`: it has it, and there is something to know.
        says: what was seen.
        way_out: what to do where it is unfit.
        shown: a rendered example.
    """

    name: str
    verdict: Verdict
    says: str
    way_out: str = OTHER
    shown: str = ""


def check_template(
    tokenizer: PreTrainedTokenizerBase, template: str, swallowed: str = "refuse", date: str | None = None
) -> list[Check]:
    """What a template and a tokenizer do with a few chats. Raises UserError where the template fails on a question.

    Args:
        tokenizer: the student's.
        template: a name in `engines.templates.TEMPLATES`.
        swallowed: as the setting of supervised training.
        date: the day that the template takes for today.
    """
    checks = [_vocabulary(tokenizer)]
    if template == "chat" and tokenizer.chat_template:
        checks += _chat_checks(tokenizer, swallowed, date)
    checks += [_start(tokenizer, template)]
    return checks


def _chat_checks(tokenizer: PreTrainedTokenizerBase, swallowed: str, date: str | None) -> Iterator[Check]:
    facts = template_facts.template_facts(tokenizer)
    yield _contents(tokenizer)
    yield _generation_prompt(facts)
    yield from _end(facts, tokenizer)
    yield _thoughts(facts, tokenizer, swallowed)
    yield _earlier_thoughts(tokenizer)
    if facts.switch:
        yield Check(
            "switch", "note", f"{facts.switch} turns thinking on and off; each row says whether it thinks"
        )
    if writes_date(tokenizer):
        yield Check(
            "date", "note", f"writes the date into prompts; it is pinned to {date or 'the run’s first day'}"
        )


def _vocabulary(tokenizer: PreTrainedTokenizerBase) -> Check:
    """The tags and the text around them survive the tokenizer."""
    text = f"{OPEN}{CLOSE}"
    ids = text_encoder(tokenizer).encode([text])[0]
    if "".join(_decoded(tokenizer, ids).split()) != text or tokenizer.unk_token_id in ids:
        shown = token_list(tokenizer, ids)
        way_out = (
            "take a student whose vocabulary has the letters of the tags, or add the tags to its tokenizer"
        )
        return Check("tags", "unfit", "the tokenizer cannot write the think tags", way_out, shown)
    single = tokenizer.get_added_vocab().keys() & {OPEN, CLOSE}
    if single and any(
        tokenizer.added_tokens_decoder[tokenizer.convert_tokens_to_ids(t)].special for t in single
    ):
        return Check("tags", "note", "the think tags are special tokens, which many decoders leave out")
    return Check("tags", "fit", "one token each" if len(single) == 2 else "several tokens each")


def _start(tokenizer: PreTrainedTokenizerBase, template: str) -> Check:
    first = tokenizer.bos_token_id
    ids = prompts(template, [[{"role": "user", "content": QUESTION}]], tokenizer)[0].ids
    if first is None:
        return Check("start of a text", "fit", "the tokenizer has none")
    if repeats_start(ids, first):
        return Check(
            "start of a text",
            "unfit",
            "a prompt begins with two start tokens",
            shown=token_list(tokenizer, ids),
        )
    if ids[:1] != [first] and text_encoder(tokenizer).start:
        return Check(
            "start of a text",
            "note",
            "the tokenizer puts one in front of a text, and the template writes none",
        )
    return Check("start of a text", "fit", "one" if ids[:1] == [first] else "none, as the tokenizer has it")


def _contents(tokenizer: PreTrainedTokenizerBase) -> Check:
    """Questions, answers and system prompts stand in the prompt as they are, once."""
    user = {"role": "user", "content": f"{VERBATIM} {QUESTION}"}
    system = {"role": "system", "content": f"s7 {VERBATIM}"}
    answered = [
        {"role": "user", "content": f"u7 {VERBATIM}"},
        {"role": "assistant", "content": f"a7 {VERBATIM}"},
    ]
    chats: list[Chat] = [[user], [*answered, user], [system, user]]
    for chat in chats:
        try:
            text = render_chats([chat], tokenizer)[0]
        except UserError as error:
            if chat is not chats[-1]:
                return Check("contents", "unfit", f"a chat of {len(chat)} turns is refused: {error}")
            return Check("contents", "note", "system prompts are refused; a row with one stops the run")
        missing = lost_turn(chat, text)
        if missing is not None:
            says = f"the {missing['role']}'s text is lost or changed"
            return Check("contents", "unfit", says, shown=text)
        twice = next((turn for turn in chat if text.count(turn["content"].strip()) > 1), None)
        if twice is not None:
            return Check("contents", "unfit", f"the {twice['role']}'s text is written twice", shown=text)
        if _NONE.search(text):
            return Check("contents", "unfit", "an absent value is written as None", shown=text)
    return Check("contents", "fit", "every turn is written as it is")


def _generation_prompt(facts: template_facts.TemplateFacts) -> Check:
    name = "generation prompt"
    if facts.header is None:
        return Check(
            name, "unfit", "a response is refused or left out, so that nobody can tell what precedes one"
        )
    asked, rendered = without_thinking(facts.generation_prompt), without_thinking(facts.header)
    shown = f"asked with {facts.generation_prompt!r}, rendered after {facts.header!r}"
    if not asked.strip() and rendered.strip():
        return Check(
            name, "unfit", "nothing asks for a response, though one is rendered after a header", shown=shown
        )
    if asked.strip() != rendered.strip():
        return Check(
            name, "unfit", "a response is asked for with another text than it is rendered after", shown=shown
        )
    if asked != rendered:
        return Check(name, "note", "blanks before a response differ between asking for it and rendering it")
    opened = ", and opens the thoughts" if facts.generation_prompt.rstrip().endswith(OPEN) else ""
    return Check(name, "fit", f"what precedes a rendered response{opened}")


def _end(facts: template_facts.TemplateFacts, tokenizer: PreTrainedTokenizerBase) -> Iterator[Check]:
    name, end = "end of a turn", facts.end_id
    written = without_thinking(facts.end)
    if facts.header is None:
        return
    if end is None:
        if written.strip():
            yield Check(
                name, "unfit", f"a response ends in {written!r}, which is no token of this vocabulary"
            )
        else:
            yield Check(name, "note", "the template ends no response; the tokenizer's end token is trained")
        return
    token = tokenizer.convert_ids_to_tokens(end)
    is_end_of_text = end == tokenizer.eos_token_id
    turn_start = facts.generation_prompt.lstrip().removeprefix(token)  # the question's turn ends first
    if end == tokenizer.pad_token_id and not is_end_of_text:
        yield Check(
            name, "unfit", f"a response ends in {token}, the padding, which trainers leave out of the loss"
        )
    elif (end == tokenizer.bos_token_id and not is_end_of_text) or token in turn_start:
        yield Check(name, "unfit", f"a response ends in {token}, which begins a text or a turn")
    elif token not in facts.middle_end:
        yield Check(name, "unfit", f"an earlier response is not ended by {token}, as the last one is")
    elif not is_end_of_text:
        says = f"{token} ends a turn and {tokenizer.eos_token} a text; the former is trained and saved as end token"
        yield Check(name, "note", says)
    elif end == tokenizer.pad_token_id:
        yield Check(name, "note", f"{token} is padding too; labels are explicit, so that it is trained")
    else:
        yield Check(name, "fit", f"{token}, which is trained")


def _thoughts(
    facts: template_facts.TemplateFacts, tokenizer: PreTrainedTokenizerBase, swallowed: str
) -> Check:
    """The template's own rendering of a last response keeps its thoughts, whatever stands before."""
    name = "thoughts"
    if facts.switch is None and closes_thinking(facts.generation_prompt):
        says = "the generation prompt closes the thoughts before they begin"
        return Check(name, "unfit", says, shown=facts.generation_prompt)
    question = {"role": "user", "content": QUESTION}
    answer = {"role": "assistant", "content": RESPONSE}
    chats: list[Chat] = [
        [question, answer],
        [question, {"role": "assistant", "content": "before"}, question, answer],
        [{"role": "system", "content": "s7"}, question, answer],
    ]
    opens = facts.generation_prompt.rstrip().endswith(OPEN)
    for chat in chats:
        try:
            text = render_chats([chat], tokenizer, Rendering(generation_prompt=False))[0]
        except UserError:
            continue
        fault = _fault_of_thoughts(text)
        if fault == _SWALLOWED and opens:
            says = (
                "rendered without them, and opened by the generation prompt; they are trained as they stand"
            )
            return Check(name, "note", says)
        if fault and swallowed == "keep" and fault != _TWICE:
            return Check(name, "note", f"{fault}; they are trained as they stand")
        if fault:
            return Check(name, "unfit", fault, KEEP, text)
    return Check(name, "fit", "a last response keeps its tags and each letter of its thoughts")


_SWALLOWED = "the template drops a response's thoughts"
_TWICE = "the template opens a response's thoughts twice"


def _fault_of_thoughts(text: str) -> str | None:
    response = text[text.rfind(QUESTION) :]
    if re.search(rf"{OPEN}\s*{OPEN}", response):
        return _TWICE
    if "t7first" not in response.lower() or "t7last" not in response.lower():
        return _SWALLOWED
    if response.count("t7First") > 1:
        return "the template writes a response's thoughts twice"
    if THOUGHTS not in response:
        return "the template changes a response's thoughts"
    if OPEN not in response or CLOSE not in response or ANSWER not in response:
        return "the template drops a response's think tags, or its answer"
    return None


def _earlier_thoughts(tokenizer: PreTrainedTokenizerBase) -> Check:
    name = "earlier thoughts"
    turn: dict[str, Any] = {"role": "assistant", "content": RESPONSE}
    if reads(tokenizer, "reasoning_content"):
        turn |= {"content": ANSWER, "reasoning_content": THOUGHTS}
    question = {"role": "user", "content": QUESTION}
    try:
        text = render_chats([[question, turn, question]], tokenizer)[0]
    except UserError as error:
        return Check(name, "unfit", f"a chat with an earlier response is refused: {error}")
    if text.count("t7First") > 1:
        return Check(name, "unfit", "written twice", shown=text)
    if ANSWER not in text or _NONE.search(text):
        return Check(name, "unfit", "an earlier answer is lost", shown=text)
    if "t7First" not in text:
        return Check(name, "note", "dropped, as at inference; --turns all trains each response before that")
    return Check(name, "fit", "kept")


def escaped(text: str) -> str:
    """A text on one line, its middle left out where it is long."""
    shown = text.encode("unicode_escape").decode() if not text.isprintable() else text
    shown = shown if text.isascii() or text.isprintable() else text.replace("\\", "\\\\").replace("\n", "\\n")
    return shown if len(shown) <= EXCERPT else f"{shown[: EXCERPT // 2]} … {shown[-EXCERPT // 2 :]}"


def token_list(tokenizer: PreTrainedTokenizerBase, ids: Sequence[int]) -> str:
    """Tokens as text, with their numbers; the first and the last of many."""
    most = 24
    kept = [*ids[: most // 2], *ids[-(most // 2) :]] if len(ids) > most else list(ids)
    names = [f"{tokenizer.decode([number])!r}={number}" for number in kept]
    if len(ids) > most:
        names.insert(most // 2, f"… {len(ids) - most:,} more …")
    return " ".join(names)


def _decoded(tokenizer: PreTrainedTokenizerBase, ids: Sequence[int]) -> str:
    return str(tokenizer.decode(list(ids), skip_special_tokens=False, clean_up_tokenization_spaces=False))


def repeats_start(ids: Sequence[int], first: int) -> bool:
    return list(ids[:2]) == [first, first]


def lost_turn(chat: Chat, text: str) -> Mapping[str, Any] | None:
    """The first turn whose text does not stand in a rendered one, blanks at its ends apart."""
    for turn in chat:
        content = turn["content"]
        if turn["role"] == "assistant":
            content = split(content).answer or "" if CLOSE in content else content
        if content and content.strip() not in text:
            return turn
    return None
