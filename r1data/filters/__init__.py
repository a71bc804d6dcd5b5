"""Readability of thoughts (R1 2.3.3): what R1's authors dropped before training on their own model's output.

The paper drops "chain-of-thought with mixed languages, long paragraphs, and code blocks"; repetition is from
its cold start. Filters look at the thoughts alone; the two about layout look at the whole response. Each is one file
that ends in its `Filter` (`entry`), and `FILTERS` (`registry`) holds them; `apply` runs them over a table's rows, each
behind a precheck that a whole column passes at once.
"""
