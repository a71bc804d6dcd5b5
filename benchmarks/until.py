r"""`r1 sample --until` beside plain `-n`: tokens, prompts with a correct response, and how often the rule errs.

    python -m benchmarks.until
    python -m benchmarks.until --model runs/miniature/r1-zero --prompts 400 --truth 256

A model of the miniature world answers the same prompts, with the same seeds, both ways: half of them of its world, half
of sums longer than it ever saw, which it gets right now and then, or never. "True" pass rates come from `--truth` other
responses to each prompt, drawn with another seed. For each setting the JSON says: tokens of both, their share saved,
prompts with a correct response (and with `until` of them) by both ways, prompts given up, and of these how many have a
true pass rate of `worth` or more; and what share of all prompts that good was given up, which is what `--abandon-risk`
bounds. `simulated` holds the rule alone: its chance of giving up at a known pass rate, exact.
"""

import argparse
import json
import math
import random
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from r1data.data.dataset import Dataset
from r1data.data.source import open_source
from r1data.engines.base import EngineOptions, Sampling
from r1data.sampling.plan import SamplingPlan
from r1data.sampling.sample import sample
from r1data.sampling.until import StoppingRule
from r1data.training.miniature import prompts, world
from r1data.verifiers.table import verify_table

SETTINGS = [
    StoppingRule(1, 16, 4),
    StoppingRule(4, 16, 4),
    StoppingRule(1, 64, 16, worth=0.1),
    StoppingRule(4, 64, 16, worth=0.1),
    StoppingRule(4, 64, 8, worth=0.2),
]
RATES = (0.0, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5)
TRUTH_SEED = 1_000


def main() -> None:
    """Runs everything and prints the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="miniature:base")
    parser.add_argument("--prompts", type=int, default=300)
    parser.add_argument("--truth", type=int, default=256)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), arguments.model, arguments.prompts, arguments.seed)
        rates = bench.rates(arguments.truth)
        figures = {
            "model": arguments.model,
            "prompts": arguments.prompts,
            "true_rates": {f"below {top}": int((rates["rate"] < top).sum()) for top in (0.02, 0.1, 0.2, 0.5)},
            "settings": [bench.compared(rule, rates) for rule in SETTINGS],
            "simulated": [simulated(rule) for rule in SETTINGS],
        }
    print(json.dumps(figures, indent=2))


class Bench:
    """Prompts and a model; every way of sampling is a dataset in a folder."""

    def __init__(self, folder: Path, model: str, count: int, seed: int) -> None:
        self.folder, self.model, self.seed = folder, model, seed
        table = prompts.table(
            [*world.problems(count // 2, split="test", seed=seed), *hard(count // 2, seed)], "test"
        )
        rows = (json.dumps(row) + "\n" for row in table.to_pylist())
        (folder / "prompts.jsonl").write_text("".join(rows))
        self.plain: dict[int, pl.DataFrame] = {}

    def rates(self, truth: int) -> pl.DataFrame:
        """`prompt_id`, `rate`: the share of correct responses among `truth` of another seed."""
        samples = self.sampled("truth", truth, None, self.seed + TRUTH_SEED)
        return samples.group_by("prompt_id").agg(rate=pl.col("correct").mean())

    def sampled(self, name: str, n: int, rule: StoppingRule | None, seed: int) -> pl.DataFrame:
        """One line a response: `prompt_id`, `correct`, `tokens`, `ended`."""
        plan = SamplingPlan(
            self.model, n, Sampling(max_tokens=80), seed, "plain", engine="transformers", until=rule
        )
        options = EngineOptions(threads=1, device="cpu")
        stage = None if rule else verify_table
        source = open_source(str(self.folder / "prompts.jsonl"))
        sample(source, str(self.folder / name), plan, options, schema="verified", stage=stage)
        frame = pl.DataFrame(pl.from_arrow(Dataset(self.folder / name).table()))
        return frame.select(
            "prompt_id",
            correct=pl.col("verdict") == "correct",
            tokens=pl.col("response_tokens"),
            ended=pl.col("sampling").map_elements(lambda text: json.loads(text).get("ended"), pl.String),
        )

    def compared(self, rule: StoppingRule, rates: pl.DataFrame) -> dict[str, Any]:
        """One setting beside the plain run."""
        if rule.max_responses not in self.plain:
            n = rule.max_responses
            self.plain[n] = self.sampled(f"plain-{n}", n, None, self.seed)
        plain = self.plain[rule.max_responses]
        name = "-".join(map(str, (rule.target, rule.max_responses, rule.round_size, rule.worth)))
        until = self.sampled(f"until-{name}", rule.max_responses, rule, self.seed)
        endings = until.group_by("prompt_id").agg(pl.col("ended").first())
        given_up = endings.filter(pl.col("ended") == "given_up").join(rates, on="prompt_id")
        good = rates.filter(pl.col("rate") >= rule.worth).height
        wrongly = given_up.filter(pl.col("rate") >= rule.worth).height
        tokens = int(plain["tokens"].sum()), int(until["tokens"].sum())
        return {
            **rule.parameters(),
            "n": rule.max_responses,
            "gives_up_after": rule.earliest(),
            "tokens_plain": tokens[0],
            "tokens_until": tokens[1],
            "saved": round(1 - tokens[1] / tokens[0], 3),
            "prompts_with_a_correct_response": {
                "plain": count_prompts(plain, 1),
                "until": count_prompts(until, 1),
            },
            f"prompts_with_{rule.target}": {
                "plain": count_prompts(plain, rule.target),
                "until": count_prompts(until, rule.target),
            },
            "endings": dict(Counter(endings["ended"].to_list())),
            "given_up_though_worth_it": wrongly,
            "share_of_given_up": round(wrongly / given_up.height, 3) if given_up.height else None,
            "share_of_worth_it": round(wrongly / good, 4) if good else None,
        }


def hard(count: int, seed: int) -> Iterator[world.SumProblem]:
    """Sums of 6 to 10 operations, longer than any that the model learnt: it gets them right now and then, or never."""
    rng = random.Random(seed)
    for number in range(count):
        numbers = [rng.randint(1, 9) for _ in range(7 + number % 5)]
        chain = world.render(numbers)
        yield world.SumProblem(chain, sum(numbers), "en", f"What is {chain}?", len(numbers) - 1)


def count_prompts(samples: pl.DataFrame, enough: int) -> int:
    """Prompts with so many correct responses."""
    counts = samples.group_by("prompt_id").agg(pl.col("correct").sum())
    return counts.filter(pl.col("correct") >= enough).height


def simulated(rule: StoppingRule) -> dict[str, Any]:
    """By pass rate: the chance of being given up, and the mean number of responses drawn."""
    exact = {rate: course(rule, rate) for rate in RATES}
    return {
        **rule.parameters(),
        "n": rule.max_responses,
        "given_up": {str(rate): round(chance, 4) for rate, (chance, _) in exact.items()},
        "drawn": {str(rate): round(responses, 1) for rate, (_, responses) in exact.items()},
    }


def course(rule: StoppingRule, rate: float) -> tuple[float, float]:
    """Chance to be given up and expected responses, over all ways in which the responses can come out."""
    open_, given_up, expected, responses = {0: 1.0}, 0.0, 0.0, 0
    while open_:
        size = min(rule.round_size, rule.max_responses - responses)
        responses += size
        after: dict[int, float] = {}
        for correct, chance in open_.items():
            for more in range(size + 1):
                share = math.comb(size, more) * rate**more * (1 - rate) ** (size - more)
                after[correct + more] = after.get(correct + more, 0.0) + chance * share
        open_ = {}
        for correct, chance in after.items():
            ending = rule.decide([True] * correct + [False] * (responses - correct))
            if ending is None:
                open_[correct] = chance
                continue
            expected += chance * responses
            given_up += chance * (ending == "given_up")
    return given_up, expected


if __name__ == "__main__":
    main()
