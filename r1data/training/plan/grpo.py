"""Dry run of GRPO: prompts, steps, and what policy, reference, engine and rollouts take of machines. Fetches nothing.

Memory is that of the longest responses: one process's training pass, and its share of a rollout with the engine's
cache. Old log-probabilities and the reference's are computed without gradients, a micro-batch at a time, in less than a
training pass takes. Not here: how long generation takes, which depends on the engine and on the responses' lengths.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from r1data.engines.models import resolve_model
from r1data.errors import UserError
from r1data.training import students
from r1data.training.evaluation import prompts as eval_prompts
from r1data.training.grpo import checks
from r1data.training.models import room
from r1data.training.plan import cost, execution, rollouts
from r1data.training.plan.hardware import GIB, Hardware
from r1data.training.plan.tokens import CHARACTERS
from r1data.training.settings import GrpoSettings

if TYPE_CHECKING:
    from transformers import PreTrainedConfig

    from r1data.training.plan import Target
    from r1data.training.plan.outlook import Outlook
    from r1data.training.plan.parameters import Parameters
    from r1data.training.plan.strategies import BesideOn, Planner

Changes = list[tuple[dict[str, Any], str]]
"""Settings that are changed together, with their words."""
TEMPLATE_TOKENS = 128
"""Of the text around a prompt, at most, where no tokenizer counts it. Ours."""
LARGE = 200e9
"""Parameters beyond which verl is named first: a mixture of experts of that size wants its experts shared out. Ours."""
VERL = (
    "train with verl, whose Ray trainer shares sequences and experts over GPUs, which TRL refuses for GRPO: "
    "r1 export --to verl (docs/verl.md)"
)
BASES: Mapping[str, Mapping[str, Any]] = {
    name: {"model_type": "deepseek_v3", "max_position_embeddings": 163_840}
    for name in ("deepseek-ai/deepseek-v3-base", "deepseek-ai/deepseek-r1-zero", "deepseek-ai/deepseek-r1")
}
"""Bases that no student has: the paper's own, with the positions of their config.json. Their shape (arXiv 2412.19437,
4.2) is what transformers takes for `deepseek_v3` where a config says nothing else."""


def plan_grpo(
    rows: Iterable[dict[str, Any]],
    model: str,
    settings: GrpoSettings,
    out: Path,
    target: Target | None = None,
) -> dict[str, Any]:
    """The plan of a GRPO run. Raises UserError where there is nothing to train on, or machines do not fit a step."""
    from r1data.training import plan

    settings = settings.resolved()
    plan.check_settings(settings)
    checks.check(settings)
    count = truths = longest = 0
    for row in rows:
        count += 1
        truths += row.get("truth") is not None
        longest = max(longest, len(row.get("prompt") or "") + len(row.get("system") or ""))
    if not count:
        raise UserError("no prompts to train on, as the dataset is empty; give another")
    folder = resolve_model(model)
    student = students.find(model)
    known = students.count_parameters(folder) if isinstance(folder, Path) else student.parameters
    prompt = round(longest / CHARACTERS)
    summary = {
        "model": model,
        **plan.memory(known),
        "prompts": count,
        "prompts_with_truth": truths,
        **eval_prompts.planned(settings, judge=settings.judge is not None),
        "steps": settings.steps,
        "passes_over_the_prompts": round(settings.steps * settings.prompts_per_step / count, 2),
        "responses_a_step": settings.sequences,
        "responses_a_rollout": settings.sequences * settings.steps_per_rollout,
        "most_tokens_a_step": settings.sequences * settings.longest,
        "micro_batch": settings.micro_batch or plan.AS_MANY_AS_FIT,
        "rewards": settings.rewards,
        "learning_rate": settings.lr,
        "template": settings.template,
        "engine": settings.engine,
        "positions": room.planned(model, settings, _fields(model, student), prompt=prompt),
        "processes": settings.processes,
        "out": plan.state(out),
    }
    machine = target.machine if target else None
    if machine is None:
        return summary
    config = config_of(model, student)
    if config is None:
        return summary | {"machine": "not planned: the base's config is not known before it is fetched"}
    length = settings.longest + prompt + TEMPLATE_TOKENS
    return summary | on_machines(config, settings, machine, length, target.tflops if target else 0.0)


def config_of(model: str, student: students.Student) -> PreTrainedConfig | None:
    """The model's config: of its folder, of the students, or of the paper's own base; None where nobody knows it."""
    from r1data.training.plan import parameters

    if (config := parameters.read_config(student)) is not None:
        return config
    fields = _fields(model, student)
    return parameters.config_from(fields) if fields else None


def _fields(model: str, student: students.Student) -> Mapping[str, Any]:
    """What is known of a base's config.json where the base is not here."""
    return student.config or BASES.get(model.removeprefix("hf:").lower(), {})


def on_machines(
    config: PreTrainedConfig, settings: GrpoSettings, machine: Hardware, length: int, tflops: float
) -> dict[str, Any]:
    """Memory of each strategy, the engine, the reference, what fits and what to change."""
    from r1data.training.plan import parameters
    from r1data.training.plan.outlook import outlook
    from r1data.training.plan.strategies import Planner

    if settings.engine == "vllm" and machine.world % settings.engine_tensor_parallel:
        raise UserError(
            f"--engine-tensor-parallel {settings.engine_tensor_parallel} does not divide the {machine.world} GPUs; "
            "change it or --gpus"
        )
    counts = parameters.parameters(config)
    planner = Planner(config, machine, counts, _beside(config, settings, counts))
    plan = outlook(config, settings, machine, length, planner)
    engine = rollouts.engine_of(config, counts.total, settings, machine, length)
    summary: dict[str, Any] = {"parameters": counts.total}
    if counts.active != counts.total:
        summary["active_parameters"] = counts.active
    summary |= {
        "machine": str(machine),
        "processes": machine.processes,
        "longest_sequence": length,
        "reference": reference_in_words(settings, counts, machine),
        "generation": engine_in_words(engine, settings, machine, config, counts, length),
        "kept_of_a_rollout_gib": _gib(rollouts.kept_bytes(settings, machine.world, length)),
        "memory": plan.table(),
        "plan": plan.line(),
    }
    ways = tuple(ways_out(plan, planner, settings, length))
    if ways:
        summary["to_make_it_fit"] = list(ways)
    tokens = float(settings.steps) * settings.sequences * settings.longest
    hours = cost.hours(config, counts, tokens, length, machine.world, tflops)
    # Forward passes of the policy (old log-probabilities) and of the reference: 2 of a training pass's 6 operations.
    passes = 1 + (1 + bool(settings.beta)) / 3
    disk = cost.disk(counts, plan.chosen.layout, 2 if settings.save_dtype == "bfloat16" else 4)
    return summary | {
        "most_training_hours": cost.rounded(hours * passes),
        "hours_at": f"{cost.UTILISATION:.0%} of {tflops:g} TFLOP/s a GPU, all responses the longest; generation apart",
        "checkpoint_gib": _gib(disk["checkpoint"]),
        "disk_gib": _gib(disk["most"]),
    }


def _beside(config: PreTrainedConfig, settings: GrpoSettings, counts: Parameters) -> BesideOn:
    """What a process holds beside the policy, on whatever machines."""
    return lambda machine, length: execution.models_beside(
        settings, machine, config, counts.total, length, worst=True
    )


def reference_in_words(settings: GrpoSettings, counts: Parameters, machine: Hardware) -> str:
    """What the reference model is, and how much of it there is."""
    if not settings.beta:
        return "none, as beta is 0"
    if settings.lora:
        return "the policy with other adapters, or none"
    each = execution.reference_bytes(settings, machine)
    return f"a copy in {'bfloat16' if each == 2 else 'float32'}: {each * counts.total / GIB:,.1f} GiB"


def engine_in_words(
    engine: rollouts.Engine,
    settings: GrpoSettings,
    machine: Hardware,
    config: PreTrainedConfig,
    counts: Parameters,
    length: int,
) -> str:
    """What generates the responses, what it takes and how many of the longest it holds at once."""
    if engine.name == "vllm-server":
        gpus, at_once = rollouts.server_gpus(config, counts.total, machine.memory, length)
        if not gpus:
            return "a server on other GPUs, more than 32 of this size"
        size = rollouts.gigabytes(machine.memory)
        return f"a server on {gpus} or more other GPUs of {size} GB: {at_once:,} of the longest responses at once"
    if engine.name == "transformers":
        count = rollouts.responses(settings, machine.world)
        cache = f"{engine.cache / GIB:,.1f} GiB"
        return (
            f"transformers, {count:,} responses a process at once: a cache of {cache} if all are the longest"
        )
    problem = rollouts.complaint(engine, settings, machine)
    if problem:
        return problem
    gpus = settings.engine_tensor_parallel
    sleeps = ", which it gives back while the model is trained" if engine.training < engine.generating else ""
    where = "each GPU" if gpus == 1 else f"every {gpus} GPUs"
    return (
        f"vLLM on {where}: weights {engine.weights / GIB:,.1f} GiB a GPU and "
        f"cache {engine.cache / GIB:,.1f}, {engine.at_once:,} of the longest responses at once{sleeps}"
    )


def ways_out(plan: Outlook, planner: Planner, settings: GrpoSettings, length: int) -> Iterator[str]:
    """What to change where nothing fits, tried out; verl at last, or alone where the model is too large for TRL."""
    from r1data.training.plan.outlook import NO_WAY

    if plan.chosen.fits:
        return
    if planner.counts.total > LARGE:
        yield VERL
        return
    ways = [
        first
        for group in _changes(planner.machine, settings)
        if (first := _first(group, planner, settings, length))
    ]
    if not ways and settings.beta:
        without = replace(settings, beta=0.0)
        groups = _changes(planner.machine, without)
        ways = [f"{first} --beta 0" for group in groups if (first := _first(group, planner, without, length))]
    yield from ways
    yield from (way for way in plan.remedies if way != NO_WAY)
    yield VERL if planner.machine.gpu else NO_WAY


def _first(group: Changes, planner: Planner, settings: GrpoSettings, length: int) -> str | None:
    """The words of the first of some changes after which the run fits."""
    from r1data.training.plan.strategies import fitting_strategy

    for changes, words in group:
        changed = replace(settings, **changes)
        other = planner.on(planner.machine, _beside(planner.config, changed, planner.counts))
        if fitting_strategy(planner.config, changed, planner.machine, length, other).fits:
            return words
    return None


def _changes(machine: Hardware, settings: GrpoSettings) -> Iterator[Changes]:
    """Kinds of changes that may make room, the least one first; in each kind too."""
    if machine.gpu:
        yield _colocated(machine, settings)
        if settings.engine != "vllm-server":
            yield [({"engine": "vllm-server"}, "let a server generate on other GPUs: --engine vllm-server")]
    if settings.beta and not settings.lora:
        yield [({"beta": 0.0}, "train without a reference model: --beta 0")]


def _colocated(machine: Hardware, settings: GrpoSettings) -> Changes:
    """Ways to share the GPUs with vLLM."""
    changes: Changes = []
    for share in (0.3, 0.5, 0.7):
        for parallel in (size for size in (1, 2, 4, 8) if machine.processes % size == 0):
            words = f"generate by --engine vllm --engine-sleep --engine-memory {share:g}"
            words += f" --engine-tensor-parallel {parallel}" if parallel > 1 else ""
            values = {"engine": "vllm", "engine_memory": share, "engine_sleep": True}
            changes.append((values | {"engine_tensor_parallel": parallel}, words))
    return changes


def _gib(size: int) -> float:
    return round(size / GIB, 1 if size > GIB else 3)
