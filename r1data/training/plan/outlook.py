"""What a run takes on machines: memory of each strategy, which one will be used, and what to change where none fits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from r1data.errors import UserError
from r1data.training.plan.hardware import GIB, Hardware
from r1data.training.plan.memory import Layout
from r1data.training.plan.strategies import LORA_RANK, Choice, Planner, layouts
from r1data.training.settings import OnPolicySettings, Settings
from r1data.training.settings.rollouts import RolloutSettings

if TYPE_CHECKING:
    from transformers import PreTrainedConfig

MOST_NODES = 16
USUAL_GPUS = 8
"""Of one machine."""
NO_WAY = "take a smaller model, or GPUs with more memory"
SHORTEST = 4096
"""Tokens below which a plan proposes no shorter examples."""


@dataclass(frozen=True)
class Outlook:
    """A plan on machines: every strategy, the one that will be used, and what would help if it does not fit."""

    machine: Hardware
    choices: tuple[Choice, ...]
    chosen: Choice
    remedies: tuple[str, ...]

    def table(self) -> list[dict[str, Any]]:
        """A row a strategy, in GiB of one process."""
        return [_row(choice, self.machine) for choice in self.choices]

    def line(self) -> str:
        """What will be used, in one line."""
        one = self.chosen
        if not one.fits:
            return f"nothing fits on {self.machine}"
        how = "checkpointed activations" if one.checkpointing else "activations kept"
        tight = ", which is tight" if one.memory.most > 0.95 * self.machine.memory else ""
        return (
            f"{one.layout.name}, {how}, micro-batch {one.micro_batch}: {one.memory.most / GIB:.1f} of "
            f"{self.machine.memory / GIB:.1f} GiB on {self.machine}{tight}"
        )


def outlook(
    config: PreTrainedConfig,
    settings: Settings,
    machine: Hardware,
    length: int,
    planner: Planner | None = None,
) -> Outlook:
    """The plan of a model on machines, with sequences of up to `length` tokens.

    `planner` knows what is held beside the model. Raises UserError where a step's sequences do not divide among the
    processes.
    """
    if settings.sequences % machine.world:
        size = "--prompts-per-step" if isinstance(settings, RolloutSettings) else "--batch-size"
        raise UserError(
            f"{settings.sequences} sequences a step do not divide among {machine.world} processes; change "
            f"{size} or --gpus"
        )
    planner = planner or Planner(config, machine)
    open_layouts = layouts(settings, machine)
    first: Choice | None = None
    choices = []
    hopeless: set[str] = set()
    for layout in [*open_layouts, *_others(open_layouts, machine)]:
        if layout.name in hopeless:
            continue
        choice = planner.choice(layout, settings, length)
        if not choice.memory.activations:
            hopeless.add(layout.name)  # its states alone are too large, whatever is checkpointed
        choices.append(choice)
        if first is None and choice.fits and layout in open_layouts:
            first = choice
    chosen = first or next(one for one in reversed(choices) if one.layout in open_layouts)
    remedies = () if chosen.fits else ways_out(planner, settings, length, chosen.layout)
    return Outlook(machine, tuple(choices), chosen, remedies)


def _others(open_layouts: list[Layout], machine: Hardware) -> Iterator[Layout]:
    """Strategies that the settings do not ask for, and might."""
    base = replace(open_layouts[-1], offload=False, checkpointing=True)
    if base.lora or not machine.gpu:
        return
    if machine.world > 1 and all(layout.strategy != "deepspeed" for layout in open_layouts):
        yield replace(base, strategy="deepspeed")
    copy = replace(base, strategy="single" if machine.world == 1 else "ddp", lora=LORA_RANK)
    yield copy
    yield replace(copy, quantised=True)


def ways_out(planner: Planner, settings: Settings, length: int, layout: Layout) -> tuple[str, ...]:
    """What to change where nothing fits, tried out."""
    ways = tuple(_remedies(planner, settings, length, layout))
    return ways or (NO_WAY,)


def _remedies(planner: Planner, settings: Settings, length: int, layout: Layout) -> Iterator[str]:
    machine = planner.machine
    if settings.micro_batch is not None:
        smaller = planner.choice(layout, replace(settings, micro_batch=None), length)
        if smaller.fits:
            yield f"lower --micro-batch to {smaller.micro_batch}"
    if planner.beside(length).whole and isinstance(settings, OnPolicySettings):
        yield "serve the teachers elsewhere, and give their addresses to --teacher"
    if machine.gpu and not layout.lora:
        yield from _wider(planner, settings, length, layout)
    shorter = length // 2
    while shorter >= SHORTEST:
        if planner.choice(replace(layout, checkpointing=True), settings, shorter).fits:
            yield f"lower --max-tokens to {shorter}"
            break
        shorter //= 2
    if not layout.lora:
        strategy = "single" if machine.world == 1 else "ddp"
        adapted = replace(layout, strategy=strategy, offload=False, checkpointing=True, lora=LORA_RANK)
        for choice, option in (
            (adapted, "--lora 16"),
            (replace(adapted, quantised=True), "--lora 16 --qlora"),
        ):
            if planner.choice(choice, settings, length).fits:
                yield f"train adapters: {option}"
                break
    elif (
        not layout.quantised
        and planner.choice(replace(layout, checkpointing=True, quantised=True), settings, length).fits
    ):
        yield "add --qlora"
    if not machine.gpu:
        yield "plan for GPUs: --gpus 8x80"


def _wider(planner: Planner, settings: Settings, length: int, layout: Layout) -> Iterator[str]:
    """The fewest GPUs that it fits on, offloaded where it has to be."""
    machine = planner.machine
    sharded = replace(layout, strategy="fsdp", checkpointing=True)
    for more in _more(machine):
        if settings.sequences % more.world:
            continue
        wider = planner.on(more)
        kinds = (replace(sharded, processes=more.world, offload=each) for each in (False, True))
        fitting = next((one for one in kinds if wider.choice(one, settings, length).fits), None)
        if fitting:
            nodes = f"{more.nodes} nodes of " if more.nodes > 1 else ""
            yield f"take {nodes}{more.processes} GPUs (--processes {more.processes}, {fitting.name})"
            break


def _more(machine: Hardware) -> Iterator[Hardware]:
    """More GPUs: first those that one machine usually has, then more machines."""
    if machine.nodes == 1:
        yield from (replace(machine, processes=n) for n in (2, 4, USUAL_GPUS) if n > machine.processes)
    full = replace(machine, processes=max(machine.processes, USUAL_GPUS))
    yield from (replace(full, nodes=machine.nodes * nodes) for nodes in (2, 4, 8, MOST_NODES))


def _row(choice: Choice, machine: Hardware) -> dict[str, Any]:
    parts = choice.memory
    known = bool(parts.activations)
    with_rollouts = (
        {"beside_gib": round(parts.beside / GIB, 1), "generating_gib": round(parts.generating / GIB, 1)}
        if parts.beside or parts.generating
        else {}
    )
    return {
        "strategy": choice.layout.name,
        "checkpointing": choice.checkpointing,
        "micro_batch": choice.micro_batch if choice.fits else None,
        "states_gib": round(parts.states / GIB, 1),
        "gathered_gib": round(parts.gathered / GIB, 1),
        "activations_gib": round(parts.activations / GIB, 1) if known else None,
        "margin_gib": round(parts.margin / GIB, 1),
        **with_rollouts,
        "total_gib": round(parts.total / GIB, 1),
        "host_gib": round(parts.host * machine.processes / GIB, 1),
        "fits": choice.fits,
    }
