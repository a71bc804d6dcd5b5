"""Unit tests for code prompts (R1 App. B.3.2): input generators, then the choice among what they make.

A model writes generators, or a row has one (`ask`, `rows`); they run in the sandbox (`inputs`); known-good programs say
what is wanted, and tests on which they disagree are dropped; tests that expose known-bad programs are kept (`choice`).
`stage` does that to a table and writes the truth in the notation of the verifier `code`.

Not here: programs to test against; they come with the prompts, or as samples that vote.
"""

from r1data.sampling.code_tests.stage import Settings, plan, run

__all__ = ["Settings", "plan", "run"]
