"""Truncated responses, taken up where they stopped with a larger limit: `r1 sample --continue`.

Samples in, samples out: a response with finish_reason `length` goes on from its own tokens and comes out as if it had
been written in one go; every other row passes as it is, and so does one that cannot go on (its context is full). With
the transformers engine the random numbers go on too, so that the result is what the larger limit would have given.
Other engines get a new seed for the rest. What the row's `sampling` and `model` say must be what is asked for now, and
its seed is used. Verdicts and what filters wrote are left out, since the response is another now.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from r1data.data.schema import load_schema
from r1data.engines.base import seed_of
from r1data.engines.models import load_tokenizer
from r1data.engines.templates import SERVER, default_template
from r1data.errors import UserError
from r1data.sampling.plan import Plan
from r1data.sampling.rows import COLUMNS, RESPONSE_IDS
from r1data.sampling.strategy import KEPT, Asked, Begun, Method, Row

BEFORE = "_r1_before_"
PLACE = "_r1_place"
UNKNOWN = "unknown"
"""The model of rows from a plain file that names none."""
SAME = ("temperature", "top_p", "top_k", "template", "system")
"""What must be as it was, of a row's `sampling`; `model` of the row itself too."""
LATER = frozenset(load_schema("filtered").names) - frozenset(load_schema("sample").names)


class Continue(Method):
    """Goes on with the truncated responses among samples; `anyway`: though other settings wrote them."""

    takes, makes = "sample", "sample"
    reads = (
        "prompt_id",
        "prompt",
        "system",
        *(
            f"{BEFORE}{name}"
            for name in ("sample_index", "response", "prompt_tokens", "model", "sampling", RESPONSE_IDS)
        ),
    )

    def __init__(self, plan: Plan, *, anyway: bool = False) -> None:
        if plan.template == SERVER:
            raise UserError("--template server: what a server made of the prompts is not known here; "
                            "--continue needs token ids, so a template and a tokenizer")  # fmt: skip
        if plan.n != 1 or plan.until:
            raise UserError("--continue goes on with the responses that are there; leave -n and --until out")
        self.plan, self.anyway = plan, anyway

    def recorded(self) -> Mapping[str, Any]:
        return {"continue": True, "anyway": self.anyway}

    def choose(self, rows: pa.Table) -> tuple[pa.Table, pa.Table]:
        rows = rows.drop_columns([name for name in rows.column_names if name in LATER or name == PLACE])
        if RESPONSE_IDS not in rows.column_names:
            rows = rows.append_column(COLUMNS.field(RESPONSE_IDS), pa.nulls(len(rows), pa.list_(pa.int32())))
        rows = rows.append_column(PLACE, pa.array(range(len(rows)), pa.int32()))
        cut = pc.equal(rows["finish_reason"], "length")
        names = [f"{BEFORE}{name}" if name in COLUMNS.names else name for name in rows.column_names]
        return rows.filter(cut).rename_columns(names), rows.filter(pc.invert(cut))

    def row_id(self, row: Row) -> str:
        return f"{row['prompt_id']}/{row[f'{BEFORE}sample_index']}"

    def asked(self, row: Row) -> Sequence[Asked]:
        said = _said(row[f"{BEFORE}sampling"])
        model = row[f"{BEFORE}model"]
        then = said if model == UNKNOWN else {**said, "model": model}
        differing = self._differing(then)
        if "method" in said:
            raise UserError(f"{row['prompt_id']}: r1 cold-start asked another text than the prompt; "
                            "its responses cannot be continued, sample them again")  # fmt: skip
        if differing and not self.anyway:
            raise UserError(_refusal(differing, then, self._now))
        ids, seed = row[f"{BEFORE}{RESPONSE_IDS}"], said.get("seed", self.plan.seed)
        begun = Begun(
            row[f"{BEFORE}response"],
            None if ids is None else tuple(ids),
            seed_of(seed, row["prompt_id"], row[f"{BEFORE}sample_index"]),
            None if self.anyway else row[f"{BEFORE}prompt_tokens"],
        )
        cut = {"max_tokens": said.get("max_tokens"), **{name: then[name] for name in differing}}
        other = {name: value for name, value in said.items() if name not in (*SAME, "max_tokens")}
        note = {**other, "seed": seed, "continued": [*said.get("continued", []), cut]}
        return [Asked(row["prompt"], row["system"], note, begun)]

    def made(self, sampled: pa.Table, aside: pa.Table | None) -> dict[str, pa.Table]:
        """The rows in the order in which they came; those that cannot go on as they were."""
        failed = pc.equal(sampled["finish_reason"], "error")
        columns = {name: sampled[name] for name in sampled.column_names if not name.startswith(BEFORE)}
        for name in COLUMNS.names:
            old, new = sampled[f"{BEFORE}{name}"].cast(COLUMNS.field(name).type), sampled[name]
            columns[name] = old if name == "sample_index" else _either(failed, old, new)
        tables = [pa.table(columns), *([] if aside is None else [aside])]
        whole = pa.concat_tables(tables, promote_options="permissive").sort_by(PLACE)
        return {KEPT: whole.drop_columns([PLACE])}

    def counts(self, made: Mapping[str, pa.Table]) -> Mapping[str, float]:
        """Rows that went on, and those still cut; what cannot go on is no failure."""
        said = map(_said, made[KEPT].column("sampling").to_pylist())
        most = self.plan.sampling.max_tokens
        went_on = sum("continued" in one and one.get("max_tokens") == most for one in said)
        reasons = made[KEPT].column("finish_reason").to_pylist()
        return {"continued": went_on, "truncated": reasons.count("length"), "failed": 0}

    @functools.cached_property
    def _now(self) -> Mapping[str, Any]:
        """What is asked for, as rows say it."""
        drawn, template = self.plan.sampling, self.plan.template
        if template == "auto":
            template = default_template(load_tokenizer(self.plan.files))
        return {
            "temperature": drawn.temperature,
            "top_p": drawn.top_p,
            "top_k": drawn.top_k,
            "template": template,
            "system": self.plan.system,
            "model": self.plan.model,
        }

    def _differing(self, then: Mapping[str, Any]) -> list[str]:
        """The settings that were others then; what a row does not say is taken to be the same."""
        return [name for name, now in self._now.items() if name in then and then[name] != now]


def _said(sampling: str | None) -> Mapping[str, Any]:
    """What a row's `sampling` says; nothing where it is no JSON object, as in rows from elsewhere."""
    try:
        said = json.loads(sampling or "{}")
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _either(condition: pa.ChunkedArray, yes: pa.ChunkedArray, no: pa.ChunkedArray) -> pa.Array:
    """Row by row one or the other; Arrow's own `if_else` knows no lists."""
    rows = zip(condition.to_pylist(), yes.to_pylist(), no.to_pylist(), strict=True)
    return pa.array([old if first else new for first, old, new in rows], no.type)


def _refusal(differing: Sequence[str], then: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """One line that says what to give."""
    were = ", ".join(f"{name} {then[name]!r} (now {now[name]!r})" for name in differing)
    return f"the truncated rows were sampled with {were}; give the options of then, or --anyway to go on with these"
