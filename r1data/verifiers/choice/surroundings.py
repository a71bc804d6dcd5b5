"""What stands around the letters of options: the words before and behind, and the letters that are joined to one."""

from collections.abc import Collection, Sequence

from r1data.verifiers.choice.tokens import Token

REACH = 24
"""Tokens on one side of a letter that are looked at."""

_ANNOUNCING = frozenset({"answer", "correct", "choose", "option", "is", "link", "so", "colon", "number"})
_SAYING = frozenset({"is", "link", "option", "listing", "correct", "answer", "not", "wrong", "so", "hedge"})
_ABBREVIATIONS = frozenset({"ans", "antw", "resp", "rép", "odp"})


def kind_of(tokens: Sequence[Token], place: int) -> str:
    return tokens[place].kind if 0 <= place < len(tokens) else ""


def previous(tokens: Sequence[Token], place: int) -> Token:
    return tokens[place - 1] if place else Token("line", "", 0, 0)


def skip_close(tokens: Sequence[Token], place: int) -> int:
    while (
        kind_of(tokens, place) == "close"
        or (place < len(tokens) and tokens[place].text == '"')
        or (kind_of(tokens, place) == "end" and kind_of(tokens, place + 1) in ("close", "line", ""))
    ):
        place += 1
    return place


def is_word(tokens: Sequence[Token], place: int, cue: bool) -> bool:
    """Whether "A" or "I" goes on as a word does: with a blank and a word that says nothing of options."""
    following = tokens[place + 1] if place + 1 < len(tokens) else Token("", "", 0, 0)
    if following.start == tokens[place].end or not (
        following.text[:1].isalpha() and following.text[0] < "\u0250"
    ):
        return False  # a word of English, or of another language in Latin letters, follows its article
    if tokens[place].text == "I":
        return following.kind in ("other", "link", "choose", "hedge")
    if following.kind in ("option", "answer", "correct"):  # "A opção B"
        return any(token.kind == "letter" for token in tokens[place + 2 : place + 8])
    return following.kind == "other" and not (cue and previous(tokens, place).kind in ("option", "open"))


def joined(tokens: Sequence[Token], place: int, options: Collection[str]) -> tuple[list[str], bool, int]:
    """The letters joined to the first by commas, "and" and "or"; whether they are alternatives; the last token."""
    letters, hedged, last = list(tokens[place].text), False, place
    while True:
        ahead = last + 1
        joins: list[Token] = []
        while ahead < len(tokens) and tokens[ahead].kind in ("close", "open"):
            ahead += 1
        while len(joins) < 2 and _may_join(tokens, ahead):
            joins.append(tokens[ahead])
            ahead += 1
        while kind_of(tokens, ahead) in ("open", "option"):
            ahead += 1
        if kind_of(tokens, ahead) != "letter" or (options and not set(tokens[ahead].text) <= set(options)):
            return letters, hedged, last
        unknown = [token for token in joins if token.kind not in ("sep", "and")]
        if (
            not joins
            and kind_of(tokens, ahead - 1) not in ("open",)
            and tokens[ahead].start > tokens[last].end + 1
        ):
            return letters, hedged, last
        if (
            unknown
            and any(token.kind == "sep" for token in joins)
            and all(token.kind != "or" for token in joins)
        ):
            return letters, hedged, last  # another clause: "B, while C"
        kinds = behind(tokens, ahead)
        if not unknown and ("not" in kinds or "wrong" in kinds) and kind_of(tokens, last + 1) != "":
            return letters, hedged, last  # "B, and C is wrong"
        if [token.text for token in joins] == [","] and kinds[:1] == ["is"] and len(letters) == 1:
            return letters, hedged, last
        hedged = hedged or bool(unknown) or any(token.text in "/|" for token in joins)
        letters += [letter for letter in tokens[ahead].text if letter not in letters]
        last = ahead


def _may_join(tokens: Sequence[Token], place: int) -> bool:
    """Whether a token may stand between two letters that are named together: a comma, "and", an unknown word."""
    kind = kind_of(tokens, place)
    return kind in ("sep", "and", "or") or (
        kind in ("link", "other", "hedge") and tokens[place].text.isalpha()
    )


def before(tokens: Sequence[Token], place: int) -> tuple[list[str], int]:
    """The kinds of the known words right before a letter, the nearest first, and the first token of them."""
    kinds: list[str] = []
    place -= 1
    while place >= 0 and len(kinds) < REACH:
        token = tokens[place]
        if token.kind == "line":
            # The line before may be a heading: "Final Answer", and the letter below it.
            if set(kinds) - {"line", "colon"}:
                break
            kinds.append("line")
        elif token.text == "】":
            kinds.append("colon")
        elif token.kind in ("open", "close") or token.text in "-–—【":
            pass
        elif token.kind == "end" and previous(tokens, place).text.casefold() in _ABBREVIATIONS:
            kinds.append("colon")
        elif token.kind == "sep" and kind_of(tokens, place - 1) == "so":
            pass
        elif token.kind == "listing" and kind_of(tokens, place - 1) == "correct":
            kinds.append("option")  # "the correct options are", but not "the answer choices:"
        elif token.kind not in _ANNOUNCING:
            break
        else:
            kinds.append(token.kind)
        place -= 1
    return kinds, place + 1


def behind(tokens: Sequence[Token], last: int) -> list[str]:
    """The kinds of the known words right behind a letter, in their order."""
    kinds: list[str] = []
    place = last + 1
    while kind_of(tokens, place) in ("close", "open") or (
        kind_of(tokens, place) == "other" and tokens[place].text in "-–—"
    ):
        place += 1
    while kind_of(tokens, place) in _SAYING and len(kinds) < REACH:
        kinds.append(tokens[place].kind)
        place += 1
    return kinds
