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


ANNOUNCEMENTS = (
    Announcement(
        "en", ("answers?", "ans"), ("is", "are", "was", "equals", "would be", "will be", "must be", "should be"),
        ("final", "correct", "right", "exact", "numerical", "simplified", "overall", "only", "best"),
        ("results?", "solutions?", "total", "value"), option=("options?", "choices?", "alternatives?"),
    ),
    Announcement(
        "zh", ("答案", "答", "答複", "答复"),
        ("应该是", "應該是", "应为", "應為", "应是", "應是", "就是", "是", "为", "為", "等于", "等於", "即"),
        ("最终的?", "最終的?", "正确的?", "正確的?", "最后的?", "最後的?", "标准", "参考", "本题的?"),
        ("结果", "結果", "结论", "結論", "解"), option=("选项", "選項", "选择", "選擇", "选", "選"),
    ),
    Announcement(
        "ja", ("答え", "答", "解答", "回答", "正解"), ("は", "が"), ("最終的な", "最終", "正しい"), ("結果", "解"),
        ("です", "である", "でした", "だ", "となります", "になります", "となる", "になる"),
        ("選択肢", "選択", "オプション"),
    ),
    Announcement(
        "ko", ("정답", "답변", "해답", "답"), ("은", "는", "이", "가"), ("최종", "최종적인", "올바른", "맞는"),
        ("결과", "풀이"), ("입니다", "이다", "이에요", "예요", "이며", "임", "이 됩니다", "가 됩니다"),
        ("선택지", "보기", "선택", "옵션"),
    ),
    Announcement(
        "ru", ("ответ", "ответом", "ответа"),
        ("это", "равен", "равно", "равна", "будет", "является", "составляет", "есть"),
        ("окончательный", "итоговый", "конечный", "правильный", "верный", "окончательным", "правильным"),
        ("результат", "решение", "итог"), option=("вариант", "варианта", "опция", "пункт"),
    ),
    Announcement(
        "ar", ("الجواب", "الإجابة", "الاجابة", "إجابة", "اجابة", "جواب"), ("هو", "هي", "يساوي", "تساوي", "يكون"),
        ("النهائي", "النهائية", "الصحيح", "الصحيحة", "نهائي", "صحيح"), ("الحل", "الناتج", "النتيجة"),
        option=("الخيار", "الاختيار", "خيار"),
    ),
    Announcement(
        "hi", ("उत्तर", "जवाब"), ("है", "होगा"), ("अंतिम", "सही", "अन्तिम"), ("परिणाम", "हल"),
        ("है", "हैं", "होगा", "होंगे"), ("विकल्प",),
    ),
    Announcement(
        "th", ("คำตอบ", "ตอบ"), ("คือ", "เป็น", "เท่ากับ", "ได้แก่"), ("สุดท้าย", "ที่ถูกต้อง", "ที่ถูก"),
        ("ผลลัพธ์",), option=("ตัวเลือก", "ข้อ"),
    ),
    Announcement(
        "fr", ("réponse", "reponse", "rép", "rép\\."), ("est", "sont", "vaut", "serait"),
        ("finale", "définitive", "correcte", "exacte", "bonne"), ("résultat", "solution"),
        option=("options?", "choix", "proposition"),
    ),
    Announcement(
        "de", ("antwort", "antworten"), ("ist", "sind", "lautet", "lauten", "beträgt", "wäre"),
        ("endgültige", "finale", "richtige", "korrekte", "abschließende"), ("ergebnis", "lösung"),
        option=("option", "möglichkeit", "auswahl", "antwort", "antwortmöglichkeit"),
    ),
    Announcement(
        "es", ("respuesta", "respuestas", "resp"), ("es", "son", "sería", "seria"),
        ("final", "correcta", "definitiva"), ("resultado", "solución", "solucion"),
        option=("opción", "opcion", "alternativa", "inciso"),
    ),
    Announcement(
        "pt", ("resposta", "respostas"), ("é", "são", "e", "seria"), ("final", "correta", "certa", "definitiva"),
        ("resultado", "solução", "solucao"), option=("opção", "opcao", "alternativa", "letra"),
    ),
    Announcement(
        "it", ("risposta", "risposte"), ("è", "e'", "sono", "sarebbe"),
        ("finale", "corretta", "esatta", "giusta", "definitiva"), ("risultato", "soluzione"),
        option=("opzione", "scelta", "alternativa"),
    ),
    Announcement(
        "vi", ("đáp án", "đáp số", "câu trả lời", "trả lời"), ("là", "bằng"),
        ("cuối cùng", "đúng", "chính xác"), ("kết quả",), option=("phương án", "lựa chọn", "đáp án", "chọn"),
    ),
    Announcement(
        "sw", ("jibu", "jawabu"), ("ni",), ("la mwisho", "sahihi"), ("matokeo", "suluhisho"),
        option=("chaguo", "chaguzi"),
    ),
    Announcement(
        "bn", ("উত্তরটি", "উত্তর", "জবাব"), ("হলো", "হল", "হচ্ছে", "হবে"), ("চূড়ান্ত", "সঠিক"), ("ফলাফল", "সমাধান"),
        ("হবে", "হয়"), ("বিকল্প", "অপশন"),
    ),
    Announcement(
        "te", ("సమాధానం", "జవాబు"), ("అంటే",), ("తుది", "చివరి", "సరైన"), ("ఫలితం",), ("అవుతుంది", "అవుతాయి"),
        ("ఎంపిక", "ఆప్షన్"),
    ),
    Announcement(
        "id", ("jawabannya", "jawaban", "jawab"), ("adalah", "ialah", "yaitu", "yakni"),
        ("akhir", "akhirnya", "benar", "yang benar", "yang tepat"), ("hasil", "hasilnya", "solusi"),
        option=("pilihan", "opsi"),
    ),
    Announcement(
        "tr", ("cevap", "cevabı", "cevabımız", "yanıt", "yanıtı"), ("şudur", "olarak"),
        ("nihai", "doğru", "son", "kesin"), ("sonuç", "çözüm"),
        ("['’]?[dt][ıiuü]r", "olur", "olacaktır"), ("seçenek", "seçeneği", "şıkkı", "şık"),
    ),
    Announcement(
        "pl", ("odpowiedź", "odpowiedz", "odpowiedzią", "odp"), ("to", "jest", "brzmi", "wynosi", "jest to"),
        ("ostateczna", "końcowa", "prawidłowa", "poprawna", "ostateczną", "prawidłową"), ("wynik", "rozwiązanie"),
        option=("opcja", "opcją", "wariant", "odpowiedź"),
    ),
    Announcement(
        "nl", ("antwoord", "antwoorden"), ("is", "zijn", "luidt", "bedraagt"),
        ("uiteindelijke", "definitieve", "juiste", "correcte"), ("resultaat", "oplossing"),
        option=("optie", "keuze", "antwoord"),
    ),
    Announcement(
        "el", ("απάντηση", "απάντησή", "απαντηση"), ("είναι", "ισούται με", "ειναι"),
        ("τελική", "σωστή", "ορθή"), ("αποτέλεσμα", "λύση"), option=("επιλογή",),
    ),
    Announcement(
        "he", ("התשובה", "תשובה"), ("היא", "הוא", "הינה", "הינו"), ("הסופית", "הנכונה", "סופית", "נכונה"),
        ("התוצאה", "הפתרון"), option=("אפשרות", "האפשרות", "אופציה"),
    ),
    Announcement(
        "fa", ("پاسخ", "جواب"), ("برابر است با", "برابر با", "عبارت است از", "است"),
        ("نهایی", "درست", "صحیح"), ("نتیجه",), ("است", "می‌باشد", "میباشد"), ("گزینه‌ی", "گزینهٔ", "گزینه"),
    ),
    Announcement(
        "ur", ("جواب",), ("ہے", "یہ ہے"), ("حتمی", "درست", "صحیح", "آخری"), ("نتیجہ", "حل"),
        ("ہے", "ہیں", "ہوگا", "ہو گا"), ("آپشن", "انتخاب", "اختیار"),
    ),
    Announcement(
        "uk", ("відповідь", "відповіддю"), ("це", "є", "дорівнює", "становить", "буде"),
        ("остаточна", "кінцева", "правильна", "вірна", "правильною"), ("результат", "розв['’]язок"),
        option=("варіант", "варіантом", "опція", "пункт"),
    ),
)  # fmt: skip

FIELDS = ("answer", "copula", "final", "result", "behind", "option")


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
