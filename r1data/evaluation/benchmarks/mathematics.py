"""Benchmarks of mathematics. What the paper does not report (GSM8K, MGSM, CMATH) has four responses a question: ours.

The commits are those that other evaluation suites pin; of CMATH none is known, so that its newest is read.
"""

from collections.abc import Mapping

from r1data.data.records import Record
from r1data.evaluation.benchmarks import published
from r1data.evaluation.benchmarks.entry import BOXED, Benchmark

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

BOXED_IN: Mapping[str, str] = {
    "bn": "{prompt}\nঅনুগ্রহ করে ধাপে ধাপে যুক্তি দিন, এবং আপনার চূড়ান্ত উত্তর \\boxed{} এর মধ্যে লিখুন।",
    "de": "{prompt}\nBitte denke Schritt für Schritt nach und gib deine endgültige Antwort in \\boxed{} an.",
    "en": BOXED,
    "es": "{prompt}\nPor favor, razona paso a paso y pon tu respuesta final dentro de \\boxed{}.",
    "fr": "{prompt}\nRaisonne étape par étape, et mets ta réponse finale dans \\boxed{}.",
    "ja": "{prompt}\n段階を追って考え、最終的な答えを \\boxed{} の中に書いてください。",
    "ru": "{prompt}\nПожалуйста, рассуждай шаг за шагом и запиши окончательный ответ в \\boxed{}.",
    "sw": "{prompt}\nTafadhali fikiri hatua kwa hatua, na uweke jibu lako la mwisho ndani ya \\boxed{}.",
    "te": "{prompt}\nదయచేసి దశలవారీగా ఆలోచించి, మీ తుది సమాధానాన్ని \\boxed{} లో ఉంచండి.",
    "th": "{prompt}\nโปรดคิดทีละขั้นตอน และใส่คำตอบสุดท้ายไว้ใน \\boxed{}",
    "zh": "{prompt}\n请逐步推理，并将最终答案放在 \\boxed{} 中。",
}
"""The instruction of `BOXED` in the languages of MGSM, one a question's own: ours."""


def _mgsm_row(record: Record) -> Record:
    # On the hub the language is the name of the config, which `hub_records` adds to the rows of several.
    language = record.get("language") or record.get("config")
    if language not in BOXED_IN:
        raise ValueError(f"MGSM needs a column 'language' with one of {', '.join(BOXED_IN)}")
    row = {"prompt": record["question"], "truth": record["answer_number"], "language": language}
    # Its configs hold the same questions in the same order: eleven rows are one question.
    cluster = record.get("cluster", record.get("config_row"))
    return row if cluster is None else {**row, "cluster": cluster}


MGSM = Benchmark(
    "mgsm",
    f"hf:juletxara/mgsm/{'+'.join(BOXED_IN)}:test",
    revision="b2f13d426afe3be8d69a7e739b36724db8b66bbc",
    columns={"prompt": "question", "truth": "answer_number"},
    convert=_mgsm_row,
    compared=("question",),
    prompts=BOXED_IN,
    k=4,
    license="CC-BY-SA-4.0",
    questions=2_750,
    summary="250 of GSM8K's problems in eleven languages",
)
CMATH = Benchmark(
    "cmath",
    "hf:weitianwen/cmath:test",
    columns={"prompt": "question", "truth": "golden"},
    compared=("question",),
    prompt=BOXED_IN["zh"],
    k=4,
    language="zh",
    license="CC-BY-4.0",
    questions=1_098,
    summary="Chinese elementary-school word problems",
)
BENCHMARKS = (AIME24, AIME25, MATH500, GSM8K, MGSM, CMATH)
