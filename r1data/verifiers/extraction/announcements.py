"""The words that announce an answer in 26 languages: "answer", "final", "is", "result", "option".

The languages are the fourteen of the filters' rules and the twelve that joined them. Words are in lower case, and as
patterns: `?`, `(?:…)` and the like mean what they mean in `re`. Inflected forms stand beside each other. Compiled by
hand for this project. Letters of choices and the text behind an announcement are read elsewhere (`extract`).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Announcement:
    """How one language announces an answer; each field holds alternatives of a pattern."""

    language: str
    """BCP 47."""
    answer: tuple[str, ...]
    copula: tuple[str, ...]
    """Between the word and the answer."""
    final: tuple[str, ...] = ()
    """Adjectives that may stand before or behind the word for "answer"."""
    result: tuple[str, ...] = ()
    """Words that may announce what is only a step: "result", "solution"; alone they announce nothing."""
    behind: tuple[str, ...] = ()
    """Copulas that stand behind the answer."""
    option: tuple[str, ...] = ()
    """Words before or behind the letter of a choice."""
    denial: tuple[str, ...] = ()
    """Words that deny what stands beside them."""
    either: tuple[str, ...] = ()
    """"Or", where the word is nothing else in another of these languages."""
    therefore: tuple[str, ...] = ()
    """Words that open a conclusion."""


ANNOUNCEMENTS = (
    Announcement(
        "en", ("answers?", "ans"), ("is", "are", "was", "equals", "would be", "will be", "must be", "should be",
         "has to be", "to be", "becomes",
         "comes out to be", "comes out to", "comes out as", "comes to", "turns out to be", "works out to be",
         "works out to", "works out as", "evaluates to", "amounts to"),
        ("final", "correct", "right", "exact", "numerical", "simplified", "overall", "only", "best"),
        ("results?", "solutions?", "total", "value"), option=("options?", "choices?", "alternatives?"),
        denial=("not", "never", "neither", "nor", "isn['’]t", "wasn['’]t", "aren['’]t", "won['’]t be", "cannot",
            "can['’]t"), either=("or", "or else"),
        therefore=("therefore", "thus", "hence", "so", "consequently", "accordingly", "in conclusion",
            "to conclude", "in summary", "in total", "altogether", "finally", "this means", "that means",
            "we conclude", "it follows", "as a result"),
    ),
    Announcement(
        "zh", ("答案", "答", "答複", "答复"),
        ("应该是", "應該是", "应为", "應為", "应是", "應是", "就是", "是", "为", "為", "等于", "等於", "即"),
        ("最终的?", "最終的?", "正确的?", "正確的?", "最后的?", "最後的?", "标准", "参考", "本题的?"),
        ("结果", "結果", "结论", "結論", "解"), option=("选项", "選項", "选择", "選擇", "选", "選"),
        denial=("不是", "不为", "不等于", "并非", "并不是", "绝非", "绝不是", "而非", "不选", "非"),
        either=("或者", "或", "还是", "抑或"),
        therefore=("综上所述", "综上可知", "综上", "所以", "因此", "因而", "故而", "故", "从而", "于是",
            "总之", "可得", "可知", "得出",
            "由此可见", "最后", "最终"),
    ),
    Announcement(
        "ja", ("答え", "答", "解答", "回答", "正解"), ("は", "が"), ("最終的な", "最終", "正しい"), ("結果", "解"),
        ("です", "である", "でした", "だ", "となります", "になります", "となる", "になる"),
        ("選択肢", "選択", "オプション"),
        denial=("ではない", "ではありません", "じゃない"), either=("または", "あるいは", "もしくは", "それとも"),
        therefore=("したがって", "よって", "ゆえに", "従って", "故に", "以上より", "つまり", "だから", "結局"),
    ),
    Announcement(
        "ko", ("정답", "답변", "해답", "답"), ("은", "는", "이", "가"), ("최종", "최종적인", "올바른", "맞는"),
        ("결과", "풀이"), ("입니다", "이다", "이에요", "예요", "이며", "임", "이 됩니다", "가 됩니다"),
        ("선택지", "보기", "선택", "옵션"),
        denial=("아니다", "아닙니다", "아니라", "아닌", "아니고"), either=("또는", "혹은", "아니면"),
        therefore=("따라서", "그러므로", "그래서", "결국", "결론적으로", "즉"),
    ),
    Announcement(
        "ru", ("ответ", "ответом", "ответа"),
        ("это", "равен", "равно", "равна", "будет", "является", "составляет", "есть"),
        ("окончательный", "итоговый", "конечный", "правильный", "верный", "окончательным", "правильным"),
        ("результат", "решение", "итог"), option=("вариант", "варианта", "опция", "пункт"),
        denial=("не", "нет", "ни"), either=("или", "либо"),
        therefore=("следовательно", "поэтому", "таким образом", "значит", "итак", "итого", "в итоге", "отсюда"),
    ),
    Announcement(
        "ar", ("الجواب", "الإجابة", "الاجابة", "إجابة", "اجابة", "جواب"), ("هو", "هي", "يساوي", "تساوي", "يكون"),
        ("النهائي", "النهائية", "الصحيح", "الصحيحة", "نهائي", "صحيح"), ("الحل", "الناتج", "النتيجة"),
        option=("الخيار", "الاختيار", "خيار"),
        denial=("ليس", "ليست", "لا", "غير"), either=("أو",),
        therefore=("إذن", "إذًا", "اذن", "لذلك", "وبالتالي", "بالتالي", "وهكذا", "ومن ثم", "في النهاية", "لذا"),
    ),
    Announcement(
        "hi", ("उत्तर", "जवाब"), ("है", "होगा"), ("अंतिम", "सही", "अन्तिम"), ("परिणाम", "हल"),
        ("है", "हैं", "होगा", "होंगे"), ("विकल्प",),
        denial=("नहीं", "न"), either=("या", "अथवा"),
        therefore=("इसलिए", "अतः", "अत:", "इस प्रकार", "अंततः", "तो"),
    ),
    Announcement(
        "th", ("คำตอบ", "ตอบ"), ("คือ", "เป็น", "เท่ากับ", "ได้แก่"), ("สุดท้าย", "ที่ถูกต้อง", "ที่ถูก"),
        ("ผลลัพธ์",), option=("ตัวเลือก", "ข้อ"),
        denial=("ไม่ใช่", "ไม่", "มิใช่"), either=("หรือ",),
        therefore=("ดังนั้น", "เพราะฉะนั้น", "สรุป", "ฉะนั้น", "สรุปแล้ว"),
    ),
    Announcement(
        "fr", ("réponse", "reponse", "rép", "rép\\."), ("est", "sont", "vaut", "serait"),
        ("finale", "définitive", "correcte", "exacte", "bonne"), ("résultat", "solution"),
        option=("options?", "choix", "proposition"),
        denial=("n['’]est pas", "ne", "pas", "jamais", "non"), either=("ou bien", "ou"),
        therefore=("donc", "ainsi", "par conséquent", "en conclusion", "finalement", "on en déduit", "d['’]où",
            "alors"),
    ),
    Announcement(
        "de", ("antwort", "antworten"), ("ist", "sind", "lautet", "lauten", "beträgt", "wäre"),
        ("endgültige", "finale", "richtige", "korrekte", "abschließende"),
        ("endergebnis", "gesamtergebnis", "ergebnis", "lösung"),
        option=("option", "möglichkeit", "auswahl", "antwort", "antwortmöglichkeit"),
        denial=("nicht", "kein", "keine", "niemals", "weder"), either=("oder",),
        therefore=("also", "daher", "somit", "folglich", "deshalb", "damit", "insgesamt", "schließlich", "demnach"),
    ),
    Announcement(
        "es", ("respuesta", "respuestas", "resp"), ("es", "son", "sería", "seria"),
        ("final", "correcta", "definitiva"), ("resultado", "solución", "solucion"),
        option=("opción", "opcion", "alternativa", "inciso"),
        denial=("no", "nunca", "tampoco"), either=("o bien",),
        therefore=("por lo tanto", "por tanto", "entonces", "así que", "en conclusión", "luego", "en total",
            "por consiguiente", "finalmente"),
    ),
    Announcement(
        "pt", ("resposta", "respostas"), ("é", "são", "e", "seria"), ("final", "correta", "certa", "definitiva"),
        ("resultado", "solução", "solucao"), option=("opção", "opcao", "alternativa", "letra"),
        denial=("não", "nao", "nunca"), either=("ou",),
        therefore=("portanto", "logo", "assim", "então", "por isso", "em conclusão", "no total", "consequentemente"),
    ),
    Announcement(
        "it", ("risposta", "risposte"), ("è", "e'", "sono", "sarebbe"),
        ("finale", "corretta", "esatta", "giusta", "definitiva"), ("risultato", "soluzione"),
        option=("opzione", "scelta", "alternativa"),
        denial=("non", "mai"), either=("oppure",),
        therefore=("quindi", "pertanto", "dunque", "perciò", "di conseguenza", "in conclusione", "in totale",
            "infine"),
    ),
    Announcement(
        "vi", ("đáp án", "đáp số", "câu trả lời", "trả lời"), ("là", "bằng"),
        ("cuối cùng", "đúng", "chính xác"), ("kết quả",), option=("phương án", "lựa chọn", "đáp án", "chọn"),
        denial=("không phải", "không", "chẳng"), either=("hoặc", "hay là"),
        therefore=("vậy", "do đó", "vì vậy", "suy ra", "như vậy", "kết luận", "tóm lại", "nên"),
    ),
    Announcement(
        "sw", ("jibu", "jawabu"), ("ni",), ("la mwisho", "sahihi"), ("matokeo", "suluhisho"),
        option=("chaguo", "chaguzi"),
        denial=("si", "sio", "siyo", "sivyo"), either=("ama",),
        therefore=("kwa hiyo", "kwa hivyo", "hivyo", "kwa jumla", "hatimaye"),
    ),
    Announcement(
        "bn", ("উত্তরটি", "উত্তর", "জবাব"), ("হলো", "হল", "হচ্ছে", "হবে"), ("চূড়ান্ত", "সঠিক"), ("ফলাফল", "সমাধান"),
        ("হবে", "হয়"), ("বিকল্প", "অপশন"),
        denial=("নয়", "না", "নয়"), either=("অথবা", "বা", "কিংবা"),
        therefore=("অতএব", "সুতরাং", "তাই", "ফলে", "সবশেষে"),
    ),
    Announcement(
        "te", ("సమాధానం", "జవాబు"), ("అంటే",), ("తుది", "చివరి", "సరైన"), ("ఫలితం",), ("అవుతుంది", "అవుతాయి"),
        ("ఎంపిక", "ఆప్షన్"),
        denial=("కాదు", "కాదని"), either=("లేదా",),
        therefore=("కాబట్టి", "అందువల్ల", "అందుచేత", "చివరగా"),
    ),
    Announcement(
        "id", ("jawabannya", "jawaban", "jawab"), ("adalah", "ialah", "yaitu", "yakni"),
        ("akhir", "akhirnya", "benar", "yang benar", "yang tepat"), ("hasil", "hasilnya", "solusi"),
        option=("pilihan", "opsi"),
        denial=("bukan", "tidak", "bukanlah"), either=("atau",),
        therefore=("jadi", "oleh karena itu", "maka", "dengan demikian", "sehingga", "kesimpulannya"),
    ),
    Announcement(
        "tr", ("cevap", "cevabı", "cevabımız", "yanıt", "yanıtı"), ("şudur", "olarak"),
        ("nihai", "doğru", "son", "kesin"), ("sonuç", "çözüm"),
        ("['’]?[dt][ıiuü]r", "olur", "olacaktır"), ("seçenek", "seçeneği", "şıkkı", "şık"),
        denial=("değil", "değildir"), either=("veya", "ya da", "yahut"),
        therefore=("dolayısıyla", "bu nedenle", "o halde", "böylece", "sonuç olarak", "bu yüzden", "öyleyse"),
    ),
    Announcement(
        "pl", ("odpowiedź", "odpowiedz", "odpowiedzią", "odp"), ("to", "jest", "brzmi", "wynosi", "jest to"),
        ("ostateczna", "końcowa", "prawidłowa", "poprawna", "ostateczną", "prawidłową"), ("wynik", "rozwiązanie"),
        option=("opcja", "opcją", "wariant", "odpowiedź"),
        denial=("nie", "nigdy"), either=("lub", "albo", "czy"),
        therefore=("zatem", "więc", "dlatego", "stąd", "podsumowując", "ostatecznie", "czyli"),
    ),
    Announcement(
        "nl", ("antwoord", "antwoorden"), ("is", "zijn", "luidt", "bedraagt"),
        ("uiteindelijke", "definitieve", "juiste", "correcte"), ("resultaat", "oplossing"),
        option=("optie", "keuze", "antwoord"),
        denial=("niet", "geen", "nooit"), either=("ofwel",),
        therefore=("dus", "daarom", "derhalve", "bijgevolg", "kortom", "uiteindelijk"),
    ),
    Announcement(
        "el", ("απάντηση", "απάντησή", "απαντηση"), ("είναι", "ισούται με", "ειναι"),
        ("τελική", "σωστή", "ορθή"), ("αποτέλεσμα", "λύση"), option=("επιλογή",),
        denial=("δεν", "μη", "όχι"), either=("ή",),
        therefore=("άρα", "επομένως", "συνεπώς", "οπότε", "έτσι", "τελικά"),
    ),
    Announcement(
        "he", ("התשובה", "תשובה"), ("היא", "הוא", "הינה", "הינו"), ("הסופית", "הנכונה", "סופית", "נכונה"),
        ("התוצאה", "הפתרון"), option=("אפשרות", "האפשרות", "אופציה"),
        denial=("לא", "אינה", "אינו", "איננה", "איננו"), either=("או",),
        therefore=("לכן", "לפיכך", "על כן", "ולכן", "אם כן", "בסך הכל", "לסיכום"),
    ),
    Announcement(
        "fa", ("پاسخ", "جواب"), ("برابر است با", "برابر با", "عبارت است از", "است"),
        ("نهایی", "درست", "صحیح"), ("نتیجه",), ("است", "می‌باشد", "میباشد"), ("گزینه‌ی", "گزینهٔ", "گزینه"),
        denial=("نیست", "نه", "نمی‌باشد"), either=("یا",),
        therefore=("بنابراین", "پس", "در نتیجه", "لذا", "نتیجه می‌گیریم"),
    ),
    Announcement(
        "ur", ("جواب",), ("ہے", "یہ ہے"), ("حتمی", "درست", "صحیح", "آخری"), ("نتیجہ", "حل"),
        ("ہے", "ہیں", "ہوگا", "ہو گا"), ("آپشن", "انتخاب", "اختیار"),
        denial=("نہیں", "مت"), either=("یا پھر",),
        therefore=("لہٰذا", "لہذا", "چنانچہ", "اس لیے", "پس", "اس طرح"),
    ),
    Announcement(
        "uk", ("відповідь", "відповіддю"), ("це", "є", "дорівнює", "становить", "буде"),
        ("остаточна", "кінцева", "правильна", "вірна", "правильною"), ("результат", "розв['’]язок"),
        option=("варіант", "варіантом", "опція", "пункт"),
        denial=("не", "ні", "немає"), either=("або", "чи"),
        therefore=("отже", "тому", "таким чином", "значить", "звідси", "відповідно"),
    ),
)  # fmt: skip

FIELDS = ("answer", "copula", "final", "result", "behind", "option", "denial", "either", "therefore")


def words(field: str, *, ascii_only: bool = False) -> tuple[str, ...]:
    """The alternatives of one of `FIELDS` in all languages, each once, longer ones first.

    Args:
        field: a field of `Announcement`.
        ascii_only: without those that no ASCII text can hold.
    """
    alternatives = {word for announcement in ANNOUNCEMENTS for word in getattr(announcement, field)}
    kept = (word for word in alternatives if word.isascii() or not ascii_only)
    return tuple(sorted(kept, key=lambda word: (-len(word), word)))


def pattern(*fields: str, ascii_only: bool = False) -> str:
    """A pattern without groups that matches any word of the fields; it states no word boundaries."""
    alternatives = {word for field in fields for word in words(field, ascii_only=ascii_only)}
    return "|".join(sorted(alternatives, key=lambda word: (-len(word), word)))
