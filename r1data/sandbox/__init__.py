"""Code that a model wrote, run where it can do no harm and learn no answer.

`run(program, inputs)` gives an outcome for each input: what was printed or returned, never a verdict. No expected
answer goes in, what comes out is a claim that is compared outside; an exit code says only how a program ended.

What holds, from outside in:

1. Root is given up first (as root, the rest runs as nobody).
2. Bubblewrap (or the same by system calls of our own): namespaces for users, processes, mounts, network, IPC, names and
   cgroups; a read-only root of the interpreter, the system's libraries and compilers; no environment, no descriptors.
3. A warm interpreter there, its supervisor in user, process and mount namespaces of its own. It reads neither sources,
   inputs nor outputs, so that nothing of a program is in the memory that the next one is copied from.
4. For each input a fresh fork with an empty disk: limits on time, memory, processes, descriptors, output and disk, no
   capabilities, a filter on system calls (seccomp). Every process is killed and waited for before the next.

`isolation()` says what is in force, having tried to get out. Where nothing holds, nothing runs: NoIsolation.

Not covered: bugs of the kernel, of the processor (Spectre and its kin) and of the filesystems that are bound; what can
be measured through the machine's load, caches and clock; a share of the processor (a program may use all cores for its
seconds) and of memory bandwidth; memory that many processes take within the 20 ms between two looks. Programs that run
at the same time see nothing of each other, but they share the interpreter's hash seed and random numbers: starts are
the same to the last bit. Two inputs of one program share its compiled code, which no input has touched.
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
