r"""Verifiers: `(response, truth) → Verdict`, one registry for `r1 verify`, for rewards and for Python.

A verdict is never guessed: `incorrect` means that an answer was found and is wrong (`r1data.verifiers.verdict`). The
answer is taken from what follows the thoughts. A verifier is one file with a `Verifier`, listed in `registry`, or in
another package, named by an entry point in the group `r1.verifiers`.

    check("math", r"<think>so</think>\boxed{12}", "12").verdict == "correct"
"""
