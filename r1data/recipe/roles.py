"""The parts that steps can play in the report, in the paper's order.

A recipe's `report:` section says which step is which; the labels are what the tables and figures show.
"""

PIPELINE = {
    "base": "Base",
    "r1-zero": "R1-Zero",
    "cold-start": "Cold start",
    "reasoning-rl-plain": "Reasoning RL, no language reward",
    "reasoning-rl": "Reasoning RL, language reward",
    "sft": "SFT of the base",
    "r1": "R1",
}

STUDENTS = {
    "student-base": "Student base",
    "student-rl": "Student, RL alone",
    "student-distilled": "Student, distilled",
}

ROLES = {**PIPELINE, **STUDENTS}
