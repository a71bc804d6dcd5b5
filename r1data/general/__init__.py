"""The other 200k (R1 2.3.3, App. B.3.3): writing, factual QA, self-cognition, translation, role play, software.

`conversations` tells the layouts of SFT sets that are there already; `method` asks a teacher about prompts, with
thoughts or, where `simple` finds small talk, without. Not here: verdicts (verify/), people (review/), the set itself
(selection/).
"""
