"""Scores responses with lm-evaluation-harness's own code: a task's filters and metric, in an interpreter that has it.

Run by `lm_eval` with `python -c`, so nothing of this package is imported here. Reads one JSON object from stdin:
`{"task": name, "documents": [{"prompt", "truth"}, …], "responses": [text, …]}`. Writes one to stdout: `{"version",
"task_version", "columns": {name: {"scores": [number, …], "extracted": [text | null, …]}}}`, or `{"error": line}`.

The task's questions are not downloaded: the given ones stand in for all of its splits, under the column names that its
tasks of mathematics use, and everything else of the task is its own.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import os
import sys
from typing import Any

SHOWN = 200
"""Most characters of an answer that are repeated."""


def document(prompt: str, truth: str) -> dict[str, str]:
    """A question under the names that tasks of mathematics read."""
    boxed = "$\\boxed{" + truth + "}$"
    return {"question": prompt, "problem": prompt, "answer": truth, "target": truth, "solution": boxed}


def load_task(name: str, documents: list[dict[str, str]]) -> Any:
    """The task of that name, with the documents in the place of its own. Raises ValueError for a group's name."""
    datasets = importlib.import_module("datasets")
    tasks = importlib.import_module("lm_eval.tasks")
    module = importlib.import_module("lm_eval.api.task")

    def use_documents(self: Any, *_: Any, **__: Any) -> None:
        config = self.config
        splits = {config.training_split, config.validation_split, config.test_split, config.fewshot_split}
        rows = datasets.Dataset.from_list(documents)
        self.dataset = {split: rows for split in splits if split}

    module.ConfigurableTask.download = use_documents
    # older versions have the second way alone
    manager = tasks.TaskManager()
    loaded = (
        manager.load([name])["tasks"] if hasattr(manager, "load") else tasks.get_task_dict([name], manager)
    )
    if list(loaded) != [name]:
        members = ", ".join(str(member) for member in loaded)
        raise ValueError(name + " is a group of tasks; name one of them: " + members)
    return loaded[name]


def score(task: Any, responses: list[str]) -> dict[str, dict[str, list[Any]]]:
    """Column → its scores and answers: for each filter of the task, or each metric where it has several."""
    instance = importlib.import_module("lm_eval.api.instance").Instance
    instances = [
        instance(request_type="generate_until", doc=doc, arguments=("", {}), idx=0, resps=[response])
        for doc, response in zip(list(task.eval_docs), responses, strict=True)
    ]
    task._instances = instances
    task.apply_filters()
    columns: dict[str, dict[str, list[Any]]] = {}
    for name in instances[0].filtered_resps:
        for each in instances:
            filtered = each.filtered_resps[name]
            results = task.process_results(each.doc, [filtered])
            for metric, value in results.items():
                entry = columns.setdefault(
                    column_name(name, metric, len(results)), {"scores": [], "extracted": []}
                )
                entry["scores"].append(float(value))
                shown = filtered[:SHOWN] if isinstance(filtered, str) and name != "none" else None
                entry["extracted"].append(shown)
    return columns


def column_name(filter_name: str, metric: str, metrics: int) -> str:
    """What a column is called: a task without filters has one of the name `none`."""
    if filter_name == "none":
        return metric
    return filter_name if metrics == 1 else filter_name + " " + metric


def main() -> None:
    """Answers the one request."""
    request = json.load(sys.stdin)
    replies = os.fdopen(os.dup(1), "w")
    # what a library prints must not mix with the reply
    os.dup2(2, 1)
    try:
        documents = [document(each["prompt"], each["truth"]) for each in request["documents"]]
        task = load_task(request["task"], documents)
        reply = {
            "version": importlib.metadata.version("lm_eval"),
            "task_version": str(task.VERSION),
            "columns": score(task, request["responses"]),
        }
    except Exception as error:  # noqa: BLE001  whatever the harness raises is reported in one line
        reply = {"error": (type(error).__name__ + ": " + str(error))[:1000]}
    json.dump(reply, replies)
    replies.close()


if __name__ == "__main__":
    main()
