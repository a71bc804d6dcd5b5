"""How much of what training changed is left in the data type of the saved weights.

Most published weights are bfloat16, and training begins from exactly these numbers. Saved as bfloat16, a trained weight
becomes the nearest such number: a change of less than half their distance, 1/512 to 1/256 of the weight, is gone. A
few steps at a small rate change most weights by less, so that the saved model may be much closer to its base than the
one that was trained.

With d the change of all weights and s what is left of it, the share is s·d / d·d: 1 where nothing is lost, 0 where the
base is saved again. Rounding that is as often up as down takes nothing from it. Ours; the paper does not say in which
type its models are kept.

Not here: models that several processes share (FSDP, DeepSpeed), whose float32 weights no process holds; weights that
the base has not, such as a new head.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import Any

from r1data.errors import UserError

KEY = "change_saved"
"""In a run's summary."""
LITTLE = 0.5
"""A run of whose change less than this share is saved says so. Ours: the saved model is then nearer to its base than to
the trained one."""
PART = 1 << 24
"""Weights of a tensor that are compared at a time."""


def measure(model: Any, base: str | Path, dtype: Any) -> dict[str, Any]:
    """For a run's summary: the share of the change that is left in `dtype`, and the share of the changed weights that
    still differ from the base's.

    Reads the base tensor by tensor. Nothing where nothing is rounded, the base is no longer there, or nothing changed.

    Args:
        model: of transformers, trained, whole in this process.
        base: the model that training began with.
        dtype: torch's, of the saved weights.
    """
    import torch

    from r1data.training.rollouts.weights import as_saved

    change = left = 0.0
    changed = differ = 0
    if dtype == torch.float32:
        return {}
    try:
        with ExitStack() as files, torch.no_grad():
            began = _tensors(base, files)
            for name, weights in as_saved(model, lambda parameters: nullcontext()):
                if name not in began:
                    continue
                for before, after in _parts(began[name].get_tensor(name), weights):
                    d = after - before
                    s = after.to(dtype).float() - before.to(dtype).float()
                    change += (d * d).sum(dtype=torch.float64).item()
                    left += (s * d).sum(dtype=torch.float64).item()
                    changed += int(torch.count_nonzero(d))
                    differ += int(torch.count_nonzero(s))
    except (UserError, OSError):
        return {}
    if not change:
        return {}
    return {KEY: {"share": round(left / change, 4), "weights": round(differ / changed, 4)}}


def in_words(summary: Mapping[str, Any]) -> str | None:
    """A warning where a run's summary says that little of what was trained is saved."""
    measured = summary.get(KEY) or {}
    if not measured or measured["share"] >= LITTLE:
        return None
    return (
        f"{measured['share']:.0%} of what training changed is left in bfloat16, in {measured['weights']:.0%} of the "
        "changed weights: the rest is smaller than its steps. The saved model may do worse than the trained one; "
        "--save-dtype float32 keeps all"
    )


def _tensors(base: str | Path, files: ExitStack) -> dict[str, Any]:
    """By a tensor's name: the open file that holds it."""
    from safetensors import safe_open

    from r1data.engines.models import local_folder

    opened = [
        files.enter_context(safe_open(path, framework="pt"))
        for path in sorted(local_folder(base).glob("*.safetensors"))
    ]
    return {name: file for file in opened for name in file.keys()}  # noqa: SIM118  no mapping


def _parts(before: Any, after: Any) -> Iterator[tuple[Any, Any]]:
    """Two tensors in float32, piece by piece; nothing where they cannot be compared."""
    if before.shape != after.shape or not (before.is_floating_point() and before.element_size() > 1):
        return
    before, after = before.reshape(-1), after.detach().reshape(-1)
    for start in range(0, len(before), PART):
        part = slice(start, start + PART)
        yield before[part].to(after.device).float(), after[part].float()
