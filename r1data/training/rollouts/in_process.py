"""vLLM in the process that trains, without a GPU: `--engine vllm` on a CPU.

It stands where TRL has its own `VLLMGeneration`, so that TRL's trainers take it for a colocated vLLM and correct its
log-probabilities as they would there. TRL's own copies weights into tensors that vLLM has packed and emptied on a CPU.
Here vLLM loads them anew, layer by layer. On a CPU it leaves out two things, which it packs when it starts and not
when it loads again: an output head that is tied to the embeddings, and the experts of a mixture. With them left as
they were, log-probabilities drift from the trainer's as training goes on (0.4 nats a token after weights moved by 30%,
measured). So both are packed again, and what vLLM remembers of prompts is forgotten.

The engine is started with the trained model's own config, positions extended and adapters merged, and with weights that
mean nothing: its first come from the trainer.

Not here: GPUs (`colocated`), a server (`served`). With the same seeds a rerun may differ in a rare token whose draw
falls on the border between two, since the order of sums depends on what runs together.
"""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
import torch
from accelerate.utils import gather_object
from trl.generation.vllm_generation import VLLMGeneration
from trl.trainer.utils import ensure_master_addr_port

from r1data.engines.vllm import import_vllm, last_line, on_cpu_arguments, refuse_wrong_rotation
from r1data.errors import R1Error, UserError
from r1data.training.rollouts.drawing import Seeds
from r1data.training.rollouts.engine_config import write_config
from r1data.training.rollouts.loading_weights import load_weights
from r1data.training.rollouts.quiet import quiet
from r1data.training.rollouts.weights import as_saved

MAX_SEQUENCES = 256
"""Responses that are written at once. Ours."""


@dataclass(frozen=True)
class Answers:
    """Responses in the order of their prompts: token ids, and the log-probability with which each was drawn."""

    tokens: list[list[int]]
    logprobs: list[list[float]]


@dataclass(frozen=True)
class Draw:
    """How responses are sampled. `never`: tokens that no response has."""

    temperature: float
    max_tokens: int
    top_p: float = 1.0
    top_k: int = 0
    stops: Sequence[int] = ()
    never: Sequence[int] = ()


class Engine:
    """A vLLM engine in this process, for a model in training or a copy of one.

    `context`: tokens of a prompt and its response together. Raises UserError where vLLM cannot run the model.
    """

    def __init__(
        self, model: Any, context: int | None, *, dtype: str = "auto", sequences: int = MAX_SEQUENCES
    ) -> None:
        self.engine = start(model, context, dtype, min(sequences, MAX_SEQUENCES))
        self.tokens_written = 0

    def load(self, weights: Iterable[tuple[str, torch.Tensor]]) -> None:
        """Put these weights in the place of the engine's own."""
        # As a function, which only an engine of this process can be given: vLLM sends a name else.
        self.engine.collective_rpc(load_weights, args=(weights,))
        if not self.engine.reset_prefix_cache():
            raise R1Error("vLLM kept what it knew of prompts while its weights changed; run again to resume")

    def answer(
        self,
        prompts: Sequence[Sequence[int]],
        seeds: Sequence[int],
        how: Draw,
        done: Callable[[Sequence[int], Sequence[int]], None] = lambda prompt, response: None,
    ) -> Answers:
        """A response to each prompt of token ids, drawn with its seed; `done` is told of each as soon as it ends."""
        for number, (prompt, seed) in enumerate(zip(prompts, seeds, strict=True)):
            self.engine.add_request(str(number), {"prompt_token_ids": list(prompt)}, _parameters(how, seed))
        tokens: list[list[int]] = [[] for _ in prompts]
        logprobs: list[list[float]] = [[] for _ in prompts]
        try:
            while self.engine.has_unfinished_requests():
                for output in self.engine.step():
                    if output.finished:
                        number, response = int(output.request_id), output.outputs[0]
                        if response.finish_reason not in ("stop", "length"):
                            raise R1Error(
                                f"vLLM ended a response with {response.finish_reason!r}; run again to resume"
                            )
                        tokens[number] = list(response.token_ids)
                        done(prompts[number], tokens[number])
                        logprobs[number] = [
                            position[token].logprob
                            for position, token in zip(response.logprobs, response.token_ids, strict=True)
                        ]
        except (RuntimeError, ValueError) as error:
            raise R1Error(
                f"vLLM failed: {last_line(error)}; --engine transformers may run this model"
            ) from error
        finally:
            self.engine.abort_request([str(number) for number, ids in enumerate(tokens) if not ids])
        self.tokens_written += sum(map(len, tokens))
        return Answers(tokens, logprobs)


class InProcess(VLLMGeneration):  # type: ignore[misc]
    """What TRL's trainers ask for responses. `seed`: the run's; `stops`, `never`: as `Draw` has them."""

    def __init__(
        self, *args: Any, seed: int, dtype: str, stops: Sequence[int], never: Sequence[int], **kwargs: Any
    ):
        self.seeds, self.dtype, self.stops, self.never = Seeds(seed), dtype, stops, never
        self.moment: Callable[[], str] = lambda: "0"  # `generating.connect` sets both
        self.done: Callable[[Sequence[int], Sequence[int]], None] = lambda prompt, response: None
        super().__init__(*args, **kwargs)

    def _init_vllm(self) -> None:
        self.engine = Engine(
            self.model, self.max_model_length, dtype=self.dtype, sequences=self.max_num_seqs or MAX_SEQUENCES
        )
        self.accelerator.wait_for_everyone()

    def sync_weights(self) -> None:
        self.engine.load(as_saved(self.model, self._dist.gather_params))

    def generate(
        self, prompts: list[list[int]], images: None, num_generations: int, profiler: Any = None
    ) -> tuple[Any, Any, Any, None]:
        """As TRL's: prompts, responses and log-probabilities of [responses, tokens, 1]."""
        gather: Any = gather_object
        together = gather(prompts) if self.accelerator.num_processes > 1 else prompts
        first = self.accelerator.process_index * len(prompts)
        seeds = self.seeds.draw(self.moment(), together, first, len(prompts))
        how = Draw(
            self.temperature, self.max_completion_length, self.top_p, self.top_k, self.stops, self.never
        )
        with profiler or nullcontext():
            answers = self.engine.answer(prompts, seeds, how, self.done)
        return prompts, answers.tokens, [[[one] for one in row] for row in answers.logprobs], None


def start(model: Any, context: int | None, dtype: str, sequences: int) -> Any:
    """A vLLM engine of this process for a model's architecture, with weights that mean nothing yet."""
    with tempfile.TemporaryDirectory(prefix="r1-engine-") as folder, _undisturbed():
        os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"
        for name, value in {"RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "1"}.items():
            os.environ.setdefault(name, value)  # a launcher of several processes has set them
        ensure_master_addr_port()
        engine_args, llm_engine = import_vllm(torch.get_num_threads(), on_cpu=True, in_process=True)
        config = write_config(model, Path(folder))
        refuse_wrong_rotation(Path(folder), config)
        arguments = engine_args(
            model=folder,
            load_format="dummy",
            skip_tokenizer_init=True,
            generation_config="vllm",
            dtype="float32" if dtype == "auto" else dtype,
            max_model_len=context,
            max_num_seqs=sequences,
            disable_log_stats=True,
            trust_remote_code=False,
            use_tqdm_on_load=False,
            distributed_executor_backend="external_launcher",
            logprobs_mode="processed_logprobs",  # of the distribution that was drawn from
            **on_cpu_arguments(context),
        )
        try:
            return llm_engine.from_engine_args(arguments)
        except Exception as error:
            raise UserError(
                f"vLLM cannot run this model here: {last_line(error)}; try --engine transformers, or more room for "
                "its cache with VLLM_CPU_KVCACHE_SPACE=2 (GiB) in the environment"
            ) from error


def _parameters(how: Draw, seed: int) -> Any:
    from vllm import SamplingParams
    from vllm.sampling_params import RequestOutputKind

    return SamplingParams(
        temperature=how.temperature,
        top_p=how.top_p,
        top_k=how.top_k,
        max_tokens=how.max_tokens,
        seed=seed,
        stop_token_ids=list(how.stops),
        logit_bias=dict.fromkeys(how.never, -100.0) or None,
        logprobs=0,
        detokenize=False,
        output_kind=RequestOutputKind.FINAL_ONLY,
    )


@contextmanager
def _undisturbed() -> Iterator[None]:
    """vLLM starts without its chatter, and leaves random numbers, threads and the environment as they were."""
    threads, environment = torch.get_num_threads(), dict(os.environ)
    python, arrays = random.getstate(), numpy.random.get_state()
    try:
        with torch.random.fork_rng(devices=[]), quiet():
            yield
    finally:
        torch.set_num_threads(threads)
        random.setstate(python)
        numpy.random.set_state(arrays)
        os.environ.clear()
        os.environ.update(environment)
