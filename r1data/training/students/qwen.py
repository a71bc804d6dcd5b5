"""Qwen2.5, Qwen2.5-Math and Qwen3: sizes and positions as in the published config.json files.

Sources: Qwen2.5 technical report (arXiv 2412.15115, table 1) and Qwen3 technical report (arXiv 2505.09388, tables 1
and 2) for layers, heads, tying and context; the models' cards for licences. All bring a ChatML template; that of
Qwen3 writes and removes think tags. A parameter count is the sum over the published tensors, tied ones once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from r1data.training.students.student import Student, suitable_lr

APACHE = "apache-2.0"
ENDOFTEXT, IM_END = "<|endoftext|>", "<|im_end|>"


def _shape(
    hidden: int, intermediate: int, layers: int, heads: int, key_heads: int, vocabulary: int, tied: bool
) -> dict[str, Any]:
    return {
        "hidden_size": hidden,
        "intermediate_size": intermediate,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": key_heads,
        "vocab_size": vocabulary,
        "tie_word_embeddings": tied,
    }


# size → (shape, parameters, positions of the base)
QWEN2_5: dict[str, tuple[dict[str, Any], int, int]] = {
    "0.5B": (_shape(896, 4864, 24, 14, 2, 151_936, True), 494_032_768, 32_768),
    "1.5B": (_shape(1536, 8960, 28, 12, 2, 151_936, True), 1_543_714_304, 131_072),
    "3B": (_shape(2048, 11_008, 36, 16, 2, 151_936, True), 3_085_938_688, 32_768),
    "7B": (_shape(3584, 18_944, 28, 28, 4, 152_064, False), 7_615_616_512, 131_072),
    "14B": (_shape(5120, 13_824, 48, 40, 8, 152_064, False), 14_770_033_664, 131_072),
    "32B": (_shape(5120, 27_648, 64, 40, 8, 152_064, False), 32_763_876_352, 131_072),
    "72B": (_shape(8192, 29_568, 80, 64, 8, 152_064, False), 72_706_203_648, 131_072),
}
# Licences that differ from Apache 2.0 (the models' cards).
QWEN2_5_LICENCES = {"3B": "qwen-research", "72B": "qwen"}
QWEN3: dict[str, tuple[dict[str, Any], int]] = {
    "0.6B": (_shape(1024, 3072, 28, 16, 8, 151_936, True), 596_049_920),
    "1.7B": (_shape(2048, 6144, 28, 16, 8, 151_936, True), 1_720_574_976),
    "4B": (_shape(2560, 9728, 36, 32, 8, 151_936, True), 4_022_468_096),
    "8B": (_shape(4096, 12_288, 36, 32, 8, 151_936, False), 8_190_735_360),
    "14B": (_shape(5120, 17_408, 40, 40, 8, 151_936, False), 14_768_307_200),
    "32B": (_shape(5120, 25_600, 64, 64, 8, 151_936, False), 32_762_123_264),
    "30B-A3B": (
        {
            **_shape(2048, 6144, 48, 32, 4, 151_936, False),
            "moe_intermediate_size": 768,
            "num_experts": 128,
            "num_experts_per_tok": 8,
        },
        30_532_122_624,
    ),
}


def _qwen2_5(
    size: str,
    name: str,
    base: str,
    *,
    lr: float | None = None,
    positions: int | None = None,
    theta: float = 1e6,
    end: str = ENDOFTEXT,
    licence: str | None = None,
    aliases: tuple[str, ...] = (),
    paper: str = "",
) -> Student:
    shape, parameters, default_positions = QWEN2_5[size]
    config = {
        "model_type": "qwen2",
        **shape,
        "max_position_embeddings": positions or default_positions,
        "rope_theta": theta,
    }
    return Student(
        name,
        base,
        suitable_lr(parameters) if lr is None else lr,
        parameters,
        aliases,
        paper,
        licence=licence or QWEN2_5_LICENCES.get(size, APACHE),
        template="chatml",
        end=end,
        think_tags=False,
        config=config,
    )


def _math(size: str, lr: float, *aliases: str) -> Student:
    """Qwen2.5-Math (arXiv 2409.12122): 4,096 positions with RoPE's theta at 10,000."""
    return _qwen2_5(
        size,
        f"qwen2.5-{size.lower()}",
        f"Qwen/Qwen2.5-Math-{size}",
        lr=lr,
        positions=4096,
        theta=1e4,
        licence=APACHE,
        aliases=(*aliases, f"qwen2.5-math-{size.lower()}"),
        paper="2.4",
    )


def _general(size: str, lr: float, *aliases: str) -> Student:
    return _qwen2_5(
        size, f"qwen2.5-{size.lower()}", f"Qwen/Qwen2.5-{size}", lr=lr, aliases=aliases, paper="2.4"
    )


PAPER = (
    _math("1.5B", 1e-4, "1.5b", "qwen-1.5b"),
    _math("7B", 8e-5, "7b", "qwen-7b"),
    _general("14B", 7e-5, "14b", "qwen-14b"),
    _general("32B", 6e-5, "32b", "qwen-32b"),
)


def _bases() -> list[Student]:
    """The general bases that the paper did not take: its own names mean the Math ones at 1.5B and 7B."""
    names = {size: f"qwen2.5-{size.lower()}" for size in ("0.5B", "3B", "72B")}
    names |= {size: f"qwen2.5-{size.lower()}-general" for size in ("1.5B", "7B")}
    return [_qwen2_5(size, names[size], f"Qwen/Qwen2.5-{size}") for size in QWEN2_5 if size in names]


def _instructed() -> list[Student]:
    return [
        _qwen2_5(
            size,
            f"qwen2.5-{size.lower()}-instruct",
            f"Qwen/Qwen2.5-{size}-Instruct",
            positions=32_768,
            end=IM_END,
        )
        for size in QWEN2_5
    ]


def _qwen3(size: str, suffix: str, positions: int) -> Student:
    shape, parameters = QWEN3[size]
    config: Mapping[str, Any] = {
        "model_type": "qwen3_moe" if "num_experts" in shape else "qwen3",
        **shape,
        "head_dim": 128,
        "max_position_embeddings": positions,
        "rope_theta": 1e6,
    }
    return Student(
        f"qwen3-{size.lower()}{suffix.lower()}",
        f"Qwen/Qwen3-{size}{suffix}",
        suitable_lr(parameters),
        parameters,
        licence=APACHE,
        template="qwen3",
        end=ENDOFTEXT if suffix else IM_END,
        think_tags=True,
        config=config,
    )


TODAY = (
    *_bases(),
    *_instructed(),
    *(_qwen3(size, "-Base", 32_768) for size in QWEN3 if size != "32B"),  # there is no Qwen3-32B-Base
    *(_qwen3(size, "", 40_960) for size in QWEN3),
)
