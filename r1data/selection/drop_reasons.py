"""Rejection sampling (R1 2.3.3): which samples go on, and the set that they make.

`filtering` judges rows one by one and runs shard by shard; whatever compares rows across shards (copies,
contamination, how many of a prompt, how many of a domain, the split) belongs to `build`.
"""

REASONS = (
    "incorrect",
    "unverifiable",
    "bad_format",
    "truncated",
    "mixed_language",
    "long_paragraph",
    "code_block",
    "repetition",
    "duplicate",
    "contaminated",
    "not_selected",
)
"""Why a row is dropped; all that `drop_reasons` may hold, in the order in which they are listed."""
