"""TRL's `GRPOTrainer` as a run uses it. Import it after `runtime.import_trl`, which says whether TRL loads vLLM.

Prompts are token ids: TRL would take text and encode it with every control token in it meant, those of the questions
too.
"""

from __future__ import annotations

from typing import Any

from trl import GRPOTrainer


class GrpoTrainer(GRPOTrainer):  # type: ignore[misc]
    """A trainer for prompts that are token ids."""

    def _tokenize_prompts(self, prompts: list[list[int]]) -> tuple[list[list[int]], None, dict[str, Any]]:
        return prompts, None, {}
