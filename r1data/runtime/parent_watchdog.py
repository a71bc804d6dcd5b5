"""vLLM's engine process ends with the command that started it, however that ends.

vLLM runs its engine in a process of its own, which makes it faster (a third to a half on two cores) and which would
live on, with all its memory, after a `kill -9` of its parent. vLLM calls `tie` in each of its processes, as a plugin of
its own kind (`vllm.general_plugins`); it does something in the children of a command of ours alone.
"""

import os
import signal

from r1data.runtime.processes import end_with_parent

PARENT = "R1_ENGINE_OF"
"""Environment variable: the number of the process that starts an engine."""


def tie() -> None:
    """Watches the parent from now on, where it is the process that `PARENT` names."""
    parent = os.getppid()
    if os.environ.get(PARENT) == str(parent):
        end_with_parent(lambda: os.kill(os.getpid(), signal.SIGKILL), parent)
