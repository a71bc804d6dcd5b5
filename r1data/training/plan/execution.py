"""How a run is executed where its settings leave it open: strategy, offload, checkpointed activations, micro-batch.

It is what `--dry-run` plans, for the memory that is there when the run begins. It is chosen once, when rows are
prepared, and kept in the run's summary: all processes do the same, and a run that goes on, on whatever machine, reads
its own checkpoints and computes the same sums. Small models are let through by a bound that needs no forward pass.

What generating responses by transformers holds (a cache of keys and values) is not counted here: it is not there at the
same time, and few responses are the longest. The plan of a dry run counts it (`worst`).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from r1data.engines.models import local_folder
from r1data.errors import UserError
from r1data.training.examples import prepared
from r1data.training.plan import rollouts
from r1data.training.plan.hardware import GIB, Hardware, detect
from r1data.training.plan.memory import NOTHING, Beside
from r1data.training.settings import GrpoSettings, OnPolicySettings, Settings
from r1data.training.settings.rollouts import RolloutSettings

if TYPE_CHECKING:
    from transformers import PreTrainedConfig

    from r1data.training.plan.strategies import Choice

KEY = "micro_batch"
FILES = {"train.arrow": "input_ids", "prompts.arrow": "prompt"}
"""What may be prepared in a run's folder, with its column of token ids."""
BOUND = 1.5
"""By how much the bound exceeds what it counts. Ours."""
S = TypeVar("S", bound=Settings)


def noted(
    summary: dict[str, Any], model: Path, work: Path, settings: Settings, machine: Hardware | None = None
) -> dict[str, Any]:
    """The summary with how the run is executed.

    Args:
        summary: of the prepared rows.
        model: the model's folder.
        work: where the rows lie.
        settings: the run's.
        machine: what it runs on; by default this machine, and others like it.

    Raises UserError where the strategy is left open and nothing fits.
    """
    machine = machine or detect(settings.local_processes, settings.nodes or 1)
    return summary | choose(model, settings, machine, longest(work, settings))


def longest(work: Path, settings: Settings) -> int:
    """Tokens of the longest sequence: an example that was prepared, or a prompt with its response."""
    for name, column in FILES.items():
        if (most := prepared.longest(work / name, column)) is not None:
            return most + (settings.longest if column == "prompt" else 0)
    return settings.longest


def applied(settings: S, summary: dict[str, Any]) -> S:
    """The settings with the micro-batch that the run's summary holds."""
    if settings.micro_batch is not None or summary.get(KEY) is None:
        return settings
    return replace(settings, micro_batch=summary[KEY])


def choose(model: Path, settings: Settings, machine: Hardware, longest: int) -> dict[str, Any]:
    """Strategy, offload, checkpointing and micro-batch, as a run's summary holds them.

    Args:
        model: the model's folder.
        settings: the run's; what they fix is kept.
        machine: what it runs on.
        longest: tokens of the longest sequence.

    Raises UserError where the strategy is left open and nothing fits. A strategy that is named is tried.
    """
    from r1data.training.plan.parameters import config_in
    from r1data.training.plan.strategies import layouts, sizes
    from r1data.training.students import count_parameters

    config = config_in(model)
    open_layouts = layouts(settings, machine)
    largest = next(sizes(settings, machine, longest))
    parameters = count_parameters(model)
    beside = models_beside(settings, machine, config, parameters, longest)
    if beside.blocked:
        raise UserError(f"{model}: {beside.blocked}; {rollouts.REMEDY}")
    least = bound(config, parameters, largest * longest) + beside.of(parameters, 1) + beside.generating
    nothing_open = len(open_layouts) == 1 and settings.micro_batch is not None and settings.strategy != "auto"
    if least <= machine.memory or nothing_open:
        layout, size = open_layouts[0], largest
    else:
        choice = _planned(config, model, settings, machine, longest, beside)
        layout, size = choice.layout, choice.micro_batch
    return {
        "strategy": layout.strategy,
        "offload": layout.offload,
        "activation_checkpointing": layout.checkpointing,
        KEY: size,
    }


def _planned(
    config: PreTrainedConfig, model: Path, settings: Settings, machine: Hardware, longest: int, beside: Beside
) -> Choice:
    from r1data.training.plan.outlook import ways_out
    from r1data.training.plan.strategies import Planner, fitting_strategy

    planner = Planner(config, machine, beside=beside)
    choice = fitting_strategy(config, settings, machine, longest, planner)
    if choice.fits or settings.strategy != "auto":
        return choice
    ways = [way for way in ways_out(planner, settings, longest, choice.layout) if "--gpus" not in way]
    ways = ways or ["take a smaller model, or a machine with more memory"]
    raise UserError(
        f"{model}: nothing fits on {machine}: {choice.layout.name} takes {choice.memory.most / GIB:,.1f} GiB a "
        f"process or more, which has {machine.memory / GIB:,.1f}; {', or '.join(ways)}, or "
        f"try it all the same with --strategy {choice.strategy}{' --offload' if choice.offload else ''}"
    )


def models_beside(
    settings: Settings,
    machine: Hardware,
    config: PreTrainedConfig | None = None,
    parameters: int = 0,
    length: int = 0,
    *,
    worst: bool = False,
) -> Beside:
    """What a run holds beside the model that it trains: a reference, teachers, an engine, a rollout.

    Args:
        settings, machine: the run's.
        config, parameters: the trained model's; without them nothing is known of engine and rollout.
        length: tokens of the longest sequence.
        worst: whether to count what is held only where all responses are the longest.
    """
    whole, copies, generating, blocked = 0, 0, 0, ""
    if isinstance(settings, GrpoSettings):
        copies = int(bool(settings.resolved().beta) and not settings.lora)
    if isinstance(settings, OnPolicySettings):
        from r1data.training.students import count_parameters

        each = 2 if machine.gpu else 4
        whole = sum(each * count_parameters(local_folder(name)) for name in settings.other_models())
    if isinstance(settings, RolloutSettings) and config is not None:
        engine = rollouts.engine_of(config, parameters, settings, machine, length)
        if engine.reserved or worst:
            whole, generating = whole + engine.training, engine.generating
            blocked = rollouts.complaint(engine, settings, machine) or ""
        if worst:
            whole += rollouts.kept_bytes(settings, machine.world, length)
    if not (whole or copies or generating):
        return NOTHING
    return Beside(whole, copies, reference_bytes(settings, machine), generating, blocked)


def reference_bytes(settings: Settings, machine: Hardware) -> int:
    """Bytes of a parameter of GRPO's reference model."""
    dtype = getattr(settings, "reference_dtype", "auto")
    return 2 if dtype == "bfloat16" or (dtype == "auto" and machine.gpu) else 4


def bound(config: PreTrainedConfig, parameters: int, tokens: int) -> int:
    """More bytes than training takes in one process, all in float32, without anything sharded or checkpointed."""
    text = config.get_text_config()
    size = {
        name: max(1, int(getattr(text, name, None) or 1))
        for name in (
            "hidden_size",
            "num_hidden_layers",
            "num_attention_heads",
            "intermediate_size",
            "vocab_size",
            "moe_intermediate_size",
            "num_experts_per_tok",
        )
    }
    head = max(
        int(getattr(text, "head_dim", None) or 0), size["hidden_size"] // size["num_attention_heads"], 1
    )
    inner = max(size["intermediate_size"], size["moe_intermediate_size"] * (size["num_experts_per_tok"] + 2))
    each = 20 * size["hidden_size"] + 10 * head * size["num_attention_heads"] + 6 * inner
    tiles = 10 * min(tokens, 4096) * min(size["vocab_size"], 32_768)
    outer = 4 * size["vocab_size"] * size["hidden_size"]
    return round(BOUND * (20 * parameters + 4 * (tokens * each * size["num_hidden_layers"] + tiles + outer)))
