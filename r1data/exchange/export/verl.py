"""verl: Parquet for its `RLHFDataset` (prompts with what a reward needs) and its `MultiTurnSFTDataset` (conversations).

`data_source` is the row's source, by which verl picks a reward function; for sources that it does not know, name one
with `custom_reward_function`. A prompt without a truth has the style `model`: no rule can judge it.
"""

from dataclasses import replace

import pyarrow as pa

from r1data.data.records import Record
from r1data.data.schema import Row
from r1data.exchange.export import trl
from r1data.exchange.export.formats import (
    MESSAGES,
    Export,
    RecordPlace,
    Shape,
    columns,
    pick_columns,
    prompt_messages,
)

EXTRA = ("prompt_id", "verifier", "language")


def prompt(row: Row, place: RecordPlace) -> Record:
    """A row of schema `prompt`."""
    truth = row.get("truth")
    return {
        "data_source": row["source"],
        "prompt": prompt_messages(row),
        "ability": row["domain"],
        "reward_model": {"style": "model" if truth is None else "rule", "ground_truth": truth},
        "extra_info": {"split": place.split, "index": place.index, **pick_columns(row, EXTRA)},
    }


REWARD = pa.struct([("style", pa.string()), ("ground_truth", pa.string())])
INFO = pa.struct([("split", pa.string()), ("index", pa.int64()), *((name, pa.string()) for name in EXTRA)])
EXPORT = Export(
    "verl",
    (".parquet",),
    {
        "prompt": Shape(
            prompt,
            frozenset({"prompt", "system", "source", "domain", "truth", "split", *EXTRA}),
            columns(data_source=None, prompt=MESSAGES, ability=None, reward_model=REWARD, extra_info=INFO),
            summary="`data_source`, `prompt`, `ability`, `reward_model`, `extra_info`: `RLHFDataset`",
        ),
        "sft": replace(trl.EXPORT.shapes["sft"], summary="`messages`, for `MultiTurnSFTDataset`"),
    },
    thoughts="its dataset renders messages by the tokenizer's chat template: those of DeepSeek-R1's distilled models "
    "cut all thoughts out, Qwen3's those of earlier turns; train those with r1 distill, or by --to trl --student MODEL",
)
