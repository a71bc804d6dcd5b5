"""A vLLM server generates: `--engine vllm-server`. Each response is a request of its own, with its own seed.

New weights reach the server before each rollout: by NCCL where there are GPUs on both sides (TRL's client, vLLM's
weight transfer), or through a folder that both see (`--engine-sync folder`), which also works on a CPU. A server that
is gone, or that was started in another way than is needed, ends the run in one line. It resumes from its last
checkpoint, and the server is given the weights anew. `trl vllm-serve`, which TRL drops in 2.0, is not used.

Run on a CPU by this project's tests, with weights through a folder. NCCL has not been run by them.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import requests
from accelerate.utils import broadcast_object_list, gather_object
from trl.generation.vllm_generation import VLLMGeneration

from r1data.errors import UserError
from r1data.training.rollouts.drawing import Seeds
from r1data.training.rollouts.server_checks import ask, check_model, gone
from r1data.training.rollouts.weights import as_saved, base_of

AT_ONCE = 256
"""Requests under way. Ours; vLLM itself takes as many as fit."""
SECONDS = 3_600.0
"""For one response. Ours."""
SHARD_BYTES = 2 << 30


class Served(VLLMGeneration):  # type: ignore[misc]
    """What TRL's trainers ask for responses.

    Args:
        seed: the run's.
        sync: `folder` or `nccl`.
        folder: where weights are written for the server.
        stops, never: token ids that end a response, and that no response has.
    """

    def __init__(
        self,
        *args: Any,
        seed: int,
        sync: str,
        folder: Path,
        stops: Sequence[int],
        never: Sequence[int],
        **kwargs: Any,
    ) -> None:
        self.seeds, self.sync, self.folder = Seeds(seed), sync, folder.resolve()
        self.stops, self.never = list(stops), list(never)
        self.moment: Callable[[], str] = lambda: "0"  # `generating.connect` sets it
        self.session = requests.Session()
        self.session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=AT_ONCE))
        super().__init__(*args, **kwargs)

    def _init_vllm(self) -> None:
        self.url = str(self.server_base_url).rstrip("/")
        if self.accelerator.is_main_process:
            self.served = check_model(self.url, base_of(self.model).config, self.max_model_length)
            # TRL asks a server's client for this; `check_server` has.
            info = {"model_config": {"logprobs_mode": "processed_logprobs"}}
            self.vllm_client = SimpleNamespace(get_server_info=lambda: info)
        if self.sync == "nccl":
            try:
                super()._init_vllm()
            except Exception as error:
                raise gone(self.url, error) from error
        self.accelerator.wait_for_everyone()

    def _iter_named_params(self) -> Any:
        yield from as_saved(self.model, self._dist.gather_params)

    def sync_weights(self) -> None:
        if self.sync == "folder":
            self._write_weights()
            if self.accelerator.is_main_process:
                body = {"method": "r1_load_weights", "args": [str(self.folder)]}
                ask(self.session, "POST", self.url, "/collective_rpc", body, SECONDS)
                ask(self.session, "POST", self.url, "/reset_prefix_cache", None, SECONDS)
            self.accelerator.wait_for_everyone()
            return
        try:
            super().sync_weights()
        except (requests.RequestException, ConnectionError, RuntimeError) as error:
            raise gone(self.url, error) from error

    def _write_weights(self) -> None:
        from safetensors.torch import save_file

        main = self.accelerator.is_main_process
        if main:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(parents=True)
        part: dict[str, Any] = {}
        number = 0
        for name, weights in self._iter_named_params():  # in every process: shards are gathered together
            if not main:
                continue
            part[name] = weights.detach().cpu().contiguous()
            if sum(one.nbytes for one in part.values()) > SHARD_BYTES:
                save_file(part, self.folder / f"part-{number:05d}.safetensors")
                part, number = {}, number + 1
        if part:
            save_file(part, self.folder / f"part-{number:05d}.safetensors")

    def generate(
        self, prompts: list[list[int]], images: None, num_generations: int, profiler: Any = None
    ) -> tuple[Any, Any, Any, None]:
        """As TRL's: prompts, responses and log-probabilities of [responses, tokens, 1]."""
        alone = self.accelerator.num_processes == 1
        gather: Any = gather_object
        together = prompts if alone else gather(prompts)
        answers: list[Any] = [None]
        if self.accelerator.is_main_process:
            seeds = self.seeds.draw(self.moment(), together, 0, len(together))
            with profiler or nullcontext(), ThreadPoolExecutor(min(AT_ONCE, len(together))) as pool:
                answers = [list(pool.map(self._answer, together, seeds))]
        if not alone:
            broadcast: Any = broadcast_object_list
            broadcast(answers, from_process=0)
        first = self.accelerator.process_index * len(prompts)
        own = answers[0][first : first + len(prompts)]
        return prompts, [tokens for tokens, _ in own], [[[one] for one in logs] for _, logs in own], None

    def _answer(self, prompt: list[int], seed: int) -> tuple[list[int], list[float]]:
        body = {
            "model": self.served,
            "prompt": prompt,
            "seed": seed % (1 << 63),
            "temperature": self.temperature,
            "top_p": self.top_p,
            "top_k": self.top_k or -1,
            "min_p": 0.0,
            "repetition_penalty": 1.0,
            "max_tokens": self.max_completion_length,
            "stop_token_ids": self.stops,
            "logprobs": 0,
            "return_token_ids": True,
        }
        if self.never:
            body["logit_bias"] = {str(token): -100 for token in self.never}
        reply = ask(self.session, "POST", self.url, "/v1/completions", body, SECONDS)
        try:
            choice = reply["choices"][0]
            tokens = [int(token) for token in choice["token_ids"]]
            logs = [float(log) for log in choice["logprobs"]["token_logprobs"]]
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise gone(self.url, f"an answer without token ids and log-probabilities ({error!r})") from error
        if len(tokens) != len(logs) or not tokens:
            raise UserError(
                f"the vLLM server at {self.url} gave {len(logs)} log-probabilities for {len(tokens)} tokens; start it "
                "with the version of vLLM that is installed here"
            )
        return tokens, logs
