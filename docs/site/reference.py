"""Writes `docs/commands.md`, every command with its options, from the commands: `python docs/site/reference.py`.

A test compares the page with the commands.
"""

import html
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CHOICES = re.compile(r"<([^<>|]+(?:\|[^<>|]+)+)>")
BRACKETS = re.compile(r"\[[^\[\]]*\]$")
LEAST = re.compile(r"x>=([\d.]+)")
RANGE = re.compile(r"([\d.]+)<=x<=([\d.]+)")
KINDS = {
    " <list[str]>": "",
    "DS <str>": "DS",
    "ROW <str>": "ROW",
    "<int range>": "N",
    "<int>": "N",
    "<float range>": "NUMBER",
    "<float>": "NUMBER",
    "<str>": "TEXT",
}
PAGE = Path(__file__).parents[1] / "commands.md"
HEAD = """# Commands

This page is written from the commands themselves (`make docs`); `r1 COMMAND --help` prints the same. What every data
command has in common, such as exit codes, `--json`, `--dry-run` and pipes, stands in [datasets](datasets.md).
"""


def page() -> str:
    """The whole page, as Markdown."""
    os.environ.update(COLUMNS="200", TERMINAL_WIDTH="200", NO_COLOR="1")
    panels: dict[str, list[str]] = {}
    for name, command in _commands():
        panels.setdefault(command.rich_help_panel or "Commands", []).append(_section(name, command))
    parts = [f"## {panel}\n\n" + "\n".join(sections) for panel, sections in panels.items()]
    return "\n".join([HEAD, *parts])


def _commands() -> Iterator[tuple[str, Any]]:
    """Name and command, in the order of `r1 --help`; those of a group under "group command"."""
    import typer.main
    from r1data.cli import app
    from r1data.cli.registries import with_names

    root: Any = typer.main.get_command(app)
    for name, command in root.commands.items():
        for inner, leaf in getattr(command, "commands", {"": command}).items():
            leaf.rich_help_panel = command.rich_help_panel
            # the commands themselves name the entries of registries only when their help is printed
            leaf.help = with_names(leaf.help)
            for parameter in leaf.params:
                if getattr(parameter, "help", None):
                    parameter.help = with_names(parameter.help)
            yield f"{name} {inner}".strip(), leaf


def _section(name: str, command: Any) -> str:
    context = command.make_context(f"r1 {name}", [], resilient_parsing=True)
    usage = " ".join([f"r1 {name}", *command.collect_usage_pieces(context)])
    for ugly, plain in (("{", ""), ("}", ""), ("......", "..."), ("[[DS]...]...", "[DS]...")):
        usage = usage.replace(ugly, plain)
    records = [record for each in command.params if (record := each.get_help_record(context))]
    rows = "".join(_row(option, text) for option, text in records)
    return f"""### r1 {name}

```text
{usage}
```

{_help(command.help or "")}

| option | meaning |
|---|---|
{rows}"""


def _help(text: str) -> str:
    """Paragraphs as they are, and the examples, lines that start with `r1 `, as one block."""
    paragraphs = [paragraph.strip() for paragraph in text.split("\n\n") if paragraph.strip()]
    examples = [line for each in paragraphs if each.startswith("r1 ") for line in each.splitlines()]
    prose = [each for each in paragraphs if not each.startswith("r1 ")]
    block = ["```text\n" + "\n".join(examples) + "\n```"] if examples else []
    return "\n\n".join([*prose, *block])


def _option(text: str) -> tuple[str, str]:
    """An option as typer shows it, in plain words, and the sentence that lists its choices."""
    choices = CHOICES.search(text)
    listed = f" One of {', '.join(choices[1].split('|'))}." if choices else ""
    plain = CHOICES.sub("NAME", text)
    for kind, word in KINDS.items():
        plain = plain.replace(kind, word)
    return plain, listed


def _row(option: str, text: str) -> str:
    plain, listed = _option(option)
    meaning = LEAST.sub(r"at least \1", RANGE.sub(r"\1 to \2", " ".join(text.split())))
    brackets = BRACKETS.search(meaning) if listed else None
    if brackets:
        meaning = f"{meaning[: brackets.start()].rstrip()}{listed} {brackets[0]}"
    elif listed:
        meaning += listed
    meaning = html.escape(meaning, quote=False).translate(str.maketrans({"|": "\\|", "[": "(", "]": ")"}))
    return f"| `{plain}` | {meaning} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
