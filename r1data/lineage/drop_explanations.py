"""Why a command dropped a row: from what its commits record, or by repeating its decision.

A reason is given only where it follows from the data. Otherwise all possible reasons are listed, and how to find out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from r1data.data import parquet
from r1data.data.commits import ShardEntry
from r1data.data.dataset import Dataset
from r1data.data.schema import Row, load_schema
from r1data.data.stores.layout import quarantine_names
from r1data.errors import RowError, RowsLost, UserError
from r1data.lineage.ancestors import place_of
from r1data.lineage.rows import RowMatch, matches
from r1data.lineage.scanning import Scan, every_shard
from r1data.runtime.failing_rows import run_without_failing
from r1data.runtime.task import OLD_REASON, REASON


@dataclass(frozen=True, slots=True)
class Loss:
    """A row that a command did not pass on. `reasons` are the only ones possible; `certain` where that is one."""

    row: str
    command: str
    outputs: tuple[str, ...]
    source: str
    reasons: tuple[str, ...]
    certain: bool
    why: str
    measures: tuple[Row, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "row": self.row,
            "command": self.command,
            "outputs": list(self.outputs),
            "source": self.source,
            "reasons": list(self.reasons),
            "certain": self.certain,
            "why": self.why,
            "measures": list(self.measures),
        }


Explanation = tuple[Sequence[str], bool, str]
"""Reasons, whether they are certain, and the sentence that says it."""


def explain(row_match: RowMatch, row: Row, outputs: Sequence[Dataset], scan: Scan = every_shard) -> Loss:
    """Why a row of the input is in none of a run's outputs; `scan`: which shards of these are looked into."""
    command = str(outputs[0].command["name"])
    entries = [entry for output in outputs for entry in output.entries if entry.name == row_match.shard.name]
    if command == "build":
        explanation = _explain_quarantine(row_match, outputs[0]) or _explain_build(
            row_match, row, outputs, scan
        )
    elif command == "select" and outputs[0].complete:
        band, least = (outputs[0].command["parameters"].get(name) for name in ("pass_rate", "min_samples"))
        sentence = f"its prompt's pass rate is not in {band}, or it has fewer than {least} known verdicts or no samples"
        explanation = _explain_select(row, outputs[0], sentence)
    elif command == "train-grpo" and outputs[0].complete:
        kept = outputs[0].command["parameters"].get("rollouts", "keep")
        which = "" if kept == "keep" else f" that is kept (--rollouts {kept})"
        explanation = (), True, f"no rollout{which} drew it"
    elif command in WHOLE_SHARDS:
        explanation = _explain_shard(row_match, outputs, entries)
    elif outputs[0].complete:
        explanation = (), False, f"`r1 {command}` does not say why"
    else:
        explanation = (), True, f"`r1 {command}` has not come to it; the same command goes on"
    reasons, certain, why = explanation
    uris = tuple(output.uri for output in outputs)
    return Loss(row_match.name, command, uris, row_match.uri, tuple(reasons), certain, why)


def _explain_select(row: Row, output: Dataset, sentence: str) -> Explanation:
    """The pass rate, unless rows of some prompts were left out for what they are."""
    missing = [name for name in load_schema("prompt").required if row.get(name) is None]
    if missing:
        return ("not_selected",), True, f"it lacks what each prompt has: {', '.join(missing)}"
    if output.summary.get("conflicting"):
        return ("not_selected",), False, f"{sentence}; or rows of its prompt disagree on the task"
    return ("not_selected",), True, sentence


WHOLE_SHARDS = ("ingest", "verify", "filter")
"""Commands whose output shards have the names of their inputs."""


def _explain_shard(
    row_match: RowMatch, outputs: Sequence[Dataset], entries: Sequence[ShardEntry]
) -> Explanation:
    """Of a command that makes each shard from one."""
    command = str(outputs[0].command["name"])
    if not entries:
        if outputs[0].complete:
            return (
                (),
                True,
                f"shard {row_match.shard.name} came into {row_match.uri} after the command had ended",
            )
        return (
            (),
            True,
            f"`r1 {command}` has not come to shard {row_match.shard.name}; the same command goes on",
        )
    # The command read other bytes under this name, so nothing that is decided again here would be its decision.
    if all(entry.inputs and entry.inputs[0][1] != row_match.shard.sha256 for entry in entries):
        return (
            (),
            False,
            f"shard {row_match.shard.name} of {row_match.uri} was made again since, with other rows",
        )
    quarantined = [
        explanation for output in outputs if (explanation := _explain_quarantine(row_match, output))
    ]
    if quarantined:
        return quarantined[0]
    if command == "filter":
        return _explain_filter(row_match, outputs[0])
    if "results" in outputs[0].command["parameters"]:
        return (
            ("not_selected",),
            True,
            f"rejected in review; `r1 {command}` with --dropped DS keeps who decided it",
        )
    return (), False, f"`r1 {command}` passes on every row; `r1 check {outputs[0].uri}` tells more"


def _explain_quarantine(row_match: RowMatch, output: Dataset) -> Explanation | None:
    """Of a row that killed its workers, or that the stage failed on."""
    for name in quarantine_names(row_match.shard.name):
        try:
            table = parquet.decode(output.store.read(name, parquet.UNPACKED_LIMIT), f"{output.uri}/{name}")
        except FileNotFoundError:
            continue
        except UserError as error:
            return (), False, f"rows of its shard were quarantined, and cannot be read: {error}"
        for row in table.to_pylist():
            if matches(row_match.key, (row.get("prompt_id"), row.get("sample_index"))):
                reason = row.get(REASON) or row.get(OLD_REASON)
                return ("quarantined",), True, f"quarantined in {output.uri}/{name}: {reason}"
    return None


def _explain_filter(row_match: RowMatch, output: Dataset) -> Explanation:
    """The filters' decision, taken again with the recorded limits; a prompt's rows decide about its copies."""
    from r1data.filters.registry import read_limits
    from r1data.selection.filtering import filter_table

    parameters = output.command["parameters"]
    others = parameters.get("filters", {})
    if lacking := _not_installed(others):
        why = f"it ran filters of {lacking}, which is not here; install it, or {RERUN_HINT.format('filter')}"
        return (), False, why
    table = row_match.shard.table()
    prompt_rows = table.filter(pc.equal(table["prompt_id"], row_match.ids["prompt_id"]))
    try:
        keep, skip = parameters["verdict"], tuple(parameters["skip"])
        limits = read_limits(parameters["limits"], others)
    except (KeyError, TypeError, UserError) as error:
        version = output.commits[0].version
        why = f"its settings, of r1 {version}, mean nothing to this one ({error}); {RERUN_HINT.format('filter')}"
        return (), False, why
    decide = partial(filter_table, keep=keep, limits=limits, skip=skip, others=tuple(others))
    try:
        parts, _ = run_without_failing(decide, prompt_rows, shard=row_match.shard.name)
    except (UserError, RowsLost) as error:
        return (), False, f"the filters fail on it today: {error}"
    dropped_rows = parts["dropped"].select(["prompt_id", "sample_index", "drop_reasons"]).to_pylist()
    reasons = next(
        (
            list(dropped["drop_reasons"])
            for dropped in dropped_rows
            if matches(row_match.key, (dropped["prompt_id"], dropped["sample_index"]))
        ),
        [],
    )
    if not reasons:
        return (), False, f"the same filters keep it today; {RERUN_HINT.format('filter')}"
    verdict_note = (
        "" if "verdict" in row_match.ids or "verdict" in table.column_names else ", its verdict too"
    )
    return (
        reasons,
        True,
        f"decided again with the recorded limits{verdict_note}: no --dropped dataset was found",
    )


def _not_installed(others: Row) -> str:
    """The packages, with the versions that a run recorded, whose filters are not here as they were."""
    from r1data.filters.registry import installed

    here = installed()
    lacking = {
        f"{reason.rpartition(':')[0]} {version}"
        for reason, version in others.items()
        if here.get(reason) != version
    }
    return ", ".join(sorted(lacking))


RERUN_HINT = "run `r1 {0}` again with --dropped DS and another -o to see it"


def _explain_build(row_match: RowMatch, row: Row, outputs: Sequence[Dataset], scan: Scan) -> Explanation:
    """What can be said of `build`, which decides over all rows at once."""
    if row.get("drop_reasons"):
        return row["drop_reasons"], True, "a filter had dropped it, and build takes what none dropped"
    output = outputs[0]
    if same_example := _same_messages(row, outputs, scan):
        return (
            ("duplicate",),
            True,
            f"its messages are those of example {same_example[0]}, made from {same_example[1]}, which is in the set",
        )
    digests = {place_of(parent.uri): parent.digest for parent in output.parents()}
    if digests.get(row_match.uri) not in (None, Dataset(row_match.uri).digest):
        return (
            (),
            False,
            f"{row_match.uri} has other rows now than when the set was made; the row may be newer",
        )
    parameters = output.command["parameters"]
    # Older versions did not look for near copies, and recorded no threshold.
    finds_near = "near" in parameters and parameters["near"] <= 1
    possible = _possible(row, output)
    if not possible and not finds_near:
        return (
            (),
            False,
            f"no quota, policy or evaluation file speaks against it; {RERUN_HINT.format('build')}",
        )
    left_out = "the copy of an example that was left out itself"
    possible["duplicate"] = f"nearly the same as another example, or {left_out}" if finds_near else left_out
    choices = "; ".join(f"{name}: {why}" for name, why in possible.items())
    return tuple(possible), False, f"one of these: {choices}; {RERUN_HINT.format('build')}"


def _same_messages(row: Row, outputs: Sequence[Dataset], scan: Scan) -> tuple[str, str] | None:
    """The example with the same messages that is in the set, and the row that it was made from."""
    from r1data.lineage.rows import row_name
    from r1data.selection.examples import examples

    try:
        example = examples(pa.Table.from_pylist([dict(row)]))["example_id"][0].as_py()
    except RowError:
        return None
    for output in outputs:
        for shard in scan(output, {"example_id": [example]}, False):
            table = shard.table(["example_id", "prompt_id", "sample_index"])
            for ids in table.filter(pc.equal(table["example_id"], example)).to_pylist():
                return example, row_name(ids["prompt_id"], ids["sample_index"])
    return None


def _possible(row: Row, output: Dataset) -> dict[str, str]:
    """The reasons that the command's parameters leave room for."""
    parameters = output.command["parameters"]
    possible = {}
    if files := parameters.get("decontaminate"):
        words = parameters.get("ngram", 10)
        possible["contaminated"] = (
            f"it shares {words} words in a row with one of {len(files)} evaluation files"
        )
    rules = []
    if licenses := parameters.get("licenses"):
        rules.append(f"only the licences {', '.join(licenses)} go in")
    limit, policy = parameters.get("max_per_prompt"), parameters.get("policy")
    if limit and policy != "all":
        rules.append(f"at most {limit} of a prompt go in, policy {policy}")
    quotas, domain = parameters.get("quotas") or {}, row["domain"]
    domain_rows = (output.summary.get("samples") or {}).get(domain, 0)
    if (quota := quotas.get(domain)) is not None and domain_rows >= quota:
        rules.append(f"the quota of {domain}, {quota:,}, is full")
    # The summary counts by domain alone, so whether a language's share of it is full is not known: it stays possible.
    if (spoken := f"{domain}:{row['language']}") in quotas:
        rules.append(f"the quota of {spoken}, {quotas[spoken]:,}, is full")
    if rules:
        possible["not_selected"] = " or ".join(rules)
    return possible
