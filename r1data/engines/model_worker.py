"""The worker process for what a stranger's model folder makes a library do: load a tokenizer, render a chat template.

A template is a program, and a tokenizer holds regular expressions and replacements: either may loop, allocate for ever
or panic. It happens here first, under limits of memory (`runtime.serving`) and processor time, in a process that can be
killed. Chats are always rendered here, by transformers' own function, so that every byte is as it would be there. A
tokenizer that has loaded and worked here is then loaded by the command itself.

Started by `runtime.workers`; the other side is `engines.model_checks`. Not here: isolation from files and network,
which neither of the two can reach.
"""

import importlib
import itertools
import json
import os
import re
import signal
import sys
from collections.abc import Iterator, Mapping
from datetime import date
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

from r1data.engines.model_files import is_failure, read_json
from r1data.engines.models import read_tokenizer
from r1data.runtime.serving import serve

LONGEST_TOKEN = 10_000
"""Characters of a token; decoding a few thousand of them must fit into memory. Ours."""
ADDED_TOKENS = 50_000
"""Tokens beside the vocabulary, which are compared with each other. Ours; published tokenizers have up to 6,500."""
MOST_TOKENS_A_CHARACTER = 64
"""Tokens that one character of a text may become. Ours; bytes of emoji are 4 to 20."""
GROWTH = 256
"""How much longer replacements one after another may make a text. Ours."""
LONGEST_PATTERN = 20_000
"""Characters of a regular expression. Ours; the longest of published tokenizers has about 3,000."""
PROBES = (
    "Hello, world! It's 3.14159 km²; x = (a + b)/2.\n\n\tdef f(x):\n        return x\r\n",
    "数学题：求 x 的值。これはテストです。Привет, мир! مرحبا بالعالم नमस्ते 🙂👩‍👩‍👧‍👦 é\u0301",
    *(character * 64 + end for character in "a0 .A\nä中" for end in ("", "!")),
)
"""Texts that every tokenizer must be able to read."""
LONG = 2_000
"""Characters of a long probe: a regular expression whose time grows with the third power of a text takes a minute on
it, and milliseconds on the short ones. Ours."""
LONG_PROBES = tuple((text * LONG)[:LONG] for text in (PROBES[0], PROBES[1], "a", "ab", "ab ", "a, 1.", " \n"))


def handle_request(request: Mapping[str, Any]) -> dict[str, Any]:
    """The reply to a request: rendered `chats`, or whether the tokenizer of a `folder` loads and works."""
    # Processor time, since a busy machine must not make a good template fail; no handler, since C code comes first
    signal.setitimer(signal.ITIMER_PROF, request["processor_seconds"])
    try:
        return _render(request) if "chats" in request else _try_tokenizer(Path(request["folder"]))
    except BaseException as error:
        if not is_failure(error):
            raise
        return {"error": str(error)[:2_000], "kind": type(error).__name__}
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _render(request: Mapping[str, Any]) -> dict[str, Any]:
    from transformers.utils.chat_template_utils import render_jinja_template

    texts: list[str] = []
    for chat, rendering in zip(request["chats"], request["renderings"], strict=True):
        variables = request["special_tokens"] | rendering["variables"]
        if rendering["date"] is not None:
            variables |= {"strftime_now": date.fromisoformat(rendering["date"]).strftime}
        # one at a time: what is too long ends the request before the next is made
        rendered = render_jinja_template(
            conversations=[chat],
            chat_template=request["template"],
            add_generation_prompt=rendering["prompt"],
            **variables,
        )[0][0]
        characters = sum(len(str(turn["content"])) for turn in chat)
        if len(rendered) > request["most_characters"] + 8 * characters:
            return {"error": f"it makes {len(rendered):,} characters of {characters:,}", "kind": "TooLong"}
        texts.append(rendered)
    return {"texts": texts}


def _try_tokenizer(folder: Path) -> dict[str, Any]:
    file = folder / "tokenizer.json"
    specification = json.loads(file.read_bytes()) if file.is_file() else {}
    if not isinstance(specification, dict):
        raise ValueError("no JSON object")
    added = [
        specification.get("added_tokens"),
        read_json(folder, "tokenizer_config.json").get("added_tokens_decoder"),
    ]
    if any(isinstance(tokens, (list, dict)) and len(tokens) > ADDED_TOKENS for tokens in added):
        raise ValueError(f"more than {ADDED_TOKENS:,} added tokens")
    _check_growth(specification)
    patterns = [text for node in _nodes(specification) if isinstance(text := node.get("Regex"), str)]
    for pattern in patterns:
        _check_pattern(pattern)
    tokenizer = read_tokenizer(folder)
    vocabulary = tokenizer.get_vocab()
    if not vocabulary:
        raise ValueError("it has no tokens")
    if max(map(len, vocabulary)) > LONGEST_TOKEN:
        raise ValueError(f"a token of more than {LONGEST_TOKEN} characters")
    makes_tokens = False
    letters = sorted(set(itertools.islice((c for p in patterns for c in p if c.isalnum()), 200)))
    for text in itertools.chain(PROBES, (letter * 40 + "!" for letter in letters), LONG_PROBES):
        ids = tokenizer(text, verbose=False)["input_ids"]
        makes_tokens |= bool(ids)
        if len(ids) > MOST_TOKENS_A_CHARACTER * (len(text) + 1):
            raise ValueError(f"it makes {len(ids):,} tokens of {len(text)} characters")
        tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
    if not makes_tokens:
        raise ValueError("it makes no tokens of any text")
    # the tokens themselves, since a text may spell any of them
    for token in itertools.islice(tokenizer.get_added_vocab(), 1_000):
        tokenizer(token, verbose=False)
    return {"tokens": len(vocabulary)}


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    """The objects in a JSON value, without the vocabulary and the merges, which have none."""
    waiting = [value]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting += [inner for key, inner in node.items() if key not in ("vocab", "merges")]
        elif isinstance(node, list):
            waiting += node


def _check_growth(specification: Mapping[str, Any]) -> None:
    """Raise ValueError where replacements, one after another, can make a text much longer."""
    for stage in ("normalizer", "pre_tokenizer", "decoder", "post_processor"):
        growth = 1.0
        for node in _nodes(specification.get(stage)):
            content, pattern = node.get("content"), node.get("pattern")
            if node.get("type") != "Replace" or not isinstance(content, str):
                continue
            literal = pattern.get("String") if isinstance(pattern, dict) else None
            growth *= max(1.0, len(content) / max(1, len(literal) if isinstance(literal, str) else 1))
        if growth > GROWTH:
            raise ValueError(f"its {stage} can make a text {growth:,.0f} times as long")


def _check_pattern(pattern: str) -> None:
    """Raise ValueError for a regular expression whose time may grow exponentially with the text: one that repeats
    without bound what itself repeats without bound, such as `(a+)+`."""
    if len(pattern) > LONGEST_PATTERN:
        raise ValueError(f"a regular expression of {len(pattern):,} characters")
    # one entry for each open group: whether something in it repeats without bound
    repeats, closed = [False], False
    for token in _PATTERN.findall(_without_classes(pattern)):
        if token == "(":
            repeats.append(False)
        elif token == ")":
            closed = repeats.pop() if len(repeats) > 1 else False
            repeats[-1] |= closed
            continue
        elif _is_unbounded(token):
            if closed:
                raise ValueError(f"a regular expression that repeats a repetition ({pattern[:80]})")
            repeats[-1] = True
        closed = False


_PATTERN = re.compile(r"\\.|[()*+]|\{\d*,?\d*\}|.", re.DOTALL)


def _is_unbounded(token: str) -> bool:
    return token in "*+" or (token.startswith("{") and token.endswith(",}"))


def _without_classes(pattern: str) -> str:
    """The pattern with `.` for each character class; classes may lie in classes."""
    text: list[str] = []
    depth = 0
    for token in re.findall(r"\\.|.", pattern, re.DOTALL):
        if token == "[":
            depth += 1
        elif token == "]" and depth:
            depth -= 1
            text += ["."] if not depth else []
        elif not depth:
            text.append(token)
    return "".join(text)


class _WithoutTorch(PathFinder):
    """Finds modules, but not torch: transformers would import it, which takes seconds, and needs it for neither job."""

    @classmethod
    def find_spec(cls, fullname: str, path: Any = None, target: Any = None) -> Any:
        return (
            None
            if fullname in ("torch", "torchvision", "torchaudio")
            else super().find_spec(fullname, path, target)
        )


def _preload() -> None:
    """Import what jobs need, before the first fork."""
    sys.meta_path = [_WithoutTorch if finder is PathFinder else finder for finder in sys.meta_path]
    os.environ["TRANSFORMERS_VERBOSITY"] = "error"  # else it says that torch is not there
    importlib.import_module("transformers.utils.chat_template_utils")
    importlib.import_module("transformers").PreTrainedTokenizerFast  # noqa: B018  modules are loaded when asked for
    importlib.import_module("transformers.generation.configuration_utils")


if __name__ == "__main__":
    _preload()
    serve(handle_request)
