"""Patterns of what announces an answer: `Answer: …`, `#### 18`, "the answer is", headings; in all languages.

Each kind has a faster pattern for ASCII text. All run in time linear in the text. What they match ends where the answer
begins, which `extract` reads.
"""

import re

from r1data.verifiers.extraction import announcements


def _line_marker(*, ascii_only: bool) -> re.Pattern[str]:
    """The start of a line that announces an answer: with a sign behind the word, in brackets, or alone on the line."""
    answer, final, result = (
        announcements.pattern(field, ascii_only=ascii_only) for field in ("answer", "final", "result")
    )
    article = "the|my|la|le|el|il|die|das|het|der|het|de|a|o|η|your|so,?|thus,?|therefore,?|hence,?"
    adjectives = rf"(?:(?:{final})[ ]?(?:and[ ])?){{0,3}}"
    before_result = r"(?<=l )" if ascii_only else r"(?<=[ \u0080-\uffff])"
    word = rf"(?:{answer}|{before_result}(?:{result}))"
    return re.compile(
        rf"^[^\w\n]{{0,12}}(?:text\w{{0,5}}\{{\s*)?(?:(?:{article})[ ]){{0,3}}"
        rf"{adjectives}{word}(?:[ ]?(?:{final})){{0,2}}"
        r"(?:[ ]\(?\d{1,2}\)?(?=[ *_]{0,4}[:：]))?[ ]?"
        r"(?:[*_`》」』\s}）)]{0,6}?(?:[:：]|[ ](?:[-–—]|=|→|=>)[ ]|\.[ ](?=[-\d$\\*(])|[ ]?\|[ ]?"
        r"|[】\]][*_ ]{0,4}[:：]?|:})|[*_#: ]{0,6}$)"
        r"|^[ \t>*_]*(?:####(?!#)(?=[^\n]*[\d\\$]|[ \t]*[*(]{0,3}[A-Za-z][*).]{0,3}[ \t]*$|[^\n]*\s*\Z)"
        r"(?![ \t]*\**(?:step|part|case|method|question|problem|solution|verification|\d+[.)]\s)\b)"
        r"|A[:：](?![^\n]*\n[ \t]*[*(]{0,3}B[).:：]))",
        re.I | re.M,
    )


def _sentence_marker(*, ascii_only: bool) -> re.Pattern[str]:
    """A word for "answer" with a copula behind it, anywhere."""
    answer, final, copula = (
        announcements.pattern(field, ascii_only=ascii_only) for field in ("answer", "final", "copula")
    )
    english = (
        rf"(?<!\w)(?:{answer})\**(?:[ ](?:{final})){{0,2}}"
        r"(?:[ ](?:to|of|for|in|as|from|here|therefore|then|thus|hence|we|you|i|that)(?:[ ][a-z'’]{1,15}){0,7}?)?,?"
        rf"(?:[ \t]+(?:{copula})(?!\w)[ \t]*[:：]?|[ \t]*[:：=]|[ \t]+[-–—→][ \t]+(?=[-\d$\\*(]))"
        rf"|\b(?:get|obtain|find|gives?|have|yields?|reach|with)[ ](?:the|an|our|my|a)[ ](?:(?:{final})[ ])?answer,?"
        r"(?:[ ](?:of|as))?[ ]+(?=[-\d$\\*(])|\banswer[ ]of[ ](?=[-\d$\\*(])"
        r"|(?<!\w)(?:cevap|jibu|jawaban|jawabannya|cevabı)[ ]+(?=[-\d$\\])"
    )
    if ascii_only:
        return re.compile(english, re.I)
    eastern = (
        r"|(?:答案|结果|結果|答え|正解)\**(?:应该|應該|应当)?"
        r"(?:就?是|应?为|應?為|等于|等於|应是|即|は|选|選)[ \t]*[:：]?|答[:：]|故选[:：]?"
        r"|(?:정답|답|해답)\**[은는이][ ]*[:：]?|คำตอบ(?:สุดท้าย|ที่ถูกต้อง)?[ ]*(?:คือ|เป็น|เท่ากับ)"
        r"|(?:उत्तर|जवाब|উত্তর|সমাধান|సమాధానం|జవాబు|جواب|پاسخ|الجواب|الإجابة|התשובה|ответ|відповідь"
        r"|yanıt)[ ]+(?=[-\d$\\*(])"
    )
    return re.compile(english + eastern, re.I)


LINE_ASCII, LINE_ANY = _line_marker(ascii_only=True), _line_marker(ascii_only=False)
SENTENCE_ASCII, SENTENCE_ANY = _sentence_marker(ascii_only=True), _sentence_marker(ascii_only=False)
