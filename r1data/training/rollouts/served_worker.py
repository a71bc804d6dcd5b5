"""Within a vLLM server: new weights from a folder. `vllm serve … --worker-extension-cls` takes this class.

vLLM's own `reload_weights`, called over HTTP, would do on GPUs; on a CPU it leaves out tied heads and experts
(`in_process`), and only a method of a worker can see to those.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from r1data.training.rollouts.loading_weights import load_weights


class FolderWeights:
    """What vLLM's workers are also."""

    def r1_load_weights(self, folder: str) -> None:
        """Put the weights of a folder's safetensors in the place of the worker's own."""
        load_weights(self, read(Path(folder)))


def read(folder: Path) -> Iterator[tuple[str, Any]]:
    """Weights by name, one at a time."""
    from safetensors import safe_open

    for path in sorted(folder.glob("*.safetensors")):
        with safe_open(path, framework="pt") as file:
            for name in file.keys():  # noqa: SIM118  it is no dict
                yield name, file.get_tensor(name)
