"""Which strategy fits: the first of a list, from the fastest to the thriftiest, that leaves room for a sequence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from r1data.training.plan.hardware import GIB, Hardware
from r1data.training.plan.memory import NOTHING, Beside, Layout, Memory, a_pass, with_activations
from r1data.training.plan.parameters import Parameters, parameters
from r1data.training.plan.passes import Activations, Pass
from r1data.training.settings import Settings, SftSettings
from r1data.training.settings.shared import TOKENS_AT_ONCE

if TYPE_CHECKING:
    from transformers import PreTrainedConfig

BesideOn = Callable[[Hardware, int], Beside]
"""What a process holds beside the model, of machines and tokens of the longest sequence."""
LORA_RANK = 16
"""Rank of the adapters that a plan names as a way out. Ours."""


@dataclass(frozen=True)
class Choice:
    """How a run is executed.

    Args:
        layout: the strategy, with offload and checkpointing.
        micro_batch: sequences in one forward pass of one process.
        memory: of one process.
        fits: whether that is at most what a process has.
        reasons: why it is this one, a line each.
    """

    layout: Layout
    micro_batch: int
    memory: Memory
    fits: bool
    reasons: tuple[str, ...] = ()

    @property
    def strategy(self) -> str:
        return self.layout.strategy

    @property
    def offload(self) -> bool:
        return self.layout.offload

    @property
    def checkpointing(self) -> bool:
        return self.layout.checkpointing


class Planner:
    """Plans a model on machines; what a forward pass takes is worked out once for each kind of pass."""

    def __init__(
        self,
        config: PreTrainedConfig,
        hardware: Hardware,
        counts: Parameters | None = None,
        beside: Beside | BesideOn = NOTHING,
    ) -> None:
        """`beside`: what a process holds beside the model, or a function of the machines and the longest sequence."""
        self.config, self.machine, self._beside = config, hardware, beside
        self.counts = counts or parameters(config)
        self._passes: dict[Pass, Activations] = {}

    def on(self, machine: Hardware, beside: Beside | BesideOn | None = None) -> Planner:
        """The same model on other machines, or beside others; what is worked out is shared."""
        other = Planner(self.config, machine, self.counts, self._beside if beside is None else beside)
        other._passes = self._passes
        return other

    def beside(self, length: int) -> Beside:
        """What a process holds beside the model, with sequences of up to `length` tokens."""
        return self._beside(self.machine, length) if callable(self._beside) else self._beside

    def memory(self, layout: Layout, sequences: int, length: int, longest: int = 0) -> Memory:
        """The memory of one process; `longest` is the whole sequence where `length` is a process's part of it."""
        from r1data.training.plan.activations import activations

        one = a_pass(layout, sequences, length)
        if one not in self._passes:
            self._passes[one] = activations(self.config, one)
        beside = self.beside(longest or length)
        return with_activations(self.counts, layout, self._passes[one].peak, beside)

    def states(self, layout: Layout, longest: int = 0) -> Memory:
        """The memory of one process without activations."""
        return with_activations(self.counts, layout, 0, self.beside(longest))

    def fits(self, memory: Memory) -> bool:
        """Whether a process has so much in each phase, and its node what is offloaded."""
        return memory.most <= self.machine.memory and self._host_holds(memory)

    def _host_holds(self, memory: Memory) -> bool:
        host = self.machine.host
        return host is None or memory.host * self.machine.processes <= host

    def choice(self, layout: Layout, settings: Settings, length: int) -> Choice:
        """A layout with the largest micro-batch that fits; 1 where none does."""
        states = self.states(layout, length)
        if states.total > self.machine.memory or not self._host_holds(states):
            return Choice(layout, 1, states, False)
        tried = list(sizes(settings, self.machine, length))
        part = -(-length // sharing(settings))  # of a sequence that processes share
        one = self.memory(layout, tried[-1], part, length)
        if self.beside(length).blocked or one.generating > self.machine.memory:
            return Choice(layout, tried[-1], one, False)
        # Activations grow with the sequences: the first guess is seldom wrong, and is worked out exactly.
        room = self.machine.memory - states.total
        for size in tried:
            if size != tried[-1] and one.activations * size / tried[-1] > room * 1.1:
                continue
            memory = self.memory(layout, size, part, length)
            if self.fits(memory):
                return Choice(layout, size, memory, True)
        return Choice(layout, tried[-1], one, False)


def sharing(settings: Settings) -> int:
    """The processes that share each sequence."""
    return settings.context_parallel if isinstance(settings, SftSettings) else 1


def sizes(settings: Settings, hardware: Hardware, length: int) -> Iterator[int]:
    """The micro-batches that the settings leave open, the largest first."""
    if settings.micro_batch is not None:
        yield settings.micro_batch
    else:
        yield from micro_batches(max(1, settings.sequences * sharing(settings) // hardware.world), length)


def micro_batches(share: int, length: int) -> Iterator[int]:
    """Numbers of sequences that divide a process's share, within `TOKENS_AT_ONCE` tokens; the largest first."""
    most = max(1, TOKENS_AT_ONCE // length)
    yield from (size for size in range(min(share, most), 0, -1) if share % size == 0)


def layouts(settings: Settings, hardware: Hardware) -> list[Layout]:
    """What the settings leave open, from the fastest to the thriftiest."""
    switches = {"auto": (False, True), "on": (True,), "off": (False,)}[settings.activation_checkpointing]
    wanted, offload = settings.strategy, settings.offload
    base = Layout(
        processes=hardware.world,
        gpu=hardware.gpu,
        lora=settings.lora,
        quantised=settings.qlora,
        packed=bool(getattr(settings, "packing", False)),
    )
    if hardware.world == 1:
        return [replace(base, strategy="single", checkpointing=each) for each in switches]
    if wanted != "auto":
        return [replace(base, strategy=wanted, checkpointing=each, offload=offload) for each in switches]
    if settings.lora:  # adapters are trained beside the whole model in each process
        return [replace(base, strategy="ddp", checkpointing=each) for each in switches]
    shards_alone = offload or sharing(settings) > 1
    layouts = [
        replace(base, strategy=name, checkpointing=each, offload=offload)
        for each in switches
        for name in (("fsdp",) if shards_alone else ("ddp", "fsdp"))
    ]
    if hardware.gpu and not offload:
        layouts.append(replace(base, strategy="fsdp", checkpointing=switches[-1], offload=True))
    return layouts


def fitting_strategy(
    config: PreTrainedConfig,
    settings: Settings,
    hardware: Hardware,
    length: int | None = None,
    planner: Planner | None = None,
) -> Choice:
    """The strategy, offload, checkpointing and micro-batch of a run.

    Args:
        config: the model's.
        settings: the run's; what they fix is kept.
        hardware: what it runs on.
        length: the longest sequence, in tokens; by default the longest that the settings allow.
        planner: one that has worked out some passes of the model on this hardware.

    Returns:
        The first that fits; where none does, the thriftiest, with `fits` False and what would help in `reasons`.
    """
    planner = planner or Planner(config, hardware)
    length = length or settings.longest
    choices: list[Choice] = []
    for layout in layouts(settings, hardware):
        choice = planner.choice(layout, settings, length)
        if choice.fits:
            return replace(choice, reasons=(*(_why_not(one, hardware) for one in choices), _why(choice)))
        choices.append(choice)
    return replace(choices[-1], reasons=tuple(_why_not(one, hardware) for one in choices))


def _why(choice: Choice) -> str:
    return f"{choice.layout.name} takes {choice.memory.most / GIB:.1f} GiB a process"


def _why_not(choice: Choice, hardware: Hardware) -> str:
    how = ", checkpointed" if choice.checkpointing else ""
    return (
        f"{choice.layout.name}{how} takes {choice.memory.most / GIB:.1f} GiB a process, which has "
        f"{hardware.memory / GIB:.1f}"
    )
