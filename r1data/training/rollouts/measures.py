"""Metrics of every rollout besides its rewards, and the interface of both to TRL.

Shares of correct, well-formed and mixed-language responses, of thoughts in the prompt's language, and reflective words
(the paper's ten, R1 figure 9 of v2, with Chinese counterparts of ours). `r1/n` is the number of rollouts, so that
standard errors can be told: `r1/accuracy` is over the (1 - `r1/unscored`) n that have a verdict, `r1/prompt_language`
over the `r1/thoughts` n whose thoughts hold words, the rest over all n. A response that the rule of mixed languages
fails on is left out of its share.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from r1data.data.responses import well_formed
from r1data.training.rewards import Rollout, Scored, Verification, reward, score
from r1data.training.rewards.graders import Grader
from r1data.training.rollouts import unrewarded
from r1data.verifiers.judge.judge import Judge
from r1data.verifiers.verdict import CAUSES, Verifier

REFLECTIVE_WORDS = {
    "wait": "等等 等一下", "mistake": "错了", "however": "然而", "but": "但是", "retry": "重试 重新", "error": "错误",
    "verify": "验证", "wrong": "不对", "evaluate": "评估", "check": "检查",
}  # fmt: skip
"""The paper's ten words, and what stands for each in Chinese (ours)."""
WORD_OF = {form: word for word, chinese in REFLECTIVE_WORDS.items() for form in (word, *chinese.split())}
REFLECTIVE = re.compile(
    rf"\b(?:{'|'.join(REFLECTIVE_WORDS)})\b|"
    + "|".join(form for form in WORD_OF if form not in REFLECTIVE_WORDS),
    re.IGNORECASE,
)
REFLECTIVE_WORD = "r1/reflective/"
"""Begins the metrics that count one of the words each."""
IN_LANGUAGE = 0.9
"""From this consistency on, thoughts count as being in the prompt's language: ours."""

PROMPT_COLUMNS = ("question", "prefill", "truth", "verifier", "language", "preference", "rubric")
"""Columns of the prompts' rows that a response is scored with."""

Sums = dict[str, float]
RewardFunction = Callable[..., list[float | None]]


def sums(scored: Sequence[Scored]) -> Sums:
    """Counts over a batch, so that those of several processes can be added."""
    thinking = [s for s in scored if s.consistency is not None]
    decided = [s for s in scored if s.correct is not None]
    words = Counter(WORD_OF[form.lower()] for s in scored for form in REFLECTIVE.findall(s.rollout.response))
    mixed = [verdict for verdict in map(_is_mixed, scored) if verdict is not None]
    return {
        "n": float(len(scored)),
        "known": float(len(decided)),
        "thinking": float(len(thinking)),
        "correct": float(sum(bool(s.correct) for s in decided)),
        "format": float(sum(well_formed(s.rollout.response) for s in scored)),
        "language_known": float(len(mixed)),
        "mixed": float(sum(mixed)),
        "in_language": float(sum((s.consistency or 0) >= IN_LANGUAGE for s in thinking)),
        "reflective": float(sum(words.values())),
        **{REFLECTIVE_WORD + word: float(words[word]) for word in REFLECTIVE_WORDS},
        **{cause: float(sum(_unknown_for(s) == cause for s in scored)) for cause in CAUSES},
    }


def _unknown_for(one: Scored) -> str | None:
    """The cause for which a verdict is not known; None where it is, and where there is none."""
    return one.verdict.cause if one.verdict and one.correct is None else None


def _is_mixed(one: Scored) -> bool | None:
    from r1data.filters.mixed_language import mixed_language

    try:
        return bool(
            one.thoughts and mixed_language(one.thoughts, one.rollout.language or "en", one.rollout.prompt)
        )
    except Exception:  # noqa: BLE001  a text that no rule reads shall not end a training: this is a measure alone
        return None


def shares(total: Sums) -> dict[str, float]:
    """The measures of a step from its counts; one that has no rollouts to speak of is left out."""
    n = total["n"]
    measures = {
        "r1/n": n,
        "r1/unscored": (n - total["known"]) / n,
        "r1/thoughts": total["thinking"] / n,
        "r1/format": total["format"] / n,
        "r1/reflective_words": total["reflective"] / n,
        **{name: total[name] / n for name in total if name.startswith(REFLECTIVE_WORD)},
    }
    measures |= {unrewarded.CAUSE + cause: total[cause] / n for cause in CAUSES if total[cause]}
    if "unrewarded" in total:
        measures[unrewarded.SHARE] = total["unrewarded"] / n
    if total["language_known"]:
        measures["r1/mixed_language"] = total["mixed"] / total["language_known"]
    if total["known"]:
        measures["r1/accuracy"] = total["correct"] / total["known"]
    if total["thinking"]:
        measures["r1/prompt_language"] = total["in_language"] / total["thinking"]
    return measures


class Scorer:
    """Scores each batch once and serves it to one TRL reward function per named reward.

    `add` adds counts over all processes; it is called once a batch, at the same point in every one. `judge` decides
    for prompts whose verifier is `judge`, and `graders` grade by the reward's name. `rollout_seconds` is how long all
    verdicts and grades of a batch are waited for. `ends` are the token ids that end a response: one without any of them
    at its end was cut. Raises UserError where no response of the first ones gets a reward (`unrewarded`).

    An engine that gives responses one by one may have them verified while it generates the others: `expect` says which
    prompts are to come, `begin` that a response is there.
    """

    def __init__(
        self,
        names: Sequence[str],
        time_limit: float,
        add: Callable[[Sums], Sums],
        judge: Judge | None = None,
        graders: Mapping[str, Grader] | None = None,
        *,
        rollout_seconds: float | None = None,
        length_target: int | None = None,
    ) -> None:
        self.names = list(names)
        self.time_limit = time_limit
        self.add = add
        self.graders = dict(graders or {})
        self.rollout_seconds, self.length_target = rollout_seconds, length_target
        self.verification = Verification(time_limit, {judge.verifier.name: judge.verifier} if judge else None)
        self.ends: Collection[int] = ()
        self.decode: Callable[[Sequence[int]], str] | None = None
        """The text of a response's token ids, as TRL decodes it."""
        self._expected: dict[tuple[int, ...], Mapping[str, Any]] = {}
        self._unrewarded = {"responses": 0.0, "unrewarded": 0.0}
        self._batch: object = None
        self.scored: Sequence[Scored] = ()
        """The responses of the last batch, in its order."""
        self.rewards: dict[str, list[float | None]] = {}
        """What they got, by reward."""

    @property
    def overrides(self) -> Mapping[str, Verifier]:
        """Verifiers that stand in for those of their name."""
        return self.verification.overrides

    def functions(self) -> list[RewardFunction]:
        """One function for TRL per name; TRL logs each under its `__name__`."""
        return [self._function(name) for name in self.names]

    def _function(self, name: str) -> RewardFunction:
        def function(**batch: Any) -> list[float | None]:
            # TRL calls each function with the same list of completions: its identity tells batches apart
            if batch["completions"] is not self._batch:
                self._score(batch)
            return self.rewards[name]

        function.__name__ = name
        return function

    def expect(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Say which prompts, rows of `prompts.arrow`, responses are about to come for."""
        self._expected = {tuple(row["prompt"]): row for row in rows}

    def begin(self, prompt: Sequence[int], response: Sequence[int]) -> None:
        """Start to verify a response, given as token ids, while others are still generated; any thread may call it.

        A response to a prompt that nobody expects is verified with the others at the end.
        """
        row = self._expected.get(tuple(prompt))
        if row is not None and self.decode is not None:
            self.verification.begin(self._rollout(row, self.decode(response), response))

    def leave_out(self, responses: Sequence[bool]) -> None:
        """Take all rewards of the last batch from these responses."""
        for values in self.rewards.values():
            for number, is_out in enumerate(responses):
                values[number] = None if is_out else values[number]

    def _rollout(self, row: Mapping[str, Any], completion: str, ids: Sequence[int]) -> Rollout:
        """The response to a row's prompt as rewards see it."""
        return Rollout(
            row["question"],
            row["prefill"] + completion,
            row["truth"],
            row["verifier"],
            row["language"],
            self._finish_reason(ids),
            row.get("preference"),
            row.get("rubric"),
            len(ids),
            self.length_target,
        )

    def _score(self, batch: dict[str, Any]) -> None:
        """TRL's batch holds the columns of the prompts' rows."""
        columns = [name for name in PROMPT_COLUMNS if name in batch]
        rollouts = [
            self._rollout(dict(zip(columns, values, strict=True)), completion, ids)
            for completion, ids, *values in zip(
                batch["completions"], batch["completion_ids"], *(batch[name] for name in columns), strict=True
            )
        ]
        scored = score(
            rollouts,
            self.time_limit,
            self.names,
            verification=self.verification,
            graders=self.graders,
            seconds=self.rollout_seconds,
        )
        self._batch, self.scored = batch["completions"], scored
        self.rewards = dict(reward(scored, self.names))
        without = sum(all(values[n] is None for values in self.rewards.values()) for n in range(len(scored)))
        total = self.add({**sums(scored), "unrewarded": float(without)})
        for key, value in shares(total).items():
            batch["log_metric"](key, value)
        for name, number in {**total, "responses": total["n"]}.items():
            self._unrewarded[name] = self._unrewarded.get(name, 0.0) + number
        unrewarded.refuse(self._unrewarded)

    def _finish_reason(self, ids: Sequence[int]) -> str | None:
        """`length` for the tokens of a response that was cut, as TRL tells them; None where nobody knows."""
        return ("stop" if ids[-1] in self.ends else "length") if self.ends and len(ids) else None
