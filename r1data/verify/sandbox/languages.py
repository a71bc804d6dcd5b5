"""What each language needs outside of the sandbox: its tool, its words for a call, its limits."""

import dataclasses
import json
import re
import shutil
from collections.abc import Sequence
from typing import Any

from r1data.errors import UserError
from r1data.verify.sandbox.job import Limits, Program, Run

TOOLS = {"python": None, "cpp": ("g++", "g++"), "javascript": ("node", "nodejs")}
"""The command, and the package of it."""
MODULE = re.compile(r"^\s*(import\s*[\w{*'\"]|export\s)", re.MULTILINE)
CALLER = """
;{ const $a = JSON.parse(process.argv[2]), $n = $a.call.split("."), $f = $n.length > 1
     ? (() => { const o = new (eval($n[0]))(); return o[$n[1]].bind(o) })() : eval($n[0]);
   const $tag = (k, x) => typeof x === "bigint" ? {$int: (x < 0 ? "-0x" : "0x") + (x < 0 ? -x : x).toString(16)}
     : typeof x === "number" && !Number.isFinite(x) ? {$float: isNaN(x) ? "nan" : x > 0 ? "inf" : "-inf"}
     : x instanceof Set ? {$set: [...x]} : x instanceof Map ? {$dict: [...x]} : x;
   Promise.resolve($f(...$a.args)).then(v => { $write(3, JSON.stringify({value: v ?? null}, $tag)); }) }
"""
WRITE = {
    "main.cjs": 'const $write = require("fs").writeSync;',
    "main.mjs": 'import {writeSync as $write} from "node:fs";',
}


class NotInstalled(UserError):
    """The language's tool is missing on this machine."""


def check(program: Program, runs: Sequence[Run]) -> None:
    """Raises NotInstalled, and UserError for a call that the language cannot make."""
    if program.language not in TOOLS:
        raise UserError(f"{program.language}: no such language; known are {', '.join(TOOLS)}")
    tool = TOOLS[program.language]
    if tool and not shutil.which(tool[0]):
        raise NotInstalled(
            f"{program.language} needs {tool[0]}, which is not installed: apt-get install {tool[1]}"
        )
    if program.language == "cpp" and any(item.call is not None for item in runs):
        raise UserError("cpp: functions cannot be called; give a program that reads stdin")


def limits(given: Limits) -> dict[str, Any]:
    """As the inside knows them."""
    return dataclasses.asdict(given)


def header(program: Program, runs: Sequence[Run]) -> dict[str, Any]:
    """What the program's first message holds besides its source and limits."""
    if program.language != "javascript":
        return {}
    file = "main.mjs" if MODULE.search(program.source) else "main.cjs"
    called = any(item.call is not None for item in runs)
    return {"file": file} | ({"source": f"{WRITE[file]}{program.source}\n{CALLER}"} if called else {})


def request(program: Program, item: Run) -> dict[str, Any]:
    """One start."""
    message: dict[str, Any] = {"stdin": item.stdin, "call": item.call, "args": list(item.args)}
    if program.language == "javascript":
        called = item.call is not None
        message["arguments"] = [json.dumps({"call": item.call, "args": list(item.args)})] if called else []
    return message
