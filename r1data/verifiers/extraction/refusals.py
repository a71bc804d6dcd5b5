"""Sentences that say that the writer does not know: there is no answer in them, however they are written.

Not here: "it cannot be determined", "there is no solution". They say something of the question, and may be its answer.
"""

import re

LONGEST = 120
"""Characters of a sentence that says this and nothing else. Ours."""
_UNKNOWN = re.compile(
    r"""
      \b(?:do|did|does)(?:\ ?n[o'’]?t|\ not)\ know\b | \bno\ idea\b
    | \b(?:am|are|['’]m|['’]re)\ not\ (?:sure|certain)(?=\W*$|\ (?:about|how|of|what|which)\b)
    | \b(?:I|we)(?:\ (?:am|are)|['’](?:m|re))\ (?:unable|not\ able)\ to\b
    | \b(?:I|we)\ (?:can\ ?not|can['’]?t|could\ not|couldn['’]?t)\ (?:\w{1,12}\ )?
      (?:answer|assist|calculate|compute|determine|figure|find|help|provide|say|solve|tell|work)\b
    | \bwei(?:ß|ss)\ (?:(?:ich|es|das|ich\ es)\ )?nicht\b | \bkeine\ ahnung\b
    | \bne?\ sais\ pas\b | \baucune\ idée\b | \bno\ (?:lo\ )?s[ée](?!\w) | \bn[aã]o\ sei\b | \bnon\ (?:lo\ )?so\b
    | \bweet\ (?:ik\ )?(?:het\ )?niet\b | \bnie\ wiem\b | \bне\ знаю\b | \bbilmiyorum\b | \bsijui\b | \bkhông\ biết\b
    | 不知道|不清楚|不确定|不確定|不会做 | (?:分か|わか)り(?:ません|かねます) | (?:分か|わか)らない | 知りません
    | 모르겠|모릅니다|몰라 | لا\ أعرف|لا\ أعلم | पता\ नहीं|नहीं\ पता|नहीं\ जानता | জানি\ না | తెలియదు | ไม่รู้|ไม่ทราบ
    """,
    re.VERBOSE | re.IGNORECASE,
)
_MORE = re.compile(
    r"\d|\b(?:but|however|maybe|perhaps|guess|say|think|believe|suppose|aber|vielleicht|glaube|denke|mais|crois|pense|pero|creo"
    r"|quizás|но|думаю|ma|mas|maar)\b|但|可能|でも|しかし|하지만"
)
"""What goes on after it: a number, or a word that takes it back."""
_APOLOGY = re.compile(r"\b(?:sorry|apologize|leid)\b\W{0,3}\b(?:but|aber)\b", re.IGNORECASE)


def says_unknown(text: str) -> bool:
    """Whether a text says that its writer does not know the answer, and nothing more."""
    if len(text) > LONGEST:
        return False
    sentence = _APOLOGY.sub("", text)
    return _UNKNOWN.search(sentence) is not None and _MORE.search(sentence.lower()) is None
