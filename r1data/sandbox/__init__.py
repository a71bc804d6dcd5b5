"""Runs code that a model wrote, such that it can do no harm and learn no expected answer.

`run(program, inputs)` returns an outcome for each input: what was printed or returned, never a verdict. No expected
answer goes in; what comes out is an untrusted claim that is compared outside. An exit code only says how a program
ended.

The layers, from outside in:

1. Root is given up first (as root, the rest runs as nobody).
2. Bubblewrap (or the same by direct system calls): namespaces for users, processes, mounts, network, IPC, names and
   cgroups; a read-only root with the interpreter, the system's libraries and compilers; no environment, no inherited
   descriptors.
3. Inside, a warm interpreter whose supervisor has its own user, process and mount namespaces. It reads neither sources,
   inputs nor outputs, so that nothing of a program is in the memory from which the next one is forked.
4. For each input a fresh fork with an empty disk, in a control group where one can be had: limits on time, memory,
   processes, descriptors, output and disk, no capabilities, a filter on system calls (seccomp). Every process is killed
   and waited for before the next one starts.

`isolation()` reports what is in force, after trying to break out. If nothing holds, nothing runs: NoIsolation.

Not covered: bugs of the kernel, of the processor (Spectre and its relatives) and of the mounted filesystems; what
can be measured through the machine's load, caches and clock; a share of the processor (a program may use all cores
for its seconds) and of memory bandwidth; without control groups (`groups`), memory that many processes fill in the 1 to
20 ms between two measurements.
Programs that run at the same time see nothing of each other, but they share the interpreter's hash seed and random
numbers: starts are identical to the last bit. Two inputs of one program share its compiled code, which no input has
touched.
"""

from r1data.sandbox.job import LIMITS, Limits, NoIsolation, Outcome, Program, ProgramInput, SandboxFailed
from r1data.sandbox.languages import NotInstalled
from r1data.sandbox.probe import Isolation, isolation
from r1data.sandbox.running import run

__all__ = [
    "LIMITS",
    "Isolation",
    "Limits",
    "NoIsolation",
    "NotInstalled",
    "Outcome",
    "Program",
    "ProgramInput",
    "SandboxFailed",
    "isolation",
    "run",
]
