"""Where a run's processes are: on this machine, on several machines, or on a Ray cluster.

Given by options, or by SLURM for a command that `srun` starts once on each node. How a run is placed is no part of its
request: it may go on elsewhere, with as many processes in all.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from r1data.errors import UserError

PORT = 29_500
"""The port that torch's launchers use."""
WAIT_SECONDS = 600.0


@dataclass(frozen=True, kw_only=True)
class Placement:
    """A node's view of a run.

    Attributes:
        nodes: machines that train together.
        rank: this machine's number, from 0; the first one prepares the data and writes the model.
        head: address of the first one, `HOST` or `HOST:PORT`.
        wait: seconds to wait for the others.
        executor: `local`, `ray` or a cluster's `ray://` address.
    """

    nodes: int = 1
    rank: int = 0
    head: str | None = None
    wait: float = WAIT_SECONDS
    executor: str = "local"

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of the first node."""
        # An IPv6 address without brackets is full of colons, none of which begins a port.
        match = re.fullmatch(r"(\[[^\]]*\]|[^:\[\]]*):(\d+)", self.head or "")
        host, port = match.groups() if match else (self.head or "", PORT)
        return host.strip("[]"), int(port)


def place(
    nodes: int | None = None,
    rank: int | None = None,
    head: str | None = None,
    wait: float = WAIT_SECONDS,
    executor: str = "local",
    environment: Mapping[str, str] = os.environ,
) -> Placement:
    """The placement that options ask for, completed by SLURM's environment. Raises UserError where it is incomplete."""
    if executor != "local":
        if rank is not None or head is not None:
            raise UserError("--executor ray places the processes itself; leave --rank and --head out")
        return Placement(nodes=nodes or 1, wait=wait, executor=executor)
    if nodes is None and rank is None and head is None:
        nodes = _number(environment, "SLURM_STEP_NUM_NODES", "SLURM_NNODES") or 1
        if nodes > 1:
            _check_tasks(nodes, environment)
    if nodes is None:
        raise UserError("--rank and --head are for several machines; add --nodes, the number of machines")
    if nodes == 1:
        return Placement(wait=wait)
    rank = _number(environment, "SLURM_NODEID") if rank is None else rank
    head = _slurm_head(environment) if head is None else head
    if rank is None or head is None:
        missing = "--rank" if rank is None else "--head"
        raise UserError(
            f"--nodes {nodes} needs {missing}; give each machine its --rank, 0 to {nodes - 1}, and all of them --head "
            "HOST[:PORT], the address of machine 0, or start them by SLURM's srun"
        )
    if not 0 <= rank < nodes:
        raise UserError(f"--rank {rank}: with --nodes {nodes}, give a number from 0 to {nodes - 1}")
    placement = Placement(nodes=nodes, rank=rank, head=head, wait=wait)
    if not placement.address[0]:
        raise UserError(f"--head {head}: no address of a machine; give HOST or HOST:PORT")
    return placement


def refuse_other_launchers(environment: Mapping[str, str] = os.environ) -> None:
    """Raise UserError where another launcher has started this command: its processes would train each alone, into the
    same folder, or wrapped otherwise than was asked for."""
    world = _number(environment, "WORLD_SIZE") or 1
    launcher = "accelerate launch" if "ACCELERATE_USE_CPU" in environment else "torchrun"
    if world == 1 and launcher == "torchrun":
        return
    count = f", {world} times (WORLD_SIZE)" if world > 1 else ""
    raise UserError(
        f"{launcher} or a like launcher has started this command{count}, and r1 starts its own processes; run r1 "
        "itself, once on each machine, with --processes N and, for several machines, --nodes, --rank and --head"
    )


def first_host(nodelist: str) -> str:
    """The first name of SLURM's list of nodes: `gpu-01-ib` of `gpu-[01-04,07]-ib,login`."""
    host, depth = "", 0
    for character in nodelist:
        depth += (character == "[") - (character == "]")
        if character == "," and not depth:
            break
        host += character
    return re.sub(r"\[([^\],-]*)[^\]]*\]", r"\1", host)


def _slurm_head(environment: Mapping[str, str]) -> str | None:
    for name in ("SLURM_STEP_NODELIST", "SLURM_JOB_NODELIST", "SLURM_NODELIST"):
        if environment.get(name):
            host: str | None = first_host(environment[name])
            break
    else:
        host = environment.get("SLURM_LAUNCH_NODE_IPADDR")
    # Two jobs may share a machine.
    job = _number(environment, "SLURM_JOB_ID", "SLURM_JOBID") or 0
    return f"{host}:{20_000 + job % 10_000}" if host else None


def _check_tasks(nodes: int, environment: Mapping[str, str]) -> None:
    tasks = _number(environment, "SLURM_STEP_NUM_TASKS", "SLURM_NTASKS")
    if tasks is not None and tasks > nodes:
        raise UserError(
            f"srun starts this command {tasks} times on {nodes} nodes; start it once on each (srun -n {nodes}); "
            "--processes starts the processes of a node"
        )


def _number(environment: Mapping[str, str], *names: str) -> int | None:
    for name in names:
        if environment.get(name, "").isdecimal():
            return int(environment[name])
    return None
