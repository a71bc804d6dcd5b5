r"""Takes off what TeX adds to the look of an answer and not to its meaning: fonts, sizes, colours, spaces, labels.

The commands are those of LaTeX, amsmath, mathtools, xcolor, ulem, siunitx, nicefrac, MathJax and KaTeX, by what becomes
of them: one spelling for many (`\dfrac`, `\times`), a blank (`\quad`, `\large`), nothing with its arguments (`\tag{1}`,
`\phantom{0}`), or their last argument alone (`\textbf{12}`, `\textcolor{red}{12}`, `\underbrace{12}_{\text{sum}}`).
One pass over the commands with a stack of braces, so that the time is linear however they are nested.

Left in place, so that nobody reads the answer: macros (`\newcommand`), what is struck out, turned, overlaid or white.
"""

import re
from collections.abc import Iterator


def _names(text: str) -> list[str]:
    """Names of commands, written as text."""
    return text.split()


REPLACED = {
    "dfrac": r"\frac", "tfrac": r"\frac", "cfrac": r"\frac", "nicefrac": r"\frac", "sfrac": r"\frac",
    "xfrac": r"\frac", "flatfrac": r"\frac", "rfrac": r"\frac", "textfrac": r"\frac", "times": "*", "cdot": "*",
    "ast": "*", "cdotp": "*", "div": "/", "slash": "/", "lbrace": r"\{", "rbrace": r"\}", "lparen": "(",
    "rparen": ")", "lbrack": "[", "rbrack": "]", "langle": "(", "rangle": ")", "infty": "∞", "infin": "∞",
    "emptyset": "∅", "varnothing": "∅", "empty": "∅", "colon": ":", "mid": "|", "vert": "|", "ldots": r"\ldots ",
    "dots": r"\ldots ", "cdots": r"\ldots ", "dotsc": r"\ldots ", "dotsb": r"\ldots ", "dotsm": r"\ldots ",
    "dotsi": r"\ldots ", "dotso": r"\ldots ", "hdots": r"\ldots ", "textellipsis": r"\ldots ", "%": "%", "$": "$",
    "textpercent": "%", "percent": "%", "textdollar": "$", "dollar": "$", "pounds": "£", "textsterling": "£",
    "euro": "€", "texteuro": "€", "yen": "¥", "textyen": "¥", "cent": "¢", "textcent": "¢", "rupee": "₹", "-": " ",
    "/": " ", "textminus": "-", "textendash": "-", "textdegree": "°", "degree": "°",
    "degrees": "°", "textcelsius": "°C", "celsius": "°C", "R": r"\mathbb{R}", "reals": r"\mathbb{R}",
    "Reals": r"\mathbb{R}", "RR": r"\mathbb{R}", "Z": r"\mathbb{Z}", "ZZ": r"\mathbb{Z}", "N": r"\mathbb{N}",
    "NN": r"\mathbb{N}", "natnums": r"\mathbb{N}", "Q": r"\mathbb{Q}", "QQ": r"\mathbb{Q}", "C": r"\mathbb{C}",
    "CC": r"\mathbb{C}", "cnums": r"\mathbb{C}", "Complex": r"\mathbb{C}", "sp": "^", "sb": "_",
    "uppi": r"\pi ", "(": " ", ")": " ",
    "[": " ", "]": " ", "quad": " ", "qquad": " ",
}  # fmt: skip
"""Command → its one spelling."""
_BLANKS = frozenset(
    _names(""", : ; ! >
    enspace enskip thinspace medspace thickspace negthinspace negmedspace negthickspace space nobreakspace hfill hfil
    hss vfill vfil hfilneg dotfill par newline linebreak nolinebreak allowbreak nobreak break noindent indent null relax
    protect strut mathstrut leavevmode nonumber notag bigskip medskip smallskip newpage
    bf rm it sl sf tt sc em mit cal bfseries mdseries itshape slshape scshape upshape normalfont rmfamily sffamily
    ttfamily boldmath unboldmath selectfont centering raggedright raggedleft tiny scriptsize footnotesize small
    normalsize large Large LARGE huge Huge displaystyle textstyle scriptstyle scriptscriptstyle limits nolimits
    displaylimits big Big bigg Bigg bigl Bigl biggl Biggl bigr Bigr biggr Biggr bigm Bigm biggm Biggm
    """)
) | {" ", "\n"}  # fmt: skip
"""Spaces, and switches of font and size: a blank each."""
_SIDES = frozenset(("left", "right", "middle"))
_SKIPS = frozenset(("hskip", "vskip", "kern", "mskip", "mkern"))
"""Spaces with a length behind them, without braces."""
_DROPPED = dict.fromkeys(
    _names(
        "hspace vspace mspace label tag phantom hphantom vphantom index vskip rule hyperlink fontsize fontfamily"
    ),
    1,
) | {"fontsize": 2, "rule": 2, "setlength": 2}
"""Commands that leave nothing, with how many arguments; `\\phantom` shows nothing, whatever stands in it."""
_SHOWN = dict.fromkeys(
    _names("""
    text textrm textbf textit textsf texttt textsc textsl textup textmd textnormal textlf emph mbox hbox fbox boxed
    framebox makebox mathrm mathbf mathsf mathtt mathit mathnormal mathup mathsfit symbf symrm symup symit symsf symtt
    boldsymbol bm pmb bold mathbold operatorname underline underbar uline uuline uwave dashuline dotuline ensuremath
    mathord mathbin mathrel mathop mathopen mathclose mathpunct mathinner smash vcenter num tablenum complexnum bbox
    underbrace overbrace unit si answer ans hl uppercase lowercase MakeUppercase MakeLowercase textsuperscript
    textsubscript ang
    """), 0
) | dict.fromkeys(
    _names("""textcolor colorbox mathcolor style class cssId htmlClass htmlId htmlStyle htmlData href parbox raisebox
    hyperref foreignlanguage"""), 1
) | {"fcolorbox": 2}  # fmt: skip
"""Commands that show their last argument, with how many others come before it."""
_INKS = ("textcolor", "mathcolor")
_QUANTITIES = frozenset(("qty", "SI"))
"""A number and a unit."""
_UNITS = frozenset(("unit", "si"))
_SCRIPTS = {"textsuperscript": "^", "textsubscript": "_"}
STRUCTURED = (
    _BLANKS | _SIDES | _SKIPS | _DROPPED.keys() | _SHOWN.keys() | _QUANTITIES | {"color", "over", "choose"}
)
_DRESSED = STRUCTURED | REPLACED.keys() | {"begin"}
UNREADABLE = frozenset(
    _names("""
    newcommand renewcommand providecommand def edef gdef let DeclareMathOperator cancel bcancel xcancel cancelto sout
    xout llap rlap clap mathllap mathrlap mathclap rotatebox reflectbox scalebox resizebox iffalse fi input include
    csname expandafter write immediate catcode require color textcolor colorbox lap kern phantom
    """)
)
"""Commands that change what shows in ways that nobody here follows: an answer that keeps one is not read."""
_TOKEN = re.compile(r"\\(?:[a-zA-Z]+|.)|[{}]", re.S)
_COMMAND = re.compile(r"\\([a-zA-Z]+|.)", re.S)
_GROUP = re.compile(r"\s*\{")
_OPTION = re.compile(r"\s*\[[^\[\]{}]*\]")
_SCRIPT = re.compile(r"\s*[_^]\s*\{")
_LENGTH = re.compile(
    r"\s*-?[\d.]+\s*(?:pt|em|ex|mu|cm|mm|in|pc|bp|sp|px)?(?:\s*(?:plus|minus)\s*[\d.]+[a-z]*)*"
)
_WHITE = re.compile(r"white|transparent|none|#?f{3}(?:f{3})?|.*!0|1(?:\.0)?,\s*1(?:\.0)?,\s*1(?:\.0)?", re.I)
_ROWS = r"aligned|alignedat|align|gathered|gather|split|equation|displaymath|math|center|multline|eqnarray|flalign"
_CELL = re.compile(
    rf"\\begin\s*\{{(?P<name>{_ROWS}|array|matrix|smallmatrix)(?P<star>\*?)\}}(?:\[[a-z]\])?(?:\{{[lcr|\d ]*\}})?"
    r"(?P<cell>(?:[^&\\]|\\(?!\\))*?)(?:\\\\\s*)?\\end\s*\{(?P=name)(?P=star)\}"
)
_CHAIN = re.compile(
    rf"\\begin\s*\{{(?P<name>{_ROWS})(?P<star>\*?)\}}(?P<rows>.*?)\\end\s*\{{(?P=name)(?P=star)\}}", re.S
)
_OVER = re.compile(r"\{([^{}]*?)\\(over|choose)(?![a-zA-Z])([^{}]*)\}")
_SEPARATED = re.compile(r"(?<=\d)\{([,.])\}(?=\d)")
_PREFIXES = frozenset(
    _names("""
    quecto ronto yocto zepto atto femto pico nano micro milli centi deci deca deka hecto kilo mega giga tera peta exa
    zetta yotta ronna quetta kibi mebi gibi tebi
    """)
)
_POWERS = {"squared": "^2", "cubed": "^3", "square": "square ", "cubic": "cubic ", "per": " per "}

Edit = tuple[int, int, str]
"""(start, end, what takes the place of the text between)."""


def undress(text: str) -> str:
    """A text with commands in it without its dressing."""
    commands = _COMMAND.findall(text)
    if _DRESSED.isdisjoint(commands):
        return text
    if not STRUCTURED.isdisjoint(commands):
        if "over" in commands or "choose" in commands:
            text = _with_fractions(text)
        text = _edited(text, _edits(text))
    if "begin" in commands:
        text = _CELL.sub(r" \g<cell> ", _CHAIN.sub(_joined_rows, text))
    return _COMMAND.sub(lambda command: REPLACED.get(command[1], command[0]), text)


def is_readable(text: str) -> bool:
    """Whether an undressed text holds no command that changes what shows in ways that are not followed."""
    return "\\" not in text or UNREADABLE.isdisjoint(_COMMAND.findall(text))


def _edited(text: str, edits: list[Edit]) -> str:
    pieces, position = [], 0
    for start, end, plain in sorted(edits):
        if start < position:  # within what has been replaced as a whole
            continue
        pieces += [text[position:start], plain]
        position = end
    return "".join([*pieces, text[position:]])


def _edits(text: str) -> list[Edit]:
    """What to replace. An argument that is shown loses its braces alone; what is in it has edits of its own."""
    closing = _closing_braces(text)
    edits: list[Edit] = []
    for token in _TOKEN.finditer(text):
        name = token.group()[1:]
        if name not in STRUCTURED:
            continue
        start, at = token.span()
        if name in _SIDES:
            edits.append((start, at + (text[at : at + 1] == "."), ""))
        elif name in _BLANKS:
            edits.append((start, at, " "))
        elif name in _SKIPS:
            length = _LENGTH.match(text, at)
            edits.append((start, length.end() if length else at, " "))
        elif text[at : at + 1] == "*":
            at += 1
        if name == "color":
            edits += _coloured(text, start, at, closing)
        elif name in _DROPPED:
            end = _after_groups(text, at, closing, _DROPPED[name])
            if end is not None:
                edits.append((start, end, " "))
        elif name in _SHOWN:
            edits += _shown(text, name, start, at, closing)
        elif name in _QUANTITIES:
            edits += _quantity(text, start, at, closing)
    return edits


def _closing_braces(text: str) -> dict[int, int]:
    """The position of the closing brace of each opening one."""
    closing, stack = {}, []
    for token in _TOKEN.finditer(text):
        if token.group() == "{":
            stack.append(token.start())
        elif token.group() == "}" and stack:
            closing[stack.pop()] = token.start()
    return closing


def _group(text: str, at: int, closing: dict[int, int]) -> tuple[int, int] | None:
    """(after the opening brace, at the closing one) of a group that begins at `at`, after blanks and options."""
    while option := _OPTION.match(text, at):
        at = option.end()
    group = _GROUP.match(text, at)
    end = closing.get(group.end() - 1) if group else None
    return None if group is None or end is None else (group.end(), end)


def _after_groups(text: str, at: int, closing: dict[int, int], count: int) -> int | None:
    """Where `count` groups end; None if they are not there."""
    for _ in range(count):
        group = _group(text, at, closing)
        if group is None:
            return None
        at = group[1] + 1
    return at


def _shown(text: str, name: str, start: int, at: int, closing: dict[int, int]) -> Iterator[Edit]:
    """Without the command and the braces of its last argument, which stay behind `^` and `_`."""
    for _ in range(_SHOWN[name]):
        group = _group(text, at, closing)
        if group is None or (name in _INKS and _WHITE.fullmatch(text[slice(*group)].strip())):
            return
        at = group[1] + 1
    group = _group(text, at, closing)
    if group is None:
        yield start, at, " "
        return
    script = _SCRIPTS.get(name, "")
    raised = script or text[:start].rstrip()[-1:] in ("^", "_")
    end = group[1] + 1
    if name in ("underbrace", "overbrace") and (below := _SCRIPT.match(text, end)):
        end = closing.get(below.end() - 1, end - 1) + 1
    if name in _UNITS:
        yield start, end, " " + _unit(text[slice(*group)]) + " "
    elif name == "ang":
        yield start, end, " " + _angle(text[slice(*group)]) + " "
    else:
        yield start, group[0], f"{script}{{" if raised else " "
        yield group[1], end, "}" if raised else " "


def _coloured(text: str, start: int, at: int, closing: dict[int, int]) -> Iterator[Edit]:
    r"""Without `\color{red}`, which colours what follows in its group; white stays and is not read."""
    group = _group(text, at, closing)
    if group is not None and not _WHITE.fullmatch(text[slice(*group)].strip()):
        yield start, group[1] + 1, " "


def _quantity(text: str, start: int, at: int, closing: dict[int, int]) -> Iterator[Edit]:
    """A number and its unit, as `5 kilometer per hour`."""
    number = _group(text, at, closing)
    unit = _group(text, number[1] + 1, closing) if number else None
    if number and unit:
        yield start, unit[1] + 1, f" {text[slice(*number)]} {_unit(text[slice(*unit)])} "


def _unit(text: str) -> str:
    r"""siunitx's unit in words: `\kilo\meter\per\hour` is kilometer per hour."""
    words = []
    for name in re.split(r"\\(?=[a-z])|(?<=[a-z])(?=\\)", text):
        plain = name.strip(" {}")
        words.append(_POWERS.get(plain, plain if plain in _PREFIXES else f"{plain} "))
    return re.sub(r"\s+(?=\^)", "", " ".join("".join(words).split()))


def _angle(text: str) -> str:
    """siunitx's angle: degrees, or degrees, minutes and seconds."""
    return "".join(
        part + sign for part, sign in zip(text.split(";"), ("°", "'", "''"), strict=False) if part.strip()
    )


def _with_fractions(text: str) -> str:
    r"""`{a \over b}` as `\frac{a}{b}`, from the inside out, and the same around all of a text."""
    for _ in range(text.count("\\over") + text.count("\\choose")):
        text, changed = _OVER.subn(_as_fraction, text)
        if not changed:
            break
    whole = _OVER.fullmatch(f"{{{text}}}")
    return _as_fraction(whole) if whole else text


def _as_fraction(over: re.Match[str]) -> str:
    return rf"\{'frac' if over[2] == 'over' else 'binom'}{{{over[1].strip()}}}{{{over[3].strip()}}}"


def _joined_rows(display: re.Match[str]) -> str:
    """A calculation over several rows, of which all but the first begin with a sign, as one chain."""
    rows = [row.replace("&", " ").strip() for row in re.split(r"\\\\(?:\[[^\]]*\])?", display["rows"])]
    rows = [row for row in rows if row]
    if len(rows) > 1 and all(row.startswith(("=", r"\approx", "≈")) for row in rows[1:]):
        return " ".join(rows)
    return f" {rows[0]} " if len(rows) == 1 else display.group()


def with_plain_commas(text: str) -> str:
    """`1{,}234` with a comma; `3{,}5`, whose braces are no separator of thousands, with a decimal point."""
    if ",}" not in text and ".}" not in text:
        return text
    text = _WRAPPED_SEPARATOR.sub(r"{\1}", text)
    return _NUMBER.sub(_plain_number, text).replace("{,}", ",").replace("{.}", ".")


_WRAPPED_SEPARATOR = re.compile(r"\\(?:text|mathrm|mathord|mathbin|mathpunct)\{([,.])\}")
_NUMBER = re.compile(r"(?<![\d.,}])\d+(?:\{[,.]\}\d+)+(?:[.,]\d+)?(?![\d{])")


def _plain_number(number: re.Match[str]) -> str:
    text = number.group()
    if re.fullmatch(r"[1-9]\d{0,2}(?:\{,\}\d{3})+(?:\.\d+)?", text):
        return text.replace("{,}", ",")
    if re.fullmatch(r"[1-9]\d{0,2}(?:\{\.\}\d{3})+,\d+|[1-9]\d{0,2}(?:\{\.\}\d{3}){2,}", text):
        return text.replace("{.}", "").replace(",", ".")
    if re.fullmatch(r"\d+\{[,.]\}\d+", text):
        return _SEPARATED.sub(".", text)
    return text
