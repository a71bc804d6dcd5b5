"""Pilots as rows: prompts whose pass rates are drawn, with readable responses that are unlike one another."""

import json
import random
from pathlib import Path
from typing import Any

RECIPE = """\
name: small
vars: {gpus: 4}
inputs:
  prompts: {path: prompts.jsonl, holds: prompts}
  talk: {path: talk.jsonl, holds: conversations}
  aime: {path: aime.jsonl, holds: an evaluation}
steps:
  - sample: {as: samples, input: "${prompts}", model: miniature:base, n: 8, temperature: 0.6}
  - verify: {as: verified, input: "${samples}"}
  - filter: {as: kept, input: "${verified}", skip: [repetition]}
  - build:
      as: set
      input: ["${kept}", "${talk}"]
      max-per-prompt: 3
      quota: {math: 900, code: 50, general: 30}
      decontaminate: "${aime}"
  - train-sft: {as: actor, input: "${set}", model: miniature:base}
"""
WORDS = [
    "apple",
    "river",
    "stone",
    "cloud",
    "window",
    "garden",
    "yellow",
    "quick",
    "silent",
    "basket",
    "copper",
]


def response(n: int, right: bool, rng: random.Random) -> str:
    thought = " ".join(rng.choices(WORDS, k=40)).capitalize()
    return f"<think>\nI add one. {thought}.\n</think>\n\nThe answer is {n + 1 if right else n}."


def pilot(
    domain: str = "math", prompts: int = 40, n: int = 4, *, judged: bool = False
) -> list[dict[str, Any]]:
    """Rows of a pilot, with verdicts if they are to be `judged`."""
    rng = random.Random(domain)
    rates = [rng.random() for _ in range(prompts)]
    return [
        _row(domain, number, index, rng.random() < rate, rng, judged)
        for number, rate in enumerate(rates)
        for index in range(n)
    ]


def _row(
    domain: str, number: int, index: int, right: bool, rng: random.Random, judged: bool
) -> dict[str, Any]:
    verdict = {"verdict": "correct" if right else "incorrect", "verifier_version": "made"}
    return {
        "prompt": f"Which number of {domain} comes right after {number}?",
        "prompt_id": f"{domain}-{number}",
        "sample_index": index,
        "truth": str(number + 1),
        "verifier": "math",
        "domain": domain,
        "response": response(number, right, rng),
        "prompt_tokens": 12,
        "response_tokens": rng.randint(50, 150),
        **(verdict if judged else {}),
    }


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path
