"""TRL: conversational datasets for `SFTTrainer`, `GRPOTrainer` (prompts alone) and `DPOTrainer` or `RewardTrainer`.

Columns beside the conversation reach GRPO's reward functions under their names.
"""

import pyarrow as pa

from r1data.data.records import Record
from r1data.data.schema import Row
from r1data.exchange.export.formats import (
    MESSAGES,
    Export,
    RecordPlace,
    Shape,
    assistant_message,
    columns,
    pick_columns,
    prompt_messages,
)
from r1data.exchange.export.tokens import TOKENS

SFT = ("example_id", "kind", "domain", "language", "source", "prompt_id", "sample_index", "tokens")
PROMPT = ("prompt_id", "domain", "language", "verifier", "truth", "source")
PREFERENCE = ("preference_id", "aspect", "source")


def conversation(row: Row, place: RecordPlace) -> Record:
    """A row of schema `sft`."""
    return {"messages": row["messages"], **pick_columns(row, SFT)}


def prompt(row: Row, place: RecordPlace) -> Record:
    """A row of schema `prompt`."""
    return {"prompt": prompt_messages(row), **pick_columns(row, PROMPT)}


def preference(row: Row, place: RecordPlace) -> Record:
    """A row of schema `preference`."""
    pair = {"chosen": assistant_message(row["chosen"]), "rejected": assistant_message(row["rejected"])}
    return {"prompt": prompt_messages(row), **pair, **pick_columns(row, PREFERENCE)}


NUMBERS = {"sample_index": pa.int32(), "tokens": pa.int32()}
SFT_COLUMNS = columns(messages=MESSAGES, **{name: NUMBERS.get(name) for name in SFT})
EXPORT = Export(
    "trl",
    (".jsonl", ".parquet"),
    {
        "sft": Shape(
            conversation,
            frozenset({"messages", "split", *SFT}),
            SFT_COLUMNS,
            summary="`messages`, for `SFTTrainer`",
        ),
        "prompt": Shape(
            prompt,
            frozenset({"prompt", "system", "split", *PROMPT}),
            columns(prompt=MESSAGES, **dict.fromkeys(PROMPT)),
            summary="`prompt` as messages, with `truth`, `verifier` and others for reward functions: `GRPOTrainer`",
        ),
        "preference": Shape(
            preference,
            frozenset({"prompt", "chosen", "rejected", "split", *PREFERENCE}),
            columns(prompt=MESSAGES, chosen=MESSAGES, rejected=MESSAGES, **dict.fromkeys(PREFERENCE)),
            summary="`prompt`, `chosen`, `rejected`: `DPOTrainer`, `RewardTrainer`",
        ),
    },
    tokens=Shape(conversation, frozenset({"messages", "split"}), TOKENS, summary="`input_ids` and `labels`"),
    thoughts="SFTTrainer renders messages by the tokenizer's chat template: those of DeepSeek-R1's distilled models "
    "cut all thoughts out, Qwen3's those of earlier turns; --student MODEL writes token ids and labels that hold them",
)
