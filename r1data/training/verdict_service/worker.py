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
from r1data.training.rewards.verifying import Verification
from r1data.training.verdict_service.protocol import is_verifiable, verifier_of
from r1data.verifiers import registry
from r1data.verifiers.table import version_of
from r1data.verifiers.verdict import Verdict

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
            item["preference"],
            tokens=item["tokens"],
            length_target=item["length_target"],
        )
        for item in items
    ]
    try:
        verification = GivenVerdicts(request["verdicts"])
        scored = score(rollouts, request["seconds"], names, verification=verification)
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


class GivenVerdicts(Verification):
    """Stands in for a verification whose verdicts are there already, one for each of the rollouts."""

    def __init__(self, replies: Sequence[Mapping[str, Any] | None]) -> None:
        super().__init__(0.0)
        self.replies = replies

    def begin(self, rollout: Rollout) -> None:
        """Nothing is left to verify."""

    def verdicts(self, rollouts: Sequence[Rollout], seconds: float | None = None) -> list[Verdict | None]:
        """The verdicts that are there."""
        return [None if reply is None else verdict_of(reply) for reply in self.replies]


if __name__ == "__main__":
    main()
