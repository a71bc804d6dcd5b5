"""Truncated responses are continued where they stopped, up to a larger limit: `r1 sample --continue`.

Samples in, samples out: a response with finish_reason `length` is continued from its own tokens and comes out as if it
had been written in one go; every other row is copied, and so is one that cannot go on (its context is full). With the
transformers engine the random stream goes on too, so that the result is what the larger limit would have given. Other
engines get a new seed for the rest. The settings in the row's `sampling` and its `model` must match the plan's, and its
seed is used. The columns of verdicts and filters are left out, since the response is another now.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from r1data.data.schema import Row, load_schema
from r1data.engines.base import seed_of
from r1data.engines.models import load_tokenizer
from r1data.engines.templates import SERVER, default_template
from r1data.errors import UserError
from r1data.sampling.plan import SamplingPlan
from r1data.sampling.rows import COLUMNS, RESPONSE_IDS
from r1data.sampling.strategy import KEPT, PartialResponse, PromptRequest, Strategy

PREVIOUS = "_r1_before_"
POSITION = "_r1_place"
UNKNOWN = "unknown"
"""The model of rows from a plain file that names none."""
MUST_MATCH = ("temperature", "top_p", "top_k", "template", "system", "date")
"""Settings in a row's `sampling` that must match the plan's; the row's `model` must too."""
DERIVED_COLUMNS = frozenset(load_schema("filtered").names) - frozenset(load_schema("sample").names)


class Continue(Strategy):
    """Continues the truncated responses among samples; `anyway`: even those sampled with other settings."""

    input_schema, output_schema = "sample", "sample"
    columns_read = (
        "prompt_id",
        "prompt",
        "system",
        *(
            f"{PREVIOUS}{name}"
            for name in ("sample_index", "response", "prompt_tokens", "model", "sampling", RESPONSE_IDS)
        ),
    )

    def __init__(self, plan: SamplingPlan, *, anyway: bool = False) -> None:
        if plan.template == SERVER:
            raise UserError("--template server: what a server made of the prompts is not known here; "
                            "--continue needs token ids: give another --template and a --tokenizer")  # fmt: skip
        if plan.n != 1 or plan.until:
            raise UserError("--continue goes on with the responses that are there; leave -n and --until out")
        self.plan, self.ignore_settings = plan, anyway

    def parameters(self) -> Mapping[str, Any]:
        return {"continue": True, "anyway": self.ignore_settings}

    def partition(self, rows: pa.Table) -> tuple[pa.Table, pa.Table]:
        rows = rows.drop_columns(
            [name for name in rows.column_names if name in DERIVED_COLUMNS or name == POSITION]
        )
        if RESPONSE_IDS not in rows.column_names:
            rows = rows.append_column(COLUMNS.field(RESPONSE_IDS), pa.nulls(len(rows), pa.list_(pa.int32())))
        rows = rows.append_column(POSITION, pa.array(range(len(rows)), pa.int32()))
        cut = pc.equal(rows["finish_reason"], "length")
        names = [f"{PREVIOUS}{name}" if name in COLUMNS.names else name for name in rows.column_names]
        return rows.filter(cut).rename_columns(names), rows.filter(pc.invert(cut))

    def row_id(self, row: Row) -> str:
        return f"{row['prompt_id']}/{row[f'{PREVIOUS}sample_index']}"

    def requests(self, row: Row) -> Sequence[PromptRequest]:
        settings = _settings(row[f"{PREVIOUS}sampling"])
        model = row[f"{PREVIOUS}model"]
        previous = settings if model == UNKNOWN else {**settings, "model": model}
        # Settings that a row does not record, as rows of other tools, count as unchanged.
        differing = [
            name for name, now in self._current.items() if name in previous and previous[name] != now
        ]
        if "method" in settings:
            raise UserError(f"{row['prompt_id']}: r1 cold-start asked another text than the prompt; "
                            "its responses cannot be continued, sample them again")  # fmt: skip
        if differing and not self.ignore_settings:
            differences = ", ".join(f"{n} {previous[n]!r} (now {self._current[n]!r})" for n in differing)
            raise UserError(
                f"the truncated rows were sampled with {differences}; pass the options used then, or "
                "--allow-settings-mismatch to use these"
            )
        token_ids, seed = row[f"{PREVIOUS}{RESPONSE_IDS}"], settings.get("seed", self.plan.seed)
        partial_response = PartialResponse(
            row[f"{PREVIOUS}response"],
            None if token_ids is None else tuple(token_ids),
            seed_of(seed, row["prompt_id"], row[f"{PREVIOUS}sample_index"]),
            None if self.ignore_settings else row[f"{PREVIOUS}prompt_tokens"],
        )
        changes = {"max_tokens": settings.get("max_tokens"), **{name: previous[name] for name in differing}}
        other_settings = {
            name: value for name, value in settings.items() if name not in (*MUST_MATCH, "max_tokens")
        }
        note = {**other_settings, "seed": seed, "continued": [*settings.get("continued", []), changes]}
        return [PromptRequest(row["prompt"], row["system"], note, partial_response)]

    def outputs(self, sampled: pa.Table, unsampled: pa.Table | None) -> dict[str, pa.Table]:
        """The rows in the order of the input; those whose request failed keep their previous response."""
        failed = pc.equal(sampled["finish_reason"], "error").to_pylist()
        columns = {name: sampled[name] for name in sampled.column_names if not name.startswith(PREVIOUS)}
        for name in COLUMNS.names:
            old, new = sampled[f"{PREVIOUS}{name}"].cast(COLUMNS.field(name).type), sampled[name]
            if name == "sample_index":
                columns[name] = old
                continue
            # In Python, since Arrow's own `if_else` does not support lists.
            rows = zip(failed, old.to_pylist(), new.to_pylist(), strict=True)
            columns[name] = pa.array(
                [before if has_failed else after for has_failed, before, after in rows], new.type
            )
        tables = [pa.table(columns), *([] if unsampled is None else [unsampled])]
        whole = pa.concat_tables(tables, promote_options="permissive").sort_by(POSITION)
        return {KEPT: whole.drop_columns([POSITION])}

    def counts(self, outputs: Mapping[str, pa.Table]) -> Mapping[str, float]:
        """Continued rows and those still truncated; a row that cannot go on is no failure."""
        settings = map(_settings, outputs[KEPT].column("sampling").to_pylist())
        limit = self.plan.sampling.max_tokens
        went_on = sum("continued" in one and one.get("max_tokens") == limit for one in settings)
        reasons = outputs[KEPT].column("finish_reason").to_pylist()
        return {"continued": went_on, "truncated": reasons.count("length"), "failed": 0}

    @functools.cached_property
    def _current(self) -> Mapping[str, Any]:
        """The plan's settings, under the names that rows record."""
        sampling, template = self.plan.sampling, self.plan.template
        if template == "auto":
            template = default_template(load_tokenizer(self.plan.tokenizer_source))
        return {
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "top_k": sampling.top_k,
            "template": template,
            "system": self.plan.system,
            "thinking": self.plan.thinking,
            "date": self.plan.date,
            "model": self.plan.model,
        }


def _settings(sampling: str | None) -> Mapping[str, Any]:
    """A row's `sampling`; empty where it is no JSON object, as in rows from other tools."""
    try:
        settings = json.loads(sampling or "{}")
    except (ValueError, RecursionError):
        return {}
    return settings if isinstance(settings, dict) else {}
