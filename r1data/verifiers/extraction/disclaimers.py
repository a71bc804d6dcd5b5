"""Whether what stands around an answer may disclaim it: denied, supposed, asked, said of others, a part of a formula.

"If I had to lie, the answer is 12", "nobody would say that the answer is 12", "The answer is 12. Not!". These are
weak signs: where there is one, an answer is left undecided. What certainly takes it back is in `objections`.

Not covered: irony, doubts further away than the answer's own sentence and the beginning of the next.
"""

import re

from r1data.verifiers.extraction import announcements

NEAR = 200
"""Characters before an answer's end, and behind it, that are looked at. Ours."""

_SENTENCE_START = re.compile(r"[。！？\n]|[.!?](?=[\s*_\"”])")
_CLAUSE = re.compile(
    rf"[;；]|[,，]\s*(?:but|yet|however|still|giving|we\b|ist\b|但|那么|{announcements.pattern('therefore')})",
    re.I,
)
_NOT_HARD = re.compile(
    r"(?:not|n['’]t|no)\s+(?:too\s+|very\s+|so\s+|at\s+all\s+)?(?:hard|difficult|doubt|question|only|surpris\w+)"
    r"|without\s+(?:a\s+|any\s+)?(?:doubt|question|loss)|cannot\s+be\s+(?:denied|doubted)|doubtless",
    re.I,
)
_REPORTED = re.compile(
    r"(?P<that>\bthat\s+)?(?P<clause>(?:the|my|our|your|his|her|this|its?)\s+)(?:(?!that\b|case\b|claims?\b|says?\b)\w+\s+){0,3}?(?:answer|solution|result)\b"
    r"|(?P<it>\bthat\s+it\s+is\b)",
    re.I,
)
_LAST_WORD = re.compile(r"([^\W\d_]+)\W*\Z")
_GOVERNORS = frozenset(
    ("conclude", "concludes", "concluded", "find", "finds", "found", "see", "sees", "seen", "know",
     "known", "show", "shows", "shown", "showed", "deduce", "deduced", "follow", "follows", "mean",
     "means", "meaning", "imply", "implies", "implying", "infer", "note", "notice", "obtain", "confirm",
     "confirms", "confirmed", "verify", "verified", "check", "checked", "tell", "tells", "gives", "give",
     "indicate", "indicates", "suggest", "suggests", "determine", "determined", "prove", "proves",
     "proved", "clear", "evident", "obvious", "certain", "sure", "confident", "such", "so", "now", "get",
     "gets", "gather", "establish", "established", "realize", "observe", "recall", "sum", "state",
     "states", "understood", "agreed", "said", "think", "believe", "say", "ensure", "ensures",
     "demonstrates", "demonstrate", "derive", "fact", "reveals", "reveal", "yields", "yield",
     "convinced", "satisfied", "is", "and", "given")
)  # fmt: skip
"""Words before "that the answer is" which assert it."""
_NEGATION = re.compile(
    r"\b(?:not|never|no|nobody|none|nothing|neither|nor|hardly|barely|few|cannot|without|\w{2,6}n['’]t)\b",
    re.I,
)
_SAYS = re.compile(
    r"(?:says?|said|saying|claim\w*|thinks?|thought|believ\w+|argue\w*|answer(?:s|ed)|guess\w*|swears?|bets?"
    r"|insists?|asserts?|hears?|heard|repl(?:y|ies)|expects?)\s*[,:]?\s*(?:that\s+)?(?:it\s+(?:is|was)\s+)?[\"“'$(\s]*\Z",
    re.I,
)
_MY_OWN = re.compile(
    r"(?:\A|[,.:;]\s*|\b(?:so|thus|therefore|hence|then|finally|and)\s+)\W*(?:I|we)(?:['’]d|\s+would|\s+can|\s+must|\s+do"
    r"|\s+may|\s+now|\s+firmly|\s+strongly|\s+therefore|\s+thus|\s+could|\s+safely){0,3}\s*\Z",
    re.I,
)
_WORDS = re.compile(
    r"\b(?:liars?|lying(?!\s+(?:on|in|at|between|inside|outside))|(?:to|a|I|I['’]d)\s+lied?\b(?!\s+(?:on|in|at|inside|between))"
    r"|(?-i:Lie)(?=:)|myths?|misconception|trap|naive|enemy|riddle|rumou?r|nonsense|mistake|mistaken(?:ly)?|tempt\w+|(?:first|a)\s+glance|kidding|joking"
    r"|pretend\w*|opposite\s+(?:of|is)|refuse|deny|denied|doubt|unlikely|impossible|wrong(?:ly)?|incorrect(?:ly)?"
    r"|false(?:ly)?|untrue|fools?|foolish|careless|fake|bogus|rules?d?\s+out|contrary"
    r"|(?:previous|different|another|other|last|next)\s+(?:question|problem|task)"
    r"|(?:were|had|should)\s+I|if\s+I\s+(?:had|were|was|must|should|wanted|knew|lied?|said|failed|guess\w*|dared?|have)|(?:if|were|had)\s+(?:he|she|they|someone|anyone)"
    r"|(?:no|by\s+no|under\s+no|on\s+no)\s+(?:way|chance|means|circumstances|account)|nobody|no[\s-]one|not\s+even|hardly\s+any\w*"
    r"|(?:don['’]t|do\s+not|never)\s+(?:you\s+)?(?:dare\s+)?(?:say|think|claim|believe|write|answer|assume)"
    r"|(?:you|one|some|many|people|students?)\s+(?:might|may|could|would)\s+(?:\w+\s+)?(?:think|say|argue|claim|believe|guess|answer)"
    r"|answer\s+(?:squared|cubed|doubled|halved|plus|minus|times|mod(?:ulo)?|divided)"
    r"|answer\s+(?:is|has)\s+(?:an?\s+|no\s+)?(?:multiple|divisor|factor|power|divisible)"
    r"|niemand|keineswegs|nicht|nessuno|personne|nadie|bukan|tidak|niet|geen)\b"
    r"|\bnon\s+(?:è|e'|sono)\b|никто|\bне\b|ninguém|\bnão\b|değil|không\s+phải|ليس|नहीं|ไม่ใช่|\bδεν\b"
    r"|没有?人|[别不](?:要|能|会|该|应该?|可能|可)?(?:说|认为|以为|相信|觉得|信|同意|承认|敢)|误(?:以|认)为|以为|谎|骗|如果我|假如|假设|假装",
    re.I,
)
_ASKED = re.compile(r"[\s$*_)}\]\"”'\\.]*[?？]")
_FORMAT = re.compile(
    r"\b(?:example|instance|format|template|put\s+your|your\s+(?:final\s+)?answer|e\.g\.)", re.I
)
_CHANGED = re.compile(
    r"(?:\b(?:answer\s+is\s+at\s+(?:most|least)|(?:greater|less|more|fewer|larger|smaller|bigger|lower|higher|other|different)\s+than"
    r"|different\s+from|twice|half(?:\s+of)?|double|triple|minus|negative(?:\s+of)?|(?:square|root|cube|reciprocal|opposite"
    r"|inverse|multiple|divisor|factor|sum|product|power|square\s+root)\s+of|divisible\s+by|close\s+to|nearly|almost|between"
    r"|over|under|above|below))[\s$*_(\[\\]*\Z",
    re.I,
)
_GLUED_BEFORE = re.compile(
    r"(?:(?:(?<=[\w$({=,])|(?<=[\d$({=,]\s)|(?<=\b[a-z]\s))[-+−]|[-−](?=\Z)|[\d/^*×·÷]|\\(?:cdot|times|div|sqrt(?:\[\d+\])?|frac|dfrac|pm|neg|lnot)"
    r"|\\d?frac\{[^{}]{0,20}\})[ {]*\Z"
)
_CALLED = re.compile(r"\\(?:let\s*\\\w{1,40}\s*=?|verb\*?\W|lstinline\W?)\s*\Z")
_GLUED_BEHIND = re.compile(
    r"[ }]*(?:\^(?!\{?\s*\\?circ)|(?:[-+](?=[\w\\])|[*/×·÷]|[ ][-+/][ ])[ ]?[\d\\]|\d|\\(?:cdot|times|div|pm)(?![a-z])"
    r"|\\text\{\s*or\b)"
)
_SUBJECTS = (
    r"this|that|it|these|which|the\s+(?:previous|above|preceding|last|answer|statement|sentence)|I|he|she|they|everything"
    r"|all\s+of\s+this"
)
_BEHIND_START = r"\A[\s.$*_)}\]\"”!,:;—–…-]*"
_BEHIND = re.compile(
    rf"{_BEHIND_START}(?:(?:(?:a\s+)?contradiction|impossible|absurd|no\s+way|not\s+really|just\s+(?:a\s+guess|guessing)|I['’]m\s+guessing"
    r"|who\s+knows|whatever|plus|minus|times|(?:now\s+|then\s+)?(?:add|subtract|multiply|divide)|do(?:n['’]t|\s+not)|never\s*mind"
    r"|according\s+to|before\s+I|[✗❌✘]"
    r"|(?:or\s+)?(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w{3,6}teen|\w{3,4}ty)(?=\s*[.!])|nah|nope|wrong|false|incorrect|untrue|as\s+if|yeah,?\s+(?:right|no)|hardly|ignore"
    r"|disregard|forget|edit|erratum|errata|back-?up|fall-?back|second\s+(?:answer|guess|thought)|then\s+again|on\s+reflection"
    r"|in\s+truth|in\s+reality|rather(?=,)|(?:of\s+course|certainly|definitely|absolutely|surely|probably|clearly)\s+not"
    r"|or\s+so\b|or\s+not|said\s+(?:no\s?one|nobody)|if\s+(?:not|that|this|it|I|you)|unless"
    r"|just\s+(?:joking|kidding)|is\s+what\s+(?:I\s+(?:would|might|could)|I['’]d|he|she|they|a|some|you)\b"
    r"|(?:,\s*)?but\s+(?:it\s+)?(?:maybe|perhaps|could|might|may|possibly)|the\s+(?:opposite|reverse|contrary)"
    r"|(?:maybe|perhaps)(?!\s+surpris)|and\s+(?:that|this|it|he|she)\s+(?:is|was)\s+(?:wrong|false))\b"
    r"|not\s*[.!]|(?-i:NOT)\b)"
    rf"|{_BEHIND_START}(?:{_SUBJECTS})\b[^.!?\n]{{0,60}}?\b(?:false|wrong|incorrect|lie|lied|lies|lying|absurd|contradicts|untrue|joke|joking|kidding"
    r"|no\s+(?:confidence|idea|clue)|made\s+up|unsure|doubt\w*)\b"
    rf"|{_BEHIND_START}(?:{_SUBJECTS})\b[^.!?\n]{{0,60}}?(?:\bnot|\bnever|n['’]t)\s+(?:really\s+|at\s+all\s+)?(?:believe|think|trust|sure|know"
    r"|confident|true|right|correct|agree|stand)\b",
    re.I,
)
_NUMBER = r"-?\d[\d.,/]{0,20}"
_OTHER_VALUE = re.compile(
    rf"\A[\s.$*_)}}\]]*[.\n,][\s$*_•-]*[(\[]?[\s$*]*(?P<alone>{_NUMBER}?)[\s$*]*[)\]]?[.!]?[\s$*]*(?:\n|\Z)"
    rf"|\A[\s.$*_)}}\]]*[.\n]\s*\$?(?P<said>{_NUMBER}?)\$?\s+(?:is\s+also|is\s+(?:possible|better|likelier|my)|would\s+be\s+(?:my|also|another|an?|the|better|right|correct)|could|might"
    r"|may|seems|works|too)\b"
    rf"|\A[\s.$*_)}}\]]*[.\n,]\s*(?i:so|hence|therefore|thus|we\s+get|final(?:ly)?|it\s+is|[a-z]\s*=)[^\d.\n]{{0,30}}?"
    rf"(?P<then>{_NUMBER}?)[\s$*.]*(?:\n|\Z)"
    rf"|\A[\s$*_)}}\]]*(?:=|(?i:final(?:ly)?:?))\s*(?P<equal>{_NUMBER}?)[\s$*.]*(?:\n|\Z)"
)
_DRESSING = " \t$*_([{\\\"'“‘`"
_AFTER_BOX = re.compile(
    r"[ }$]*(?:[\\)\]]{0,2}\s*)?(?:(?:million|billion|hundred|thousand|dozen|squared|cubed|factorial|and\s+an?\s+half"
    r"|minus|plus|times|is\s+(?:too|off|close|far)|fails|(?:does|will|would|can)(?:n['’]t|\s*not)|cannot|leads\s+to\s+a"
    r"|contradicts|is\s+nonsense)\b|[✗❌✘]|<(?![/|a-z])|>|=>|→|≠|\\(?:ne|neq|to|Rightarrow|implies|le|ge|leq|geq|lt|gt)(?![a-z]))"
    r"|(?:!|'|[a-z](?![a-z])|e\d)"
)
_BEFORE_BOX_SIGN = re.compile(
    r"(?:<|(?<![a-zA-Z/\"'|])>|[≥≤✗❌✘]|\\(?:log|ln|sin|cos|tan|exp|overline|bar|ge|le|geq|leq|lt|gt|ne|neq))"
    r"[ {]*\Z|\d\.\Z"
)
_BEFORE_BOX = re.compile(
    r"\b(?:reject|discard|avoid|exclud\w*|cross\s+out|erase|ignore|eliminate|dismiss|trap|lie|counter-?example|not\s+this"
    r"|misconception|another\s+(?:riddle|question|problem)|complement\s+of\b[^.\n]{0,15}|like)\b[^.,\n]{0,12}\Z"
)
_BEFORE_BOX_WORDS = frozenset(
    ("reject", "discard", "avoid", "exclude", "excluding", "excluded", "excludes", "out", "erase", "ignore",
     "eliminate",
     "dismiss", "trap", "lie", "counterexample", "example", "this", "misconception", "another", "complement", "like")
)  # fmt: skip
_CROSSED = ("✗", "❌", "✘")
_ENDS = ' .!?。！？\n:$*_})"”[({\\'
_ASCII_WORD = re.compile(r"[a-z]+")
_TRIGGERS = frozenset(
    ("misconception", "trap", "naive", "enemy", "riddle", "according", "like",
     "liar", "liars", "lying", "lie", "lied", "myth", "myths", "rumor", "rumour", "nonsense", "mistake",
     "mistaken", "mistakenly", "glance", "kidding", "joking", "opposite",
     "refuse", "deny", "denied", "doubt", "unlikely", "impossible", "wrong", "wrongly", "incorrect",
     "incorrectly", "false", "falsely", "untrue", "fool", "fools", "foolish", "careless", "fake",
     "bogus", "rule", "rules", "ruled", "contrary", "question", "problem", "task", "i", "he", "she",
     "they", "someone", "anyone", "way", "chance", "means", "circumstances", "account", "nobody",
     "no", "not", "hardly", "don", "never", "might", "may", "could", "would", "squared", "cubed",
     "doubled", "halved", "plus", "minus", "times", "mod", "modulo", "divided", "multiple", "divisor",
     "factor", "power", "divisible", "niemand", "keineswegs", "nicht", "nessuno", "personne", "nadie",
     "bukan", "tidak", "niet", "geen", "non", "that", "say", "says", "said", "saying", "claim", "claims",
     "claimed", "claiming", "think", "thinks", "thought", "argue", "argues", "argued", "answers",
     "answered", "guess", "guesses", "guessed", "swear", "swears", "bet", "bets", "insist", "insists",
     "assert", "asserts", "hear", "hears", "heard", "reply", "replies", "expect", "expects", "example",
     "instance", "format", "template", "put", "your", "g", "tempted", "tempting", "temptation", "pretend",
     "pretends", "pretended", "pretending", "believe", "believes", "believed", "believing", "arguing",
     "guessing")
)  # fmt: skip
"""Words of which an ASCII text holds one if a pattern above matches."""
_CHANGING = frozenset(
    ("most", "least", "than", "from", "twice", "half", "of", "double", "triple", "minus", "negative",
     "by", "to", "nearly", "almost", "between", "over", "under", "above", "below")
)  # fmt: skip
_MACROS = ("\\let", "\\verb", "\\lstinline")
_SIGNS = frozenset("<>≥≤✗❌✘")
_OPERATORS = frozenset("-+−/^*×·÷}")


_NOTHING = frozenset(("$", ".", "$.", ".$", "$$", "\n$$", "\n\\]", "\\)", "\\)."))
"""What stands behind most boxes: the end of a formula or of a sentence, and of the text."""


def _may_disclaim(before: str) -> bool:
    """Whether a text before an answer needs a closer look; most need none."""
    if not before.isascii():
        return True
    body = before.rstrip(_ENDS)
    statement = body[max(body.rfind("\n"), body.rfind(". ")) + 1 :]
    return not _TRIGGERS.isdisjoint(_ASCII_WORD.findall(statement.lower()))


def disclaimed(text: str, end: int) -> str | None:
    """Why the answer that ends at `end` of the shown text may be none; None where nothing says so."""
    before = text[max(0, end - NEAR) : end]
    if not text.isascii() and any(sign in text[max(0, end - 20) : end + 10] for sign in _CROSSED):
        return "it may be crossed out"
    return _behind(text, end) or (_before(before) if _may_disclaim(before) else None)


def box_disclaimed(text: str, macro: int, end: int) -> str | None:
    r"""As `disclaimed`, for a box from `macro` to `end`: also a box within a formula, and one that shows a format."""
    if macro == 0 and end >= len(text):  # nothing stands around it
        return None
    before = text[max(0, macro - NEAR) : macro]
    last = before.rstrip(" {")[-1:]
    if (
        last in _OPERATORS or last.isdigit() or (last.isalpha() and "\\" in before[-8:]) or last == "]"
    ) and _GLUED_BEFORE.search(before[-40:]):
        return "the box is a part of a formula"
    rest = "" if end >= len(text) or text[end:] in _NOTHING else text[end : end + NEAR]
    if rest and rest[0] not in "$.\n" and _GLUED_BEHIND.match(text, end):
        return "the box is a part of a formula"
    if end < len(text) and _AFTER_BOX.match(text, end):
        return "what stands behind the box may change it"
    if (
        last in _SIGNS or before[-1:] == "." or (last.isalpha() and "\\" in before[-10:])
    ) and _BEFORE_BOX_SIGN.search(before[-16:]):
        return "what stands before the box may change it"
    tail = before[-50:].lower()
    if not _BEFORE_BOX_WORDS.isdisjoint(_ASCII_WORD.findall(tail)) and _BEFORE_BOX.search(tail):
        return "what stands before the box may change it"
    if "\\" in before and any(map(before.__contains__, _MACROS)) and _CALLED.search(before):
        return "the box is the body of a macro"
    if rest and (behind := _behind(text, end)):
        return behind
    if not before.strip() or not _may_disclaim(before):
        bare = before[-40:].rstrip(_DRESSING)
        if bare[bare.rfind(" ") + 1 :].lower() in _CHANGING and _CHANGED.search(before):
            return "words before the box may change it"
        return None
    if _CHANGED.search(before):
        return "words before the box may change it"
    if before.rstrip(_DRESSING + "\n:")[-1:] in ".!?。！？":
        return None
    statement = _statement(before)
    if _FORMAT.search(statement):
        return "the box may show a format"
    report = _SAYS.search(statement)
    if report is not None and not _MY_OWN.search(statement[: report.start()]):
        return "it may be said by others"
    return _before(before)


def _before(before: str) -> str | None:
    return "it may be denied or supposed" if _is_disclaimed(_statement(before)) else None


def _behind(text: str, end: int) -> str | None:
    if end >= len(text):
        return None
    behind = text[end : end + NEAR]
    bare = behind.strip(" \n$.*)}]\\")
    if not bare:
        return None
    if _ASKED.match(behind):
        return "asked, not said"
    if len(bare) > 1 and _BEHIND.search(behind):
        return "what follows may take it back"
    return None


def _statement(before: str) -> str:
    """The last sentence of a text that ends in an answer, without the clauses that it follows from."""
    body = before.rstrip(_ENDS)
    start = max((stop.end() for stop in _SENTENCE_START.finditer(body)), default=0)
    return body[start:]


def _is_disclaimed(statement: str) -> bool:
    statement = _NOT_HARD.sub(" ", statement)
    clause = statement[max((mark.end() for mark in _CLAUSE.finditer(statement)), default=0) :]
    if _WORDS.search(clause):
        return True
    reported = _REPORTED.search(clause)
    if reported is None:
        return False
    before = clause[: reported.start()]
    if reported.group("that") or reported.group("it"):
        word = _LAST_WORD.search(before)
        if (word and word[1].lower() not in _GOVERNORS) or _NEGATION.search(before):
            return True
    report = _SAYS.search(before)
    return report is not None and not _MY_OWN.search(before[: report.start()])


def other_value(text: str, end: int) -> str | None:
    """A value that stands alone behind an answer, as written; None where none does."""
    if end >= len(text):
        return None
    behind = text[end : end + NEAR]
    other = _OTHER_VALUE.match(behind) if behind.strip(" \n$.*)}]\\") else None
    return (other[other.lastgroup or 0]).rstrip(".,") if other else None
