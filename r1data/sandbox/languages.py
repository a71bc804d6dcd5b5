"""What each language needs outside the sandbox: its tool, its syntax for a call, its limits."""

import dataclasses
import json
import re
import shutil
from collections.abc import Sequence
from typing import Any

from r1data.errors import UserError
from r1data.sandbox import environment
from r1data.sandbox.job import Limits, Program, ProgramInput

TOOLS = {"python": None, "cpp": ("g++", "g++"), "javascript": ("node", "nodejs")}
"""The command, and the package of it."""
# Spaces of one line only: `\s*` would run over all blank lines from each of them, in time that grows with the square.
MODULE = re.compile(r"^[^\S\n]*(import\s*[\w{*'\"]|export\s)", re.MULTILINE)
CALLER = """
;{ const $a = JSON.parse(process.argv[2]), $n = $a.call.split("."), $f = $n.length > 1
     ? (() => { const o = new (eval($n[0]))(); return o[$n[1]].bind(o) })() : eval($n[0]);
   const $tag = (k, x) => typeof x === "bigint" ? {$int: (x < 0 ? "-0x" : "0x") + (x < 0 ? -x : x).toString(16)}
     : typeof x === "number" && !Number.isFinite(x) ? {$float: isNaN(x) ? "nan" : x > 0 ? "inf" : "-inf"}
     : x instanceof Set ? {$set: [...x]} : x instanceof Map ? {$dict: [...x]} : x;
   Promise.resolve($f(...$a.args)).then(v => { $write(3, JSON.stringify({value: v ?? null}, $tag)); }) }
"""
NODE_RESERVES, NODE_BESIDE, NODE_STACK = 24 << 30, 1 << 29, 16 << 20
"""Bytes of address space that node reserves (0.7 GiB at rest, 0.8 more for a worker, 10 for a WebAssembly memory with
its guards), that it takes beside its heap, and of the stack of each of its threads."""
COMPILE = {
    "start": "compiler",
    "fresh": True,
    "room": 64 << 20,
    "seal": True,
    "trusted": "",
    "limits": {"seconds": 20.0, "memory": 1 << 30, "processes": 16, "output": 1 << 20, "disk": 64 << 20},
}
"""The compiler is a program like any other, with limits of its own; its disk is read-only after it."""
WRITE = {
    "main.cjs": 'const $write = require("fs").writeSync;',
    "main.mjs": 'import {writeSync as $write} from "node:fs";',
}


class NotInstalled(UserError):
    """The language's tool is missing on this machine."""


def check(program: Program, runs: Sequence[ProgramInput]) -> None:
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


def order(program: Program, limits: Limits) -> dict[str, Any]:
    """What the supervisor must know to start it, with its limits and those that the language adds."""
    all_limits = dataclasses.asdict(limits) | {"reserves": limits.room, "beside": limits.room}
    if program.language == "cpp":
        stack = min(256 << 20, limits.memory // 4)
        return {
            "start": "compiled",
            "fresh": False,
            "room": 0,
            "seal": False,
            "trusted": "",
            "limits": all_limits | {"stack": stack},
        }
    if program.language == "javascript":
        all_limits |= {"reserves": NODE_RESERVES, "beside": NODE_BESIDE + limits.room, "stack": NODE_STACK}
    # node cannot do without actions for SIGCHLD: see `inside.child_actions`
    name, trusted = ("node", environment.node()) if program.language == "javascript" else ("python", "")
    return {"start": name, "fresh": True, "room": 0, "seal": False, "trusted": trusted, "limits": all_limits}


def task(program: Program, item: ProgramInput, limits: Limits) -> dict[str, Any]:
    """What the start itself reads."""
    fields: dict[str, Any] = {"stdin": item.stdin}
    if program.language == "python":
        fields |= {"source": program.source, "call": item.call, "args": list(item.args)}
    if program.language == "javascript":
        fields |= _node(program.source, item, limits)
    return fields


def node_call(source: str, item: ProgramInput, write: str = "") -> tuple[str, str, list[str]]:
    """A file's name, the source with what makes the call, and its arguments; `write` defines `$write(3, text)`."""
    file = "main.mjs" if MODULE.search(source) else "main.cjs"
    if item.call is None:
        return file, source, []
    arguments = [json.dumps({"call": item.call, "args": list(item.args)})]
    return file, f"{write or WRITE[file]}{source}\n{CALLER}", arguments


def _node(source: str, item: ProgramInput, limits: Limits) -> dict[str, Any]:
    file, source, arguments = node_call(source, item)
    # below the process's own limits: beyond those node dies of a signal, and does not tell of memory or recursion
    heap, stack = (limits.memory + limits.room) * 3 // 4 >> 20, NODE_STACK * 3 // 4 >> 10
    return {
        "node": environment.node(),
        "options": [f"--max-old-space-size={heap}", f"--stack-size={stack}", "--v8-pool-size=1"],
        "file": file,
        "source": source,
        "arguments": arguments,
    }
