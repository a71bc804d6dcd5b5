"""Cuts what does not belong to an answer: questions that a text runs on into, end tokens, courtesies.

Base models, and models sampled past their end token, go on with a question of their own and answer that too; the
response's answer is the one before it. Not covered: a text that runs on without a heading such as `Question:`.
"""

import re

from r1data.verifiers.extraction.markers import LINE_ANY, SENTENCE_ANY

_HEADING = re.compile(
    r"^[ \t>*_#]{0,8}(?:[【\[]\s*)?(?:new\s+|next\s+)?(?:question|problem|exercise|q|human|user|问题|题目|问|問題|質問"
    r"|문제|질문|вопрос|задача|سؤال|प्रश्न|คำถาม|โจทย์|frage|aufgabe|pregunta|problema|pergunta|domanda|câu hỏi|bài toán"
    r"|swali|প্রশ্ন|ప్రశ్న|pertanyaan|soal|soru|pytanie|zadanie|vraag|opgave|ερώτηση|שאלה|پرسش|سوال|питання|énoncé)"
    r"(?P<number>\s*(?:no\.?\s*)?\d{1,3})?\s*[】\]]?[*_ ]{0,4}(?:[:：]|(?<=】)|(?<=\]))",
    re.I | re.M,
)
_END_TOKEN = re.compile(
    r"<eo[asdt]>|<\|[\w ]{1,30}\|>|</s>|<\uff5c[^<>\n]{1,40}\uff5c>|<(?:end_of_turn|start_of_turn)>|\[EOS\]"
    r"|\[/?INST\]"
)
_TOKEN = re.compile(rf"{_END_TOKEN.pattern}|<eoe>")
_TOKEN_SIGNS = ("<eo", "<|", "</s>", "<\uff5c", "_of_turn>", "[EOS]", "INST]")
_BOX = re.compile(r"\\(?:boxed|fbox|framebox)\s*\{(?!\s*\})")
_COURTESY = re.compile(
    r"(?:^|(?<=[.!?。！？*\n)$}]))[ \t]*[^\w\n]{0,4}(?:i\s+hope|hope|let\s+me\s+know|please\s+let\s+me|feel\s+free"
    r"|if\s+you\s+(?:have|need|want|"
    r"would)|happy\s+to|glad\s+to|good\s+luck|have\s+a\s+(?:nice|great|good)|thank\s+you|thanks"
    r"|you['’]re\s+welcome|is\s+there\s+"
    r"anything|would\s+you\s+like|do\s+you\s+(?:want|need|have)|希望|如有|如果(?:你|您)还?有|祝|谢谢|感谢|j['’]espère"
    r"|n['’]hésite|ich\s+hoffe"
    r"|falls\s+sie|espero|si\s+tienes|se\s+tiver|spero|надеюсь|если\s+у|hy\s+vọng|semoga|umarım)[^\n]{0,300}\Z",
    re.I,
)


def first_answer(text: str) -> str:
    """The text up to where it runs on into another question, or past an end token, once it has given an answer."""
    if any(map(text.__contains__, _TOKEN_SIGNS)):
        text = _until_token(text)
    if "\n" not in text:
        return text
    heading = _HEADING.search(text)
    if heading is None:
        return text
    answer_end = _end_of_announcement(text)
    if answer_end is None or heading.start() < answer_end:
        return text  # the question again, or one that the answer is parted into
    return text[: heading.start()].rstrip()


def _end_of_announcement(text: str) -> int | None:
    """Where the first box or marker ends and its answer begins."""
    ends = [match.end() for pattern in (_BOX, LINE_ANY, SENTENCE_ANY) if (match := pattern.search(text))]
    return min(ends, default=None)


def _until_token(text: str) -> str:
    token = _TOKEN.search(text)
    if token is None:
        return text
    answer_end = _end_of_announcement(text)
    # An end token before the answer only parts the text (`<eoe>` ends an explanation).
    if answer_end is not None and (end := _END_TOKEN.search(text, answer_end)):
        text = text[: end.start()]
    return _TOKEN.sub("\n", text).rstrip()


def without_courtesy(text: str) -> str:
    """The text without the courtesies at its end ("I hope this helps!"), where something is left."""
    for _ in range(3):
        text = text.rstrip()
        tail_start = max(0, len(text) - 400)
        courtesy = _COURTESY.search(text, tail_start)
        if courtesy is None or any(mark.isdigit() or mark in "\\$" for mark in text[courtesy.start() :]):
            return text
        if not text[: courtesy.start()].strip():
            return text
        text = text[: courtesy.start()]
    return text
