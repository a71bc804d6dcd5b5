"""`r1 eval`: how good is a model? Samples, verifies, scores."""

from typing import Annotated

import typer

from . import console
from . import generation as g
from .options import DryRun, Json, Model, Out, Seed, Source

K = Annotated[int, typer.Option("-k", "--k", min=1, help="Responses a prompt; the paper takes 4 to 64.")]


def command(
    source: Source,
    model: Model,
    out: Out,
    k: K = 16,
    temperature: g.Temperature = 0.6,
    top_p: g.TopP = 0.95,
    top_k: g.TopK = 0,
    max_tokens: g.MaxTokens = 32_768,
    seed: Seed = 0,
    template: g.Template = "auto",
    system: g.System = None,
    engine: g.EngineChoice = "auto",
    dtype: g.DtypeChoice = "auto",
    threads: g.Threads = None,
    max_model_len: g.MaxModelLen = None,
    max_batch: g.MaxBatch = None,
    tensor_parallel: g.TensorParallel = 1,
    gpu_memory: g.GpuMemory = 0.9,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Evaluate a model: pass@1, pass@k and cons@k with standard errors.

    r1 eval problems --model runs/r1 -o scores -k 16
    """
    from r1data import evaluate, sampling
    from r1data.engines import EngineOptions, Sampling
    from r1data.shards import open_source

    drawn = Sampling(temperature, top_p, top_k, max_tokens)
    plan = sampling.Plan(
        model,
        k,
        drawn,
        seed=seed,
        template=template,
        system=system,
        engine=engine,
        dtype=dtype,
        max_model_len=max_model_len,
    )
    options = EngineOptions(
        threads=threads,
        max_batch=max_batch,
        tensor_parallel_size=tensor_parallel,
        gpu_memory_utilization=gpu_memory,
    )
    opened = open_source(source)
    if dry_run:
        console.show(sampling.preview(opened, plan), as_json=json)
        return
    summary, scores = evaluate.evaluate(opened, out, plan, options)
    if json:
        console.show({**summary.as_json(), **scores.as_json()}, as_json=True)
    else:
        console.show({**summary.as_json(), "verdicts": scores.verdicts, "unknown": scores.unknown})
        console.show(scores.lines())
    sampling.refuse_failed(summary)
