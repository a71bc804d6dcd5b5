"""A checker's process: verifies one response, or turns verdicts into rewards.

Started by `runtime.workers`, served by `runtime.serving`: the process that works is a fork, and where it dies or hangs
another has already been prepared. Its memory is not limited here, as verifiers of other packages may hold models; where
the machine runs out of it, the kernel is asked to end a checker first. Programs have the sandbox's limits.
"""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from r1data.data.text import one_line
from r1data.errors import UserError
from r1data.runtime.serving import serve
from r1data.training.rewards import Rollout, reward, score
from r1data.training.verdict_service.protocol import is_verifiable, verifier_of
from r1data.verifiers import registry
from r1data.verifiers.table import version_of
from r1data.verifiers.verdict import Case, Verdict, Verifier

EXPENDABLE = "500"
"""Added to the process's badness of -1000 to 1000, by which the kernel chooses what to end without memory. Ours."""


def main() -> None:
    """Serve requests until stdin ends."""
    import r1data.filters.consistency  # noqa: F401  here, and not in each fork

    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(EXPENDABLE)
    serve(lambda request: JOBS[request["kind"]](request), memory=None)


def verdict_job(request: Mapping[str, Any]) -> dict[str, Any]:
    """The verdict on `item`, as the service's replies hold it."""
    item = request["item"]
    name = verifier_of(item)
    verdict = registry.check(
        name,
        item["response"],
        item["truth"],
        prompt=item["prompt"],
        finish_reason=item["finish_reason"],
        time_limit=request["seconds"],
    )
    return {"reply": verdict_as_json(verdict, version_of(name, {}))}


def rewards_job(request: Mapping[str, Any]) -> dict[str, Any]:
    """For each of `items` the rewards `names`, from `verdicts` that are there already (None: not verifiable)."""
    items, names = request["items"], request["names"]
    rollouts = [
        Rollout(
            item["prompt"] or "",
            item["response"],
            item["truth"],
            verifier_of(item) if is_verifiable(item) else None,
            item["language"],
            item["finish_reason"],
        )
        for item in items
    ]
    try:
        scored = score(rollouts, request["seconds"], names, _given(rollouts, request["verdicts"]))
        columns = reward(scored, names)
    except UserError as error:
        return {"error": one_line(str(error), 500)}
    return {"reply": [{name: columns[name][row] for name in names} for row in range(len(items))]}


JOBS: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "verdict": verdict_job,
    "rewards": rewards_job,
}


def verdict_as_json(verdict: Verdict, version: str) -> dict[str, Any]:
    """A verdict as the service's replies hold it."""
    fields = asdict(verdict)
    fields["measures"] = dict(verdict.measures or {}) or None
    return {**fields, "verifier_version": version}


def verdict_of(reply: Mapping[str, Any]) -> Verdict:
    """The verdict that `verdict_as_json` made a reply of."""
    return Verdict(**{name: value for name, value in reply.items() if name != "verifier_version"})


def _given(
    rollouts: Sequence[Rollout], replies: Sequence[Mapping[str, Any] | None]
) -> Mapping[str, Verifier]:
    """Verifiers that give the verdicts which are there already, in the order in which they are asked for."""
    by_name: dict[str, list[Verdict]] = {}
    for rollout, reply in zip(rollouts, replies, strict=True):
        if rollout.verifier is not None and reply is not None:
            by_name.setdefault(rollout.verifier, []).append(verdict_of(reply))
    return {name: _stand_in(name, verdicts) for name, verdicts in by_name.items()}


def _stand_in(name: str, verdicts: list[Verdict]) -> Verifier:
    def check(cases: Sequence[Case], time_limit: float) -> list[Verdict]:
        return verdicts

    return Verifier(name=name, check=check, version="", summary="verdicts that are there already", batch=True)


if __name__ == "__main__":
    main()
