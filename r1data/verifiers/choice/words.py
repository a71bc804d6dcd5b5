"""Words around the letter of a choice, by kind, in the twenty-six languages that answers are read in.

Kinds: `answer` (answer, solution), `option` (option, choice), `listing` (their plurals), `correct` and `wrong` (said
of an option), `choose`, `is` (copulas), `link` (articles, adverbs, pronouns: nothing by themselves), `so`, `and`,
`or`, `not`, `hedge` (if, maybe, would), `because`, `back` (wait, actually: it takes back what stood before). A word has
one kind; forms are written out, since stems of one language are words of another. Words of scripts without blanks are
found by their longest match.

Not done: grammar. Words that are missing here leave an answer undecided, and never make it right.
"""

import unicodedata
from collections.abc import Iterator, Mapping

from r1data.verifiers.extraction import announcements

_WORDS: Mapping[str, str] = {
    "answer": """
        ตอบ lời answer answers solution ans result key 答案 答 解答 正解 答え 回答 解 정답 답 답안
        해답 antwort lösung réponse reponse respuesta solución solucion resposta solução gabarito
        risposta soluzione ответ ответом ответа решение الجواب الإجابة الاجابة إجابة اجابة جواب
        الحل उत्तर जवाब समाधान án đáp คำตอบ เฉลย jibu jawabu suluhisho উত্তর উত্তরটি জবাব সমাধান
        సమాధానం జవాబు jawaban jawabannya solusi cevap yanıt cevabı cevabım yanıtı çözüm odpowiedź
        odpowiedzią odpowiedzi rozwiązanie oplossing απάντηση απάντησή λύση התשובה תשובה הפתרון
        פתרון پاسخ پاسخِ حل відповідь відповіддю відповіді розв'язок jawapan antwoord antwoorden
        jawab odp resp rép คำตอบที่ถูกต้องคือ response
    """,
    "option": """
        option choice letter alternative 选项 选择项 項 项 選項 選択肢 肢 号 記号 선택지 보기 번
        所以选项 因此选项 故选项 应选项
        선지 옵션 wahl auswahl buchstabe antwortmöglichkeit möglichkeit variante choix lettre
        proposition opción opcion letra alternativa inciso opção opcao opzione lettera scelta
        вариант варианта вариантом вариантов буква букву الخيار خيار الاختيار اختيار الحرف विकल्प
        lựa phương chọn ข้อ ตัวเลือก ตัวเลือกที่ chaguo herufi বিকল্প অপশন ఎంపిక ఆప్షన్ pilihan
        opsi huruf seçenek seçeneği seçeneğidir şıkkıdır şık şıkkı opcja opcją opcję wariant litera keuze
        optie επιλογή האפשרות אפשרות האות گزینه گزینهٔ گزینه‌ی حرف آپشن انتخاب варіант варіантом
        опція
    """,
    "listing": """
        options choices alternatives optionen opciones opções opzioni варианты варіанти
        pilihan-pilihan seçenekler opcje opties επιλογές
    """,
    "correct": """
        correct right true best appropriate suitable valid accurate ✓ ✔ ✅ 正确 正確 对 對 正确的
        正確的 符合 符合题意 符合題意 恰当 最恰当 最佳 成立 合适 合適 適切 適当 正しい 最も 맞다
        맞습니다 옳다 옳은 옳습니다 올바른 정확한 맞는 적절한 richtig richtige richtigen korrekt
        korrekte korrekten beste zutreffend correcte correcto correcta correctas correctos exacta
        adecuada correta correto certa certo corretta corretto giusta giusto esatta esatto
        правильный правильным правильная правильно верный верным верная верно верен верна الصحيحة
        الصحيح صحيحة صحيح الصائب सही ठीक đúng chính xác nhất ถูกต้อง ถูก ที่ถูกต้อง sahihi kweli
        সঠিক ঠিক సరైన సరైనది సరైంది benar tepat doğru doğrudur prawidłowa prawidłową prawidłowy
        poprawna poprawną poprawny właściwa słuszna juist juiste goede goed σωστή σωστό σωστός
        ορθή הנכונה נכונה נכון הנכון صحیح درست درستہ правильна правильний правильною правильним
        вірна вірний betul
    """,
    "wrong": """
        wrong incorrect false invalid untrue fails fail failed inaccurate ✗ ✘ ❌ ✖ ✕ 错 错误 錯 錯誤
        错误的 不对 不對 不正确 不正確 不成立 不符合 不符合题意 不合适 不恰当 有误 排除 错了 誤り
        間違い 間違っている 正しくない 不適切 틀리다 틀렸다 틀린 틀렸습니다 틀립니다 오답 아니다
        아닙니다 falsch falsche inkorrekt faux fausse incorrecte incorrecta incorrecto falsa falso
        errónea erróneo equivocada incorreta incorreto errada errado sbagliata sbagliato scorretta
        errata неправильный неправильная неправильно неверный неверно неверна неверен ошибочный
        خاطئة خاطئ خطأ गलत ग़लत sai ผิด ไม่ถูก ไม่ถูกต้อง makosa batili ভুল తప్పు సరికాదు salah
        keliru yanlış yanlıştır błędna błędny nieprawidłowa niepoprawna fałszywa onjuist fout
        verkeerd λάθος λανθασμένη εσφαλμένη שגויה שגוי לא-נכון نادرست غلط اشتباه неправильна
        неправильний невірна хибна mistake mistaken error lie trap distractor
    """,
    "choose": """
        choose pick select chose picked selected guess vote choosing 选 選 应选 應選 故选 故選
        选择 選擇 所以选 因此选 应选择 故答案选 选出 選ぶ 選択 고르면 선택 고른다 wähle wählen
        choisis choisir choisissons elijo elegir escojo selecciono marco escolho seleciono scelgo
        scelga выбираю выбираем выбрать выберем أختار نختار اختر चुनता चुनें चुनते chọn เลือก
        nachagua chagua বেছে ఎంచుకుంటాను memilih pilih saya seçiyorum seçerim işaretliyorum
        wybieram kies επιλέγω בוחר обираю вибираю go going
    """,
    "is": """
        está están estão is are be was equals equal must should = => -> → ⇒ : 是 为 為 即 即为
        应是 应为 應為 就是 が のは だ です である となる ist sind lautet wäre sei est sont es son
        será sería é são è sono это является будет — هي هو تكون है हैं होगा là คือ เป็น ni হল হলো
        হচ্ছে అవుతుంది adalah ialah yaitu dir dır 'dir to jest brzmi zijn είναι היא הוא است
        می‌باشد ہے ہیں є це 은 는 이 가 입니다 이다 이며 は を it's that's c'est there's este
        luidt ➜ ➡ ⟹ ⟶
    """,
    "link": """
        i'd we'd i'll we'll let's you your given following above here now indeed the a an my our
        this that it its then finally final only clearly overall conclusion conclude of to in with
        as for most please one which question problem s re ll we by 最终 最终的 最后 本题 此题 题
        题目 该题 这道题 这题 这个 则 由此 可得 应 应该 我 我们 的 得 只有 其中 那么 以 本 最後
        最終 最終的な この 問題 の 最も 최종 최종적인 이 문제의 문제 가장 die der das den
        endgültige endgültig lautet ich la le les l finale bonne el los las por tanto lo o os il
        gli окончательный итоговый наш الحرف النهائية النهائي هذا अंतिम का की do đó nên cuối cùng
        của câu สุดท้าย ที่ หรือคือ kwa hiyo mwisho ya ni yangu চূড়ান্ত తుది jadi oleh karena itu
        akhir yang dengan demikian bu nedenle nihai son benim ostateczna ostateczną moja het de
        uiteindelijke mijn een η το ο την τον τελική σωστή ה הסופית של نهایی حتمی тому остаточна
        моя jawapannya would 'd definitely certainly surely simply just actually obviously
        precisely exactly undoubtedly evidently real actual believe think still also
    """,
    "so": """
        so thus hence therefore thereby consequently 因此 所以 综上 综上所述 故 因而 从而 于是
        可知 由此可知 可见 したがって よって ゆえに 따라서 그러므로 daher also somit folglich donc
        ainsi portanto assim logo quindi dunque pertanto итак поэтому следовательно إذن لذلك لذا
        अतः इसलिए vậy ดังนั้น จึง hivyo অতএব সুতরাং కాబట్టి maka dolayısıyla zatem więc dus daarom
        άρα επομένως לכן بنابراین پس لہٰذا لہذا отже ∴ clearly
    """,
    "and": """
        and und et y e и و और तथा và และ na এবং ও మరియు dan ve oraz i en και ו та 和 与 與 及 跟
        以及 と および 및 와 과 اور
    """,
    "or": """
        or either oder ou o или أو या hoặc hay หรือ au অথবা বা లేదా atau veya ya lub albo czy of ή
        או یا або чи 或 或者 或是 还是 または もしくは あるいは 또는 혹은
    """,
    "not": """
        not no never neither nor none except nothing isn't aren't wasn't cannot can't don't
        doesn't won't excluding without unlikely reject 不 不是 并非 非 没有 無 无 不能 不会 绝不
        否 ない ではない じゃない 아니 않다 nicht kein keine niemals nie ne pas jamais aucun
        aucune ni ningún ninguna não nunca nenhuma nenhum non mai nessuna не нет ни нельзя никогда
        ليس ليست لا नहीं न không chẳng ไม่ ไม่ใช่ si sio hapana না নয় కాదు లేదు bukan tidak değil
        değildir hayır niet geen δεν όχι לא אינה אינו نیست نه نہیں ні жоден 别 勿 莫 avoid avoids
        eliminate eliminated rule ruled
    """,
    "hedge": """
        if whether maybe perhaps possibly probably might may could unless suppose supposing assume
        assuming doubt unsure uncertain someone people fool student wonder were 如果 假如 假设 若
        可能 也许 或许 大概 难道 是否 似乎 もし かもしれない たぶん おそらく 만약 아마 아마도 wenn
        falls vielleicht möglicherweise ob si peut-être peutêtre quizás quizá tal vez acaso se
        talvez forse если возможно может наверное بما ربما إذا لو यदि अगर शायद nếu có lẽ ถ้า อาจ
        อาจจะ หาก labda kama ikiwa হয়তো যদি బహుశా ఒకవేళ jika kalau mungkin barangkali eğer belki
        jeśli może chyba als misschien mogelijk αν ίσως אם אולי שמא اگر شاید якщо можливо worst
        least sample example instance e.g refuse refuses say says said claim claims claimed friend
         nobody format disagree disagrees unlikely pretend pretends likely
    """,
    "because": """
        because since as due given for 因为 因 由于 因為 由於 ので から ため 때문 왜냐하면 weil da
        denn car parce puisque porque pues ya que pois perché poiché так потому поскольку لأن لأنه
        क्योंकि vì bởi เพราะ kwa sababu কারণ ఎందుకంటే karena sebab çünkü ponieważ bo omdat want
        γιατί επειδή διότι כי זאת چون زیرا کیونکہ бо тому
    """,
    "back": """
        wait actually oops sorry correction instead rather alternatively scratch joking kidding
        hmm nope no but however also 等等 其实 实际上 不对 不 错了 抱歉 但是 但 然而 或 或者 更正
        すみません いや しかし 訂正 아니 하지만 그러나 moment doch aber eigentlich attendez mais
        non pardon pero espera perdón mas não espere ma aspetta но нет постойте لكن لا انتظر लेकिन
        नहीं nhưng không แต่ ไม่ lakini hapana কিন্তু না కానీ కాదు tapi tetapi tidak maaf ama
        fakat hayır ale nie maar nee wacht αλλά όχι אבל לא רגע اما ولی نه لیکن نہیں але ні lied
        lying ignore disregard nevermind mistaken forget
    """,
}

_ORDER = (
    "answer",
    "listing",
    "correct",
    "wrong",
    "choose",
    "option",
    "is",
    "so",
    "link",
    "not",
    "hedge",
    "because",
)
"""Which kind a word of several languages has: the first."""

AND = frozenset(_WORDS["and"].split())
OR = frozenset(_WORDS["or"].split())
"""Words between two letters; elsewhere some of them are articles."""
BACK = frozenset(_WORDS["back"].split()) | (OR - {"a", "o", "ya", "of", "in"})
"""Words that, where they begin a sentence, take back what stood before or offer something beside it."""


RETRACTING = frozenset(
    [
        "kidding",
        "joking",
        "lied",
        "lying",
        "ignore",
        "disregard",
        "scratch",
        "nevermind",
        "mistaken",
        "oops",
        "forget",
    ]
)
"""Words of short sentences that take back what stood before, wherever they stand."""


def _kinds() -> dict[str, str]:
    kinds: dict[str, str] = {}
    for kind in _ORDER:
        # In the form that texts are read in: Thai's AM, for one, is two characters there.
        for word in unicodedata.normalize("NFKC", _WORDS[kind]).casefold().split():
            kinds.setdefault(word, kind)
    # What announces other answers announces letters too; of phrases, each word counts for nothing by itself.
    for field, kind in (
        ("answer", "answer"),
        ("option", "option"),
        ("copula", "is"),
        ("behind", "is"),
        ("final", "link"),
    ):
        for phrase in announcements.words(field):
            for word in _spellings(phrase):
                kinds.setdefault(word, kind if word == phrase or " " not in phrase else "link")
    return kinds


def _spellings(phrase: str) -> Iterator[str]:
    """The words of a phrase of `announcements`, with and without what `?` lets out; none of other patterns."""
    for word in unicodedata.normalize("NFKC", phrase).casefold().split():
        if word[-1] == "?" and word[:-1].isalpha():
            yield from (word[:-1], word[:-2])
        elif not set(word) & set("?\\()[]|"):
            yield word


KINDS: Mapping[str, str] = _kinds()
"""The kind of each word, case folded."""
