"""Finds what a forecast covers in a recipe: the path from prompts over samples, verdicts and filters into one `build`.

Training, evaluation and the steps that make the sampled model are not covered; they are listed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from r1data.errors import UserError
from r1data.evaluation.benchmarks import place_of
from r1data.filters.limits import LIMITS, FilterLimits
from r1data.filters.registry import parse_limits
from r1data.sampling.until import ROUNDS, StoppingRule
from r1data.selection.filtering import Keep
from r1data.verifiers.table import VerifyPlan

FOLLOWED_COMMANDS = ("filter", "verify", "sample")


@dataclass(frozen=True, slots=True)
class ForecastStep:
    """A step of a recipe: its options as the command line reads them, by the names of its parameters."""

    name: str
    command: str
    options: Mapping[str, Any]
    inputs: tuple[str, ...]
    output: str


@dataclass(frozen=True, slots=True)
class FilterPolicy:
    """The settings of a filter step."""

    keep: Keep = "correct"
    limits: FilterLimits = LIMITS
    skip: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Branch:
    """One path from prompts into the set. `policy`: None without a filter step; `sampling`: that step's options."""

    prompts: str
    n: int
    rule: StoppingRule | None
    steps: tuple[str, ...]
    sampling: Mapping[str, Any]
    verify: VerifyPlan
    judge: str | None
    policy: FilterPolicy | None


@dataclass(frozen=True, slots=True)
class BuildPath:
    """Everything that goes into one build: a branch of samples, other inputs, and the build's own settings."""

    build: str
    branch: Branch
    other_inputs: tuple[str, ...]
    quotas: Mapping[str, int]
    max_per_prompt: int | None
    decontaminate: tuple[str, ...]
    ngram: int
    near: float
    licenses: tuple[str, ...]
    boilerplate: tuple[str, ...] = field(default=())
    not_forecast: tuple[str, ...] = field(default=())
    """Steps that are not forecast, with their commands."""


def build_of(steps: Sequence[ForecastStep], name: str | None = None) -> ForecastStep:
    """A recipe's build: that of the name, else the last. Raises UserError."""
    builds = [step for step in steps if step.command == "build"]
    if not builds:
        raise UserError("the recipe has no build step, so no set to forecast; add one")
    if name is None:
        return builds[-1]
    named = [step for step in builds if step.name == name]
    if not named:
        names = ", ".join(step.name for step in builds)
        raise UserError(f"--build {name}: no such build step; choose one of {names}")
    return named[0]


def build_path(target: ForecastStep, steps: Sequence[ForecastStep], quotas: Mapping[str, int]) -> BuildPath:
    """The way into a build, whose quotas are given by domain, or by `domain:language`.

    Raises:
        UserError: not exactly one `sample` step leads to it.
    """
    steps_by_output = {step.output: step for step in steps}
    branches: dict[str, Branch] = {}
    other_inputs: list[str] = []
    for uri in target.inputs:
        branch = _branch(uri, steps_by_output)
        if branch is not None:
            branches["/".join(branch.steps)] = branch
        else:
            other_inputs.append(uri)
    if len(branches) != 1:
        raise UserError(
            f'step "{target.name}": {len(branches)} `sample` steps lead to it, and a plan follows '
            "exactly one; choose a step of one with --build"
        )
    (branch,) = branches.values()
    followed = {target.name, *branch.steps}
    per_prompt = None if _word(target.options.get("selection")) == "all" else target.options["max_per_prompt"]
    return BuildPath(
        target.name,
        branch,
        tuple(other_inputs),
        quotas,
        per_prompt,
        tuple(place_of(text) for text in target.options["decontaminate"] or ()),
        int(target.options["ngram"]),
        float(target.options["dedup_threshold"]),
        tuple(target.options["license"] or ()),
        tuple(target.options.get("boilerplate") or ()),
        tuple(f"{step.name} ({step.command})" for step in steps if step.name not in followed),
    )


def _branch(uri: str, steps_by_output: Mapping[str, ForecastStep]) -> Branch | None:
    """The branch that ends in `uri`; None where no `sample` step leads there."""
    steps_by_command: dict[str, ForecastStep] = {}
    while uri in steps_by_output and steps_by_output[uri].command in FOLLOWED_COMMANDS:
        step = steps_by_output[uri]
        # Of two filters, say, the one nearer to the build counts: the walk meets it first.
        steps_by_command.setdefault(step.command, step)
        uri = step.inputs[0]
        if step.command == "sample":
            return _make_branch(steps_by_command, uri)
    return None


def _make_branch(steps_by_command: Mapping[str, ForecastStep], prompts: str) -> Branch:
    options = steps_by_command["sample"].options
    verify_options = steps_by_command["verify"].options if "verify" in steps_by_command else {}
    n = int(options["n"] or 16)
    rule = None
    if options["until"] is not None:
        round_size = options["round_size"] or max(1, n // ROUNDS)
        rule = StoppingRule(
            options["until"], n, round_size, options["min_pass_rate"], options["abandon_risk"]
        )
    policy = None
    if "filter" in steps_by_command:
        filter_options = steps_by_command["filter"].options
        policy = FilterPolicy(
            cast(Keep, _word(filter_options["verdict"])),
            parse_limits(filter_options["limit"] or [], _word(filter_options["format"])),
            tuple(filter_options["skip"] or ()),
        )
    return Branch(
        prompts,
        n,
        rule,
        tuple(step.name for step in steps_by_command.values()),
        options,
        VerifyPlan(
            **{
                name: verify_options[name]
                for name in ("time_limit", "verifier", "lenient")
                if name in verify_options
            }
        ),
        verify_options.get("judge"),
        policy,
    )


def _word(value: Any) -> str:
    """A choice as it is written."""
    return str(getattr(value, "value", value))
