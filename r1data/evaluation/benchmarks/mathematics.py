"""Benchmarks of mathematics. Four responses for GSM8K are ours."""

from r1data.evaluation.benchmarks import published
from r1data.evaluation.benchmarks.entry import Benchmark

AIME24 = Benchmark(
    "aime24",
    "hf:HuggingFaceH4/aime_2024",
    revision="2fe88a2f1091d5048c0f36abc874fb997b3dd99a",
    k=64,
    questions=30,
    published=published.AIME24,
    summary="American Invitational Mathematics Examination 2024",
    paper="3, tables 4-6",
)
AIME25 = Benchmark(
    "aime25",
    "hf:math-ai/aime25:test",
    revision="563bb8404243c5f09de6ec262f2db674fe5bce9b",
    k=64,
    questions=30,
    summary="American Invitational Mathematics Examination 2025",
)
MATH500 = Benchmark(
    "math500",
    "hf:HuggingFaceH4/MATH-500:test",
    revision="6e4ed1a2a79af7d8630a6b768ec859cb5af4d3be",
    k=16,
    license="MIT",
    questions=500,
    published=published.MATH500,
    summary="problems of the test set of MATH",
    paper="3, tables 4-6",
)
GSM8K = Benchmark(
    "gsm8k",
    "hf:openai/gsm8k/main:test",
    revision="740312add88f781978c0658806c59bc2815b9866",
    columns={"prompt": "question", "truth": "answer"},
    k=4,
    license="MIT",
    questions=1_319,
    sha256="45f6db7cc91193bab86cef9833cea1b224b0b8a82ca318d6400477f9d82e7cce",
    summary="grade-school word problems",
)
