"""What this machine can run: versions, GPUs, engines, the sandbox and its languages, places where data can lie.

Each thing is looked for as the commands look for it; the sandbox is tried out. Nothing heavy is loaded but torch, which
is asked for its GPUs, and no network is asked for anything. What is missing says how to get it.
"""

import contextlib
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

from r1data.errors import UserError

State = Literal["ok", "missing", "broken"]

EXTRAS = [
    ("torch", "train", "training and engines"),
    ("trl", "train", "r1 train-grpo, train-sft, distill"),
    ("math-verify", "", "mathematics beyond the fast rules"),
    ("reasoning-gym", "logic", "logic tasks"),
    ("ruff", "code", "lint scores of programs"),
    ("s3fs", "s3", "s3:// datasets"),
    ("huggingface-hub", "hub", "r1 push, r1 pull, hf:// datasets"),
    ("ray", "ray", "--executor ray"),
    ("tensorboard", "tensorboard", "--track tensorboard"),
    ("trackio", "trackio", "--track trackio"),
    ("wandb", "wandb", "--track wandb"),
]
"""Package, the extra that brings it ("" for none), and what it is for."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked for. `detail` is a version or what is wrong; `remedy` what to do about it."""

    part: str
    name: str
    state: State
    detail: str
    remedy: str = ""


def examine(*parts: str) -> Iterator[Finding]:
    """Looks for what belongs to these parts, by default to all of `PARTS`, one after the other."""
    for part in parts or PARTS:
        yield from PARTS[part]()


def _machine() -> Iterator[Finding]:
    yield Finding("machine", "r1", "ok", version("r1data"))
    yield Finding(
        "machine", "python", "ok", f"{platform.python_version()}, {platform.system()} {platform.machine()}"
    )
    # A container or `taskset` may allow this process fewer cores than the machine has.
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    yield Finding("machine", "cores", "ok", str(cores))
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        yield Finding("machine", "memory", "ok", f"{memory / 2**30:.0f} GiB")
    yield Finding("machine", "free disk here", "ok", f"{shutil.disk_usage('.').free / 2**30:.0f} GiB")


def _gpus() -> Iterator[Finding]:
    """What torch sees, asked in a process of its own: a broken driver must not end this one."""
    if importlib.util.find_spec("torch") is None:
        return
    code = (
        "import torch; n = torch.cuda.device_count(); print('\\n'.join("
        "f'{p.name}, {p.total_memory / 2**30:.0f} GiB' for p in map(torch.cuda.get_device_properties, range(n))))"
    )
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    if process.returncode:
        last = (process.stderr.strip() or "no output").splitlines()[-1]
        yield Finding("GPUs", "torch", "broken", last[:200], "reinstall torch for this machine's driver")
        return
    gpus = process.stdout.strip().splitlines()
    for number, gpu in enumerate(gpus):
        yield Finding("GPUs", f"GPU {number}", "ok", gpu)
    if not gpus:
        yield Finding("GPUs", "GPU", "missing", "none that torch can use: all runs on the CPU")


def _packages() -> Iterator[Finding]:
    for name, extra, use in EXTRAS:
        try:
            yield Finding("packages", name, "ok", f"{version(name)}: {use}")
        except PackageNotFoundError:
            requirement = f"r1data[{extra}]" if extra else name
            yield Finding("packages", name, "missing", use, f"uv pip install '{requirement}'")


def _engines() -> Iterator[Finding]:
    """Every registered engine, other packages' too, with the version of what it needs."""
    from r1data.engines.base import ENGINES

    for name in ENGINES:
        try:
            engine = ENGINES[name]
        except UserError as error:
            yield Finding("engines", name, "broken", str(error), "mend or uninstall the package")
            continue
        if not engine.installed:
            yield Finding("engines", name, "missing", engine.summary, engine.remedy)
            continue
        versions = []
        for package in engine.packages:
            # An engine needs one of them, not all: vLLM for the CPU is another package than that for GPUs.
            with contextlib.suppress(PackageNotFoundError):
                versions.append(f"{package} {version(package)}")
        detail = [", ".join(versions), engine.summary]
        yield Finding("engines", name, "ok", ": ".join(filter(None, detail)))


def _sandbox() -> Iterator[Finding]:
    """Which isolation is in force, found by trying it, and the languages that run in it."""
    from r1data.sandbox.languages import TOOLS
    from r1data.sandbox.probe import isolation

    in_force = isolation()
    if in_force.name == "none":
        yield Finding(
            "sandbox",
            "isolation",
            "missing",
            "programs are not run: unverifiable",
            "; ".join(in_force.missing),
        )
        return
    yield Finding("sandbox", in_force.name, "ok", "; ".join(in_force.gives), "; ".join(in_force.missing))
    if in_force.grouped:
        yield Finding(
            "sandbox", "control groups", "ok", "the kernel holds each program to its memory and processes"
        )
    elif in_force.name != "piston":
        detail = (
            "memory is summed up every 1 to 20 ms, so that a program may pass its limit in between (by up to a fifth"
            " as measured), and kernel memory beside page tables, mappings, sockets and pipes is not counted"
        )
        remedy = "cgroup v2 with memory and pids delegated, such as systemd-run --user --scope r1 …"
        yield Finding("sandbox", "control groups", "missing", detail, remedy)
    for language, tool in TOOLS.items():
        if tool is None or shutil.which(tool[0]):
            yield Finding("sandbox", language, "ok", "runs" if tool is None else str(shutil.which(tool[0])))
        else:
            remedy = f"apt-get install {tool[1]}"
            yield Finding("sandbox", language, "missing", "its programs are unverifiable", remedy)


PARTS: dict[str, Callable[[], Iterator[Finding]]] = {
    "machine": _machine,
    "GPUs": _gpus,
    "packages": _packages,
    "engines": _engines,
    "sandbox": _sandbox,
}
"""In the order in which they are shown."""
