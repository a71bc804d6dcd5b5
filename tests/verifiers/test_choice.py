"""choice: letters in what models write around them, in twenty-six languages, and what is no letter."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from r1data.verifiers.choice.options import listed_options
from r1data.verifiers.choice.words import KINDS, OR
from r1data.verifiers.registry import check
from r1data.verifiers.verdict import Case, Verdict

T = "<think>so</think>"
PROMPT = "Which is it?\nA. Rome\nB. Paris\nC. Oslo\nD. None of the above"

GIVEN = [
    "The answer is B.", "The correct answer is B.", "The correct answer is (B) Paris.",
    "The correct answer is **B. Paris**.", "**Answer: B**", "**Answer:** B", "Answer: (B)", "Answer: B. Paris",
    "Answer: B) Paris", "Answer - B", "ANSWER: B", "Final answer: B", "**Final Answer:**\n\nB",
    "### Final Answer\n\n**B**", "### Answer\nB. Paris", "The final answer is $\\boxed{B}$.",
    "$\\boxed{\\text{B}}$", "\\boxed{\\textbf{(B)}}", "\\boxed{\\text{B. Paris}}", "\\boxed{\\mathrm{B}}",
    "$$\\boxed{B}$$", "\\fbox{B}", "[[B]]", "[B]", "<B>", '"B"', "B.", "(B)", "(b)", "b)", "B - Paris",
    "Option B", "Option (B)", "option b", "Choice B", "**Option B: Paris**", "I choose B.",
    "I would choose option B.", "I'd go with B.", "My answer is B.", "So the answer is B.",
    "Therefore, the correct option is B.", "Hence, option B is correct.", "Thus (B) is the correct answer.",
    "B is correct.", "B is the correct answer.", "B is the answer.", "The best choice is B.",
    "The best answer is B: Paris.", "The correct choice is therefore B.", "The correct letter is B.",
    "Correct answer: B", "Correct option: B", "Correct Answer: B. Paris", "Ans: B", "Ans. B", "Solution: B",
    "Result: B", "Selected option: B", "So it's B.", "It is B.", "So, B.", "B, because Paris is the capital.",
    "B because it is the capital.", "B, since A is in Italy and C is in Norway.",
    "B\n\nParis is the capital of France.", "Paris is the capital of France.\n\nB",
    "Paris is the capital.\n\n**B**", "Paris is the capital.\n\n**B. Paris**",
    "Paris is the capital.\n\nB) Paris", '{"answer": "B"}', '{"final_answer": "B", "reason": "capital"}',
    '```json\n{"answer": "B"}\n```', '{"choice": "B"}', "#### B", "#### B. Paris",
    "A is wrong because it is in Italy. C is wrong. D is wrong. So the answer is B.",
    "- A: in Italy.\n- B: right.\n- C: in Norway.\n\nAnswer: B",
    "Option A is incorrect. Option C is incorrect. Option B is correct.", "The answer is B, not A.",
    "The answer is B (Paris).", "The answer is B: Paris.", "The answer is option B.", "The answer is choice B.",
    "The answer is letter B.", "The answer is Option (B).", 'The right answer is "B".', "The answer is 'B'.",
    "The answer is `B`.", "The answer is: B", "The answer would be B.", "The answer must be B.",
    "The answer should be B.", "Answer is B", "answer B", "We choose (B).", "Select B.", "Pick B.",
    "So $\\boxed{x^2}$ holds and the answer is B.", "B<|im_end|>", "B</s>", "<answer>B</answer>",
    "<answer>\\boxed{B}</answer>", "Ⓑ", "Ｂ", "（Ｂ）", "𝐁", "$B$", "$\\text{B}$", "\\(\\boxed{B}\\)",
    "The answer is \\text{B}.", "Final Answer: The final answer is B. I hope it is correct.",
    "Final Answer: $\\boxed{B}$", "**B** is the correct option.",
    "The capital of France is Paris, so the answer is B.", "Among the options, B is the best.",
    "The statement that is true is B.", "Let me check each. A: no. C: no. So B.",
    "Given the above, I conclude that B is the correct answer.",
    "The answer is B. The other options are wrong.", "The answer is B. A, C and D are incorrect.",
    "Answer: B\n\nExplanation: Option A is in Italy. Option C is in Norway.", "Answer: B\nConfidence: 90%",
    "Answer: B\n\nI hope this helps!", "The answer is **B**, as Paris is the capital of France.",
    "B. Paris is the capital of France.",
    "The answer is **(B) 4**.", "Thus, the correct answer is \\boxed{B. 4}",
    "The final answer is: $\\boxed{\\text{B) 4}}$", "**Correct Answer: B) 4**", "**Correct answer:** **B**",
    "The correct answer is:\n\n**B. 4**", "The correct answer is:\n\nB) 4", "✅ **B**",
    "The answer is **B**: 4.", "So, the answer is (B).", "Therefore, the answer is: (B) 4",
    "Therefore, among the given options, the correct one is B.",
    "After evaluating all options, I believe B is the correct answer.", "I think the answer is B.",
    "In conclusion, the best answer is option B.", "Hence the required answer is option (B).",
    "Step 1: 2+2 = 4.\nStep 2: 4 is option B.\n\nAnswer: B", "2 + 2 = 4, which corresponds to option B.",
    "2 + 2 = 4, which matches option B.", "2+2=4. The answer is B.", "This corresponds to choice (B).",
    "Option B matches.", "So the correct choice: B", "The option that is correct is B.",
    "My final answer: B", "My choice: B", "Choice: B", "Response: B", "Correct choice: B",
    "Correct Option: (B)", "The correct option is therefore (B) 4.", "Answer: Option B",
    "Answer: option (B) 4", "Answer: The correct option is B.", "Answer = B", "Answer ➜ B", "Answer → B",
    "Answer:B", "ANSWER IS B", "The answer is B!", "The answer is B .", 'The answer is " B ".',
    "The answer is {B}.", "The answer is [B].", "The answer is <B>.", "The answer is B, 4.",
    "The answer is B, which is 4.", "The answer is B, i.e. 4.", "The answer is B: 4, since 2+2=4.",
    "The answer is B (4), because 2+2=4 and not 5.", "The answer is B. 4 is the sum.",
    "The answer is B as 2+2=4; A is too small, C is too large.",
    "The answer is B since A, C, and D are not equal to 4.", "B is right because 2+2=4.",
    "B is the right choice, as 2+2=4.", "Only B is correct.", "Only option B is correct.",
    "Option B is the correct answer.", "Option B) 4 is correct.", "(B) is correct.",
    "Choice (B) is correct.", "Statement B is true.", "Clearly, B.", "Obviously the answer is B.",
    "Of course, the answer is B.", "Without doubt, the answer is B.", "The answer is definitely B.",
    "The answer is clearly B.", "The answer is actually B.", "The answer is indeed B.",
    "The answer is simply B.", "The answer is just B.", "The answer is thus B.",
    "The answer must therefore be B.", "Then the answer is B.", "Final choice: **B**",
    "### Final Choice: B", "## Answer: **B**", "> **Answer:** B", "- **Answer:** B", "* Answer: B",
    "1. Answer: B", "Answer (B)", "Ans: (B)", "Ans. (B)", "Ans = B", "Soln: The answer is B",
    "So B is correct.", "So B.", "Thus B", "Hence (B).", "Therefore, B", "∴ B", "=> B", "→ B",
    "The answer is $\\mathbf{B}$.", "The answer is $\\textbf{(B)}\\ 4$.", "$\\boxed{\\textbf{(B) }4}$",
    "$\\boxed{\\text{(B)}\\ 4}$", "\\boxed{\\text{Option B}}", "\\boxed{\\text{The answer is B}}",
    "\\boxed{(B)}", "\\boxed{\\mathrm{(B)}}", "\\boxed{B)}", "\\boxed{B.}", "\\boxed{\\bf B}",
    "\\boxed{\\text{B}: 4}", "\\boxed{b}", "\\boxed{ B }", "$$\\boxed{\\text{B}}$$", "\\[\\boxed{B}\\]",
    "\\[ \\boxed{\\text{B. } 4} \\]", "\\textbf{Answer: B}", "\\textbf{B}", "\\text{B}",
    '{"answer":"B","confidence":0.9}', '{"final_answer": "(B)"}', '{"answer": "B. 4"}', "{'answer': 'B'}",
    '{"reasoning": "2+2=4", "answer": "B"}', "answer: B", "answer is b", "(b)", "b.",
    "option B is the answer", "B) 4 is the correct answer.", "B. 4 is the correct answer.", '"B) 4"', "*B*",
    "__B__", "B\n", " B", "\n\nB", "D is wrong, C is wrong, A is wrong; B is right.",
    "A is false. C is false. D is false. Therefore B.", "Not A, not C, not D. The answer is B.",
    "The answer is not A. The answer is B.", "The answer isn't C; it's B.",
    "A: wrong\nB: right\nC: wrong\nD: wrong\n\nThe answer is B.",
    "**A** is too small. **C** is too large. **B** is right. The answer is **B**.",
    "I initially considered A, but the correct answer is B.",
    "At first glance A might seem right, but the answer is B.",
    "The answer is B.\n\n(If you have more questions, let me know!)",
    "The answer is B.\n\nLet me know if you'd like more details.",
    "The answer is B.\n\nWould you like an explanation?", "Answer: B\n\nReason: 2+2 is 4, not 3 or 5.",
    "Answer: B\n\nExplanation: If we add 2 and 2 we get 4. Maybe check: 4-2=2.",
    "Answer: B\n\nA is incorrect because 3 is not 4.\nC is incorrect.\nD is incorrect.",
    "B\n\nExplanation:\nA. 3 is not right.\nB. 4 is right.\nC. 5 is not right.",
    "Question: What is 2+2?\nA. 3\nB. 4\nC. 5\nAnswer: B", "A. 3\nB. 4 ✓\nC. 5\n\nAnswer: B",
]  # fmt: skip
"""Each gives B."""

LANGUAGES = [
    "故选B", "故选：B", "故选B.", "答案选B", "答案：B", "答案是B", "答案为B。", "正确答案是B",
    "正确答案：B", "因此，选项B正确。", "应选（B）", "应选B",
    "所以选B。", "选B", "选择B", "本题选B。", "综上所述，正确答案是B。", "【答案】B", "【答案】 B <eoa>",
    "【答案】：B", "B项正确", "选项B是正确的",
    "B选项符合题意", "因此答案是（B）。", "故答案为：B", "答：B", "正确选项为B", "最终答案：B",
    "所以，答案是 **B**。", "故本题选B", "答案：B. Paris",
    "我选择B", "答えはBです。", "正解はBです", "答え：B", "選択肢Bが正しい", "正解：B", "Bが正解です。",
    "したがって、答えはBです。", "Bが正しい。", "解答：B",
    "정답은 B입니다.", "정답: B", "답: B", "답은 B이다.", "따라서 정답은 B입니다.",
    "선택지 B가 정답입니다.", "B가 정답입니다.",
    "Die richtige Antwort ist B.", "Antwort: B", "Die Antwort ist B.", "Option B ist richtig.",
    "Daher ist B die richtige Antwort.", "Die korrekte Antwort lautet B.", "Lösung: B",
    "La réponse correcte est B.", "Réponse : B", "La bonne réponse est la B.", "L'option B est correcte.",
    "La réponse est donc B.", "Donc, la bonne réponse est B.", "La respuesta correcta es B.", "Respuesta: B",
    "La respuesta correcta es la opción B.", "La opción correcta es la B.", "La opción B es correcta.",
    "Por lo tanto, la respuesta es B.", "A resposta correta é B.", "Resposta: B",
    "A alternativa correta é a B.", "Letra B", "A opção B está correta.", "Portanto, a resposta é B.",
    "Gabarito: B", "La risposta corretta è B.", "Risposta: B", "La risposta corretta è la B.",
    "L'opzione corretta è B.", "Quindi la risposta è B.", "Правильный ответ: B", "Ответ: B",
    "Правильный ответ — B.", "Правильный вариант: B", "Верный ответ B.", "Вариант B правильный.",
    "Следовательно, правильный ответ — B.", "الإجابة الصحيحة هي B", "الجواب: B", "الإجابة: B", "الخيار B صحيح",
    "الجواب الصحيح هو B.", "सही उत्तर B है।", "उत्तर: B", "सही विकल्प B है।", "विकल्प B सही है।",
    "अतः सही उत्तर B है।", "Đáp án đúng là B.", "Đáp án: B", "Chọn B", "Vậy đáp án là B.", "Đáp án B",
    "Phương án B đúng.", "คำตอบคือ B", "คำตอบ: B", "ตอบ B", "ข้อ B ถูกต้อง", "คำตอบที่ถูกต้องคือ B",
    "ดังนั้นคำตอบคือ B", "Jibu sahihi ni B.", "Jibu: B", "Jibu ni B.", "Kwa hiyo jibu ni B.",
    "Chaguo B ni sahihi.", "সঠিক উত্তর B", "উত্তর: B", "সঠিক উত্তর হল B।", "সঠিক উত্তরটি হলো B",
    "বিকল্প B সঠিক।", "సరైన సమాధానం B", "సమాధానం: B", "జవాబు: B", "ఎంపిక B సరైనది",
    "Jawaban yang benar adalah B.", "Jawaban: B", "Jawabannya adalah B.", "Pilihan B benar.",
    "Jadi, jawaban yang tepat adalah B.", "Doğru cevap B'dir.", "Cevap: B", "Doğru seçenek B.",
    "Doğru yanıt: B", "B seçeneği doğrudur.", "Bu nedenle doğru cevap B şıkkıdır.",
    "Prawidłowa odpowiedź to B.", "Odpowiedź: B", "Poprawna odpowiedź: B.", "Odpowiedź B jest poprawna.",
    "Zatem odpowiedź to B.", "Het juiste antwoord is B.", "Antwoord: B", "Optie B is juist.",
    "Dus het antwoord is B.", "Η σωστή απάντηση είναι η B.", "Απάντηση: B", "Η επιλογή B είναι σωστή.",
    "התשובה הנכונה היא B", "תשובה: B", "אפשרות B נכונה.", "پاسخ صحیح B است.", "پاسخ: B", "گزینه B درست است.",
    "جواب: B", "درست جواب B ہے۔", "جواب: B", "آپشن B درست ہے۔", "Правильна відповідь: B", "Відповідь: B",
    "Правильний варіант — B.", "Варіант B правильний.",
]  # fmt: skip
"""Each gives B."""

NOT_GIVEN = [
    "B or C", "B/C", "A or B", "Either B or C", "The answer is B or C.", "B and C", "\\boxed{B} or \\boxed{C}",
    "\\boxed{B \\text{ or } C}", "The answer is B. Or maybe C.", "The answer is B. Or it could be C.",
    "The answer is B. No, it is C.", "The answer is B. Wait, it's C.", "Answer: B\nAnswer: C",
    "Answer: B\nActually, C.", "Answer: B\nor C", "Answer: B\n\nC", "B\nC", "B. C", "B) C)", "B, C", "b, c",
    "b or c", "(b) or (c)", "b) and c)", "The answer is not B.", "The answer isn't B.",
    "The answer is certainly not B.", "The answer can't be B.", "It is not B.", "Not B", "Anything but B",
    "Everything except B", "If the answer is B, then C.", "If the answer is B, I am happy.", "Is the answer B?",
    "The answer is B?", "The answer is B? No.", "The answer is B, I doubt it.", "I doubt that the answer is B.",
    "I don't think the answer is B.", "It is not true that the answer is B.",
    "It is false that the answer is B.", "A fool would say the answer is B.",
    "Someone might say that the answer is B.", "B is wrong.", "B is incorrect.", "B is not correct.",
    "B isn't right.", "B fails.", "B is not the answer.", "B. is wrong", "B) is not the answer", "B — wrong",
    "B: wrong", "B (wrong)", "B, which is wrong", "B. That is wrong.", "B. This is not the answer.",
    "B. Just kidding.", "B. I lied.", "Answer: B. Ignore that.", "Answer: not B", "Answer: neither B nor C",
    "The answer is B unless it is C.", "The answer could be B.", "The answer may be B.", "Maybe B", "Perhaps B",
    "Possibly B.", "Option B. a) b) c) d)", "All of A, B, C, D", "A, B, C, D", "ABCD", "A B C D",
    "(A)(B)(C)(D)", "A|B|C|D", "A;B;C;D", "\\boxed{ABCD}", "\\boxed{A, B, C, D}", "\\boxed{A/B/C/D}", "~~B~~",
    "\\cancel{B}", "\\boxed{\\cancel{B}}", "<!-- B -->", "<!-- \\boxed{B} --> I do not know.",
    "\\phantom{\\boxed{B}}", "\\color{white}{B}", "\\textcolor{white}{\\boxed{B}}", "% \\boxed{B}",
    "I do not know. % B", "It is not \\boxed{B}. It is C.", "\\boxed{B} is wrong.",
    "\\boxed{B} is not the answer.", "\\boxed{\\text{not }B}", "certainly not \\boxed{B}", "B > C > A > D",
    "B = C", "Vitamin B", "Plan B is good.", "a bee", "I am B positive.", "The letter B comes second.", "不是B",
    "答案不是B", "故不选B", "选项B错误", "B错误", "B不正确", "答案是B吗？", "答案可能是B",
    "如果答案是B，那么我高兴。", "选B或C", "答案：B或C", "答案：B、C",
    "Die Antwort ist nicht B.", "La réponse n'est pas B.", "La respuesta no es B.", "Ответ не B.",
    "答えはBではない。",
    "정답은 B가 아닙니다.", "الجواب ليس B", "उत्तर B नहीं है", "Đáp án không phải là B", "คำตอบไม่ใช่ B",
    "Jibu si B.",
    "Jawabannya bukan B.", "Cevap B değil.", "Odpowiedź to nie B.", "Het antwoord is niet B.",
    "Η απάντηση δεν είναι B.", "התשובה אינה B", "پاسخ B نیست", "Відповідь не B.", "উত্তর B নয়",
    "సమాధానం B కాదు", "جواب B نہیں ہے", "A is the answer. B is the answer.", "A is correct. B is correct.",
    "The answer is A, B.", "The answer is A and B.", "B and possibly C", "B, maybe C", "B (or C)",
    "B, but it could be C", "B, but also C", "B rather than C or C rather than B", "B. Alternatively, C.",
    "B, alternatively C", "B with C as a second choice. Answer: C", "The answer is B\nThe answer is C",
    "The answer is B for even n and C for odd n.", "B if n is even, C otherwise", "Answer: B, then C",
    "1. B 2. C", "first B, then C", "B → C", "B, no C", "B; C", "B + C", "B & C", "B ∨ C", "B.C", "B-C", "BC",
    "B C", "B, and C too", "Answer: B. Also C.", "Answer: B. C is also correct.",
    "Answer: B (C is also possible)", "\\boxed{B}\n\\boxed{}", "\\boxed{B} \\boxed{C}",
    "The answer is B because I hedge, or C.",
    "B, but I'm lying; it's C.", "The answer is B. (C is the real answer.)",
    "The answer is B. The real answer is C.", "Answer: B. Correction: C.", "Answer: B, correction C",
    "Answer: B -> C", "B? C?", "B... or is it C?", "B unless C", "B xor C", "B nor C", "B vs C",
    "B versus C", "B against C", "B instead of C", "C instead of B", "I choose not B.", "I don't choose B.",
    "I can't choose B.", "I refuse to choose B.", "I would never choose B.", "Do not choose B.", "Never B",
    "Avoid B.", "Choose anything but B.", "Select all except B.", "The answer is anything except B.",
    "The answer is the opposite of B.", "The answer is everything other than B.",
    "The answer is other than B.", "The answer is the letter before B.",
    "The answer is the letter after B.", "The answer is between A and C.",
    "The answer is A or B or C or D.", "The answer is one of A, B, C, D.",
    "The answer is among A, B, C, D.", "The answer is either B or C.", "The answer is likely B or C.",
    "The answer is B, C, or D.", "The answer is B and/or C.", "The answer is both B and C.",
    "The answer is B plus C.", "The answer is B with C.", "The answer is B (or maybe C).",
    "The answer is B [C].", "The answer is B {C}.", "The answer is B. C", "The answer is B.\nC",
    "The answer is B.\n\n**C**", "The answer is B.\n\n\\boxed{C}", "\\boxed{B}\n\nAnswer: C",
    "\\boxed{B}\n\nSo the answer is C.", "\\boxed{B} \\text{ or } \\boxed{C}", "\\boxed{\\text{B or C}}",
    "\\boxed{\\text{either B or C}}", "\\boxed{B?}", "\\boxed{\\text{B?}}", "\\boxed{\\neg B}",
    "\\boxed{\\lnot B}", "\\boxed{\\text{NOT } B}", "\\boxed{\\overline{B}}", "\\boxed{\\bar{B}}",
    "\\boxed{B^c}", "\\boxed{B'}", "\\boxed{\\sim B}", "\\boxed{!B}", "\\boxed{-B}", "\\boxed{A \\cup B}",
    "\\boxed{A \\lor B}", "\\boxed{A \\to B}", "\\boxed{A=B}", "\\boxed{B=4}", "\\boxed{B+C}",
    "\\boxed{BCD}", "\\boxed{\\{A,B,C,D\\}}", "\\boxed{A\\text{-}D}", "\\boxed{A..D}",
    "\\boxed{A\\ B\\ C\\ D}", "\\boxed{A}\\boxed{B}\\boxed{C}", "B is my guess but C is my answer.",
    "My guess is B; my answer is C.", "If I had to choose: B, otherwise C", "Should it be B? Could be.",
    "The correct answer, B, is wrong.", "B is the correct answer to another question. The answer is C.",
    "It would be wrong to say B.", "It would be false that B is correct.", "Nobody would say B is correct.",
    "B is correct? No.", "B is correct, not.", "B is correct - not!", "B is correct (not).",
    "B is not correct.", "B is hardly correct.", "B is rarely correct.", "B is anything but correct.",
    "B is far from correct.", "B is less correct than C.", "B is as correct as C.", "B is partly correct.",
    "B isn't the answer.", "B ain't the answer.", "B cannot be the answer.", "B is excluded.",
    "B is eliminated.", "We can rule out B.", "We eliminate B.", "Eliminate B.", "Option B is eliminated.",
    "Answer: eliminate B", "The wrong answer is B.", "The incorrect option is B.", "The worst answer is B.",
    "The least likely answer is B.", "Wrong answer: B", "Incorrect answer: B", "Sample answer: B",
    "Example: Answer: B", "For example, the answer is B.", "e.g. B", "The answer format is B.",
    "A correct answer would be something like B.", "Distractor: B", "Someone answered B.",
    "The student answered B.", "My friend says the answer is B.", "They say the answer is B.",
    "People think the answer is B.",
    "The answer key says B? I disagree.", "The answer is B, I disagree.", "The answer is B — false.",
    "The answer is B: false.", '"The answer is B" is false.', '"B" is the wrong answer.',
    "The claim that the answer is B is false.", "The answer is B is a false statement.",
    "Saying the answer is B is a mistake.", "答案不应该是B", "答案并非B", "我不认为答案是B", "B选项是错的",
    "选项B不对", "排除B", "除了B", "除B以外", "选B还是选C", "选B、C", "可能选B", "B吧？", "不选B", "别选B",
    "B或者C都行", "答案B，不，是C", "答案：B（错误）", "答案：B？", "答案：非B",
]  # fmt: skip
"""None gives B alone."""


@pytest.mark.parametrize("text", GIVEN + LANGUAGES)
def test_a_letter_is_read_however_it_is_given(text: str) -> None:
    for prompt in (None, PROMPT):
        assert check("choice", T + text, "B", prompt=prompt).verdict == "correct"
        assert check("choice", T + text, "C", prompt=prompt).verdict == "incorrect"


@pytest.mark.parametrize("text", NOT_GIVEN)
def test_hedged_denied_and_hidden_letters_are_not_given(text: str) -> None:
    for prompt in (None, PROMPT):
        assert check("choice", T + text, "B", prompt=prompt).verdict != "correct"


@pytest.mark.parametrize(
    "text", ["Paris", "The answer is Paris.", r"\boxed{\text{Paris}}", "**Paris**", "Answer: Paris"]
)
def test_an_options_text_stands_for_its_letter_where_the_prompt_lists_it(text: str) -> None:
    assert check("choice", T + text, "B", prompt=PROMPT).verdict == "correct"
    assert check("choice", T + text, "A", prompt=PROMPT).verdict == "incorrect"
    assert check("choice", T + text, "B").cause == "undecided"


def test_the_text_of_two_options_names_neither() -> None:
    assert check("choice", T + "Oslo", "A", prompt="Pick.\nA. Oslo\nB. Oslo").cause == "undecided"


def test_the_text_of_another_option_contradicts_the_letter() -> None:
    assert check("choice", T + "Answer: B. Rome", "B", prompt=PROMPT).cause == "undecided"


def test_words_of_an_option_deny_nothing() -> None:
    assert check("choice", T + "D. None of the above", "D", prompt=PROMPT).verdict == "correct"
    assert check("choice", T + "Answer: D. None of the above", "D. None of the above").verdict == "correct"


@pytest.mark.parametrize("truth", ["AC", "A, C", "A和C", "(A)(C)", '["A", "C"]', "['A', 'C']", "A and C"])
@pytest.mark.parametrize(
    "text", ["AC", "A, C", "The answer is A and C.", r"\boxed{A, C}", "【答案】CA <eoa>", "答案：A、C"]
)
def test_a_truth_of_several_letters_wants_all_of_them(truth: str, text: str) -> None:
    assert check("choice", T + text, truth).verdict == "correct"
    for wrong in ("A", "ABC", "Answer: A, B", "BD"):
        assert check("choice", T + wrong, truth).verdict == "incorrect"
    assert check("choice", T + "A or C", truth).verdict == "unverifiable"


def test_letters_out_of_order_answer_several_questions() -> None:
    response = T + "（1）【答案】: B <eoa>\n（2）【答案】: B <eoa>\n（3）【答案】: {} <eoa>"
    assert check("choice", response.format("C"), '["B", "B", "C"]').verdict == "correct"
    assert check("choice", response.format("A"), '["B", "B", "C"]').verdict == "incorrect"
    assert check("choice", T + "Answer: B", '["B", "B", "C"]').cause == "undecided"
    for listed in (
        "BBC",
        "B, B, C",
        r"\boxed{B, B, C}",
        "1. B\n2. B\n3. C",
        "(1) B (2) B (3) C",
        "Answer: BBC",
    ):
        assert check("choice", T + listed, '["B", "B", "C"]').verdict == "correct"
        assert check("choice", T + listed, '["B", "C", "B"]').verdict == "incorrect"


def test_that_no_option_is_right_is_an_answer_where_none_says_so() -> None:
    prompt = "问题\nA. 一\nB. 二\nC. 三"
    assert check("choice", T + "【答案】无正确答案 <eoa>", "B", prompt=prompt).verdict == "incorrect"
    assert check("choice", T + "None of the options is right.", "B", prompt=PROMPT).verdict == "unverifiable"
    assert check("choice", T + "【答案】无正确答案 <eoa>", "B").cause == "undecided"


def test_letters_go_on_where_the_options_do() -> None:
    assert check("choice", T + "The answer is (K).", "(K)").verdict == "correct"
    prompt = "\n".join(f"({letter}) {number}" for number, letter in enumerate("ABCDEFGHIJKLM"))
    assert check("choice", T + "The answer is (K).", "C", prompt=prompt).verdict == "incorrect"
    assert check("choice", T + "The answer is (K).", "C").cause == "undecided"


def test_no_language_denies_or_hedges_a_letter_and_has_it_right() -> None:
    words = [(word, kind) for word, kind in KINDS.items() if kind in ("not", "wrong")]
    texts = [
        form.format(word) for word, _ in words for form in ("B {}", "The answer is {} B", "Answer: B {}.")
    ]
    texts += [
        form.format(word) for word in OR for form in ("B {} C", "The answer is B {} C.", "Answer: B {} C")
    ]
    assert [text for text in texts if check("choice", T + text, "B").verdict == "correct"] == []


def _cut(text: str) -> Verdict:
    from r1data.verifiers.choice.verifier import check as check_choice

    return check_choice(Case(T + text, "B", None, "length"), 1.0)


@pytest.mark.parametrize("text", ["The answer is B. Then", "Answer: B\nThe", r"So \boxed{B}"])
def test_a_cut_response_keeps_what_had_ended(text: str) -> None:
    assert _cut(text).verdict == "correct"


@pytest.mark.parametrize("text", ["The answer is B", "Option B is", "B", "Of these B"])
def test_a_cut_response_has_no_answer_in_what_was_cut(text: str) -> None:
    assert _cut(text).verdict == "unverifiable"


def test_options_are_read_from_the_last_list() -> None:
    prompt = "Example:\nA. x\nB. y\nAnswer: A\n\nQuestion (A) one (B) two (C) three\n"
    assert listed_options(prompt) == {"A": "one", "B": "two", "C": "three"}


def test_a_line_that_denies_thousands_of_letters_is_read_in_time() -> None:
    start = time.process_time()
    check("choice", T + "不选B，" * 7_500, "C", prompt="Q\n(A) x\n(B) y\n(C) z")
    assert time.process_time() - start < 2


@settings(max_examples=150)
@given(st.text("ABC abc()[]{}\\$*.,:;?!\n答案选是不oriswrong", max_size=80))
def test_one_text_is_right_for_one_letter_at_most(text: str) -> None:
    right = [letter for letter in "ABC" if check("choice", T + text, letter).verdict == "correct"]
    assert len(right) <= 1
