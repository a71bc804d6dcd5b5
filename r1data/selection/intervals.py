"""Wilson's interval of a share: of the samples of one prompt here, of a benchmark's questions in `evaluation`."""

import math


def wilson(mean: float, number: float, quantile: float) -> tuple[float, float]:
    """The interval of a share of `number` draws (Wilson 1927), from 0 to 1."""
    square = quantile**2 / number
    middle = (mean + square / 2) / (1 + square)
    half = math.sqrt(mean * (1 - mean) * square + square**2 / 4) / (1 + square)
    # Where none or all were right, the formula's end is 0 or 1 exactly, and only nearly in floats.
    low = 0.0 if mean <= 0 else max(0.0, middle - half)
    return low, 1.0 if mean >= 1 else min(1.0, middle + half)
