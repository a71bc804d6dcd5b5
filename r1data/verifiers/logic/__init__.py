"""reasoning-gym's tasks: the verifier `logic`.

`answers` finds the answer, `scorer` is the program that runs the tasks' own scorers in the sandbox, `forms` holds what
full marks take beside them, `rebuild` rebuilds metadata that an entry lacks, and `verifier` gives the verdicts.
"""
