"""`r1 sample`: prompts in, n responses to each out."""

from typing import Annotated

import typer

from . import console
from . import generation as g
from .options import DryRun, Json, Model, Out, Seed, Source

N = Annotated[int, typer.Option("-n", "--n", min=1, help="Responses a prompt.")]


def command(
    source: Source,
    out: Out,
    model: Model,
    n: N = 16,
    temperature: g.Temperature = 1.0,
    top_p: g.TopP = 1.0,
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
    """Sample responses to prompts.

    r1 sample prompts -o samples --model runs/r1-zero -n 16

    r1 sample prompts -o samples --model miniature:base | r1 filter - -o kept
    """
    from r1data import sampling
    from r1data.engines import EngineOptions, Sampling
    from r1data.shards import open_source

    drawn = Sampling(temperature, top_p, top_k, max_tokens)
    plan = sampling.Plan(
        model,
        n,
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
    summary = sampling.sample(opened, out, plan, options)
    console.show(summary.as_json(), as_json=json)
    sampling.refuse_failed(summary)
