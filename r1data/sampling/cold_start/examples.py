"""Examples of long chains of thought for few-shot prompts (R1 2.3.1), a folder of YAML files that a team can change.

An example is a flat mapping of texts: `prompt`, `thoughts`, `summary`, `domain`, `language`, and perhaps `truth`,
`verifier`, `license`, `source`. Values are what was written (`no` is Norwegian, not false); anchors, tags, lists and
unknown keys are refused. Which examples a prompt gets follows from the seed and the prompt's id: first those of its
language and domain, then of its language, then of its domain. The paper names the method alone; all of this is ours.

Not checked here: whether an example is right, or readable.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from r1data.data.resources import PACKAGE
from r1data.data.text import storable
from r1data.errors import UserError
from r1data.sampling.cold_start.texts import primary, read, resolve

EXAMPLES = PACKAGE / "sampling" / "prompts" / "examples"
MOST_FILES = 1_000
ENDINGS = (".yaml", ".yml")
NEEDED = ("prompt", "thoughts", "summary", "domain", "language")
ALLOWED = (*NEEDED, "truth", "verifier", "license", "source")

_FRAME = (
    yaml.StreamStartEvent, yaml.StreamEndEvent, yaml.DocumentStartEvent, yaml.DocumentEndEvent, yaml.MappingStartEvent,
    yaml.MappingEndEvent,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FewShotExample:
    """One file; `name` is the file's without its ending."""

    name: str
    prompt: str
    thoughts: str
    summary: str
    domain: str
    language: str
    truth: str | None = None
    verifier: str | None = None
    license: str | None = None
    source: str | None = None


def load(folder: str | None = None) -> tuple[FewShotExample, ...]:
    """The examples of a folder, ours by default, in the order of their names; other files are passed over.

    Raises UserError, with the file and line, for the first that is no example, and where there are none.
    """
    place = EXAMPLES if folder is None else resolve(folder)
    if not place.is_dir():
        raise UserError(f"{place}: no such folder of examples; check the path")
    paths = sorted(path for path in place.iterdir() if path.suffix in ENDINGS)
    if len(paths) > MOST_FILES:
        raise UserError(f"{place}: {len(paths):,} files; give a folder of {MOST_FILES:,} examples at most")
    if not paths:
        raise UserError(f"{place}: holds no example; add .yaml files with {', '.join(NEEDED)}")
    examples = []
    for path in paths:
        values = _mapping(path)
        for key in NEEDED:
            if not values.get(key, "").strip():
                raise UserError(f"{path}: no {key}; give an example {', '.join(NEEDED)}")
        examples.append(FewShotExample(path.stem, **{key: value.strip() for key, value in values.items()}))
    return tuple(examples)


def digest(examples: Sequence[FewShotExample]) -> str:
    """16 hex digits over all examples."""
    text = json.dumps([asdict(example) for example in examples], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def choose(
    examples: Sequence[FewShotExample], row: Mapping[str, Any], count: int, seed: int
) -> list[FewShotExample]:
    """Up to `count` examples for a row of schema `prompt`, best first; never the row's own question."""
    question = " ".join(row["prompt"].split())
    others = [example for example in examples if " ".join(example.prompt.split()) != question]

    # Each example draws for itself, so that one more file does not reorder the others.
    def rank(example: FewShotExample) -> tuple[int, bytes]:
        other_language = primary(example.language) != primary(row["language"])
        distance = 2 * other_language + (example.domain != row["domain"])
        draw = hashlib.blake2b(f"{seed}\0{row['prompt_id']}\0{example.name}".encode(), digest_size=8)
        return distance, draw.digest()

    return sorted(others, key=rank)[:count]


def _mapping(path: Path) -> dict[str, str]:
    try:
        scalars = list(_scalars(path, read(path, "an example", follow=False)))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = " ".join(str(getattr(error, "problem", None) or error).split())
        raise UserError(
            f"{path}:{mark.line + 1 if mark else 1}: not YAML: {problem}; mend the line"
        ) from error
    except (ValueError, OverflowError) as error:
        # An escape such as "\Uffffffff" that is no character of Unicode.
        raise UserError(f"{path}:1: not YAML: {error}; mend the escape in quotes") from error
    values: dict[str, str] = {}
    for (key, line), (value, _) in zip(scalars[::2], scalars[1::2], strict=True):
        if key not in ALLOWED or key in values:
            reason = (
                "stands here twice; remove one" if key in values else f"is unknown; use {', '.join(ALLOWED)}"
            )
            raise UserError(f"{path}:{line}: key {key!r:.80} {reason}")
        values[key] = value
    return values


def _scalars(path: Path, text: str) -> Iterator[tuple[str, int]]:
    """Keys and values in turn, each with its line, of a document that is one flat mapping of plain texts."""
    mappings = documents = 0
    # Events, not `yaml.load`: a file of a few lines with anchors could unpack to gigabytes, and `no` would be false.
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        scalar = isinstance(event, yaml.ScalarEvent)
        documents += isinstance(event, yaml.DocumentStartEvent)
        mappings += isinstance(event, yaml.MappingStartEvent)
        # A scalar before any mapping is a document that is one text.
        flat = isinstance(event, (*_FRAME, yaml.ScalarEvent)) and mappings >= scalar
        plain = not getattr(event, "anchor", None) and not getattr(event, "tag", None)
        if not flat or not plain or mappings > 1 or documents > 1:
            raise UserError(
                f"{path}:{line}: an example is one flat mapping of plain texts; write `key: text`"
            )
        if isinstance(event, yaml.ScalarEvent):
            if storable(event.value) != event.value:
                raise UserError(f"{path}:{line}: a character that no text can hold; leave the escape out")
            yield event.value, line
