"""Names of languages in the languages that joined later, for `names`: what a prompt in Polish calls English.

`NAMES_IN` maps each language in which prompts are written to the form that a request has in it, with `{names}` for the
name, and the names by tag. Where the name of a language is an adjective too, the form asks for a preposition or a word
such as "word" beside it. `NAMES_OF` has the names of the later languages in the earlier ones. The lists were
compiled by hand for this project.
"""

_TAGS = tuple("en zh ja ko ru ar fr de es pt it hi vi th sw bn te id tr pl nl el he fa ur uk".split())  # noqa: SIM905


def _by_tag(names: str, tags: tuple[str, ...] = _TAGS) -> dict[str, str]:
    """Names in the order of the tags, parted by blanks; `_` stands for a blank within a name."""
    return {tag: each.replace("_", " ") for tag, each in zip(tags, names.split(), strict=True)}


NAMES_IN = {
    "sw": (
        r"\b(?:{names})\b",
        """kiingereza kichina kijapani kikorea kirusi kiarabu kifaransa kijerumani kihispania kireno kiitaliano
        kihindi kivietinamu kithai kiswahili kibengali kitelugu kiindonesia kituruki kipoland(?:i)?
        kiholanzi|kidachi kigiriki kiebrania kiajemi|kifarsi kiurdu kiukrain[ie]|kiukreni""",
    ),
    "id": (
        r"\bbahasa (?:{names})\b",
        """inggris mandarin|tionghoa|cina|china jepang korea rusia arab prancis|perancis jerman spanyol
        portugis italia hindi vietnam thai(?:land)? swahili bengali telugu indonesia turki polandia belanda
        yunani ibrani persia|farsi urdu ukraina""",
    ),
    "tr": (
        r"\b(?:{names})",
        """[iİ]ngilizce çince japonca korece rusça arapça fransızca almanca [iİ]spanyolca portekizce
        [iİ]talyanca hintçe vietnamca tayca|tayland_dili svahili(?:ce)? bengalce telugu(?:ca)?
        endonezce|endonezyaca türkçe lehçe|polonyaca hollandaca|felemenkçe yunanca [iİ]branice farsça urduca
        ukraynaca""",
    ),
    "nl": (
        r"\b(?:in|naar|uit)(?: het)? (?:{names})\b|\b(?:{names})e? (?:woord|zin|tekst|vertaling|uitdrukking)",
        """engels chinees japans koreaans russisch arabisch frans duits spaans portugees italiaans hindi
        vietnamees thai(?:s)? swahili bengaals telugu indonesisch turks pools nederlands grieks hebreeuws
        perzisch urdu|oerdoe oekraïens""",
    ),
    "pl": (
        r"\b(?:na|z|po|w) (?:język\w* )?(?:{names})|\bjęzyk\w* (?:{names})|\b(?:{names})\w* (?:słow|zdani|wyraz|tekst)",
        """angielsk chińsk japońsk koreańsk rosyjsk arabsk francusk niemieck hiszpańsk portugalsk włosk hindi
        wietnamsk tajsk suahili bengalsk telugu indonezyjsk tureck polsk niderlandzk|holendersk greck|grek
        hebrajsk persk urdu ukraińsk""",
    ),
    "uk": (
        r"(?:{names})ою\b|\b(?:на|з|по|в|у|із)[ -](?:{names})|(?:{names})\w* (?:слов|мов|речен|текст|фраз|вислів)",
        """англійськ китайськ японськ корейськ російськ арабськ французьк німецьк іспанськ португальськ
        італійськ гінді в.єтнамськ тайськ суахілі бенгальськ телугу індонезійськ турецьк польськ
        нідерландськ|голландськ грецьк іврит перськ|фарсі урду українськ""",
    ),
    "el": (
        r"\b(?:στα|στην|στη|από τα|σε) (?:{names})|(?:{names})\w* (?:λέξ|φράσ|πρότασ|κείμεν|γλώσσ|μετάφρασ)",
        """αγγλικ κιν[εέ]ζικ ιαπωνικ κορε[αά]τικ ρωσικ αραβικ γαλλικ γερμανικ ισπανικ πορτογαλικ ιταλικ
        χίντι|ινδικ βιετναμ ταϊλανδ σουαχίλι βεγγαλ|μπενγκάλ τελούγκου ινδονησ το[υύ]ρκικ πολωνικ ολλανδικ
        ελληνικ εβραϊκ περσικ|φαρσί ουρντού ουκρανικ""",
    ),
    "he": (
        r"(?:{names})\b",
        """אנגלית סינית יפנית קוריאנית רוסית ערבית צרפתית גרמנית ספרדית פורטוגזית|פורטוגלית איטלקית הינדי
        וייטנאמית|ויאטנמית תאית|תאילנדית סוואהילי|סווהילי בנגלית|בנגאלית טלוגו אינדונזית טורקית פולנית
        הולנדית יוונית עברית פרסית אורדו אוקראינית""",
    ),
    "fa": (
        r"(?:به|زبان|از) (?:{names})|(?:واژه|کلمه|جمله|عبارت|متن)[هٔ]? (?:{names})",
        """انگلیسی چینی ژاپنی کره روسی عربی فرانسوی|فرانسه آلمانی اسپانیایی پرتغالی ایتالیایی هندی ویتنامی
        تایلندی سواحیلی بنگالی تلوگو اندونزیایی ترکی لهستانی هلندی یونانی عبری فارسی اردو اوکراینی""",
    ),
    "ur": (
        "(?:{names}) (?:میں|سے|زبان|لفظ|جمل|ترجم|متن)",
        """انگریزی چینی جاپانی کوریائی|کورین روسی عربی فرانسیسی|فرنچ جرمن ہسپانوی|اسپینی پرتگالی اطالوی ہندی
        ویتنامی تھائی سواحلی|سواحیلی بنگالی|بنگلہ تیلگو انڈونیشی ترکی|ترک پولش ڈچ|ولندیزی یونانی عبرانی
        فارسی اردو یوکرینی|یوکرائنی""",
    ),
    "bn": (
        "(?:{names})(?:তে|য়|য়| ভাষা| শব্দ| বাক্য| থেকে| অনুবাদ)",
        """ইংরেজি|ইংরাজি চীনা|চিনা|চীনে জাপানি কোরীয়|কোরিয়ান রুশ|রাশিয়ান আরবি ফরাসি|ফ্রেঞ্চ জার্মান
        স্প্যানিশ|স্পেনীয় পর্তুগিজ ইতালীয়|ইতালিয়ান হিন্দি ভিয়েতনামি থাই সোয়াহিলি বাংলা তেলুগু|তেলেগু
        ইন্দোনেশীয় তুর্কি পোলিশ ডাচ|ওলন্দাজ গ্রিক|গ্রীক হিব্রু ফারসি|ফার্সি উর্দু ইউক্রেনীয়""",
    ),
    "te": (
        "(?:{names})",
        """ఇంగ్లీష్|ఇంగ్లీషు|ఆంగ్ల చైనీస్ జపనీస్ కొరియన్ రష్యన్ అరబిక్|అరబ్బీ ఫ్రెంచ్|ఫ్రెంచి జర్మన్ స్పానిష్
        పోర్చుగీస్ ఇటాలియన్ హిందీ వియత్నామీస్ థాయ్ స్వాహిలి బెంగాలీ తెలుగు ఇండోనేషియన్ టర్కిష్ పోలిష్ డచ్
        గ్రీక్|గ్రీకు హీబ్రూ పర్షియన్|పార్సీ ఉర్దూ ఉక్రేనియన్""",
    ),
}
"""The form of a request and the names of all languages, for each of the later languages."""

_LATER = _TAGS[14:]
NAMES_OF = {
    "zh": (
        "(?:{names})",
        """斯瓦希里[语文語] 孟加拉[语文語] 泰卢固[语文] 印尼[语文語]|印度尼西亚[语文] 土耳其[语文語] 波兰[语文]
        荷兰[语文] 希腊[语文]|希臘[語文] 希伯来[语文] 波斯[语文語] 乌尔都[语文] 乌克兰[语文]""",
    ),
    "ja": (
        "(?:{names})",
        """スワヒリ語 ベンガル語 テルグ語 インドネシア語 トルコ語 ポーランド語 オランダ語 ギリシ[ャア]語
        ヘブライ語 ペルシ[ャア]語 ウルドゥー語 ウクライナ語""",
    ),
    "ru": (
        r"(?:на|с|по|из)[ -](?:{names})|(?:{names})\w* (?:слов|выражен|язык|фраз|текст|предложен)",
        """суахили бенгальск телугу индонезийск турецк польск нидерландск|голландск греческ иврит
        персидск|фарси урду украинск""",
    ),
    "ko": (
        "(?:{names})",
        """스와힐리어 벵골어 텔루구어 인도네시아어 터키어|튀르키예어 폴란드어 네덜란드어 그리스어 히브리어
        페르시아어 우르두어 우크라이나어""",
    ),
    "ar": (
        "(?:{names})",
        """السواحلية|السواحيلية البنغالية التيلوغو|التيلوجو الإندونيسية التركية البولندية الهولندية اليونانية
        العبرية الفارسية الأردية|الأوردية الأوكرانية""",
    ),
    "hi": (
        "(?:{names})",
        """स्वाहिली बंगाली|बांग्ला तेलुगु|तेलुगू इंडोनेशियाई तुर्की पोलिश डच यूनानी|ग्रीक हिब्रू|इब्रानी
        फ़ारसी|फारसी उर्दू यूक्रेनी|यूक्रेनियन""",
    ),
    "vi": (
        r"\btiếng (?:{names})",
        "swahili bengal telugu indonesia thổ_nhĩ ba_lan hà_lan hy_lạp do_thái|hebrew ba_tư urdu ukraina|ucraina",
    ),
    "th": (
        "ภาษา(?:{names})",
        "สวาฮีลี เบงกาลี|เบงกอล เตลูกู อินโดนีเซีย ตุรกี โปแลนด์ ดัตช์|ดัทช์ กรีก ฮีบรู|ฮิบรู เปอร์เซีย อูรดู|อุรดู ยูเครน",
    ),
}
"""The same with the names of the later languages alone, for languages in which `names` has the others."""


def requests(tag: str, language: str | None) -> list[str]:
    """Patterns of the requests for a language in prompts of another one, as far as the tables have them."""
    tables = ((NAMES_IN, _TAGS), (NAMES_OF, _LATER))
    return [
        table[language][0].replace("{names}", _by_tag(table[language][1], tags)[tag])
        for table, tags in tables
        if language in table and tag in tags
    ]
