"""`r1 miniature`: the small world of the demo, its prompts and its base models."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from r1data.errors import UserError

from . import console
from .options import DryRunOption, JsonOption, OutDirOption, OutOption, SeedOption
from .registries import RegistryCommand

group = typer.Typer(help="The miniature world: its prompts, its base models.", no_args_is_help=True)

CountOption = Annotated[int, typer.Option("--count", "-n", min=1, help="Number of problems.")]
SplitOption = Annotated[
    Literal["train", "dev", "test"],
    typer.Option("--split", help="No two splits share a problem, whatever the seed."),
]
SizeOption = Annotated[
    Literal["base", "student"], typer.Option("--size", help="The base model, or the smaller student.")
]
StepsOption = Annotated[
    int | None, typer.Option("--steps", min=1, help="Optimizer steps. [default: those of the shipped model]")
]
ArchitectureOption = Annotated[
    Literal["qwen2", "llama"], typer.Option("--architecture", help="Architecture of the model.")
]


GeneralOption = Annotated[
    float,
    typer.Option(
        "--general",
        min=0.0,
        max=1.0,
        help="Share of general requests, half to be answered helpfully, half to be refused.",
    ),
]
PortOption = Annotated[int, typer.Option("--port", min=1, max=65_535, help="Port on this machine alone.")]


@group.command("prompts", cls=RegistryCommand)
def prompts(
    out: OutOption,
    count: CountOption = 2_000,
    split: SplitOption = "train",
    general: GeneralOption = 0.0,
    seed: SeedOption = 0,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Draw problems: sums with their answers, half of them in English, half in Chinese.

    r1 miniature prompts -n 2000 --split train --seed 1 -o prompts
    """
    from r1data.training.miniature import prompts as drawing

    if dry_run:
        console.show({"dataset": out, "rows": count, "split": split, "seed": seed}, as_json=json)
        return
    console.show(drawing.write(out, count, split, seed, general).as_json(), as_json=json)


@group.command("answers", cls=RegistryCommand)
def answers(
    out: OutOption,
    count: CountOption = 600,
    split: SplitOption = "train",
    seed: SeedOption = 0,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Write answers to general requests, good and bad ones, for a first actor to learn from.

    r1 miniature answers -n 600 -o general
    """
    from r1data.training.miniature import prompts as drawing

    if dry_run:
        console.show({"dataset": out, "rows": count, "split": split, "seed": seed}, as_json=json)
        return
    console.show(drawing.write_answers(out, count, split, seed).as_json(), as_json=json)


@group.command("judge", cls=RegistryCommand)
def judge(port: PortOption = 8_765) -> None:
    """Serve the world's rules as a judge for `r1 make-pairs`, until it is interrupted.

    r1 miniature judge --port 8765
    """
    from r1data.training.miniature import judge as rules

    try:
        server = rules.open_server(port)
    except OSError as error:
        raise UserError(f"--port {port}: cannot be had ({error.strerror}); give another") from error
    console.say(f"the judge {rules.NAME} listens on port {port} of this machine; Ctrl-C ends it")
    with server:
        server.serve_forever()


@group.command("train", cls=RegistryCommand)
def train(
    out: OutDirOption,
    size: SizeOption = "base",
    steps: StepsOption = None,
    seed: SeedOption = 0,
    architecture: ArchitectureOption = "qwen2",
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Train a base model from nothing, as the shipped ones were.

    r1 miniature train --size student -o student
    """
    from r1data.runtime.progress import track
    from r1data.training.miniature import pretrain

    total = steps or pretrain.SIZES[size].steps
    facts: dict[str, object] = {"model": out, "which": size, "steps": total, "seed": seed}
    if not dry_run:
        folder = Path(out)
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UserError(f"{out}: already holds files; give a new folder with -o")
        with track(f"pretraining {size}", total=total, unit="steps") as bar:

            def note(step: int, loss: float) -> None:
                bar.advance(1)
                bar.note(f"loss {loss:.3f}")

            facts["seconds"] = pretrain.train(
                size, folder, seed=seed, steps=total, architecture=architecture, note=note
            )
    console.show(facts, as_json=json, data_command=False)
