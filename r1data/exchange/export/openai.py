"""OpenAI's fine-tuning files: a chat a line; a pair of outputs a line for preferences; prompts with a reference answer.

The format has room for nothing else: ids and sources stay behind.
"""

from r1data.data.records import Record
from r1data.data.schema import Row
from r1data.exchange.export.formats import Export, RecordPlace, Shape, assistant_message, prompt_messages


def chat(row: Row, place: RecordPlace) -> Record:
    """A row of schema `sft`."""
    return {"messages": row["messages"]}


def prompt(row: Row, place: RecordPlace) -> Record:
    """A row of schema `prompt`; a grader reads `item.reference_answer`."""
    truth = row.get("truth")
    return {"messages": prompt_messages(row), **({} if truth is None else {"reference_answer": truth})}


def preference(row: Row, place: RecordPlace) -> Record:
    """A row of schema `preference`."""
    return {
        "input": {"messages": prompt_messages(row)},
        "preferred_output": assistant_message(row["chosen"]),
        "non_preferred_output": assistant_message(row["rejected"]),
    }


EXPORT = Export(
    "openai",
    (".jsonl",),
    {
        "sft": Shape(chat, frozenset({"messages", "split"}), summary="a chat a line"),
        "prompt": Shape(
            prompt,
            frozenset({"prompt", "system", "truth", "split"}),
            summary="with `reference_answer` for a grader",
        ),
        "preference": Shape(
            preference,
            frozenset({"prompt", "chosen", "rejected", "split"}),
            summary="`input`, `preferred_output`, `non_preferred_output`",
        ),
    },
)
