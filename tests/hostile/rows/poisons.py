r"""Poisons for one row among many: endless seeded streams of texts, values and programs that a stranger could send.

`texts(seed)` are strings for responses, truths and prompts, `values(seed)` anything that a column could hold,
`programs(seed)` Python for the code verifier. Each stream goes through all of its kinds, in an order that follows from
the seed, before it repeats one: a run over as many poisons as there are kinds meets each. The same seed gives the same
poisons. `HOSTILE=all` in the environment (`make hostile`) asks for 500 poisons a stage (`count`).
"""

import datetime
import decimal
import math
import os
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

ALL = 500
"""Poisons for a stage where all are asked for."""


@dataclass(frozen=True, slots=True)
class Poison:
    """A value and the kind that it is of, which names a failed test."""

    kind: str
    value: Any = None

    def __repr__(self) -> str:
        shown = ascii(self.value)
        return f"<{self.kind}: {shown if len(shown) <= 80 else shown[:60] + f'… {len(shown):,} characters'}>"


def count(in_ci: int) -> int:
    """How many poisons a stage gets: `in_ci`, or all of them where `HOSTILE=all`."""
    return ALL if os.environ.get("HOSTILE") == "all" else in_ci


def texts(seed: int) -> Iterator[Poison]:
    """Strings without end."""
    return _stream(TEXTS, seed)


def values(seed: int) -> Iterator[Poison]:
    """Values of any type without end."""
    return _stream(VALUES, seed)


def programs(seed: int) -> Iterator[Poison]:
    """Sources of Python programs that define `f(x)`, without end."""
    return _stream(PROGRAMS, seed)


def poisons(seed: int) -> Iterator[Poison]:
    """Texts and values, in turn."""
    for text, value in zip(texts(seed), values(seed), strict=False):
        yield text
        yield value


def responses(seed: int) -> Iterator[Poison]:
    """Texts where a response may have them: alone, in the thoughts, as the answer, in a box, a fence, a marker."""
    draw = random.Random(f"places {seed}")
    for poison in texts(seed):
        place, template = draw.choice(sorted(PLACES.items()))
        yield Poison(f"{poison.kind} {place}", template.replace("@", poison.value, 1))


def exceptions(seed: int) -> Iterator[Exception]:
    """Exceptions of many types and texts, without end, for entries that are made to raise."""
    draw, messages = random.Random(f"exceptions {seed}"), texts(seed)
    while True:
        yield draw.choice(EXCEPTIONS)(next(messages).value)


def _stream(kinds: Mapping[str, Callable[[random.Random], Any]], seed: int) -> Iterator[Poison]:
    draw = random.Random(seed)
    while True:
        names = sorted(kinds)
        draw.shuffle(names)
        for name in names:
            yield Poison(name, kinds[name](draw))


EXCEPTIONS: tuple[Callable[[str], Exception], ...] = (
    ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, MemoryError, OverflowError, OSError,
    AssertionError, StopIteration, ZeroDivisionError, NotImplementedError, RuntimeError, LookupError, EOFError,
    TimeoutError, ArithmeticError, BufferError, Exception,
    lambda text: UnicodeEncodeError("utf-8", text[:100] or "x", 0, 1, "surrogates not allowed"),
)  # fmt: skip

PLACES = {
    "alone": "@",
    "in thoughts": "<think>@</think>The answer is \\boxed{4}.",
    "after thoughts": "<think>So.</think>@",
    "in a box": "<think>So.</think>The answer is \\boxed{@}.",
    "after a marker": "<think>So.</think>Answer: @",
    "in answer tags": "<think>So.</think><answer>@</answer>",
    "in a fence": "<think>So.</think>\n```python\n@\n```\n",
    "in a formula": "<think>So.</think>$$@$$",
    "behind an answer": "<think>So.</think>\\boxed{4} @",
    "in front of an answer": "@<think>So.</think>\\boxed{4}",
}
"""Responses around a poison, which stands at the `@`."""

BRACKETS = (
    ("(", ")"), ("[", "]"), ("{", "}"), ("<", ">"), ("\\left(", "\\right)"), ("\\{", "\\}"), ("|", "|"), ('"', '"'),
    ("\\sqrt{", "}"), ("\\frac{1}{", "}"), ("\\frac", "1"), ("\\sqrt", "2"), ("√", "2"), ("^{", "}"), ("2^", "2"),
    ("_{", "}"), ("\\boxed{", "}"), ("\\text{", "}"), ("\\begin{pmatrix}", "\\end{pmatrix}"), ("-", "1"),
    ("\\sin", "x"), ("\\log_", "2"), ("\\binom", "1"), ("\\lfloor", "\\rfloor"), ("!", ""), ("'", ""), ("not ", "x"),
    ("~", "p"), ("p -> ", "p"), ("C(", ")"), ('{"a":', "}"), ("[1,", "]"), ("<b>", "</b>"), ("> ", "x"), ("* ", "x"),
    ("(?:", ")"), ("(a|", ")"), ("$", "$"), ("\\[", "\\]"), ("**", "**"), ("```\n", "\n```\n"), ("lambda:", "0"),
    ("<think>", "</think>"), ("<answer>", "</answer>"), ("{{", "}}"), ("\\mathrm{", "}"), ("\\overline{", "}"),
    ("\\pm", "1"), ("\\ln", "2"),
)  # fmt: skip
CONTROLS = [chr(code) for code in (*range(32), *range(127, 160))]
BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
INVISIBLE = (
    "\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\u180e\u2061\u2062\u2063\u2064\U000e0001\U000e0041\U000e007f"
)
SURROGATES = ("\ud800", "\udfff", "\udc80", "\ud83d", "\ude00\ud83d", "\udbff\udbff")
SCRIPTS = (
    "abc",
    "привет",
    "你好",
    "مرحبا",
    "שלום",
    "नमस्ते",
    "สวัสดี",
    "こんにちは",
    "안녕",
    "გამარჯობა",
    "ሰላም",
    "𝒳𝕏",
)
EMOJI = ("👨‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪", "👍🏿", "1️⃣", "🧑🏽‍🚀", "🏴󠁧󠁢󠁥󠁮󠁧󠁿")
SPACES = " \t\n\r\u00a0\u2003\u2009\u3000\u2028\u2029\x0b\x0c\x85\x1c\x1d\x1e\x1f"
FILLERS = (
    "a", "1", "é", "你", "😀", "word ", "line\n", "a.b ", "1,", "<", "\\", "$", "{}", "\u0301", "\r\n", "=", "x+", "*",
    "`", "| ", "#\n", "-\n", "1. ", "&", "%", "\\frac", "√", "\\boxed{1}", "<think>", "</think>", "answer is ",
    "<answer>",
)  # fmt: skip
BAITS = (
    "a" * 1_000_000 + "!", " " * 1_000_000 + "x", "\t \n" * 200_000, "1" * 1_000_000 + "x", "a@" * 200_000,
    ("a" * 50 + " ") * 10_000, "\\boxed" * 100_000, "**" * 200_000, "$" * 300_001, "((" * 100_000, "1," * 200_000,
    "0." * 200_000, "x=" * 100_000, "#### " * 100_000, "the answer is " * 50_000, "Answer:\n" * 50_000,
    "1/2" * 100_000, "\\frac{1}" * 50_000, "- " * 200_000, "`" * 300_000, "```" + "\n```" * 80_000,
    "<think" * 100_000, "</think" * 100_000, "\\text{" * 100_000, "1e1" * 100_000, "\\(" * 100_000, "\\[" * 100_000,
    "€" * 200_000, "° " * 100_000, "\\begin{array}" * 30_000, "assert f(1) == 1\n" * 20_000, "def f(x):\n" * 20_000,
    "é" * 300_000 + "\u0301" * 300_000, "ﷺ" * 50_000, "İ" * 100_000, "ß" * 100_000,
)  # fmt: skip
TEX = (
    r"\def\a{\a\a}\a", r"\newcommand{\x}{\x\x}\x", r"\let\end\relax", r"\input{/etc/passwd}", r"\catcode`\{=12",
    r"\write18{id}", r"\begin{pmatrix}1&2", r"\end{pmatrix}", r"\frac{1}", r"\frac{}{}", r"\sqrt[0]{2}",
    r"\sqrt[-3]{2}", r"\sqrt[10^9]{2}", r"\sqrt[{\sqrt[3]{2}}]{2}", r"\left(1\right.", r"\boxed{", r"\boxed{\boxed{",
    r"}\boxed{4}", r"\boxed{}", r"\boxed{ }", r"\boxed{\text{}}", r"\text{\text{4}}",
    r"\mathbb{R}\setminus\mathbb{R}", r"\bigcup_{n=1}^{\infty}[n,n+1]", r"\int_0^\infty", r"\sum_{n=1}^{10^{10}}n",
    r"\prod_{k}^{9^9}k", r"x^{x^{x^{x^x}}}", r"\infty-\infty", r"\frac{0}{0}", r"0^0", r"0^{-1}", r"\log_{1}5",
    r"\log_{0}0", r"\log(-1)", r"\binom{10^9}{5\cdot10^8}", r"\arcsin 10^{9}", r"\tan\frac{\pi}{2}", r"i^i",
    r"e^{e^{e^{e^{10}}}}", r"\begin{cases}1&x>0", r"\overline{\overline{3}}", r"0.\overline{}", r"1_{0}",
    r"11_{1000000000}", r"\pm\pm\pm\pm1", r"\%\%", r"\$\$", r"[1,2)\cup", r"(\infty,-\infty)", r"\{1,\{2,\{3\}\}\}",
    r"x=x=x", r"1<2<3>4", r"\\\\", r"^^41^^00", r"\char0", r"\unicode{x0}", r"\color{red}4",
    r"\href{javascript:alert(1)}{4}", r"\phantom{5}4", r"\cancel{5}4",
)  # fmt: skip
HUGE_NUMBERS = (
    "1e999999999", "-1e-999999999", "9**9**9", "9^{9^{9^{9}}}", "10^{10^{10}}", "(10^{1000})!", "100000!",
    "2^{1000000000}", "1" * 4_301, "9" * 100_000, "9" * 1_000_000, "0." + "0" * 100_000 + "1", "1/" + "3" * 100_000,
    "1/0", "0/0", "-0", "--1", "1e", "NaN", "Infinity", "-inf", "0x" + "f" * 10_000, "1_000", "１２３", "²³", "٣", "Ⅻ",
    "½", "𝟛", "1,00,000", "1.2.3", "1e5e5", "+-+-1", "1 " * 10_000, ",".join(["1"] * 20_000), "1/2/3/4", "1:2:3",
    "50%%", "\\sqrt{" + "9" * 5_000 + "}", "0.\\overline{" + "3" * 5_000 + "}", "7" * 999 + "/" + "3" * 998,
    "2^{" + "1" * 300 + "}", "1" + "0" * 400 + ".5", "e^{1000000}", "1000000007^{1000000009}", "2305843009213693951",
    "\\frac{" + "1" * 3_000 + "}{" + "7" * 3_000 + "}", "(x+1)^{1000}", "(a+b+c+d+e+f)^{60}",
    "170141183460469231731687303715884105727^{30}",
)  # fmt: skip
JSON_BOMBS = (
    '{"a":1,"a":2}', "[1e400]", "[NaN]", "[-Infinity]", '{"a":' + "9" * 10_000 + "}", '"\\ud800"', '"\\u0000"',
    "[" * 100_000, "{" * 100_000, '{"a":' * 100_000, "[" * 50_000 + "]" * 50_000, '{"":' * 5_000 + "1" + "}" * 5_000,
    "[[],{},[]]", "nul", "1 2", "{}{}", '{"task":"x","entry":{}}', '{"task":[],"entry":{}}',
    '{"task":"leg_counting","entry":{"answer":["4"]},"config":{"size":1e400}}',
    '{"task":"leg_counting","entry":{"answer":"4"},"config":{"size":-1,"x":' + "[" * 500 + "]" * 500 + "}}",
    '{"task":"' + "x" * 100_000 + '","entry":{}}',
    '{"task":"leg_counting","entry":{"answer":"4","metadata":NaN},"config":[]}',
    '{"task":"leg_counting","entry":{"answer":"\\ud800"},"config":{"seed":"\\ud800"}}',
    '{"task":"\\ud800","entry":{}}', '{"inputs":[],"outputs":[]}',
    '{"inputs":[1],"outputs":[' + "[" * 400 + "]" * 400 + "]}", '{"tests":["assert f(1)==1"]}', "[]", "null",
    '{"fn_name":"f","inputs":[[1]],"outputs":[NaN]}', '{"$ref":"#"}', '{"$ref":"http://127.0.0.1:9/x"}',
    '{"pattern":"(a+)+$"}', '{"allOf":[{"$ref":"#"}]}', '{"analysis":"\\ud800","correctness":"correct"}',
    '{"analysis":1,"correctness":"correct"}', '{"analysis":"' + "x" * 90_000 + '","correctness":"incorrect"}',
    '{"analysis":"","correctness":["correct"]}', '{"first":NaN,"second":1}',
)  # fmt: skip
MARKUP = (
    "<script>alert(1)</script>", "[red]x[/red]", "[/]", "[link=file:///etc/passwd]x[/link]", "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07", "\x1b]8;;http://x\x1b\\y\x1b]8;;\x1b\\", "\x9b31m", "{0.__class__}", "{", "%n%s%d", "${HOME}",
    "$(id)", "`id`", "'; drop table x; --", "=1+1", "@SUM(A1)", "../../etc/passwd", "/dev/zero", "file:///etc/passwd",
    "-rf", "{{7*7}}", "{% for i in range(10**9) %}", "<!--", "]]>", "&#0;",
)  # fmt: skip


def _repeated(low: int, high: int, *fillers: str) -> Callable[[random.Random], str]:
    """A text of `low` to `high` bytes of one of the fillers."""

    def text(draw: random.Random) -> str:
        filler = draw.choice(fillers)
        return filler * (draw.randint(low, high) // len(filler.encode("utf-8", "surrogatepass")))

    return text


def _nested(draw: random.Random) -> str:
    """Brackets or prefixes many levels deep, closed, left open, or only closed."""
    opening, closing = draw.choice(BRACKETS)
    depth = draw.choice((9, 31, 90, 399, 1_000, 3_000, 20_000, 100_000))
    return draw.choice(
        (
            opening * depth + "1" + closing * depth,
            opening * depth,
            closing * depth,
            opening * depth + "2",
            (opening + "1" + closing) * depth,
        )
    )


def _two_nested(draw: random.Random) -> str:
    """Two sorts of brackets in each other."""
    (first, first_end), (second, second_end) = draw.sample(BRACKETS, 2)
    depth = draw.choice((15, 200, 500, 10_000))
    return (first + second) * depth + "1" + (second_end + first_end) * depth


def _sprinkled(characters: tuple[str, ...] | list[str] | str) -> Callable[[random.Random], str]:
    """One or many such characters, alone or in an answer."""

    def text(draw: random.Random) -> str:
        char = draw.choice(characters)
        everything = "".join(characters)
        return draw.choice(
            (char, char * 1_000, everything, f"4{char}", f"{char}4", f"4{everything}2", f"the {char} answer")
        )

    return text


def _thoughts(draw: random.Random) -> str:
    depth = draw.choice((2, 100, 100_000))
    return draw.choice(
        (
            "<think>" * depth + "\\boxed{4}" + "</think>" * depth,
            "</think>" * depth + "<think>" * depth,
            "<think></think>" * depth + "\\boxed{4}",
            "<think>" + "<think" * depth + "</think>\\boxed{4}",
            "<think>x</think>" + "<answer>" * depth + "4" + "</answer>" * depth,
            "<think>\u202e</think\u200b>\\boxed{4}",
        )
    )


def _random_text(draw: random.Random) -> str:
    """Characters drawn from all of Unicode, surrogates too."""
    return "".join(chr(draw.randrange(0x110000)) for _ in range(draw.choice((1, 10, 1_000, 50_000))))


def _random_tex(draw: random.Random) -> str:
    """Tokens of formulas in any order."""
    tokens = (
        [piece for pair in BRACKETS for piece in pair]
        + list("0123456789xyzei+-*/^_!=<>,;:|°%.∞π ")
        + list(TEX)
    )
    return "".join(draw.choice(tokens) for _ in range(draw.choice((3, 10, 40, 400))))


def _several(draw: random.Random) -> str:
    """Some short poisons after each other."""
    pool = (
        *TEX,
        *MARKUP,
        *SURROGATES,
        *EMOJI,
        *SCRIPTS,
        *CONTROLS,
        *INVISIBLE,
        *BIDI,
        "\\boxed{4}",
        "</think>",
        "<think>",
    )
    return "".join(draw.choice(pool) for _ in range(draw.randint(2, 30)))


def _one_of(choices: tuple[Any, ...]) -> Callable[[random.Random], Any]:
    return lambda draw: draw.choice(choices)


TEXTS: Mapping[str, Callable[[random.Random], str]] = {
    "monster": _repeated(1_000_000, 5_000_000, *FILLERS),
    "long": _repeated(1_000, 300_000, *FILLERS),
    "long line": lambda draw: draw.choice(SCRIPTS) * draw.choice((1_000, 100_000)),
    "nested": _nested,
    "nested again": _nested,
    "nested in two ways": _two_nested,
    "control characters": _sprinkled(CONTROLS),
    "NUL": _sprinkled("\x00"),
    "lone surrogates": _sprinkled(SURROGATES),
    "bidi": _sprinkled(BIDI),
    "invisible": _sprinkled(INVISIBLE),
    "huge number": _one_of(HUGE_NUMBERS),
    "huge number again": lambda draw: (
        f"{draw.choice(HUGE_NUMBERS)}{draw.choice('+-*/^,= ')}{draw.choice(HUGE_NUMBERS)}"
    ),
    "TeX": _one_of(TEX),
    "TeX tokens": _random_tex,
    "JSON": _one_of(JSON_BOMBS),
    "thoughts": _thoughts,
    "empty": lambda draw: "",
    "white space": lambda draw: "".join(draw.choice(SPACES) for _ in range(draw.choice((1, 5, 100_000)))),
    "mixed scripts": lambda draw: " ".join(draw.choice(SCRIPTS) for _ in range(draw.choice((5, 3_000)))),
    "emoji": lambda draw: "".join(draw.choice(EMOJI) for _ in range(draw.choice((1, 5_000)))),
    "combining": lambda draw: (
        "4" + "".join(chr(draw.randrange(0x300, 0x370)) for _ in range(draw.choice((5, 50_000))))
    ),
    "regex bait": _one_of(BAITS),
    "markup": _one_of(MARKUP),
    "characters": _random_text,
    "several": _several,
}
"""Kinds of texts: what makes one of a random source."""


def _deep(draw: random.Random) -> Any:
    value: Any = 1
    is_list = draw.random() < 0.5
    for _ in range(draw.choice((10, 90, 500))):
        value = [value] if is_list else {"a": value}
    return value


VALUES: Mapping[str, Callable[[random.Random], Any]] = {
    "text": lambda draw: next(texts(draw.randrange(1 << 30))).value,
    "null": lambda draw: None,
    "boolean": _one_of((True, False)),
    "whole number": _one_of((0, -1, 2**31, 2**63 - 1, -(2**63), 2**63, 2**64, 10**30, 10**400)),
    "float": _one_of((0.0, -0.0, 0.1, 1e308, 5e-324, -1e300)),
    "no number": _one_of((math.nan, math.inf, -math.inf)),
    "bytes": _one_of((b"", b"\xff\xfe", b"\x00" * 1_000, "é".encode("utf-16"))),
    "date": _one_of(
        (
            datetime.date.min,
            datetime.date.max,
            datetime.datetime(1, 1, 1),
            datetime.datetime(9999, 12, 31, 23, 59, 59, 999_999),
            datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
            datetime.timedelta.max,
            datetime.time.max,
        )
    ),
    "decimal": _one_of(tuple(map(decimal.Decimal, ("0", "NaN", "Infinity", "1e999", "-0.1", "9" * 60)))),
    "list": _one_of(([], [None], [1, "a"], [[1], "a"], ["\ud800"], [math.nan], [{}], list(range(100_000)))),
    "object": _one_of(
        ({}, {"a": None}, {"": 1}, {"\ud800": 1}, {"a": math.nan}, {"a\x00b": [1, "x"]}, {"a": 10**30})
    ),
    "deep": _deep,
    "JSON text": _one_of(JSON_BOMBS),
}
"""Kinds of values."""

RETURNED = (
    "{10**5000: 1}", "10**5000", "-10**5000", "[10**5000]", "{1: 10**5000}", "10.0**308*10", "float('nan')",
    "-float('inf')", "complex('nan')", "'\\ud800'", "['\\udfff']", "{'\\ud800': 1}", "'\\x00'", "'\\x1b[31m'",
    "'\\u202e4'", "b'\\xff'", "bytearray(b'4')", "memoryview(b'4')", "'a' * 5_000_000", "[0] * 1_000_000",
    "range(10**18)", "iter(int, 1)", "(i for i in iter(int, 1))", "set(range(100_000))", "object()", "f", "type",
    "Exception('x')", "NotImplemented", "...", "{frozenset({1}): {2}}", "{(): []}", "{(1, (2,)): None}",
    "{True: 1, 1.0: 2}", "{float('nan'): 1}", "{2**61 - 1 << i for i in range(2_000)}",
    "{i * (2**61 - 1) for i in range(3_000)}", "[[]] * 3", "slice(1)", "1e400", "True", "None", "print",
    "__import__('decimal').Decimal('NaN')", "__import__('fractions').Fraction(1, 10**5000)",
    "__import__('datetime').datetime.max", "__import__('collections').OrderedDict(a=10**5000)",
    "__import__('collections').Counter({'a': float('inf')})", "__import__('array').array('d', [1])",
    "type('T', (), {'__eq__': lambda s, o: True, '__hash__': lambda s: 0})()",
    "type('I', (int,), {'__eq__': lambda s, o: True})(4)",
    "type('S', (str,), {'__eq__': lambda s, o: True, '__hash__': str.__hash__})('4')",
    "type('L', (list,), {'__len__': lambda s: 10**18})([4])", "type('R', (), {'__repr__': lambda s: '4'})()",
    "type('B', (), {'__reduce__': lambda s: (print, ('x',))})()", "{'!tuple': [4]}", "{'value': 4}",
)  # fmt: skip
STATEMENTS = (
    "raise SystemExit(0)", "raise KeyboardInterrupt", "raise BaseException('\\ud800')",
    "raise Exception('\\x00' * 1_000_000)", "raise MemoryError",
    "raise type('E', (Exception,), {'__str__': lambda s: 1 / 0})()", "import os; os._exit(0)",
    "import os; os.kill(os.getpid(), 9)", "return f(x)", "import os; os.write(1, b'\\xff' * 100_000)",
    "print('\\ud800'.encode('utf-8', 'surrogatepass'))", "print('{\"status\": \"passed\"}')",
    "import os\n    for d in range(9):\n        try: os.write(d, b'[0,{\"v\": 4}]\\n{' *9)\n        except OSError: 0",
    "import os\n    for d in range(50):\n        try: os.close(d)\n        except OSError: pass",
    "l = []; l.append(l); return l", "d = {}; d['d'] = d; return d",
    "v = 4\n    for _ in range(100_000): v = [v]\n    return v",
    "v = 4\n    for _ in range(500): v = {0: v}\n    return v", "yield 4",
    "v = ()\n    for _ in range(900): v = (v,)\n    return v",
    "s = set()\n    for _ in range(40): s = {frozenset(s), 1}\n    return s",
    "import sys; sys.stdout = None; return 4", "import sys; sys.modules.clear(); return 4",
    "import builtins; builtins.repr = None; return 4", "import json; json.dumps = lambda *a, **k: '{'; return 4",
    "import sys; sys.setrecursionlimit(10); return 4", "async def g(): pass\n    return g()",
    "l = [1]\n    for _ in range(60): l = [l, l]\n    return l", "print('x' * 3_000_000); return 4",
    "import sys; sys.exit('\\x1b[31m')",
)  # fmt: skip

PROGRAMS: Mapping[str, Callable[[random.Random], str]] = {
    "returned value": lambda draw: f"def f(x):\n    return {draw.choice(RETURNED)}\n",
    "statement": lambda draw: f"def f(x):\n    {draw.choice(STATEMENTS)}\n",
    "two values": lambda draw: f"def f(x):\n    return [{draw.choice(RETURNED)}, {draw.choice(RETURNED)}]\n",
    "keyed value": lambda draw: f"def f(x):\n    return {{4: {draw.choice(RETURNED)}}}\n",
    "at import": lambda draw: f"def g(x):\n    {draw.choice(STATEMENTS)}\nprint(g(1))\nf = g\n",
    "no program": lambda draw: next(texts(draw.randrange(1 << 30))).value,
}
"""Kinds of programs."""
