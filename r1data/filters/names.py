"""Finds the languages that a prompt asks for or asks about, by name, in prompts of many languages.

In European languages the name of a language is also an adjective ("a French student"), so it only counts next to a
preposition ("in French") or to a word such as "phrase" or "translation". In languages where the name is a word of its
own, every mention counts. The lists were compiled by hand for this project.
"""

import re
from functools import lru_cache

from r1data.filters.language_names import requests

_NAMES = {
    "en": "english|anglaise?|ingl[eé]s[ae]?|ingl[eê]s|inglese|englisch\\w*",
    "zh": "chinese|mandarin|cantonese|chinoise?|chin[oa]|chin[eê]sa?|cinese|chinesisch\\w*",
    "ja": "japanese|kanji|hiragana|katakana|japonaise?|japon[eé]sa?|japon[eê]sa?|giapponese|japanisch\\w*",
    "ko": "korean|hangul|coréen(?:ne)?|coreano?a?|koreanisch\\w*",
    "ru": "russian|russe|rus[oa]|russ[oa]|russisch\\w*",
    "uk": "ukrainian|ukrainien(?:ne)?|ucranian[oa]|ukrainisch\\w*",
    "ar": "arabic|arabe|árabe|arab[oa]|arabisch\\w*",
    "he": "hebrew|hébreu|hebreo|hebraico|ebraico|hebräisch\\w*",
    "hi": "hindi|sanskrit",
    "th": "thai|thaï|tailandés|tailandês|thailändisch\\w*",
    "fr": "french|français(?:e|es)?|franc[eé]sa?|francês|francesa?|francese|französisch\\w*",
    "de": "german|deutsch\\w*|allemande?|alem[aá]na?|alem[aã]o?|tedesc[oa]",
    "es": "spanish|español(?:a|as|es)?|espagnole?|espanhola?|spagnol[oa]|spanisch\\w*",
    "pt": "portuguese|português(?:a|as|es)?|portugu[eé]sa?|portugaise?|portoghese|portugiesisch\\w*",
    "it": "italian|italian[oaie]|italien(?:ne)?|italienisch\\w*",
    "vi": "vietnamese|vietnamien(?:ne)?|vietnamita|vietnamesisch\\w*",
    "nl": "dutch|néerlandaise?|neerlandés|holandês|olandese|niederländisch\\w*",
    "id": "indonesian|indonésien(?:ne)?|indon[eé]sio|indonesiano|indonesisch\\w*",
    "tr": "turkish|turco?|turque|turca|türkisch\\w*",
    "pl": "polish|polonaise?|polac[oa]|polonês|polacco|polnisch\\w*",
    "sv": "swedish",
    "sw": "(?:ki)?swahili|suaheli|suaíli",
    "bn": "bengal[ií]|bangla|bengalisch",
    "te": "telugu",
    "el": "greek|grec(?:que)?|grieg[oa]|greg[oa]|grec[oa]|griechisch\\w*",
    "bg": "bulgarian",
    "fa": "persian|farsi|persane?|persa|persiano|persisch\\w*",
    "ur": "urdu|ourdou",
}
_EASTERN = {
    "en": "英语|英文|英語",
    "zh": "中文|汉语|漢語|中国語|中國語",
    "ja": "日语|日文|日語|日本語",
    "ko": "韩语|韓語|韓国語",
    "ru": "俄语|俄語|ロシア語",
    "ar": "阿拉伯语|アラビア語",
    "hi": "印地语|ヒンディー語",
    "th": "泰语|タイ語",
    "fr": "法语|法文|法語|フランス語",
    "de": "德语|德文|德語|ドイツ語",
    "es": "西班牙语|西班牙文|スペイン語",
    "pt": "葡萄牙语|ポルトガル語",
    "it": "意大利语|イタリア語",
    "vi": "越南语|ベトナム語",
}
_SLAVIC = {
    "en": "английск",
    "zh": "китайск",
    "ja": "японск",
    "ko": "корейск",
    "uk": "украинск",
    "bg": "болгарск",
    "ar": "арабск",
    "fr": "французск",
    "de": "немецк",
    "es": "испанск",
    "pt": "португальск",
    "it": "итальянск",
}
_ANYWHERE = {
    "en": "영어|الإنجليزية|الانجليزية|अंग्रेज़ी|अंग्रेजी|ภาษาอังกฤษ|tiếng anh",
    "zh": "중국어|الصينية|चीनी भाषा|ภาษาจีน|tiếng trung|tiếng hoa",
    "ja": "일본어|اليابانية|जापानी|ภาษาญี่ปุ่น|tiếng nhật",
    "ko": "한국어|الكورية|ภาษาเกาหลี|tiếng hàn",
    "ru": "русск\\w+|러시아어|الروسية|रूसी|ภาษารัสเซีย|tiếng nga",
    "ar": "العربية|아랍어|अरबी|ภาษาอาหรับ",
    "fa": "الفارسية|페르시아어|फ़ारसी|फारसी",
    "ur": "الأردية|उर्दू",
    "hi": "हिन्दी|हिंदी|힌디어|الهندية|ภาษาฮินดี",
    "th": "ไทย|태국어|tiếng thái",
    "fr": "프랑스어|الفرنسية|फ़्रेंच|फ्रेंच|ภาษาฝรั่งเศส|tiếng pháp",
    "de": "독일어|الألمانية|जर्मन|ภาษาเยอรมัน|tiếng đức",
    "es": "스페인어|الإسبانية|स्पेनिश|ภาษาสเปน|tiếng tây ban nha",
    "pt": "포르투갈어|البرتغالية|ภาษาโปรตุเกส|tiếng bồ đào nha",
    "it": "이탈리아어|الإيطالية|ภาษาอิตาลี|tiếng ý",
    "vi": "베트남어|ภาษาเวียดนาม|tiếng việt",
}
_WORDS = (
    "words?|characters?|phrases?|sentences?|language|terms?|text|poems?|idioms?|translations?|names?"
    "|alphabet|letters?|verbs?|nouns?"
)
_WORDS_BEFORE = (
    "mots?|expressions?|phrases?|termes?|textes?|palabras?|expresi[oó]n|frases?|palavras?|express[aã]o|parol[ae]"
    "|espression[ei]|idioma|langue|lingua|língua|wort|wörter|ausdruck|satz"
)
_PREPOSITIONS = (
    "in|into|to|from|auf|ins?|im|aus dem|en|em|al|del|do|ao|no|para|para o|au|du|de l['’]|l['’]|dall['’]|all['’]"
    "|in het"
)
# After an apostrophe (`l'anglais`) the name follows without a blank; after any other preposition there is one.
_ASKED = (
    "\\b(?:{prepositions})(?: |(?<=['’]))(?:{names})\\b|\\b(?:{names}) (?:{words})\\b"
    "|\\b(?:{before}) (?:{names})\\b"
)
_ASKED_IN_THE_EAST = (
    "[用成译譯为為](?:{names})"
    "|(?:{names})(?:[でにのをからへ「“]|訳|的?(?:短语|单词|词|句|翻译|怎么|诗|里|中))"
)
_ASKED_IN_SLAVIC = (
    "(?:на|с|по|из)[ -](?:{names})\\w+|(?:{names})\\w+ (?:слов|выражен|язык|фраз|текст|предложен)"
)


@lru_cache(maxsize=64)
def _mentions(target: str) -> dict[str, re.Pattern[str]]:
    """For each language one pattern of all the ways in which a prompt of the target language may name it."""
    patterns = {}
    for tag, names in _NAMES.items():
        ways = [_ASKED.format(names=names, prepositions=_PREPOSITIONS, words=_WORDS, before=_WORDS_BEFORE)]
        if tag in _EASTERN:
            ways.append(_ASKED_IN_THE_EAST.format(names=_EASTERN[tag]))
        if tag in _SLAVIC:
            ways.append(_ASKED_IN_SLAVIC.format(names=_SLAVIC[tag]))
        if tag in _ANYWHERE:
            ways.append(_ANYWHERE[tag])
        ways += requests(tag, target)
        patterns[tag] = re.compile("|".join(ways), re.IGNORECASE)
    return patterns


@lru_cache(maxsize=4096)
def named(prompt: str, target: str) -> tuple[str, ...]:
    """The languages other than the target that a prompt asks for or asks about, by name."""
    return tuple(
        tag for tag, pattern in _mentions(target).items() if tag != target and pattern.search(prompt[:20_000])
    )
