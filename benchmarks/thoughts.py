"""Long thoughts as reasoning models write them, made from a seed: sums, formulas, doubts, cases, prose of many words.

A paragraph is either drawn from sentence forms with numbers, letters, formulas and nouns to fill in, or from
`benchmarks.synthetic_text`, whose words follow Zipf's law, so that texts do not repeat. Half of the texts contain
characters beyond ASCII (×, ≤, π, ², curly quotes, a name with a diacritic), as half of real ones do. `spoilt` puts one
fault into a text that a readability filter should find.

It has no meaning: a language model would not be fooled, readability filters are.
"""

import re
from collections.abc import Callable

import numpy as np

from benchmarks.synthetic_text import vocabulary_of

Draw = np.random.Generator

_NOUNS = """apples chairs students marbles tickets coins trains workers pages books cards houses tiles squares edges
    vertices triangles roots factors digits primes terms rows columns colours points lines circles angles sides faces
    pencils boxes bottles miles hours minutes dollars pounds litres metres voters players teams games rooms doors keys
    letters words paths steps moves pairs groups subsets functions intervals matrices vectors planes chords segments"""
_NAMES = """Alice Bob Maria Chen Omar Priya Lucas Fatima Ivan Yuki Anna Diego Sofia
    Peter Nina Tom Leila Marc Erdős Noël"""
_FORMS_EN = """Okay, so I need to find how many {n} there are if {A} has {a} of them and gives {b} to {B}.
Let me denote the number of {n} by {x}, so that {x} = {a} + {b}{y} for some integer {y}.
So {a} times {b} is {p}, and when I add {c} to that I get {q}.
Wait, let me check that again: {a} * {b} = {p}, yes, that is right.
Hmm, but is that really true when {x} is {odd}?
If {x} = {a}, then the left side is {p} while the right side is {q}, which doesn't work.
Therefore the {n} must be split into {a} groups of {b}, with {c} left over.
Using the formula, we have $\\frac{{{a}{x} + {b}}}{{{c}}} = \\sqrt{{{y}^2 + {d}}}$, and squaring removes the root.
By the {law} theorem, \\({x}^2 + {y}^2 = {p}\\) holds exactly when {x} and {y} are both {odd}.
Alternatively, maybe I can think of the {n} as a sequence where each term is {a} more than the one before.
Let's test with small numbers: for {x} = 1 the total is {a}, for {x} = 2 it is {b}, and for {x} = 3 it is {p}.
That gives a remainder of {c} modulo {d}, so the option with {a} {n} can be ruled out.
Actually, hold on. The problem says that the {n} are distinct, so I have counted each of them twice.
So dividing {p} by {d} gives about {f}, which rounds to {c}.
\\[ \\sum_{{k=1}}^{{{a}}} k^{{{d}}} = {p}, \\qquad \\int_0^{{{b}}} {x}\\,d{x} = {f} \\]
The area of the region is then {f} square units, since the base is {a} and the height is {b}.
Substituting {y} = {c} into the second equation, I get {a}{x} - {b} = {q}, so {x} = {f}.
Let me verify: {f} plus {c} equals {q}, and that matches the condition in the question.
Now consider the case where {A} sits next to {B}; there are {d}! ways to arrange the other {n}.
The probability is {c}/{q}, because there are {q} equally likely outcomes and {c} of them are good.
Suppose instead that ${x} \\equiv {c} \\pmod{{{d}}}$; then ${x} = {d}k + {c}$ for some $k \\geq 0$.
I think the mistake was in the third step, where I forgot to multiply the {n} by {d}.
But {A} started with {a} {n} and ended up with {b}, so the difference has to be {c}.
First, the slope of the line through ({a}, {b}) and ({c}, {d}) is {f}.
Since f({a}) = {p} and f({b}) = {q}, the function is increasing on that interval.
So each of the {a} {n} costs {f} dollars, and {B} pays {p} in total before the discount of {c}%.
Hmm, {p} is divisible by {d} but {q} isn't, so their greatest common divisor can't be {d}.
We can write the determinant as {a}·{b} − {c}·{d}, which is {q}.
In other words, no matter how the {n} are chosen, at least {d} of them share a {odd} label.
The generating function is $(1 + {x} + {x}^2)^{{{d}}}$ and we want the coefficient of ${x}^{{{c}}}$.
Is there another way to see this? Perhaps by counting the complement: {p} minus {q}.
That seems too large for a problem about {n}, so let me go back to the beginning and read it once more.
For instance, with {a} {n} on one side and {b} on the other, the balance tips towards {A}.
From this it follows that {x} ≤ {a}, and equality holds when {y} = {c}.
The angle at the centre is {c}°, which is {f}π when measured in radians."""
_FORMS_ZH = """首先，我需要弄清楚题目的意思：{A}有{a}个{n}，给了{B}{b}个，问还剩多少。
设未知数为 {x}，那么 {x} = {a} + {b}{y}，其中 {y} 是整数。
所以 {a} 乘以 {b} 等于 {p}，再加上 {c} 得到 {q}。
等一下，我再检查一遍：{a} × {b} = {p}，没错。
不过，当 {x} 是{odd}的时候，这个结论还成立吗？
如果 {x} = {a}，左边是 {p}，右边是 {q}，两边不相等，所以这种情况可以排除。
因此这些{n}必须分成 {a} 组，每组 {b} 个，最后剩下 {c} 个。
利用公式，我们有 $\\frac{{{a}{x} + {b}}}{{{c}}} = \\sqrt{{{y}^2 + {d}}}$，两边平方就可以去掉根号。
根据{law}定理，\\({x}^2 + {y}^2 = {p}\\) 当且仅当 {x} 和 {y} 都是{odd}时成立。
换一个角度，也许可以把{n}看成一个数列，每一项比前一项多 {a}。
先试几个小的数：当 {x} = 1 时总数是 {a}，当 {x} = 2 时是 {b}，当 {x} = 3 时是 {p}。
除以 {d} 的余数是 {c}，所以选项 B 可以排除掉。
哦不对，题目说这些{n}互不相同，我刚才把每一个都数了两次。
{p} 除以 {d} 大约是 {f}，四舍五入以后是 {c}。
\\[ \\sum_{{k=1}}^{{{a}}} k^{{{d}}} = {p}, \\qquad \\int_0^{{{b}}} {x}\\,d{x} = {f} \\]
底边是 {a}，高是 {b}，所以这个区域的面积是 {f} 平方厘米。
把 {y} = {c} 代入第二个方程，得到 {a}{x} - {b} = {q}，于是 {x} = {f}。
验证一下：{f} 加上 {c} 等于 {q}，与题目中的条件一致。
现在考虑{A}坐在{B}旁边的情况，其余的{n}一共有 {d}! 种排法。
因为一共有 {q} 种等可能的结果，其中 {c} 种符合要求，所以概率是 {c}/{q}。
假设 ${x} \\equiv {c} \\pmod{{{d}}}$，那么 ${x} = {d}k + {c}$，其中 $k \\geq 0$。
我觉得错误出在第三步，那里忘了把{n}的数量乘以 {d}。
过点 ({a}, {b}) 和 ({c}, {d}) 的直线斜率是 {f}，用 sin(x) 和 cos(x) 也能算出来。
三角形 ABC 中，AB = {a}，BC = {b}，所以角 A 等于 {c}°。
这样一来，用 DFS 搜索的复杂度就是 O(n)，比原来的 O(n^{d}) 好得多。
由此可知 {x} ≤ {a}，当 {y} = {c} 时等号成立，即 max = {p}。
每个{n}的质量是 {c} kg，体积是 {f} cm，密度可以直接用公式算出来。"""
_ZH = {
    "n": """苹果 椅子 学生 弹珠 车票 硬币 列车 工人 书页 卡片 瓷砖 正方形 顶点 三角形 因子 数字 质数 行 列
        点 直线 圆 角 铅笔 盒子 瓶子 选手 房间 字母 路径 集合 函数 区间 矩阵 向量""",
    "A": "小明 小红 老王 李华 张三 王芳 刘强 陈静 赵敏 周杰",
    "law": "勾股 余弦 中值 费马 欧拉 柯西 韦达 拉格朗日",
    "odd": "奇数 偶数 正数 质数 整数 负数",
}
_EN = {
    "n": _NOUNS,
    "A": _NAMES,
    "law": "Pythagorean binomial Chinese_remainder intermediate_value Fermat's Euler's Cauchy's",
    "odd": "odd even positive prime integral negative rational composite",
}


def thoughts(
    language: str, number: int, seed: int, smallest: int = 10_000, largest: int = 40_000
) -> list[str]:
    """So many different thoughts of `smallest` to `largest` UTF-8 bytes, in English (`en`) or Chinese (`zh`)."""
    draw = np.random.default_rng([seed, len(language), ord(language[0])])
    words = {name: each.split() for name, each in (_ZH if language == "zh" else _EN).items()}
    forms = (_FORMS_ZH if language == "zh" else _FORMS_EN).split("\n")
    return [
        _thoughts(language, forms, words, int(draw.integers(smallest, largest)), draw) for _ in range(number)
    ]


def _thoughts(language: str, forms: list[str], words: dict[str, list[str]], size: int, draw: Draw) -> str:
    plain = bool(draw.random() < 0.5) and language == "en"
    usable = [form for form in forms if not plain or form.isascii()]
    first_words = [word for word in words["A"] if not plain or word.isascii()]
    nouns = [str(word) for word in draw.choice(words["n"], 8, replace=False)]
    per_byte = vocabulary_of(language).characters[0] * (3 if language == "zh" else 1)
    free = vocabulary_of(language).texts(
        np.array([max(60, int(size * 0.5 / per_byte))]),
        vocabulary_of(language).topics(1, draw), np.full(1, 0.1, np.float32), draw,
    )[0].split("\n\n")  # fmt: skip
    paragraphs: list[str] = []
    total_bytes = 0
    while total_bytes < size:
        if free and draw.random() < 0.5:
            paragraphs.append(free.pop())
        else:
            gap = "" if language == "zh" else " "
            paragraphs.append(
                gap.join(
                    _sentence(usable, nouns, first_words, words, draw) for _ in range(draw.integers(1, 6))
                )
            )
        total_bytes += len(paragraphs[-1].encode()) + 2
    return "\n\n".join(paragraphs)


def _sentence(
    forms: list[str], nouns: list[str], names: list[str], words: dict[str, list[str]], draw: Draw
) -> str:
    a, b, c, d = (int(number) for number in draw.integers(2, [400, 90, 60, 12]))
    letters = draw.choice(list("xyznmktpqr"), 2, replace=False)
    return forms[draw.integers(len(forms))].format(
        a=a, b=b, c=c, d=d, p=a * b, q=a * b + c, f=round(a / b, 2), x=letters[0], y=letters[1],
        n=_pick(nouns, draw), A=_pick(names, draw), B=_pick(names, draw),
        law=_pick(words["law"], draw).replace("_", " "), odd=_pick(words["odd"], draw),
    )  # fmt: skip


def _pick(choices: list[str], draw: Draw) -> str:
    return choices[draw.integers(len(choices))]


def _mixed(text: str, language: str, draw: Draw) -> str:
    insertions = {
        "en": ["验证一下", "Donc la somme est égale à douze et le reste est nul."],
        "zh": ["So we need to check it.", "however"],
    }
    return _between(text, _pick(insertions[language], draw), draw)


def _repeating(text: str, language: str, draw: Draw) -> str:
    sentence = {"en": "Wait, let me check that again. ", "zh": "等等，让我再检查一遍这个结果。"}[language]
    return text + "\n\n" + sentence * int(draw.integers(25, 60))


def _coded(text: str, language: str, draw: Draw) -> str:
    return _between(text, "\n```python\nprint(sum(range(10)))\n```\n", draw)


def _long(text: str, language: str, draw: Draw) -> str:
    return text[:3000] + re.sub(r"\s*\n+\s*", "" if language == "zh" else " ", text[3000:9000]) + text[9000:]


def _between(text: str, insertion: str, draw: Draw) -> str:
    at = text.find("\n\n", int(draw.integers(len(text) // 2)))
    return f"{text[:at]} {insertion}{text[at:]}"


FAULTS: dict[str, Callable[[str, str, Draw], str]] = {
    "mixed_language": _mixed,
    "repetition": _repeating,
    "code_block": _coded,
    "long_paragraph": _long,
}


def spoilt(texts: list[str], language: str, share: float, seed: int) -> tuple[list[str], list[str | None]]:
    """The texts, a share of them with one fault each, and the filters that are to find it."""
    draw = np.random.default_rng([seed, 1])
    names = list(FAULTS)
    faults = [names[draw.integers(len(names))] if draw.random() < share else None for _ in texts]
    return [
        FAULTS[fault](text, language, draw) if fault else text
        for text, fault in zip(texts, faults, strict=True)
    ], faults
