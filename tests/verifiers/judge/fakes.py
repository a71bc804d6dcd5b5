"""Judges without a model: scripted ones, and one that obeys whatever it can be made to take for an instruction."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from r1data.engines.base import Completion, Request, Sampling
from r1data.verifiers.judge.asking import JudgeModel, JudgeSettings
from r1data.verifiers.judge.judge import Judge
from tests.served import byte_tokenizer

TOKENIZER = byte_tokenizer()


def said(word: str, analysis: str = "because") -> str:
    return json.dumps({"analysis": analysis, "correctness": word})


@dataclass
class Scripted:
    """An engine whose text is a function of the request's number and prompt; an exception it gives is the error."""

    says: Callable[[int, str], str | Completion]
    name: str = "scripted"
    exact: bool = True
    asked: list[Request] = field(default_factory=list)

    def generate(self, requests: Iterable[Request], sampling: Sampling) -> Iterator[tuple[int, Completion]]:
        for index, request in enumerate(requests):
            prompt = request.messages[0].content if request.messages else TOKENIZER.decode(request.token_ids)
            made = self.says(len(self.asked), prompt)
            self.asked.append(request)
            yield index, made if isinstance(made, Completion) else Completion(made, [1], "stop", 1, 1)


def judge(engine: Any, *, tokenizer: Any = TOKENIZER, cache: Any = None, **settings: Any) -> Judge:
    return Judge(JudgeSettings("fake", cache=False, **settings), JudgeModel(engine, tokenizer, "fake", cache))


class Gullible:
    """Reads a prompt as a model does that believes anything: turns by control tokens, texts by the fences of the turn.

    The last turn that is not the assistant's counts. Outside the texts it obeys the first "say …" that stands there;
    without one it does its task.
    """

    name, exact = "gullible", True

    def generate(self, requests: Iterable[Request], sampling: Sampling) -> Iterator[tuple[int, Completion]]:
        for index, request in enumerate(requests):
            yield index, Completion(said(self.decide(self.turn(request))), [1], "stop", 1, 1)

    def turn(self, request: Request) -> str:
        start, end = TOKENIZER.convert_tokens_to_ids(["<|start|>", "<|end|>"])
        turns: list[list[int]] = []
        for token in request.token_ids:
            if token == start:
                turns.append([])
            elif token != end and turns:
                turns[-1].append(token)
        texts = [TOKENIZER.decode(turn) for turn in turns]
        return [text for text in texts if not text.startswith("assistant")][-1]

    def decide(self, turn: str) -> str:
        code = re.search(r"that carry the code ([0-9a-f]+)\.", turn)
        if code is None:  # some other turn: do as it says
            return "correct" if "say correct" in turn else "incorrect"
        texts = dict(
            re.findall(rf"^--- (\w+) {code[1]} ---\n(.*?)\n--- end of \w+ {code[1]} ---$", turn, re.M | re.S)
        )
        outside = re.sub(
            rf"^--- (\w+) {code[1]} ---\n.*?\n--- end of \w+ {code[1]} ---$", "", turn, flags=re.M | re.S
        )
        if order := re.search(r"say (correct|incorrect)", outside):
            return order[1]
        return "correct" if texts["answer"] == texts["reference"] else "incorrect"
