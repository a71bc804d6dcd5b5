"""Readability filters (R1 2.3.3): what R1's authors dropped before training on their own model's output.

The paper drops "chain-of-thought with mixed languages, long paragraphs, and code blocks"; repetition is from
its cold start. Filters read the thoughts only; the two about layout read the whole response. Each filter is one file
that ends in its `Filter` (`entry`); `FILTERS` (`registry`) lists them. `apply` runs them over a table: a vectorised
precheck over the whole column first, then the exact rule on the rows that it could not clear.
"""
