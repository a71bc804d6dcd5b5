"""Paragraphs, code, repetition and layout: what passes and what does not."""

import pytest

from r1data.errors import UserError
from r1data.filters.bad_format import bad_format
from r1data.filters.code_block import code_block
from r1data.filters.limits import LIMITS
from r1data.filters.long_paragraph import PARAGRAPH, long_paragraph
from r1data.filters.mixed_language import mixed_language
from r1data.filters.registry import parse_limits
from r1data.filters.repetition_signs import is_repetitive
from r1data.filters.truncated import truncated

GRID = "\n".join(" ".join("0" * 20) for _ in range(20))
TABLE = "\n".join(f"3 * {n} = {3 * n}, and {3 * n} mod 7 = {3 * n % 7}" for n in range(1, 28))


@pytest.mark.parametrize(
    ("thoughts", "language", "long"),
    [
        ("\n".join(["a" * 300] * 12), "en", False),
        ("a" * 1_900, "en", False),
        ("\\[\n" + "x &= y \\\\\n" * 300 + "\\]", "en", False),
        ("\\[" + "x &= y \\\\[4pt] " * 300 + "\\]", "en", False),
        ("```\n" + "a" * 3_000 + "\n```", "en", False),
        ("a" * 5_000, "en", True),
        ("short\n\n" + "ten words " * 260 + "\n\nshort", "en", True),
        ("字" * 900, "zh", True),
        ("字" * 900, "zh-Hant", True),
        ("字" * 900, "en", False),
    ],
)
def test_long_paragraph(thoughts: str, language: str, long: bool) -> None:
    assert long_paragraph(thoughts, language) is long


@pytest.mark.parametrize(
    ("thoughts", "code"),
    [
        ("If I call `gcd(84, 36)` I get 12.", False),
        ("for i = 1 to n, return to the first case", False),
        ("if n is even:\n  n = 2k\nif n is odd:\n  n = 2k + 1\nfor each person in the room:\n  count", False),
        ("let x = 3\nlet y = 4\nx + y = 7\nz = x*y", False),
        ("a fence ``` in a line", False),
        ("```python\nprint(3)\n```", True),
        ("import math\ndef f(n):\n    return n\nprint(f(3))", True),
        ("so far\n   ```", True),
        ("~~~\na\n~~~", True),
        ("int main() {\n  for (int i = 0; i < 3; i++) {\n    x += i;\n  }\n  return x;\n}", True),
    ],
)
def test_code_block(thoughts: str, code: bool) -> None:
    assert code_block(thoughts) is code


@pytest.mark.parametrize(
    ("thoughts", "repeats"),
    [
        (TABLE, False),
        (GRID, False),
        ("-" * 200 + "\ntitle\n" + "=" * 200, False),
        ("Wait, let me check that again. " * 30, True),
        ("".join(f"maybe n = {n}. That fails. " for n in range(40)), True),
        ("0, " * 250, True),
        ("ha" * 200, True),
        ("7" * 130, True),
        ("等等，让我再检查一遍。" * 25, True),
        ("".join(f"试试 {n}，不行，继续往下找。" for n in range(50)), True),
        ("", False),
    ],
)
def test_repetition(thoughts: str, repeats: bool) -> None:
    assert is_repetitive(thoughts) is repeats


def test_layout() -> None:
    assert bad_format("no tags") and not bad_format("no tags", "any")
    assert bad_format("<think>a") and truncated("<think>a")
    assert truncated("<think>a</think>b", "length") and not truncated("<think>a</think>b", "stop")


def test_a_setting_changes_a_limit() -> None:
    assert parse_limits(["paragraph=3000"])[PARAGRAPH] == 3_000
    assert parse_limits(["paragraph=2000"]) == LIMITS


@pytest.mark.parametrize("setting", ["paragraph=long", "paragraphs=3", "layout=x", "3"])
def test_a_wrong_setting_is_named(setting: str) -> None:
    with pytest.raises(UserError, match="--limit"):
        parse_limits([setting])


CLEAN = {
    "en": "We add the two numbers first, and then we look at what is left of them. ",
    "fr": "On ajoute d'abord les deux nombres, puis on regarde ce qui reste. ",
    "de": "Zuerst zählen wir die beiden Zahlen zusammen und sehen, was übrig bleibt. ",
    "es": "Primero sumamos los dos números y luego miramos lo que queda. ",
    "pt": "Primeiro somamos os dois números e depois vemos o que sobra. ",
}


@pytest.mark.parametrize(
    ("sentence", "language", "mixed"),
    [
        ("Se a tampa ficar presa, tente soltá-la devagar ou puxá-lo para cima.", "pt", False),
        ("Da das Ergebnis gerade ist, endet der Beweis.", "de", False),
        ("Das steht so in de.sci.mathematik.misc, im Archiv von on-the-fly-Rechnern.", "de", False),
        ("François de La Rochefoucauld, Maximen.", "de", False),
        ("Notez, en tenant compte de vos mesures de contrôle, la somme.", "fr", False),
        ("Vous devez d'abord compter vos pommes.", "en", True),
        ("Every clever pupil wants to solve puzzles.", "fr", True),
        ("Aquelas caixas são maiores, porém leves.", "es", True),
        ("Maria ate tagliatelle al ragù and tiramisù.", "en", False),
    ],
)
def test_one_sentence_among_others(sentence: str, language: str, mixed: bool) -> None:
    assert mixed_language(CLEAN[language] + sentence + " " + CLEAN[language], language) is mixed


NAMES = "这里用到 {}，再看下一步怎么做才能得到正确的结果，并且检查前面的每一个数字有没有算错。\n"
TOOLS = ("array", "index", "stack", "queue", "heap", "tuple", "pointer", "buffer")


@pytest.mark.parametrize(
    ("thoughts", "mixed"),
    [
        ("".join(NAMES.format(tool) for tool in TOOLS) + NAMES.format("程序") * 8, False),
        ("我们 consider 所有 possible 情况，然后 calculate 每个 value，再 compare 两边的 result。", True),
        ("先算。\n" + "".join(f"我们 {tool} 一下。\n" for tool in TOOLS), True),
    ],
)
def test_names_of_tools_in_long_thoughts_are_no_mixture(thoughts: str, mixed: bool) -> None:
    assert mixed_language(thoughts, "zh") is mixed


RUSSIAN = "Сначала сложим два числа, затем посмотрим, какой объём остаётся. "
ARABIC = "نجمع العددين أولا ثم ننظر في الباقي. "


@pytest.mark.parametrize(
    ("thoughts", "language", "prompt", "mixed"),
    [
        (RUSSIAN + "Далі перевіримо кожен крок іще раз. " + RUSSIAN, "ru", "", True),
        (RUSSIAN + "После това ще проверим още веднъж. " + RUSSIAN, "ru", "", True),
        (RUSSIAN + "Далі перевіримо кожен крок іще раз. ", "ru", "Переведи на украинский язык", False),
        (RUSSIAN + "Съезд в Київ, буква ъ и переменная і.", "ru", "", False),
        (ARABIC + "اکنون برای هر عدد یک بار دیگر حساب می کنیم. " + ARABIC, "ar", "", True),
        (ARABIC + "فتح برنامج گوگل مرة أخرى.", "ar", "", False),
    ],
)
def test_related_languages_share_a_script(thoughts: str, language: str, prompt: str, mixed: bool) -> None:
    assert mixed_language(thoughts, language, prompt) is mixed


@pytest.mark.parametrize(
    ("thoughts", "code"),
    [
        ("#ifndef LEAST_H\n#define LEAST_H\nenum side { LEFT, RIGHT };\n#endif", True),
        ('if [ -n "$1" ]; then\n    export DEPTH=1\nelse\n    echo "$DEPTH"\nfi', True),
        ("try:\n    self.size = size\nexcept ValueError:\n    raise Stop(size)", True),
        ("while (low < high) {\n    low = low + 1;\n} else {\n    high--;\n}", True),
        ("if [x] = 3:\nwe are done\nelse we try x = 4:\nwith x as before", False),
        ("if n is odd:\n  n = 3n + 1\nelse:\n  n = n/2\nif n = 1:\n  stop", False),
    ],
)
def test_a_fragment_of_a_program_is_code(thoughts: str, code: bool) -> None:
    assert code_block(f"Look at this:\n\n{thoughts}\n\nThat is all.") is code


@pytest.mark.parametrize(
    ("sentence", "mixed"),
    [("前面的数还要再加。", True), ("目的地到着時刻表確認済。", False), ("是非判断基準一覧。", False)],
)
def test_chinese_among_japanese(sentence: str, mixed: bool) -> None:
    assert mixed_language(f"まず数を数える。{sentence}次に確かめる。", "ja") is mixed
