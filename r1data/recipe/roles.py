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
    "qwen2.5-1.5b": "Distill-Qwen-1.5B",
    "qwen2.5-7b": "Distill-Qwen-7B",
    "qwen2.5-14b": "Distill-Qwen-14B",
    "qwen2.5-32b": "Distill-Qwen-32B",
    "llama-8b": "Distill-Llama-8B",
    "llama-70b": "Distill-Llama-70B",
}

ROLES = {**PIPELINE, **STUDENTS}
