"""Values that skip pydantic are those that typer would hand on as they are."""

import enum
from typing import Annotated, Literal

import pytest
import typer
from r1data.cli.registries import RegistryCommand
from typer.testing import CliRunner


class Colour(enum.StrEnum):
    red = "red"


@pytest.mark.parametrize(
    "words",
    [
        "",
        "text --count 3 --share 0.5 --size big --colour red --label a --label b --flag",
        "7 --size BIG",
        "--count 0",
        "--count x",
        "--share 2",
        "--size huge",
        "--colour blue",
        "--count 2.5",
    ],
)
def test_a_command_gets_the_values_and_errors_that_typer_gives(words: str) -> None:
    results = []
    for command_class in (None, RegistryCommand):
        app = typer.Typer()

        @app.command(cls=command_class)
        def show(
            text: Annotated[str, typer.Argument()] = "none",
            count: Annotated[int, typer.Option(min=1)] = 1,
            share: Annotated[float, typer.Option(max=1.0)] = 1,
            size: Annotated[Literal["big", "small"], typer.Option()] = "small",
            colour: Annotated[Colour, typer.Option()] = Colour.red,
            label: Annotated[list[str] | None, typer.Option()] = None,
            flag: Annotated[bool, typer.Option()] = False,
        ) -> None:
            typer.echo(repr((text, count, share, size, colour, label, flag)))

        result = CliRunner().invoke(app, words.split())
        results.append((result.exit_code, result.output))
    assert results[0] == results[1]
