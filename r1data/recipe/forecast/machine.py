"""The cost of tokens: GPU hours at a token rate, and money.

The rate is taken as known: it is that of the pilot's sampling, or what the user says. A large run fills its batches
better than a pilot does, so hours from a pilot's own record are rather too many.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from r1data.recipe.forecast.intervals import Interval, dependent_total
from r1data.sampling.plan import Prices

SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Machine:
    """`tokens_per_second`: response tokens of one GPU; `gpus` at work at once; prices in whatever money."""

    tokens_per_second: float | None = None
    gpus: int = 1
    price_per_gpu_hour: float | None = None
    prices: Prices = field(default_factory=Prices)

    def as_json(self) -> dict[str, Any]:
        """What the figures rest on."""
        return {
            "tokens_per_second_per_gpu": self.tokens_per_second,
            "gpus": self.gpus,
            "price_per_gpu_hour": self.price_per_gpu_hour,
            "price_per_mtok": self.prices.responses,
            "price_per_mtok_in": self.prices.prompts,
        }

    def with_costs(self, figures: Mapping[str, Interval]) -> dict[str, Interval]:
        """The figures, with `gpu_hours`, `hours` and `cost` as far as their tokens and the rates are known."""
        extended = dict(figures)
        tokens = figures.get("response_tokens")
        if tokens is not None and self.tokens_per_second:
            extended["gpu_hours"] = tokens * (1 / self.tokens_per_second / SECONDS)
            extended["hours"] = extended["gpu_hours"] * (1 / self.gpus)
        if self.price_per_gpu_hour is not None:
            if "gpu_hours" in extended:
                extended["cost"] = extended["gpu_hours"] * self.price_per_gpu_hour
        elif (cost := self._by_tokens(figures)) is not None:
            extended["cost"] = cost
        return extended

    def _by_tokens(self, figures: Mapping[str, Interval]) -> Interval | None:
        """None where a price, or the tokens that it is for, are not known."""
        priced = {"prompt_tokens": self.prices.prompts, "response_tokens": self.prices.responses}
        known_prices = {name: price for name, price in priced.items() if price is not None}
        if not known_prices or any(name not in figures for name in known_prices):
            return None
        return dependent_total(figures[name] * (price / 1e6) for name, price in known_prices.items())
