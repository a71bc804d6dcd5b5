r"""Finds what a text says against the answer that it has just given: taken back, or another one offered beside it.

"The answer is 12? No. It is 13." takes back; "The answer is 12. Or maybe it is 13." offers another. Whether the other
one differs (`1/2`, "or 0.5") is for the verifier to say. Only what follows closely is read: a hedge further on changes
nothing, because it is the first answer that is compared.

Not covered: doubt in other words ("I would not bet on it"), irony.
"""

import re
from dataclasses import dataclass

from r1data.verifiers.extraction import announcements

NEAR = 300
"""How many characters behind an answer are read. Ours."""
_START = r"(?:(?<=[.!?。！？\n,;:—–)$}\*])|\A)[\s*_$)\]}\\.!?。]*"
_OR = announcements.pattern("either")
_WORD_END = r"(?:(?<=[\u3000-\u9fff])|(?!\w))"
_AFFIRMED = re.compile(
    r"\b(?:yes|indeed|correct|right|confirmed|verified|consistent|checks?\s+out|holds|matches|same)\b", re.I
)
_TAKEN_BACK = re.compile(
    rf"{_START}(?:(?:no|nope|nein|non|нет|nie|não)\s*[,.!:—–]|no\s+wait\b|scratch\s+that"
    rf"|on\s+second\s+thoughts?|strike\s+that|"
    r"correction\b|my\s+mistake|i\s+was\s+wrong|i\s+made\s+an?\s+(?:mistake|error)|disregard\s+that"
    r"|never\s*mind|(?:just\s+)?kidding\b|sorry\s*,|"
    r"i\s+take\s+(?:it|that)\s+back|不对|错了|不，|抱歉，?我(?:算|搞|说)?错)"
    r"|\A[\s*_$)\]}\\.!?,;。，]*(?:but\s+)?(?:that|this|it|the\s+(?:above|answer))(?:\s+answer)?"
    r"(?:\s+(?:is|was)|['’]s)\s+"
    r"(?:(?:certainly|clearly|obviously|actually|probably|likely|just)\s+)?"
    r"(?:wrong|incorrect|not\s+(?:right|correct|it\b|the\s+(?:right\s+|correct\s+)?answer|true)|false|mistaken"
    r"|a\s+(?:mistake|guess|lie))",
    re.I,
)
_DOUBTED = re.compile(
    rf"{_START}(?:(?:wait|hmm+|hold\s+on|oops)\b"
    r"|actually,?\s+(?:no\b|(?:it(?:['’]s|\s+is)|the\s+(?:\w+\s+)?answer\s+is|i\s+think)?\s*[$\\]*-?\d))",
    re.I,
)
_OFFERED = re.compile(
    rf"\A[\s*_$)\]}}\\'\"”]*[,;，；]?\s*\(?(?:{_OR}){_WORD_END}\s*"
    rf"|(?:(?<=[.!?。！？\n])|\A)[\s*_$)\]}}\\.!?。]*(?:(?:{_OR}){_WORD_END}"
    r"|(?:maybe|perhaps|possibly|alternatively|otherwise|"
    r"(?:it|the\s+answer)\s+(?:might|may|could)(?:\s+(?:also|even|well))?\s+be|也可能|或许|也许)\b)[,\s]*"
    r"|\bi\s+(?:say|mean|meant|choose|pick|insist)\s+"
    r"|(?=[-$\d][\d.,/$]{0,20}\s+is\s+(?:right|correct|another|the\s+(?:\w{1,10}\s+)?(?:answer|one))\b)"
    r"|\A[.。]?\s*\n[\s*$]*(?=[-\d][\d.,/]{0,20}[\s*$]*(?:\n|\Z))",
    re.I,
)
_OFFER_END = re.compile(r"[。！？\n]|[.!?](?=\s|$)")
_FILLER = re.compile(
    r"(?:(?:maybe|perhaps|possibly|even|simply|it|is|be|was|that|the|answer|might|may|could|else|also|in|as|a"
    r"|decimal|form|"
    r"equivalently|about|approximately|roughly|fraction|percent|percentage|terms|他|是|它|可能|也)\b[,:\s]*)*",
    re.I,
)

_HEDGES = (
    "maybe|perhaps|possibly|probably|might|may|could|would|should|about|around|approximately|roughly|almost"
    "|nearly|near|close|over|under|wait|hmm|oops|sorry|kidding"
    "|between|up to|more than|less than|fewer than|greater than|at least|at most|either|if|unless|except|but"
    "|however|whether"
    "|guess|unsure|unknown|impossible|doubt|fool|wrong|incorrect|false"
    "|mistake|not|without|neither|none|only if|than"
)
_DOUBT = re.compile(
    rf"(?<!\w)(?:{_HEDGES}|\w{{2,6}}n['’]t|{announcements.pattern('either')})(?!\w)|(?<![a-z])(?:no|never)(?![a-z])"
    r"|[?？]|不|没|或|可能|左右|上下|以上|以下|以内|多于|少于|大约|至少|至多|超过|如果|若|吗|否|非|未|または|ない|ません|아니|않|또는",
    re.I,
)
_DENIAL = re.compile(
    rf"(?<!\w)(?:{'|'.join(w for w in announcements.words('denial') if not w.isascii())})(?!\w)", re.I
)
_REASON = re.compile(
    r"(?:(?:[,;，；—–]|(?<=\s)-)\s*)?(?:[(（]\s*)?\b(?:since|because|as\s+(?:wanted|required|desired|expected|claimed|needed"
    r"|shown|above|before"
    r"|asked|requested|stated)|which\s+is\s+(?:the|what|our)|due\s+to|given\s+that|obtained\s+(?:by|from)"
    r"|calculated\s+as"
    r"|rounded\s+to|in\s+total|altogether|so\s+the|thus|therefore|因为)\b.*$",
    re.S,
)
_FIRST_SENTENCE = re.compile(r"(?:[。！]|[.!](?=\s))")


@dataclass(frozen=True, slots=True)
class Objection:
    """`taken_back`: the answer was; `offers`: what is offered beside it, as written."""

    taken_back: bool
    offers: tuple[str, ...]


NONE = Objection(False, ())


def find(text: str, end: int) -> Objection:
    """What stands against an answer that ends at `end` of the shown text."""
    if end >= len(text):
        return NONE
    tail = text[end : end + NEAR]
    if not tail.strip(" \n$.*)}"):
        return NONE
    if _TAKEN_BACK.search(tail):
        return Objection(True, ())
    if (doubt := _DOUBTED.search(tail)) and not _AFFIRMED.search(text, end + doubt.end()):
        return Objection(True, ())
    return Objection(False, tuple(_offers(tail)))


def _offers(tail: str) -> list[str]:
    offers = []
    for offer in _OFFERED.finditer(tail):
        stop = _OFFER_END.search(tail, offer.end())
        rest = tail[offer.end() : stop.start() if stop else len(tail)].strip()
        filler = _FILLER.match(rest)
        rest = rest[filler.end() :] if filler else rest
        if rest:
            offers.append(rest.strip("$*().,;: "))
    return offers


_SPOILS = re.compile(
    r"(?:\b(?:half|twice|double|triple|square|cube|root|negative|opposite|reciprocal|inverse|digits?|sum"
    r"|product|parts?|third"
    r"|quarter|percent(?:age)?|fraction|multiple|remainder|difference|minus|plus|times|wrong|incorrect|false"
    r"|bad|another|other"
    r"|alternative|possible|plausible|tempting|naive|initial|previous|approximate|intermediate|partial|tentative)"
    r"(?:\s+(?:of|to|in|from))?(?:\s+(?:the|this|that|our|my|an?|final|correct|right|1|2|one"
    r"|two)){0,3}(?:\s+answers?)?\s*\Z"
    r"|\b(?:suppose|supposing|assume|assuming|imagine|pretend|unless|whether|doubt|false|untrue|unlikely"
    r"|impossible|example"
    r"|format|template|nobody|(?:not|\w{2,6}n['’]t|never|no\s+one|hardly)\b[^,.;]{0,30}\b(?:think|believe|say|claim"
    r"|mean|sure|certain|true"
    r"|agree|accept)"
    r"|(?:others?|someone|people|they|fools?|students?|textbooks?|friends?|many|most|some)\s+(?:\w+\s+)?(?:say"
    r"|think|claim|believe"
    r"|guess|answer)s?)\b|\bif\s+(?:the|my|our|your)?\s*\Z|\bfools?\b|\banother\s+(?:question|problem)\b|假设|假如"
    r"|如果|不认为|错误的\Z)",
    re.I,
)


def spoils(before: str) -> bool:
    """Whether what stands before "answer is" in its sentence denies or supposes it, or makes it another value.

    "Half the answer is 12", "the wrong answer is 12", "I don't think the answer is 12", "suppose the answer is 12".
    """
    return len(before) > 3 and _SPOILS.search(before) is not None


def doubts(prose: str) -> bool:
    """Whether a text hedges, denies or asks."""
    return bool(_DOUBT.search(prose) or (not prose.isascii() and _DENIAL.search(prose)))


def without_reasons(text: str) -> list[str]:
    """The text up to its reason ("12 (since 3*4 = 12)") and its first sentence, where the rest does not hedge."""
    return [
        text[: cut.start()].strip()
        for cut in (_REASON.search(text), _FIRST_SENTENCE.search(text))
        if cut and cut.start() > 0 and not doubts(text[cut.start() :])
    ]
