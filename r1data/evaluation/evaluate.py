"""Evaluation (R1 section 3): k responses a prompt, each verified, and the scores of the model (`scores`)."""

from __future__ import annotations

from r1data.data.dataset import Dataset
from r1data.data.source import Source
from r1data.data.writer import Summary
from r1data.engines.base import EngineOptions, Sampling
from r1data.evaluation.scores import Scores, score_dataset
from r1data.sampling.plan import SamplingPlan
from r1data.sampling.sample import sample
from r1data.verifiers.table import verify_table

SAMPLING = Sampling(temperature=0.6, top_p=0.95)
"""The paper's settings; greedy decoding repeats itself and varies more (R1 section 3)."""


def evaluate(
    source: Source, out: str, plan: SamplingPlan, options: EngineOptions | None = None
) -> tuple[Summary, Scores]:
    """Sample, verify, score. The dataset holds the verified samples; finished already, it is only scored.

    Raises:
        UserError, RowsLost: as `sampling.sample` does.
    """
    summary = sample(source, out, plan, options, command="eval", schema="verified", stage=verify_table)
    return summary, score_dataset(Dataset(out))
