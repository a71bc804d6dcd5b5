"""Do vLLM and the trainer give a model's tokens the same probabilities? `r1 doctor --rollouts`.

vLLM answers a set of prompts at temperature 1, by type and with adapters merged or without any; the trainer scores the
same tokens as a step of GRPO would: in float32 on a CPU, in bf16 arithmetic over float32 weights on a GPU, adapters
beside the weights. Differences are in nats, by the tokens' place in the response and summed over whole responses.

The adapters are random ones that change a layer's weights by about 1%: a training's own differ. What is called safe is
ours, and said of these prompts: longer responses than were sampled are judged by how sums grow. Run on a CPU by this
project's tests, not on a GPU.
"""

from __future__ import annotations

import gc
import math
import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch

from r1data.engines.models import load_model, load_tokenizer, stop_ids
from r1data.engines.templates import Prompt, messages, prompts
from r1data.training.models import adapters
from r1data.training.rollouts import generating
from r1data.training.settings import GrpoSettings

DTYPES: tuple[Literal["float32", "bfloat16"], ...] = ("float32", "bfloat16")
PLACES = (16, 64, 256, 1_024, 4_096, 16_384, 65_536)
"""Where the ranges of tokens' places end."""
RANK, CHANGE = 8, 0.01
"""Of the adapters: their rank, and how far they move a layer's weights."""
QUESTIONS = (
    "What is 17 + 25?",
    "A train leaves at 9:40 and arrives at 11:05. How long does it take?",
    "What is the greatest common divisor of 84 and 126?",
    "解方程 3x + 5 = 20。",
    "Write a function that reverses a list.",
    "Is 91 a prime number? Say why.",
    "How many ways are there to choose 3 of 8 books?",
    "What is the area of a triangle with sides 3, 4 and 5?",
)
"""Prompts where none are given."""
CAP = 2.0


@dataclass(frozen=True)
class Gap:
    """Differences of log-probabilities in nats, over the tokens of a range of places; `sequence` over whole responses,
    and only where the range is all of them."""

    dtype: str
    adapters: bool
    places: str
    tokens: int
    mean: float
    p99: float
    largest: float
    sequence_mean: float | None = None
    sequence_largest: float | None = None


@dataclass(frozen=True)
class Agreement:
    """What was measured, and a sentence about each way to run the engine."""

    gaps: list[Gap]
    advice: list[str]


def examine(
    model: str | Path,
    rows: Sequence[dict[str, Any]],
    template: str,
    *,
    max_tokens: int = 128,
    samples: int = 4,
    seed: int = 0,
    say: Callable[[str], None] = lambda line: None,
) -> Agreement:
    """Differences between vLLM and the trainer on `samples` responses to each prompt (`prompt`, `system`?).

    Raises UserError where vLLM is not installed or cannot run the model.
    """
    settings = GrpoSettings(engine="vllm", seed=seed)
    generating.check_engine(settings)
    generating.import_engine(settings)
    tokenizer = load_tokenizer(model)
    chats = [messages(row["prompt"], row.get("system")) for row in rows]
    asked: list[Prompt] = [one for one in prompts(template, chats, tokenizer) for _ in range(samples)]
    trained = load_model(model, dtype="float32", device="cuda" if torch.cuda.is_available() else "cpu")
    stops = sorted(stop_ids(model, tokenizer))
    gaps, advice = [], []
    for adapted in (False, True):
        scored = with_adapters(trained, seed) if adapted else trained
        for dtype in DTYPES:
            say(f"{dtype}{', adapters merged' if adapted else ''}: {len(asked)} responses")
            differences = list(measure(scored, [one.ids for one in asked], dtype, stops, max_tokens, seed))
            gaps += by_place(differences, dtype, adapted)
            advice.append(advise(differences, dtype, adapted))
    return Agreement(gaps, advice)


def with_adapters(model: Any, seed: int) -> Any:
    """The model with random adapters on all its linear layers."""
    from peft import get_peft_model

    config: Any = adapters.config_of(GrpoSettings(lora=RANK), model)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        adapted = get_peft_model(model, config)
        for layer in adapted.modules():
            if not hasattr(layer, "get_delta_weight") or not getattr(layer, "lora_B", None):
                continue
            second = layer.lora_B["default"].weight
            torch.nn.init.normal_(second)
            base = getattr(layer.get_base_layer(), getattr(layer, "parameter_name", "weight"))
            size = layer.get_delta_weight("default").float().norm()
            second.data *= CHANGE * base.detach().float().norm() / size.clamp(min=1e-12)
    return adapted


def measure(
    model: Any, asked: Sequence[list[int]], dtype: str, stops: Sequence[int], max_tokens: int, seed: int
) -> Iterator[torch.Tensor]:
    """For each response: trainer's minus engine's log-probability of its tokens."""
    from r1data.training.rollouts.drawing import Seeds
    from r1data.training.rollouts.in_process import Draw, Engine
    from r1data.training.rollouts.weights import as_saved

    engine = Engine(model, max(map(len, asked)) + max_tokens, dtype=dtype, sequences=len(asked))
    engine.load(as_saved(model, lambda parameters: nullcontext()))
    drawn = Seeds(seed).draw("doctor", asked, 0, len(asked))
    answers = engine.answer(asked, drawn, Draw(1.0, max_tokens, stops=stops))
    del engine
    gc.collect()  # vLLM takes one engine a process
    for prompt, response, logprobs in zip(asked, answers.tokens, answers.logprobs, strict=True):
        yield score(model, prompt, response) - torch.tensor(logprobs, dtype=torch.float64)


@torch.no_grad()
def score(model: Any, prompt: list[int], response: list[int]) -> torch.Tensor:
    """Log-probabilities [tokens] of a response, as a training step computes them."""
    device = model.device
    arithmetic: AbstractContextManager[Any] = (
        torch.autocast("cuda", torch.bfloat16) if device.type == "cuda" else nullcontext()
    )
    with arithmetic:
        scores = model(input_ids=torch.tensor([prompt + response], device=device), use_cache=False).logits
    own = torch.log_softmax(scores[0, len(prompt) - 1 : -1].float(), -1)
    return own.gather(1, torch.tensor(response, device=device)[:, None])[:, 0].double().cpu()


def by_place(differences: Sequence[torch.Tensor], dtype: str, adapted: bool) -> list[Gap]:
    """The gaps of all tokens, and of those in each range of places that responses reach."""
    every = torch.cat(list(differences)).abs()
    sums = [one.sum().abs().item() for one in differences]
    gaps = [Gap(dtype, adapted, "all", *_figures(every), statistics.mean(sums), max(sums))]
    for first, end in zip((0, *PLACES), PLACES, strict=False):
        inside = torch.cat([one[first:end] for one in differences]).abs()
        if len(inside):
            gaps.append(Gap(dtype, adapted, f"{first + 1}-{end}", *_figures(inside)))
    return gaps


def _figures(gaps: torch.Tensor) -> tuple[int, float, float, float]:
    return len(gaps), gaps.mean().item(), gaps.quantile(0.99).item(), gaps.max().item()


def advise(differences: Sequence[torch.Tensor], dtype: str, adapted: bool) -> str:
    """A sentence about a type: whether its gap is within a run's limit, and how long `sequence-mask` keeps responses.

    A sum of n differences is taken for their mean times n, and a deviation that grows with the root of n; a response
    is lost once it passes the cap.
    """
    every = torch.cat(list(differences))
    gap, limit = every.abs().mean().item(), GrpoSettings().max_logprob_gap
    name = f"--engine-dtype {dtype}{' with adapters' if adapted else ''}"
    if not gap <= limit:
        return (
            f"{name} is not safe: {gap:.2g} nats a token on average, more than a run's limit of {limit:g} "
            "(--max-logprob-gap)"
        )
    kept = kept_tokens(every.mean().item(), every.std().item() if len(every) > 1 else 0.0)
    longest = GrpoSettings().max_tokens
    if kept >= longest:
        return f"{name} is safe with any --importance: {gap:.2g} nats a token on average"
    return (
        f"{name} is safe with --importance token-truncate ({gap:.2g} nats a token on average); sequence-mask would "
        f"lose responses from about {kept:,} tokens on"
    )


def kept_tokens(mean: float, deviation: float) -> int:
    """Tokens after which a response's summed difference is, at one deviation, the cap's logarithm."""
    most = math.log(CAP)
    low, high = 1, 1 << 40
    while low < high:
        middle = (low + high + 1) // 2
        within = abs(mean) * middle + deviation * math.sqrt(middle) <= most
        low, high = (middle, high) if within else (low, middle - 1)
    return low
