"""Why a row that went into a command did not come out: what the commits say, or the same decision taken again.

A reason is given only where it follows from what is there. Otherwise all that it can have been is told, and how to
see it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from r1data.data import parquet
from r1data.data.commits import ShardEntry
from r1data.data.dataset import Dataset
from r1data.data.stores.layout import quarantine_names
from r1data.errors import UserError
from r1data.lineage.ancestors import place_of
from r1data.lineage.rows import Hit, matches
from r1data.runtime.task import OLD_REASON, REASON

Row = Mapping[str, Any]


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


Told = tuple[Sequence[str], bool, str]
"""Reasons, whether they are certain, and the sentence that says it."""


def explain(hit: Hit, row: Row, outputs: Sequence[Dataset]) -> Loss:
    """Why the row at `hit`, one of the input's, is in none of a run's outputs."""
    command = str(outputs[0].command["name"])
    entries = [entry for output in outputs for entry in output.entries if entry.name == hit.shard.name]
    if command == "build":
        told = _built(hit, row, outputs)
    elif command == "select" and outputs[0].complete:
        told = _not_chosen(outputs[0])
    elif command in WHOLE_SHARDS:
        told = _whole_shard(hit, outputs, entries)
    elif outputs[0].complete:
        told = (), False, f"`r1 {command}` does not say why"
    else:
        told = (), True, f"`r1 {command}` has not come to it; the same command goes on"
    reasons, certain, why = told
    uris = tuple(output.uri for output in outputs)
    return Loss(hit.name, command, uris, hit.uri, tuple(reasons), certain, why)


WHOLE_SHARDS = ("ingest", "verify", "filter")
"""Commands whose output shards have the names of their inputs."""


def _whole_shard(hit: Hit, outputs: Sequence[Dataset], entries: Sequence[ShardEntry]) -> Told:
    """Of a command that makes each shard from one."""
    command = str(outputs[0].command["name"])
    if not entries:
        if outputs[0].complete:
            return (), True, f"shard {hit.shard.name} came into {hit.uri} after the command had ended"
        return (), True, f"`r1 {command}` has not come to shard {hit.shard.name}; the same command goes on"
    if all(entry.inputs and entry.inputs[0][1] != hit.shard.sha256 for entry in entries):
        return (), False, f"shard {hit.shard.name} of {hit.uri} was made again since, with other rows"
    quarantined = [found for output in outputs if (found := _quarantined(hit, output))]
    if quarantined:
        return quarantined[0]
    if command == "filter":
        return _filtered(hit, outputs[0])
    if "results" in outputs[0].command["parameters"]:
        return (
            ("not_selected",),
            True,
            "rejected in review; `r1 ingest` with --dropped DS keeps who decided it",
        )
    return (), False, f"`r1 {command}` passes on every row; `r1 check {outputs[0].uri}` tells more"


def _quarantined(hit: Hit, output: Dataset) -> Told | None:
    """Of a row that killed its workers."""
    for name in quarantine_names(hit.shard.name):
        try:
            table = parquet.decode(output.store.read(name), f"{output.uri}/{name}")
        except FileNotFoundError:
            continue
        except UserError as error:
            return (), False, f"rows of its shard were quarantined, and cannot be read: {error}"
        for row in table.to_pylist():
            if matches(hit.key, (row.get("prompt_id"), row.get("sample_index"))):
                reason = row.get(REASON) or row.get(OLD_REASON)
                return ("quarantined",), True, f"quarantined in {output.uri}/{name}: {reason}"
    return None


def _filtered(hit: Hit, output: Dataset) -> Told:
    """The filters' decision, taken again with the recorded limits; a prompt's rows decide about its copies."""
    from r1data.filters.limits import Limits
    from r1data.selection.filtering import filter_table

    parameters = output.command["parameters"]
    table = hit.shard.table()
    mine = table.filter(pc.equal(table["prompt_id"], hit.ids["prompt_id"]))
    try:
        limits = Limits(**parameters["limits"])
        skip = tuple(parameters["skip"])
        rest = filter_table(mine, keep=parameters["verdict"], limits=limits, skip=skip)["dropped"]
    except (KeyError, TypeError) as error:
        made_by = output.commits[0].version
        return (
            (),
            False,
            f"its settings, of r1 {made_by}, mean nothing to this one ({error}); {DROPPED.format('filter')}",
        )
    reasons = _reasons(rest, hit)
    if not reasons:
        return (), False, f"the same filters keep it today; {DROPPED.format('filter')}"
    again = "" if "verdict" in hit.ids or "verdict" in table.column_names else ", its verdict too"
    return reasons, True, f"decided again with the recorded limits{again}: no --dropped dataset was found"


DROPPED = "run `r1 {0}` again with --dropped DS and another -o to see it"


def _reasons(dropped: pa.Table, hit: Hit) -> list[str]:
    rows = dropped.select(["prompt_id", "sample_index", "drop_reasons"]).to_pylist()
    mine = [row for row in rows if matches(hit.key, (row["prompt_id"], row["sample_index"]))]
    return list(mine[0]["drop_reasons"]) if mine else []


def _built(hit: Hit, row: Row, outputs: Sequence[Dataset]) -> Told:
    """What can be said of `build`, which decides over all rows at once."""
    if row.get("drop_reasons"):
        return row["drop_reasons"], True, "a filter had dropped it, and build takes what none dropped"
    output = outputs[0]
    if held := _same_messages(row, outputs):
        return (
            ("duplicate",),
            True,
            f"its messages are those of example {held[0]}, made from {held[1]}, which is in the set",
        )
    if _has_changed(hit, output):
        return (), False, f"{hit.uri} has other rows now than when the set was made; the row may be newer"
    possible = _possible(row, output)
    if not possible and not _finds_near(output.command["parameters"]):
        return (), False, f"no quota, policy or evaluation file speaks against it; {DROPPED.format('build')}"
    possible["duplicate"] = _as_copy(output.command["parameters"])
    listed = "; ".join(f"{name}: {why}" for name, why in possible.items())
    return tuple(possible), False, f"one of these: {listed}; {DROPPED.format('build')}"


def _not_chosen(output: Dataset) -> Told:
    """Of a prompt that `select` left out."""
    parameters = output.command["parameters"]
    band, least = parameters.get("pass_rate"), parameters.get("min_samples")
    why = (
        f"its prompt's pass rate is not in {band}, or it has fewer than {least} known verdicts or no samples"
    )
    return ("not_selected",), True, why


def _same_messages(row: Row, outputs: Sequence[Dataset]) -> tuple[str, str] | None:
    """The example with the same messages that is in the set, and the row that it was made from."""
    from r1data.lineage.rows import named
    from r1data.selection.examples import examples

    example = examples(pa.Table.from_pylist([dict(row)]))["example_id"][0].as_py()
    for output in outputs:
        for shard in output.shards():
            table = shard.table(["example_id", "prompt_id", "sample_index"])
            for found in table.filter(pc.equal(table["example_id"], example)).to_pylist():
                return example, named(found["prompt_id"], found["sample_index"])
    return None


def _has_changed(hit: Hit, output: Dataset) -> bool:
    then = {place_of(parent.uri): parent.digest for parent in output.parents()}
    return then.get(hit.uri) not in (None, Dataset(hit.uri).digest)


def _possible(row: Row, output: Dataset) -> dict[str, str]:
    """The reasons that the command's parameters leave room for."""
    parameters = output.command["parameters"]
    possible = {}
    if files := parameters.get("decontaminate"):
        words = parameters.get("ngram", 10)
        possible["contaminated"] = (
            f"it shares {words} words in a row with one of {len(files)} evaluation files"
        )
    rules = [*_by_license(parameters), *_by_prompt(parameters), *_by_quota(row, parameters, output.summary)]
    if rules:
        possible["not_selected"] = " or ".join(rules)
    return possible


def _finds_near(parameters: Row) -> bool:
    """Whether that build looked for near copies; an older one did not."""
    return "near" in parameters and parameters["near"] <= 1


def _as_copy(parameters: Row) -> str:
    left_out = "the copy of an example that was left out itself"
    return f"nearly the same as another example, or {left_out}" if _finds_near(parameters) else left_out


def _by_prompt(parameters: Row) -> list[str]:
    most, policy = parameters.get("max_per_prompt"), parameters.get("policy")
    return [f"at most {most} of a prompt go in, policy {policy}"] if most and policy != "all" else []


def _by_license(parameters: Row) -> list[str]:
    licenses = parameters.get("licenses")
    return [f"only the licences {', '.join(licenses)} go in"] if licenses else []


def _by_quota(row: Row, parameters: Row, summary: Row) -> list[str]:
    quotas, domain = parameters.get("quotas") or {}, row["domain"]
    have = (summary.get("samples") or {}).get(domain, 0)
    rules = []
    if (quota := quotas.get(domain)) is not None and have >= quota:
        rules.append(f"the quota of {domain}, {quota:,}, is full")
    spoken = f"{domain}:{row['language']}"
    return [*rules, f"the quota of {spoken}, {quotas[spoken]:,}, is full"] if spoken in quotas else rules
