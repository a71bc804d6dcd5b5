"""Unit tests for code prompts (R1 App. B.3.2): input generators, then the choice among the tests made of them.

A model writes generators (`generators`), or a row has one (`rows`); they run in the sandbox (`inputs`); known-good
programs give the expected outputs, tests on which they disagree are dropped, and those that expose known-bad programs
are kept (`choice`). `stage` does that to a table and writes the truth in the notation of the verifier `code`.

Not here: programs to test against; they come with the prompts, or as samples that vote.
"""
