"""Finds languages with the same script as the expected one: Ukrainian and Bulgarian in Russian thoughts, Russian in
Ukrainian ones, and Arabic, Persian and Urdu in each other's.

They are recognised by letters that the expected language does not use and by function words. Foreign names contain such
letters too, so capitalised words in Cyrillic text and single letters in Arabic text are no evidence. Where the evidence
is thin, the n-gram detector has to agree. The lists were compiled by hand for this project; other pairs of languages
are not covered.
"""

import re
from collections.abc import Iterator

from r1data.filters import detector

FOREIGN_LETTERS = {
    "ru": "іїєґўђјљњћџѓќѕІЇЄҐЎЂЈЉЊЋЏЃЌЅ",
    "ar": "پچژگکیےٹڈڑںہھ",
}
"""Letters of related languages that a language does not use, for those whose precheck looks for each of them."""
HARD_SIGNS, SOFT_VOWELS = "ъЪ", "еёюяЕЁЮЯ"
"""The hard sign, and the only letters that follow it in Russian."""
_WORDS = {
    "ru": """са се ще че като със във който която които защото това тази този тези още преди всички има няма
        беше бяха ги го ви си й чрез според срещу върху трябва когато докато където нещо някой всяка всеки негов
        обаче затова вече тук може можете имате дали такива
        що як це цей ця цю був була було були буде бути або але від його вони вона воно щоб якщо коли потім також вже
        який яка яке яку після всього тепер бути має мають зараз дуже тільки
        наступний наступна кожен отже лише знову спочатку немає""",
    "ar": "این که برای های یک می کند کنید نیز یا ولی دیگر کے کی میں ہے ہیں سے کیا یہ",
}
WORDS = {language: frozenset(words.split()) for language, words in _WORDS.items()}
"""Function words of related languages; those related to Arabic all have a letter of `FOREIGN_LETTERS`."""

_RUSSIAN = """и что как это если или но из они она чтобы когда потом также который которая которое которые которых для
    только еще уже нет всех его ему поэтому нужно между больше меньше будет себя свой очень теперь сейчас
    четыре пять шесть с со которой которого которому которым котором которую тоже кто чем во над есть где
    после тогда здесь затем можно должен должна должны каждый каждая каждого значит чтоб ни лишь при этом
    того тому том него нее ней них ним своей своего всего все равно число чисел раз два три"""
_SHARED_WITH_UKRAINIAN = "для над ни при тому том него ней них ним число чисел раз два три все всего"
_ARABIC = """في على إلى التي الذي الذين هذا هذه ذلك تلك أن إن أو كان كانت يكون تكون قد لقد عن مع بين عند حتى ثم أي
    أيضا أيضًا لكن ولكن لأن إذا كما غير ليس هناك هنا منه منها فيه فيها عليه عليها هي نحن لم لن يجب يمكن كيف لماذا ماذا
    متى حيث فإن وهو وهي وفي ومن بأن وأن يتم تم خلال إلا أكثر أقل يساوي تساوي لها له كل كلا وهذا وهذه فقط إما أما عندما
    بعدما أنه أنها لأنه لدينا نجد نحسب إذن لذلك"""
_PERSIAN = """است را در به این که از برای با می شود کند کنید بود شد شده های آن باید نیز هستند نیست دارد دارند کرد
    کردن کرده شما من هم چه هر ها همه بنابراین زیرا سپس اکنون آنها توان نمی کنیم داریم کنم کنند شوند شویم باشد باشند
    گفت چون یعنی ای بین هنگامی پس اینکه آیا بیشتر کمتر حالا برابر"""
_SHARED_WITH_ARABIC = "من هم ما به ای بین شد در"
_PERSIAN_TOO = "و یک اگر یا تا بر چند دو ولی اما خود ما دیگر كه مي اين يك براي هاي"
_URDU = """کے کی میں ہے ہیں سے کیا یہ کا کو نے اور ایک وہ تو بھی ہو تھا تھی تھے گا گی گے جو کہ نہیں لیے ہم آپ مجھے جب
    اب یہاں کرنا کرنے ہوتا ہوتی ہوں پھر کیونکہ اسے ہمیں ہمارے کوئی چاہیے سکتا سکتے سکتی جائے دیں کرتے کرتا کریں گئے گئی
    گیا ہوا ہوئے رہا رہے والے والا ہر اس ان جس لئے کچھ کتنے کتنا ہوگا"""
_URDU_TOO = "پر تک کر اگر لیکن سب اپنے دو یا"


def _words(*lists: str) -> frozenset[str]:
    return frozenset(" ".join(lists).split())


_OWN = {
    "ar": _words(_ARABIC, "من لا ما بعد قبل هو به"),
    "fa": _words(_PERSIAN, _PERSIAN_TOO),
    "ur": _words(_URDU, _URDU_TOO),
    "uk": _words(
        "що як це або але від його вони щоб якщо коли потім також вже який після є та й у в не до на з за"
    ),
}
_RELATED = {
    "fa": {"ar": _words(_ARABIC), "ur": _words(_URDU)},
    "ur": {"ar": _words(_ARABIC), "fa": _words(_PERSIAN)},
    "uk": {"ru": _words(_RUSSIAN) - _words(_SHARED_WITH_UKRAINIAN)},
    "ar": {"fa": _words(_PERSIAN) - _words(_SHARED_WITH_ARABIC), "ur": _words(_URDU)},
}
"""For each target the function words of each related language."""
SENTENCES = frozenset(("uk", "fa", "ur"))
"""The targets whose precheck looks at sentences one by one: common letters may belong to another language."""
_STRANGE = {
    # Arabic letters and the article, where Persian words do not have them; Urdu's retroflex and aspirated letters.
    "fa": re.compile("[ةىإٹڈڑںھہےۓ]|^(?:[وفب]?ال|لل)..."),
    "ur": re.compile("[ةىيكإهۀ]|^(?:[وفب]?ال|لل)..."),
    "uk": re.compile("[ыэъёў]|(?:[аи]я|[оие]е|ии|ию|ью|ией|иях|иям|его|[юуя]щ(?:ий|ее|их|ими|им|ем|ему))$"),
    "ar": re.compile("[پچژگکیےٹڈڑںہھ]"),
}
"""What a word of a related language has and a word of the target has not, for each target."""
_OWN_LETTERS = {
    "ar": re.compile(""),
    "fa": re.compile("[پچژگکی]"),
    "ur": re.compile("[ٹڈڑںہھےکگچپی]"),
    "uk": re.compile("[іїєґ]"),
}
"""Letters that nearly every sentence of the target has and related languages lack."""

_CYRILLIC = re.compile("[\u0400-\u052f]+")
_ARABIC_WORD = re.compile("[\u0620-\u0655\u066e-\u06d3\u06fa-\u06fc]+")
_SENTENCES = re.compile("[.!?؟۔…]+|\n")
_NOT_RUSSIAN = re.compile(f"[{FOREIGN_LETTERS['ru']}]|(?<=.)[{HARD_SIGNS}](?=[^{SOFT_VOWELS}])")
_NOT_UKRAINIAN = re.compile("[ыэъё]")
_NOT_ARABIC = re.compile(rf"\b(?:{'|'.join(sorted(WORDS['ar']))})\b|[{FOREIGN_LETTERS['ar']}]")
CERTAIN, LIKELY, SURE = 0.0, 0.5, 0.9
"""The probability of a related language at which a doubtful sentence is foreign, for certain, strong and weak doubt."""
_SHORTEST, _LONG, _CALLS = 4, 9, 64
"""Words of the shortest sentence that the detector is asked about, of one where the lack of the target's letters is
evidence, and how many sentences of a text it is asked about."""


def has_related_language(text: str, target: str, prompt: str = "") -> bool:
    """Whether a line or sentence of a text is in a related language. Words of the prompt are ignored.

    In Russian text, one lower-case word with a foreign letter or two function words in a line are enough; in Arabic
    text, three marks (foreign letters or function words), or two if one of them is a word. In Ukrainian, Persian and
    Urdu text, sentences with such marks are foreign if the detector agrees.
    """
    is_related = {"ru": _is_not_russian, "ar": _is_not_arabic}.get(target)
    if is_related is not None and any(is_related(line, prompt) for line in text.split("\n")):
        return True
    return target in _RELATED and _has_foreign_sentence(text, target, prompt)


def may_have_related_language(text: str, target: str) -> bool:
    """Whether a Ukrainian, Persian or Urdu text has a doubtful sentence, whatever would be masked in it."""
    return any(_doubtful_sentences(text, target, ""))


def _has_foreign_sentence(text: str, target: str, prompt: str) -> bool:
    languages = (target, *_RELATED[target])
    for calls, (words, certainty) in enumerate(_doubtful_sentences(text, target, prompt)):
        if calls >= _CALLS:
            return False
        if certainty == CERTAIN or detector.disagrees(" ".join(words), target, certainty, languages):
            return True
    return False


def _doubtful_sentences(text: str, target: str, prompt: str) -> Iterator[tuple[list[str], float]]:
    """The words of each doubtful sentence, and the probability that the detector must reach for it."""
    word = _CYRILLIC if target == "uk" else _ARABIC_WORD
    strange, own, own_letters = _STRANGE[target], _OWN[target], _OWN_LETTERS[target]
    for sentence in _SENTENCES.split(text):
        if target == "ar" and not strange.search(sentence):
            continue
        all_words = word.findall(sentence)
        words = [each.lower() if not place else each for place, each in enumerate(all_words)]
        words = [each for each in words if not each[0].isupper()]
        marks = {each for each in words if strange.search(each)}
        marks.update(*(small.intersection(words) for small in _RELATED[target].values()))
        marks = {mark for mark in marks if mark not in prompt} if prompt else marks
        ours = len(own.intersection(words) - marks)
        if target == "uk" and any(
            len(mark) > 1 and _NOT_UKRAINIAN.search(mark) for mark in marks & {*all_words}
        ):
            yield words, CERTAIN
        elif len(words) < _SHORTEST:
            continue
        elif len(marks) >= 2 and len(marks) > ours:
            yield words, LIKELY
        elif not ours and (marks or (len(words) >= _LONG and not own_letters.search(sentence))):
            yield words, SURE


def _is_not_russian(line: str, prompt: str) -> bool:
    words = [word for word in _CYRILLIC.findall(line) if word[0].islower() and word not in prompt]
    if any(len(word) > 1 and _NOT_RUSSIAN.search(word) for word in words):
        return True
    return len(WORDS["ru"].intersection(words)) >= 2


def _is_not_arabic(line: str, prompt: str) -> bool:
    marks = [mark for mark in _NOT_ARABIC.findall(line) if mark not in prompt]
    words = any(len(mark) > 1 for mark in marks)
    return len(marks) >= (2 if words else 3) and len(set(marks)) > 1
