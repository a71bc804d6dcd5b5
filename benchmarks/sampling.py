r"""`r1 sample` beside what a few lines of Python do with the same engine: the same prompts, settings and seeds.

    python -m benchmarks.sampling
    python -m benchmarks.sampling --rounds 5 --only openai

`vllm`: `vllm.LLM.generate` on the same prompts with the same seeds, which writes nothing. `openai`: an asyncio client
with aiohttp and a semaphore, at the same concurrency, against the same server (vLLM's). Each side loads its model once,
in a process of its own; then the rounds take turns. What is timed: of ours all of `sampling.sample` but the loading of
weights, that is rendering, requests, rows, shards and commits; of the peers the call that generates. A random model of
0.3M parameters, so that what is not the model weighs as much as it ever can.

Prints a JSON object; `ratio` is ours over the peer's tokens/s, the median of the rounds; `ratio_undisturbed` the same
of the fastest quarter of each side's rounds; `cpu` the same of tokens for a second of CPU of the side and its children.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import psutil

PROMPTS, N, TOKENS, CONCURRENCY = {"vllm": 96, "openai": 32}, 16, 192, 64
Round = Callable[[], tuple[int, float]]
"""One round: tokens written, seconds."""


def main() -> None:
    """Runs everything and prints the figures; with `--side` it is one of the two sides."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=["vllm", "openai"])
    parser.add_argument("--side", nargs=3)
    arguments = parser.parse_args()
    if arguments.side:
        serve(*arguments.side)
        return
    from benchmarks.model_server import ModelServer, tiny_model

    with tempfile.TemporaryDirectory() as folder:
        model = tiny_model(Path(folder) / "model")
        figures: dict[str, Any] = {
            "prompts": PROMPTS,
            "n": N,
            "max_tokens": TOKENS,
            "concurrency": CONCURRENCY,
            "load": os.getloadavg()[0],
        }
        if arguments.only != "openai":
            figures["vllm"] = compared(["ours", "bare"], model, "", arguments.rounds)
        if arguments.only != "vllm":
            server = ModelServer(model)
            server.start()
            try:
                figures["openai"] = compared(["served", "client"], model, server.url, arguments.rounds)
            finally:
                server.kill()
    print(json.dumps(figures, indent=2))


def compared(sides: list[str], model: Path, url: str, rounds: int) -> dict[str, Any]:
    """Tokens/s of each side, and the first one's share of the others', round by round; a first round warms up."""
    start = [sys.executable, "-m", "benchmarks.sampling", "--side"]
    processes = [Side(name, [*start, name, str(model), url or "-"]) for name in sides]
    speeds: dict[str, list[float]] = {side.name: [] for side in processes}
    thrift: dict[str, list[float]] = {side.name: [] for side in processes}
    for number in range(rounds + 1):
        for side in processes:
            tokens, seconds, cpu = side.round()
            if number:
                speeds[side.name].append(tokens / seconds)
                thrift[side.name].append(tokens / cpu)
        sys.stderr.write(f"{os.getloadavg()[0]:.1f} {speeds}\n")
    for side in processes:
        side.close()
    own_speeds, other_speeds = (speeds[name] for name in sides)
    return {
        "tokens_per_second": {
            name: [round(speed) for speed in rounds_of_side] for name, rounds_of_side in speeds.items()
        },
        "ratio": round(statistics.median(a / b for a, b in zip(own_speeds, other_speeds, strict=True)), 3),
        "ratio_undisturbed": round(undisturbed(own_speeds) / undisturbed(other_speeds), 3),
        "cpu": round(statistics.median(thrift[sides[0]]) / statistics.median(thrift[sides[1]]), 3),
    }


def undisturbed(speeds: list[float]) -> float:
    """The mean of the fastest quarter: on a machine that others use too, the rest says what they did."""
    return statistics.fmean(sorted(speeds)[-max(1, len(speeds) // 4) :])


class Side:
    """A process that has loaded its model and makes a round when told."""

    def __init__(self, name: str, command: list[str]) -> None:
        self.name = name
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._read()

    def round(self) -> tuple[int, float, float]:
        """Tokens, seconds and seconds of CPU."""
        if self.process.stdin is None:
            raise RuntimeError("no way to speak to the process")
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        before = self._cpu()
        tokens, seconds = self._read()
        return int(tokens), float(seconds), self._cpu() - before

    def _cpu(self) -> float:
        """Seconds of CPU of the process and its children."""
        process = psutil.Process(self.process.pid)
        return sum(sum(one.cpu_times()[:2]) for one in (process, *process.children(recursive=True)))

    def close(self) -> None:
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.process.wait()

    def _read(self) -> list[float]:
        if self.process.stdout is None:
            raise RuntimeError("no way to hear the process")
        for line in self.process.stdout:  # an engine may say things of its own
            if line.startswith("figures "):
                figures: list[float] = json.loads(line.removeprefix("figures "))
                return figures
        raise RuntimeError(f"the side {self.name!r} died")


def serve(name: str, model: str, url: str) -> None:
    """One side: load, then a round for each line of stdin."""
    answer(SIDES[name](model, url))


def answer(play: Round) -> None:
    """A round for each line of stdin, as `Side` asks for it."""
    print("figures []", flush=True)
    for _ in sys.stdin:
        print("figures", json.dumps(play()), flush=True)


def prompts_of(engine: str) -> list[str]:
    """The prompts."""
    return [f"What is {number} + {number * 7 % 50}, and why? " for number in range(PROMPTS[engine])]


def r1_rounds(model: str, url: str, *, engine: str = "vllm") -> Round:
    """`r1 sample`; the engine is loaded beforehand."""
    from r1data.data.source import open_source
    from r1data.engines.base import EngineOptions, Sampling, load_engine
    from r1data.sampling import sample
    from r1data.sampling.plan import SamplingPlan

    folder = Path(tempfile.mkdtemp())
    lines = (json.dumps({"prompt": prompt}) + "\n" for prompt in prompts_of(engine))
    (folder / "prompts.jsonl").write_text("".join(lines))
    endpoints = (url,) if engine == "openai" else ()
    options = EngineOptions(endpoints=endpoints, concurrency=CONCURRENCY)
    loaded = load_engine(engine, model, options)
    sample.load_engine = lambda *_: loaded  # type: ignore[assignment]
    rounds = iter(range(1_000))

    def play() -> tuple[int, float]:
        plan = SamplingPlan(model, N, Sampling(max_tokens=TOKENS), template="plain", engine=engine)
        start = time.perf_counter()
        summary = sample.sample(
            open_source(str(folder / "prompts.jsonl")), str(folder / str(next(rounds))), plan, options
        )
        return int(summary.details["response_tokens"]), time.perf_counter() - start

    return play


def bare(model: str, url: str) -> Round:
    """`vllm.LLM.generate`."""
    os.environ.update(VLLM_CPU_KVCACHE_SPACE="1", VLLM_NO_USAGE_STATS="1", VLLM_LOGGING_LEVEL="ERROR")
    from vllm import LLM, SamplingParams

    from r1data.engines.base import seed_of

    llm = LLM(
        model=model,
        dtype="float32",
        enforce_eager=True,
        generation_config="vllm",
        max_num_seqs=256,
        enable_chunked_prefill=False,  # as ours on a CPU, where vLLM cannot wind back the numbers of seeded rows
        max_num_batched_tokens=4_096,
    )

    def play() -> tuple[int, float]:
        start = time.perf_counter()
        texts = [prompt for prompt in prompts_of("vllm") for _ in range(N)]
        settings = [
            SamplingParams(temperature=1.0, max_tokens=TOKENS, seed=seed_of(0, prompt, index % N))
            for index, prompt in enumerate(texts)
        ]
        outputs = llm.generate(texts, settings, use_tqdm=False)
        tokens = sum(len(one.token_ids) for request in outputs for one in request.outputs)
        return tokens, time.perf_counter() - start

    return play


def client(model: str, url: str) -> Round:
    """What an asyncio script does; the prompts are token ids already."""
    import aiohttp

    from r1data.engines.base import seed_of
    from r1data.engines.models import load_tokenizer

    tokenizer = load_tokenizer(model)
    prompts = [tokenizer(prompt)["input_ids"] for prompt in prompts_of("openai") for _ in range(N)]

    async def one(session: aiohttp.ClientSession, gate: asyncio.Semaphore, number: int) -> int:
        body = {
            "model": "tiny",
            "prompt": prompts[number],
            "max_tokens": TOKENS,
            "temperature": 1.0,
            "seed": seed_of(0, str(number // N), number % N),
        }
        async with gate:
            while True:  # now and then the server closes a connection that is about to be used again
                try:
                    async with session.post(f"{url}/v1/completions", json=body) as reply:
                        reply.raise_for_status()
                        return int((await reply.json())["usage"]["completion_tokens"])
                except aiohttp.ClientConnectionError:
                    continue

    async def all_of_them() -> int:
        gate = asyncio.Semaphore(CONCURRENCY)
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector) as session:
            return sum(await asyncio.gather(*(one(session, gate, k) for k in range(len(prompts)))))

    def play() -> tuple[int, float]:
        start = time.perf_counter()
        tokens = asyncio.run(all_of_them())
        return tokens, time.perf_counter() - start

    return play


SIDES: dict[str, Callable[[str, str], Round]] = {
    "ours": r1_rounds,
    "bare": bare,
    "served": partial(r1_rounds, engine="openai"),
    "client": client,
}


if __name__ == "__main__":
    main()
