"""Options of the commands that run a model: how tokens are drawn, and on what."""

from typing import Annotated, Literal

import typer

TemplateName = Literal["auto", "r1-zero", "chat", "plain"]
EngineName = Literal["auto", "transformers", "vllm"]
DtypeName = Literal["auto", "float32", "bfloat16", "float16"]

Temperature = Annotated[float, typer.Option("--temperature", help="0 is greedy.")]
TopP = Annotated[float, typer.Option("--top-p", help="Draw from the likeliest tokens that hold this share.")]
TopK = Annotated[int, typer.Option("--top-k", help="Draw from this many likeliest tokens; 0 for all.")]
MaxTokens = Annotated[int, typer.Option("--max-tokens", help="Tokens a response may have.")]
Template = Annotated[
    TemplateName,
    typer.Option(
        "--template", help="What stands around a prompt; auto: the model's chat template, else r1-zero."
    ),
]
System = Annotated[
    str | None, typer.Option("--system", help="System prompt for rows that have none of their own.")
]
EngineChoice = Annotated[
    EngineName, typer.Option("--engine", help="auto: vLLM where it and a GPU are there, else transformers.")
]
DtypeChoice = Annotated[
    DtypeName, typer.Option("--dtype", help="auto: float32 on a CPU, the weights' own type on a GPU.")
]
Threads = Annotated[
    int | None, typer.Option("--threads", min=1, help="CPU threads; 1 or 2 are fastest for tiny models.")
]
MaxModelLen = Annotated[
    int | None,
    typer.Option("--max-model-len", min=2, help="Longest prompt and response together, in tokens."),
]
MaxBatch = Annotated[
    int | None, typer.Option("--max-batch", min=1, help="Responses written at the same time.")
]
TensorParallel = Annotated[
    int, typer.Option("--tensor-parallel", min=1, help="GPUs that share a model (vLLM).")
]
GpuMemory = Annotated[
    float, typer.Option("--gpu-memory", min=0.05, max=1.0, help="Share of a GPU's memory to use (vLLM).")
]
