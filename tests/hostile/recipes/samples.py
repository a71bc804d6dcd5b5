"""Hostile recipes by name, as the bytes of their files; big ones are built when they are asked for.

`REFUSED` are no recipes: each is one line and exit code 1 or 2. `HARMLESS` are recipes whose texts would do something
if a shell, a template or a second reading of the text were to get them.
"""

from __future__ import annotations

from collections.abc import Callable

Build = Callable[[], str | bytes]

INGEST = "steps:\n  - ingest: {as: rows, input: rows.jsonl}\n"


def _steps(*lines: str) -> str:
    return "steps:\n" + "".join(f"  - {line}\n" for line in lines)


def _laughs() -> str:
    lines = ["vars:", '  a0: &a0 ["lol", "lol"]']
    lines += [f"  a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    return "\n".join([*lines, INGEST])


def _variable_bomb() -> str:
    """100 kB by one variable, 20,000 times: 2 GB where references are resolved."""
    return f"vars: {{a: {'x' * 100_000}}}\n" + _steps(
        f'ingest: {{as: rows, input: rows.jsonl, set: ["source={"${a}" * 20_000}"]}}'
    )


def _list_bomb() -> str:
    """A list of 10,000 values in each of 900 steps."""
    values = ", ".join(["a=b"] * 10_000)
    steps = [f'ingest: {{as: s{n}, input: rows.jsonl, set: "${{v}}"}}' for n in range(900)]
    return f"vars: {{v: [{values}]}}\n" + _steps(*steps)


def _defaults_bomb() -> str:
    """The defaults of a command in each of 900 steps."""
    values = ", ".join(["a=b"] * 10_000)
    steps = [f"ingest: {{as: s{n}, input: rows.jsonl}}" for n in range(900)]
    return f"defaults: {{ingest: {{set: [{values}]}}}}\n" + _steps(*steps)


def _as(name: str) -> Build:
    return lambda: _steps(f"ingest: {{as: {name}, input: rows.jsonl}}")


REFUSED: dict[str, Build] = {
    # YAML
    "billion laughs": _laughs,
    "list that holds itself": lambda: f"vars: {{a: &a [*a]}}\n{INGEST}",
    "alias without anchor": lambda: f"name: *nobody\n{INGEST}",
    "python object": lambda: f'name: !!python/object/apply:os.system ["touch pwned"]\n{INGEST}',
    "python name": lambda: f"name: !!python/name:os.system\n{INGEST}",
    "binary tag": lambda: f"name: !!binary aGVsbG8=\n{INGEST}",
    "tag by directive": lambda: f"%TAG ! tag:yaml.org,2002:python/\n---\nname: !name:os.system x\n{INGEST}",
    "tag on a key": lambda: "!!str steps: []\n",
    "merge key": lambda: f"<<: {{name: x}}\n{INGEST}",
    "key set twice": lambda: f"name: a\nname: b\n{INGEST}",
    "option set twice": lambda: _steps("ingest: {as: a, input: rows.jsonl, seed: 1, seed: 2}"),
    "two documents": lambda: f"{INGEST}---\n{INGEST}",
    "version of YAML": lambda: f"%YAML 9.9\n---\n{INGEST}",
    "brackets": lambda: "steps: " + "[" * 200_000,
    "closed brackets": lambda: "steps: " + "[" * 100_000 + "]" * 100_000,
    "braces": lambda: "{a: " * 60_000,
    "dashes": lambda: "- " * 100_000 + "x",
    "question marks": lambda: "? " * 100_000,
    "deep blocks": lambda: "\n".join(" " * n + "a:" for n in range(600)),
    "empty lists": lambda: "steps: [" + "[]," * 80_000 + "]",
    "10 MB": lambda: INGEST + "#" * 10_000_000,
    "comments": lambda: "#\n" * 130_000,
    "empty": lambda: "",
    "null": lambda: "~",
    "list": lambda: "- steps",
    "word": lambda: "steps",
    "UTF-16": lambda: INGEST.encode("utf-16"),
    "latin 1": lambda: f"name: caf\xe9\n{INGEST}".encode("latin-1"),
    "bytes": lambda: bytes(range(256)) * 100,
    "NUL": lambda: f"name: a\0b\n{INGEST}",
    "control characters": lambda: f"name: \x1b]0;title\x07\n{INGEST}",
    "escaped control characters": lambda: f'name: "\\e]0;title\\a"\n{INGEST}',
    "escaped surrogate": lambda: f'name: "\\ud800"\n{INGEST}',
    "escapes in a value": lambda: _steps(
        'ingest: {as: rows, input: rows.jsonl, set: ["source=\\e]0;title\\a\\e[2J\\u202e[bold red]x[/]"]}'
    ),
    "escapes in the description": lambda: f'description: "\\e]0;title\\a\\u202e"\n{INGEST}',
    "escape beyond Unicode": lambda: f'name: "\\Uffffffff"\n{INGEST}',
    "tabs": lambda: f"name:\ta\n\tseed: 1\n{INGEST}",
    # types
    "number as a key": lambda: f"1: 2\n{INGEST}",
    "list as a key": lambda: f"? [a, b]\n: c\n{INGEST}",
    "mapping as a key": lambda: f"? {{a: b}}\n: c\n{INGEST}",
    "no key": lambda: f": x\n{INGEST}",
    "unknown key": lambda: f"on-start: touch pwned\n{INGEST}",
    "unknown key of 100 kB": lambda: f"{'k' * 1000}{'-x' * 50_000}: 1\n{INGEST}",
    "huge seed": lambda: f"seed: {'9' * 5_000}\n{INGEST}",
    "infinite seed": lambda: f"seed: .inf\n{INGEST}",
    "negative seed": lambda: f"seed: -1\n{INGEST}",
    "seed in other digits": lambda: f"seed: \u0661\u0662\n{INGEST}",
    "seed is a list": lambda: f"seed: [1]\n{INGEST}",
    "huge option": lambda: _steps(f"ingest: {{as: a, input: rows.jsonl, seed: {'9' * 100_000}}}"),
    "infinite option": lambda: _steps("sample: {as: a, input: rows.jsonl, model: 'miniature:base', temperature: .inf}"),
    "not a number": lambda: _steps("sample: {as: a, input: rows.jsonl, model: 'miniature:base', temperature: .nan}"),
    "date as a seed": lambda: f"seed: 2001-01-01\n{INGEST}",
    "steps are a mapping": lambda: "steps: {ingest: {input: rows.jsonl}}",
    "no steps": lambda: "steps: []",
    "step of two commands": lambda: _steps("{ingest: {input: rows.jsonl}, verify: {input: rows.jsonl}}"),
    "option is a mapping of lists": lambda: _steps("ingest: {as: a, input: rows.jsonl, set: {a: [b]}}"),
    # names and places
    "name that climbs": _as("../../pwned"),
    "name that is a path": _as("/tmp/pwned"),
    "name with a substitution": _as("'$(touch pwned)'"),
    "name with backticks": _as("'`touch pwned`'"),
    "name with a semicolon": _as("'a; touch pwned'"),
    "name with a newline": _as('"a\\ntouch pwned"'),
    "name with NUL": _as('"a\\0b"'),
    "name with escapes": _as('"\\e[2Ja"'),
    "name with direction marks": _as('"a\\u202eb"'),
    "name that is an option": _as("'--out=pwned'"),
    "name of 100 kB": _as("a" * 100_000),
    "name of the record": _as("run.json"),
    "name of the report": _as("report.html"),
    "recipe's name that climbs": lambda: f"name: ../../pwned\n{INGEST}",
    "recipe's name is a path": lambda: f"name: /tmp/pwned\n{INGEST}",
    "two steps of a name": lambda: _steps(*["ingest: {as: rows, input: rows.jsonl}"] * 2),
    "step named as a variable": lambda: f"vars: {{rows: x}}\n{INGEST}",
    "step named run": _as("run"),
    "writes elsewhere": lambda: _steps("ingest: {as: a, input: rows.jsonl, out: /tmp/pwned}"),
    "writes elsewhere by a short name": lambda: _steps("ingest: {as: a, input: rows.jsonl, o: /tmp/pwned}"),
    "dropped rows elsewhere": lambda: _steps("filter: {as: a, input: rows.jsonl, dropped: ../pwned}"),
    "dropped rows into the home": lambda: "vars: {h: /home}\n"
    + _steps('filter: {as: a, input: rows.jsonl, dropped: "${h}/pwned"}'),
    "dropped rows that climb": lambda: _steps('filter: {as: a, input: rows.jsonl, dropped: "${run}/../../pwned"}'),
    "dropped rows into another step": lambda: _steps(
        "ingest: {as: rows, input: rows.jsonl}", 'filter: {as: a, input: rows.jsonl, dropped: "${run}/rows/data"}'
    ),
    "dropped rows over another step": lambda: _steps(
        'filter: {as: a, input: rows.jsonl, dropped: "${run}/b"}', 'filter: {as: b, input: rows.jsonl}'
    ),
    "dropped rows over the record": lambda: _steps(
        'filter: {as: a, input: rows.jsonl, dropped: "${run}/run.json"}'
    ),
    "dropped rows over the run": lambda: _steps('filter: {as: a, input: rows.jsonl, dropped: "${run}"}'),
    "dropped rows to a server": lambda: _steps('filter: {as: a, input: rows.jsonl, dropped: "s3://pwned/x"}'),
    "scratch elsewhere": lambda: _steps("build: {as: a, input: rows.jsonl, scratch: /tmp/pwned}"),
    "input that is an option": lambda: _steps('ingest: {as: a, input: "--out=pwned"}'),
    "input that is a pipe": lambda: _steps('ingest: {as: a, input: "-"}'),
    "input that is an option by a variable": lambda: "vars: {v: '-o'}\n" + _steps('ingest: {as: a, input: "${v}"}'),
    "step reads itself": lambda: _steps('verify: {as: a, input: "${a}"}'),
    "steps in a circle": lambda: _steps('verify: {as: a, input: "${b}"}', 'verify: {as: b, input: "${a}"}'),
    "model that is an option": lambda: _steps("sample: {as: a, input: rows.jsonl, model: '--trust'}"),
    # references
    "reference in a reference": lambda: 'vars: {a: "${b}", b: c}\n' + _steps('ingest: {as: r, input: "${${a}}"}'),
    "attribute of a reference": lambda: _steps('ingest: {as: r, input: "${run.__class__}"}'),
    "environment": lambda: _steps('ingest: {as: r, input: "${HOME}"}'),
    "variable bomb": _variable_bomb,
    "list bomb": _list_bomb,
    "defaults bomb": _defaults_bomb,
    "unclosed references": lambda: _steps(f'ingest: {{as: r, input: "{"${" * 60_000}"}}'),
    # size
    "ten thousand steps": lambda: _steps(*(f"pull: {{as: s{n}}}" for n in range(10_000))),
    "a million steps": lambda: "steps:\n" + "- ingest: {input: rows.jsonl}\n" * 1_000_000,
    "two thousand steps": lambda: _steps(*(f"pull: {{as: s{n}}}" for n in range(2_000))),
    "ten thousand variables": lambda: "vars:\n" + "".join(f"  v{n}: x\n" for n in range(20_000)) + INGEST + "x: y\n",
}  # fmt: skip

HARMLESS: dict[str, Build] = {
    "direction marks in a value": lambda: _steps(
        'ingest: {as: rows, input: rows.jsonl, set: ["source=a\\u202eb\\u200b[bold red]x[/]"]}'
    ),
    "direction marks in the description": lambda: f'description: "\\u202eab\\u2066"\n{INGEST}',
    "byte order mark": lambda: b"\xef\xbb\xbf" + INGEST.encode(),
    "shell in a value": lambda: _steps(
        "ingest: {as: rows, input: rows.jsonl, set: ['source=$(touch pwned)`touch pwned`; touch pwned | touch pwned']}"
    ),
    "newline in a value": lambda: _steps(
        'ingest: {as: rows, input: rows.jsonl, set: ["source=a\\n--out\\npwned\\ntouch pwned"]}'
    ),
    "templates in a value": lambda: _steps(
        "ingest: {as: rows, input: rows.jsonl, set: ['source={{ 7*7 }} %s {0} $HOME ~ *']}"
    ),
    "markup in the description": lambda: f"description: '<script>alert(1)</script> [red]x[/red]'\n{INGEST}",
    "value that is an option": lambda: _steps(
        "ingest: {as: rows, input: rows.jsonl, set: 'source=--out=pwned'}"
    ),
}
