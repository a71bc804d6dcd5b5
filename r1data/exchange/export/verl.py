"""verl: Parquet for its `RLHFDataset` (prompts with what a reward needs) and its `MultiTurnSFTDataset` (conversations).

`data_source` is the row's source, by which verl would pick a reward function of its own. Beside prompts stands
`r1_reward.py`, a custom reward function that asks this project instead: a served one, or one in verl's process
(`verdict_service.clients.verl`). It needs nothing of this project where a service is asked. A prompt without a truth
has the style `model`: no rule can judge it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pyarrow as pa

from r1data.data.records import Record
from r1data.data.resources import PACKAGE
from r1data.data.schema import Row
from r1data.exchange.export import trl
from r1data.exchange.export.formats import (
    MESSAGES,
    Export,
    ExportFile,
    RecordPlace,
    Shape,
    columns,
    pick_columns,
    prompt_messages,
)

EXTRA = ("prompt_id", "verifier", "language")
REWARD_FILE = "r1_reward.py"
_CLIENTS = PACKAGE / "training" / "verdict_service" / "clients"
_IMPORT = "from r1data.training.verdict_service.clients.client import VerdictClient\n"


def prompt(row: Row, place: RecordPlace) -> Record:
    """A row of schema `prompt`."""
    truth = row.get("truth")
    return {
        "data_source": row["source"],
        "prompt": prompt_messages(row),
        "ability": row["domain"],
        "reward_model": {"style": "model" if truth is None else "rule", "ground_truth": truth},
        "extra_info": {
            "split": place.split,
            "index": place.index,
            "question": row["prompt"],
            **pick_columns(row, EXTRA),
        },
    }


def reward_file(kind: str, files: Sequence[ExportFile]) -> Mapping[str, str]:
    """The reward function for prompts, as one file: Ray's workers on other machines may not have this project."""
    if kind != "prompt":
        return {}
    client, function = ((_CLIENTS / name).read_text(encoding="utf-8") for name in ("client.py", "verl.py"))
    head, end, function = function.replace(_IMPORT, "").partition('"""\n')
    return {REWARD_FILE: f"{head}{end}\n# fmt: off\n# ruff: noqa\n{client}\n\n{function}"}


REWARD = pa.struct([("style", pa.string()), ("ground_truth", pa.string())])
INFO = pa.struct(
    [("split", pa.string()), ("index", pa.int64()), *((name, pa.string()) for name in ("question", *EXTRA))]
)
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
    beside=reward_file,
    thoughts="its dataset renders messages by the tokenizer's chat template: those of DeepSeek-R1's distilled models "
    "cut all thoughts out, Qwen3's those of earlier turns; train those with r1 distill, or by --to trl --student MODEL",
)
