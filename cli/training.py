"""What the training commands share: their settings as options, and the final summary."""

import functools
import inspect
from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from r1data.errors import UserError
from r1data.training.processes.placement import WAIT_SECONDS, Placement, place
from r1data.training.settings import Settings
from r1data.training.settings.evaluated import EvaluatedSettings
from r1data.training.settings.specs import parse_reward_models

from . import console
from .options import ExecutorOption, option, option_group
from .registries import rewards

if TYPE_CHECKING:
    from r1data.data.rows import Rows
    from r1data.training.plan import Target

PlacementOf = Callable[[int | None], Placement]
"""A run's placement, from the number of machines that its settings name."""
RewardOption = Annotated[
    list[str] | None,
    typer.Option(
        "--reward",
        metavar="NAME=WEIGHT",
        callback=rewards,
        help="{rewards}; repeat it. [default: accuracy=1, format=1]",
        show_default=False,
    ),
]

RewardModelOption = Annotated[
    list[str] | None,
    typer.Option(
        "--reward-model",
        metavar="NAME=MODEL",
        help="Reward model of helpfulness or harmlessness: a folder, a hub id, or the address of a server "
        "(http://HOST:PORT, with #NAME where it serves several models); repeat it.",
        show_default=False,
    ),
]
GpusOption = Annotated[
    str | None,
    typer.Option(
        metavar="[NODESx]GPUSxGB",
        help="With --dry-run: the GPUs to plan for, 8x80 say, or 2x8x80 for two nodes of such.",
        show_default=False,
    ),
]
TflopsOption = Annotated[
    float,
    typer.Option(
        "--gpu-tflops", min=1, help="With --dry-run: bf16 TFLOP/s of a GPU; the default is an H100's."
    ),
]


def check_planned(gpus: str | None, *, plans: bool) -> None:
    """Raise UserError where `--gpus` is given for a run: it would train, on other GPUs than those."""
    if gpus is not None and not plans:
        raise UserError(
            f"--gpus {gpus}: plans a training, and starts none; add --dry-run, or leave it out: "
            "a run takes the GPUs that are there, by --processes"
        )


def plan_target(gpus: str | None, tflops: float) -> "Target":
    """The machines that `--gpus` names."""
    from r1data.training.plan import Target
    from r1data.training.plan.hardware import parse

    return Target(parse(gpus) if gpus else None, tflops)


def show_plan(outlook: dict[str, Any], *, as_json: bool) -> None:
    """Prints a plan: what is trained, the memory of each strategy as a table, and what will be used.

    `ckpt` is with activation checkpointing; RAM is a node's, for shards that are offloaded.
    """
    if as_json or "memory" not in outlook:
        console.show(outlook, as_json=as_json, data_command=False)
        return
    apart = ("memory", "plan", "to_make_it_fit")
    console.show({key: value for key, value in outlook.items() if key not in apart}, data_command=False)
    console.print_table("GiB a process", _memory_rows(outlook["memory"]))
    console.say(f"plan: {outlook['plan']}")
    for number, remedy in enumerate(outlook.get("to_make_it_fit", ())):
        console.say(f"{'or' if number else 'to make it fit'}: {remedy}")


def _memory_rows(table: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
    """A plan's table of memory as text; the sum has the margin in it."""
    rows = {}
    for row in table:
        known = row["activations_gib"] is not None
        name = row["strategy"] + (", ckpt" if row["checkpointing"] else "")
        total = ("" if known else "> ") + f"{row['total_gib']:,.1f}"
        activations = f"{row['activations_gib']:,.1f}" if known else "…"
        if "generating_gib" in row:
            held = f"{row['states_gib'] + row['gathered_gib']:,.1f}"
            generating = f"{row['generating_gib']:,.1f}" if row["generating_gib"] else "–"
            sums = {"held": held, "activations": activations, "training": total, "generating": generating}
        else:
            states = {"states": f"{row['states_gib']:,.1f}", "gathered": f"{row['gathered_gib']:,.1f}"}
            sums = {**states, "activations": activations, "sum": total}
        ram = f"{row['host_gib']:,.0f}" if row["host_gib"] else "–"
        fits = str(row["micro_batch"]) if row["fits"] else "no"
        rows[name] = {**sums, "RAM": ram, "fits with\nmicro-batch": fits}
    return rows


def with_settings(base: Settings, *own: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command an option for every setting of `base`, with its defaults.

    The command gets them as `settings`. Those named in `own` are left to the command's own parameters.
    """

    kinds = get_type_hints(type(base))
    names_of_several = [name for name in kinds if kinds[name] == tuple[str, ...] and name not in own]

    def make(values: dict[str, Any]) -> Settings:
        if "rewards" in values:
            from r1data.training.rewards import parse_weights

            texts, defaults = values["rewards"], getattr(base, "rewards", None)
            values["rewards"] = parse_weights(texts) if texts else defaults
        for name in names_of_several:
            values[name] = tuple(dict.fromkeys(values[name] or ()))
        if "reward_models" in values:
            values["reward_models"] = parse_reward_models(values["reward_models"] or ())
        return type(base)(**values, **{name: getattr(base, name) for name in own})

    return option_group("settings", _options(base, own), make)


def _placement_options() -> Iterator[inspect.Parameter]:
    rank = typer.Option(
        min=0,
        help="This machine's number, from 0; the first prepares the data. [default: SLURM's]",
        show_default=False,
    )
    head = typer.Option(
        metavar="HOST[:PORT]", help="Address of machine 0; port 29500. [default: SLURM's]", show_default=False
    )
    wait = typer.Option(metavar="SECONDS", min=1, help="How long to wait for the other machines.")
    yield option("rank", None, Annotated[int | None, rank])
    yield option("head", None, Annotated[str | None, head])
    yield option("wait", WAIT_SECONDS, Annotated[float, wait])
    yield option("executor", "local", ExecutorOption)


with_placement = option_group(
    "placement", _placement_options(), lambda values: functools.partial(place, **values)
)
"""Give a command the options that say where its processes are; it gets a function of the number of machines."""


def train(
    rows: "Rows",
    *,
    model: str,
    out: str,
    settings: Settings,
    command: str,
    placement: PlacementOf,
    as_json: bool,
) -> None:
    """Runs a training command to its end and prints its summary."""
    from pathlib import Path

    from r1data.training import launch

    trained = launch.run(
        rows,
        model=model,
        out=Path(out),
        settings=settings,
        command=command,
        parents=rows.parents(),
        say=console.say,
        placement=placement(settings.nodes),
    )
    show(trained, as_json=as_json)


def show(trained: Any, *, as_json: bool) -> None:
    """Prints the summary of a finished run: its folder, its inputs, its last step."""
    from r1data.training.models import position_loss
    from r1data.training.output import rounding
    from r1data.training.rollouts import unrewarded

    manifest = trained.manifest
    if trained.was_finished and not as_json:
        console.say(f"{trained.out}: finished before, nothing to do")
    if (line := position_loss.in_words(manifest.get("summary", {}))) and not as_json:
        console.say(line)
    if (line := unrewarded.in_words(manifest.get("summary", {}))) and not as_json:
        console.say(line)
    if (line := rounding.in_words(manifest.get("summary", {}))) and not as_json:
        console.say(line)
    if (line := _rating(manifest.get("summary", {}))) and not as_json:
        console.say(line)
    last = {
        key: value for key, value in manifest.get("last", {}).items() if key in SUMMARY_COLUMNS or as_json
    }
    # The line says what people need of it; the figures are in the manifest, the card and --json.
    facts = {
        key: value
        for key, value in manifest.get("summary", {}).items()
        if as_json or key != "held_out_figures"
    }
    summary = {
        "out": str(trained.out),
        "seconds": manifest.get("seconds"),
        **facts,
        **last,
    }
    console.show(summary, as_json=as_json, data_command=False)


def _rating(summary: dict[str, Any]) -> str | None:
    """What a reward model is worth on held-out prompts, in words; None for other models."""
    if "held_out_figures" not in summary:
        return None
    from r1data.training.reward_models import measures

    return measures.in_words(summary["form"], summary["held_out_figures"])


SUMMARY_COLUMNS = (
    "loss",
    "reverse_kl",
    "reward",
    "r1/accuracy",
    "r1/format",
    "r1/mixed_language",
    "completions/mean_length",
)


def _options(base: Settings, own: tuple[str, ...]) -> Iterator[inspect.Parameter]:
    kinds = get_type_hints(type(base))
    shared = {one.name for one in fields(Settings)} - {"lr"}
    # Its own first, then those of evaluation, then those that all kinds of training have.
    evaluated = {one.name for one in fields(EvaluatedSettings)} - shared - {"lr"}
    for one in sorted(fields(base), key=lambda one: 2 * (one.name in shared) + (one.name in evaluated)):
        if one.name in own:
            continue
        kind: Any = Annotated[kinds[one.name], typer.Option(help=one.metadata.get("help"))]
        default = getattr(base, one.name)
        if one.name == "rewards":
            kind, default = RewardOption, None
        elif kinds[one.name] == tuple[str, ...]:
            flag = "--" + one.name.replace("_", "-")
            repeated = typer.Option(flag, metavar="NAME", help=one.metadata.get("help"), show_default=False)
            kind, default = Annotated[list[str] | None, repeated], None
        elif one.name == "eval_on":
            # As of a command's source, so that a recipe resolves and watches it as an input.
            kind = Annotated[str | None, typer.Option(metavar="DS|NAME", help=one.metadata.get("help"))]
        elif one.name == "reward_models":
            kind, default = RewardModelOption, None
        yield option(one.name, default, kind)
