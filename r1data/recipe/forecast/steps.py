"""What of a recipe is forecast: the way from prompts over samples, verdicts and filters into one `build`.

Training, evaluation and whatever makes the model that samples are not: they are named.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from r1data.errors import UserError
from r1data.filters.limits import LIMITS, Limits, with_settings
from r1data.sampling.until import ROUNDS, StoppingRule
from r1data.selection.filtering import Keep
from r1data.verifiers.table import Plan as Verify

FOLLOWED = ("filter", "verify", "sample")


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a recipe: its options as the command line reads them, by the names of its parameters."""

    name: str
    command: str
    options: Mapping[str, Any]
    inputs: tuple[str, ...]
    output: str


@dataclass(frozen=True, slots=True)
class Policy:
    """What a filter keeps."""

    keep: Keep = "correct"
    limits: Limits = LIMITS
    skip: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Branch:
    """One way from prompts into the set. `policy`: None where no filter stands on it; `sampling`: the options."""

    prompts: str
    n: int
    rule: StoppingRule | None
    steps: tuple[str, ...]
    sampling: Mapping[str, Any]
    verify: Verify
    judge: str | None
    policy: Policy | None


@dataclass(frozen=True, slots=True)
class Way:
    """All that goes into one build: a branch of samples, rows from elsewhere, and the build's own settings."""

    build: str
    branch: Branch
    elsewhere: tuple[str, ...]
    quotas: Mapping[str, int]
    max_per_prompt: int | None
    decontaminate: tuple[str, ...]
    ngram: int
    near: float
    licenses: tuple[str, ...]
    others: tuple[str, ...] = field(default=())
    """Steps that are not forecast, with their commands."""


def build_of(steps: Sequence[Step], name: str | None = None) -> Step:
    """A recipe's build: that of the name, else the last. Raises UserError."""
    builds = [step for step in steps if step.command == "build"]
    if not builds:
        raise UserError("the recipe has no build step: there is no set to forecast")
    if name is None:
        return builds[-1]
    found = [step for step in builds if step.name == name]
    if not found:
        known = ", ".join(step.name for step in builds)
        raise UserError(f"--build {name}: no such build step; there are: {known}")
    return found[0]


def way_to(target: Step, steps: Sequence[Step], quotas: Mapping[str, int]) -> Way:
    """The way into a build, whose quotas are given by domain, or by `domain:language`.

    Raises:
        UserError: not exactly one `sample` step leads to it.
    """
    made = {step.output: step for step in steps}
    branches: dict[str, Branch] = {}
    elsewhere: list[str] = []
    for uri in target.inputs:
        found = _branch(uri, made)
        if isinstance(found, Branch):
            branches["/".join(found.steps)] = found
        else:
            elsewhere.append(uri)
    if len(branches) != 1:
        raise UserError(
            f'step "{target.name}": {len(branches)} `sample` steps lead to it, and a plan follows exactly one'
        )
    branch = next(iter(branches.values()))
    followed = {target.name, *branch.steps}
    per_prompt = None if _word(target.options.get("selection")) == "all" else target.options["max_per_prompt"]
    return Way(
        target.name,
        branch,
        tuple(elsewhere),
        quotas,
        per_prompt,
        tuple(target.options["decontaminate"] or ()),
        int(target.options["ngram"]),
        float(target.options["dedup_threshold"]),
        tuple(target.options["license"] or ()),
        tuple(f"{step.name} ({step.command})" for step in steps if step.name not in followed),
    )


def _branch(uri: str, made: Mapping[str, Step]) -> Branch | None:
    """The branch that ends in `uri`; None where no `sample` step leads there."""
    passed: dict[str, Step] = {}
    while uri in made and made[uri].command in FOLLOWED:
        step = made[uri]
        passed.setdefault(step.command, step)
        uri = step.inputs[0]
        if step.command == "sample":
            return _of(passed, uri)
    return None


def _of(passed: Mapping[str, Step], prompts: str) -> Branch:
    options = passed["sample"].options
    verified = passed["verify"].options if "verify" in passed else {}
    n = int(options["n"] or 16)
    return Branch(
        prompts,
        n,
        _rule(n, options),
        tuple(step.name for step in passed.values()),
        options,
        Verify(**{name: verified[name] for name in ("time_limit", "verifier") if name in verified}),
        verified.get("judge"),
        _policy(passed["filter"].options) if "filter" in passed else None,
    )


def _rule(n: int, options: Mapping[str, Any]) -> StoppingRule | None:
    if options["until"] is None:
        return None
    size = options["round_size"] or max(1, n // ROUNDS)
    return StoppingRule(options["until"], n, size, options["min_pass_rate"], options["abandon_risk"])


def _policy(options: Mapping[str, Any]) -> Policy:
    limits = with_settings(options["limit"] or [], layout=_word(options["format"]))
    return Policy(cast(Keep, _word(options["verdict"])), limits, tuple(options["skip"] or ()))


def _word(value: Any) -> str:
    """A choice as it is written."""
    return str(getattr(value, "value", value))
