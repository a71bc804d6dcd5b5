r"""`r1 eval` with a real model: its tokens/s beside bare vLLM, and a killed run beside an undisturbed one.

    python -m benchmarks.evaluation --model build/real/teacher mgsm=FILE gsm8k=FILE
    python -m benchmarks.evaluation --model build/real/teacher mgsm=FILE gsm8k=FILE --kills 3

`ours` is all of `evaluate` but the loading of weights: rendering, sampling, verification, scores and the card. `bare`
is `vllm.LLM.generate` on the same token ids with the same settings and seeds, a call for each set, which writes and
verifies nothing. With `--together` it gets all sets in one call, which keeps its batch full where one set's last
responses are still written; ours takes the sets one after another. Each side loads its model once, in a process of its
own; then the rounds take turns. With `--kills` nothing is timed: the command is killed (SIGKILL) at random moments and
run again, and its rows and scores are compared with those of a run that nobody disturbed; equal they are with `--engine
transformers`, and with vLLM but for rounding, since what it computes together depends on timing.

Prints a JSON object; `ratio` is ours over bare in tokens/s, the median of the rounds; `cpu` the same of tokens for a
second of CPU.
"""

import argparse
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.sampling import Round, Side, answer

K, TOKENS, POSITIONS, DTYPE = 1, 96, 768, "float32"


def main() -> None:
    """Runs both sides and prints the figures; with `--side` it is one of them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--count", type=int, default=33, help="questions of a set, spread over it")
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--engine", default="vllm", choices=["vllm", "transformers"], help="with --kills")
    parser.add_argument("--together", action="store_true", help="all sets in one call of bare vLLM")
    parser.add_argument("--side", choices=["ours", "bare"])
    parser.add_argument("sets", nargs="+", metavar="NAME=FILE")
    arguments = parser.parse_args()
    if arguments.side:
        serve(arguments.side, arguments.model, arguments.sets, arguments.together)
        return
    with tempfile.TemporaryDirectory() as folder:
        sets = [shortened(text, Path(folder), arguments.count) for text in arguments.sets]
        if arguments.kills:
            figures = interrupted(arguments.model, sets, Path(folder), arguments.kills, arguments.engine)
        else:
            figures = compared(arguments.model, sets, arguments.rounds, arguments.together)
    print(json.dumps(figures, indent=2))


def shortened(text: str, folder: Path, count: int) -> str:
    """Some questions of a set, in a file of their own."""
    name, _, place = text.partition("=")
    lines = Path(place).read_text().splitlines(keepends=True)
    lines = lines[:: max(1, len(lines) // count)][
        :count
    ]  # of all languages, where they stand one after the other
    (folder / f"{name}.jsonl").write_text("".join(lines))
    return f"{name}={folder / f'{name}.jsonl'}"


def compared(model: str, sets: list[str], rounds: int, together: bool) -> dict[str, Any]:
    """Tokens/s of both sides, which take turns; a first round warms up."""
    start = [sys.executable, "-m", "benchmarks.evaluation", "--model", model, "--side"]
    more = ["--together"] if together else []
    sides = {name: Side(name, [*start, name, *more, *sets]) for name in ("ours", "bare")}
    speeds: dict[str, list[float]] = {name: [] for name in sides}
    thrift: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(rounds + 1):
        for name, side in sides.items():
            tokens, seconds, cpu = side.round()
            if number:
                speeds[name].append(tokens / seconds)
                thrift[name].append(tokens / cpu)
        sys.stderr.write(f"{os.getloadavg()[0]:.1f} {speeds}\n")
    for side in sides.values():
        side.close()
    return {
        "sets": [one.partition("=")[0] for one in sets],
        "load": os.getloadavg()[0],
        "tokens_per_second": {name: [round(speed, 1) for speed in values] for name, values in speeds.items()},
        "ratio": round(
            statistics.median(a / b for a, b in zip(speeds["ours"], speeds["bare"], strict=True)), 3
        ),
        "cpu": round(statistics.median(thrift["ours"]) / statistics.median(thrift["bare"]), 3),
    }


def serve(name: str, model: str, sets: list[str], together: bool) -> None:
    """One side: load, then a round for each line of stdin."""
    answer(ours(model, sets) if name == "ours" else bare(model, sets, together))


def ours(model: str, sets: list[str]) -> Round:
    """`r1 eval`; the engine is loaded beforehand."""
    from r1data.engines.base import EngineOptions
    from r1data.evaluation.evaluate import SharedEngine, evaluate

    folder, loader, options = Path(tempfile.mkdtemp()), SharedEngine(), EngineOptions(threads=2)
    loader(evaluations(model, sets, str(folder))[0].plan, options)
    rounds = iter(range(1_000))

    def play() -> tuple[int, float]:
        start = time.perf_counter()
        asked = evaluations(model, sets, str(folder / str(next(rounds))))
        measured = list(evaluate(asked, options, loader=loader))
        tokens = sum(int(one.summary.details["response_tokens"]) for one in measured)
        return tokens, time.perf_counter() - start

    return play


def bare(model: str, sets: list[str], together: bool) -> Round:
    """`vllm.LLM.generate` on the same token ids."""
    os.environ.update(VLLM_CPU_KVCACHE_SPACE="1", VLLM_NO_USAGE_STATS="1", VLLM_LOGGING_LEVEL="ERROR")
    from vllm import LLM, SamplingParams

    from r1data.engines.models import load_tokenizer, stop_ids
    from r1data.sampling.parts import Renderer

    requests_by_set = []
    for one in evaluations(model, sets, "-"):
        plan = one.plan
        renderer = Renderer(model, plan.template, plan.system, plan.n, plan.seed)
        parts = [
            renderer.part(str(number), (), shard.table()) for number, shard in enumerate(one.source.shards())
        ]
        requests_by_set.append([request for part in parts for request in part.requests])
    if together:
        requests_by_set = [[request for requests in requests_by_set for request in requests]]
    sampling, stops = plan.sampling, sorted(stop_ids(model, load_tokenizer(model)))
    llm = LLM(
        model=model,
        dtype=DTYPE,
        max_model_len=POSITIONS,
        enforce_eager=True,
        generation_config="vllm",
        max_num_seqs=256,
        enable_chunked_prefill=False,  # as ours on a CPU, where vLLM cannot wind back the numbers of seeded rows
        max_num_batched_tokens=4_096,
    )

    def generate(requests: list[Any]) -> int:
        settings = [
            SamplingParams(
                temperature=sampling.temperature, top_p=sampling.top_p, max_tokens=TOKENS, seed=request.seed,
                stop_token_ids=stops,
            )
            for request in requests
        ]  # fmt: skip
        prompts = [{"prompt_token_ids": request.token_ids} for request in requests]
        outputs = llm.generate(prompts, settings, use_tqdm=False)
        return sum(len(one.outputs[0].token_ids) for one in outputs)

    def play() -> tuple[int, float]:
        start = time.perf_counter()
        tokens = sum(map(generate, requests_by_set))
        return tokens, time.perf_counter() - start

    return play


def evaluations(model: str, sets: list[str], out: str) -> list[Any]:
    """The sets as `r1 eval` asks them, with fewer responses and tokens."""
    from r1data.engines.base import Sampling
    from r1data.evaluation import benchmarks
    from r1data.evaluation.evaluate import Evaluation, outputs
    from r1data.sampling.plan import SamplingPlan

    sampling = Sampling(temperature=0.6, top_p=0.95, max_tokens=TOKENS)
    plan = SamplingPlan(model, K, sampling, engine="vllm", dtype=DTYPE, max_model_len=POSITIONS)
    asked = []
    for place, dataset in zip(sets, outputs(sets, out), strict=True):
        source, benchmark = benchmarks.open_evaluation(place)
        asked.append(Evaluation(place, source, dataset, plan, benchmark))
    return asked


def interrupted(model: str, sets: list[str], folder: Path, kills: int, engine: str) -> dict[str, Any]:
    """Rows and scores of a run that is killed so many times, beside those of one that is not."""
    whole, seconds = command(model, sets, folder / "whole", engine)
    draw, moments = random.Random(0), []
    for _ in range(kills):
        moments.append(round(draw.uniform(0.3, 0.9) * seconds, 1))
        command(model, sets, folder / "killed", engine, moments[-1])
    killed, _ = command(model, sets, folder / "killed", engine)
    different = {}
    for name in names(sets):
        pairs = zip(rows(folder / "whole" / name), rows(folder / "killed" / name), strict=True)
        columns = [{column for column in one if one[column] != other[column]} for one, other in pairs]
        different[name] = {
            "rows": len(columns),
            "different": sum(map(bool, columns)),
            "in": sorted(set().union(*columns)),
        }
    return {
        "engine": engine,
        "seconds": round(seconds, 1),
        "killed_after": moments,
        "rows": different,
        "same_scores": [whole[place]["measures"] == killed[place]["measures"] for place in whole],
        "tokens": [whole[place]["measures"]["tokens"]["value"] for place in whole],
    }


def names(sets: list[str]) -> list[str]:
    """The sets' names."""
    return [one.partition("=")[0] for one in sets]


def command(
    model: str, sets: list[str], out: Path, engine: str, seconds: float | None = None
) -> tuple[dict[str, Any], float]:
    """`r1 eval`, killed after so many seconds; its report and how long it took."""
    r1 = Path(sys.executable).parent / "r1"
    settings = f"-k {K} --max-tokens {TOKENS} --max-model-len {POSITIONS} --engine {engine} --dtype {DTYPE} --threads 2"
    line = [r1, "eval", *sets, "--model", model, "-o", out, *settings.split(), "--json"]
    start = time.perf_counter()
    # A file, since a pipe gets references to shards and no report.
    with tempfile.TemporaryFile("w+") as report:
        process = subprocess.Popen(line, stdout=report, start_new_session=True)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return {}, time.perf_counter() - start
        if process.returncode:
            raise RuntimeError(f"r1 eval ended with {process.returncode}")
        report.seek(0)
        return json.load(report), time.perf_counter() - start


def rows(dataset: Path) -> list[dict[str, Any]]:
    """All rows, by question and sample."""
    import pyarrow.dataset as ds

    table = ds.dataset(dataset / "data").to_table()
    return sorted(table.to_pylist(), key=lambda row: (row["prompt_id"], row["sample_index"]))


if __name__ == "__main__":
    main()
