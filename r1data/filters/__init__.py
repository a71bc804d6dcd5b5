"""Readability of thoughts (R1 2.3.3): what R1's authors dropped before training on their own model's output.

The paper drops "chain-of-thought with mixed languages, long paragraphs, and code blocks"; repetition is from
its cold start. Filters look at the thoughts alone; the two about layout look at the whole response. The
functions here judge one response; `FILTERS` judge a table's rows, each behind a gate that a whole column
passes at once.
"""
