"""Units beside numbers are converted and compared; words beside them count only where they are known."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from r1data.verifiers.registry import check


def verdict(answer: str, truth: str, prompt: str | None = None) -> str:
    return check("math", rf"<think>We count.</think>\boxed{{{answer}}}", truth, prompt=prompt).verdict


@pytest.mark.parametrize(
    ("answer", "truth"),
    [
        (r"5\text{ m}", r"500\text{ cm}"),
        ("5m", r"5\text{ m}"),
        (r"5\,\frac{\text{m}}{\text{s}}", "18 km/h"),
        (r"9.8\text{ m}\cdot\text{s}^{-2}", "9.8 m/s^2"),
        ("9.8 metres per second squared", r"9.8\text{ m/s}^2"),
        (r"5\text{ kPa}", "5000 Pa"),
        (r"2\,\mathrm{k\Omega}", "2000 ohms"),
        (r"5\,\mu\text{m}", "5 micrometers"),
        ("20 quarts", "5 gallons"),
        (r"48\text{ sq. ft.}", "48 square feet"),
        (r"12\text{ units}^2", "12 square units"),
        ("3 L", "3000 cubic centimeters"),
        ("3 GB", "3000 MB"),
        ("3 KiB", "3072 bytes"),
        (r"20^\circ\text{C}", r"68^\circ\text{F}"),
        (r"60^{\circ}30'", r"60.5^\circ"),
        ("5'3\"", "63 inches"),
        ("5 feet, 3 inches", "63 in"),
        (r"3 \text{ hours and } 30 \text{ minutes}", "3.5 hours"),
        ("5 dollars and 50 cents", r"\$5.50"),
        (r"\$18 \text{ per hour}", "18 dollars per hour"),
        (r"\$18 per hour", r"\$18"),
        ("₹500", "500 rupees"),
        ("Rs. 500", "500"),
        (r"\$5M", "5000000"),
        ("3 quarters", "75 cents"),
        ("5元6角", "5.6元"),
        ("12平方厘米", r"12\text{ cm}^2"),
        ("3小时30分钟", "210分钟"),
        ("2米30厘米", "2.3米"),
        ("5万元", "50000元"),
        ("5万3千元", "53000元"),
        ("3亿5000万", "350000000"),
        ("12 元每人", "12"),
        ("3億", "300000000"),
        ("3時間30分", "210分"),
        ("3시간 30분", "3.5시간"),
        ("5만원", "50000원"),
        ("12个苹果", "12"),
        ("500円", "500"),
        ("5 Stunden", "5 horas"),
        ("5 millions", "5000000"),
        ("12 hundredths", "0.12"),
        ("3 eighths", r"\frac38"),
        ("12 squared", "144"),
        (r"12^{\text{th}}", "12"),
        (r"\frac{1}{2}\text{ of the cake}", "1/2"),
        ("12 (apples)", "12 apples"),
        ("12 red apples", "12 apples"),
        (r"2\sqrt{3}\text{ cm}", r"20\sqrt{3}\text{ mm}"),
        (r"9\text{ to }5", "9:5"),
        (r"8:34\text{ p.m.}", "20:34"),
        ("8 pm", "8:00 PM"),
        ("下午3点", "3 p.m."),
        ("January 5th", "5 Jan"),
        ("1月5日", "January 5"),
    ],
)
def test_the_same_quantity(answer: str, truth: str) -> None:
    assert verdict(answer, truth) == "correct"
    assert verdict(truth, answer) == "correct"


@pytest.mark.parametrize(
    ("answer", "truth"),
    [
        ("5 quarts", "5 gallons"),
        ("5 kilopascal", "5 pascal"),
        ("5 meters", "5 micrometers"),
        ("5 nickels", "5 dimes"),
        ("5 MW", "5 mW"),
        ("12 mg", "12 Mg"),
        ("12 nautical miles", "12 miles"),
        (r"12\text{ cm}^2", r"12\text{ cm}"),
        ("12平方厘米", "12厘米"),
        ("18角", "18元"),
        ("20°C", "20°F"),
        ("12 euros", "12 dollars"),
        (r"8:34\text{ a.m.}", "8:34 p.m."),
        ("January 5", "January 6"),
        (r"5\sqrt{2}\text{ cm}", r"5\sqrt{2}\text{ m}"),
    ],
)
def test_another_quantity(answer: str, truth: str) -> None:
    assert verdict(answer, truth) == "incorrect"


@pytest.mark.parametrize(
    ("answer", "truth"),
    [
        ("5 miles north", "5 miles south"),
        ("5 miles north", "5"),
        ("30 minutes late", "30"),
        ("12 apples", "12 oranges"),
        ("3 quarters", "3"),
        ("5 dozens", "5"),
        ("5 million", "5"),
        ("3.2", "3.2亿"),
        ("1 year", "365 days"),
        ("20°", "20°C"),
        ("2 hours", "120"),
        ("5 m", "500"),
        ("8 p.m.", "8"),
        ("8:34", "8:34 p.m."),
        ("12 frobnicators", "12"),
    ],
)
def test_nothing_is_guessed(answer: str, truth: str) -> None:
    assert verdict(answer, truth) == "unverifiable"


CHANGES = (
    "squared cubed factorial doubled tripled halved negated inverted hundredths millionths thirds halves"
    " tenths quarters millions billions dozens dozen hundred crore lakh scores couples pairs gross false wrong"
    " never not off incorrect roughly approximately about ish maybe negative minus plus modulo mod thirteen"
    " otherwise unless versus rather ago north south below above less more fewer short loss profit late early"
    " clockwise imaginary missing binary squares"
)


@pytest.mark.parametrize("word", CHANGES.split())
def test_a_word_that_changes_the_number_is_no_label(word: str) -> None:
    asked = f"What is {word}? A number, {word}, or thirteen if it is {word}."
    for behind in (word, f"{word} thirteen", f"apples {word}", f"{word} 13"):
        assert verdict(rf"12 \text{{ {behind}}}", "12") != "correct"
        assert verdict(rf"12 \text{{ {behind}}}", "12", asked) != "correct"


CHANGES_ELSEWHERE = (
    "以上 左右 多个 个半 个错误 分之一 的平方 千 万 个以下 不对 约 没有 假的 阶乘 平方根 取负 成 折 双 倍多 个加一"
    " 个的两倍 個ではない 個くらい くらい 前後 未満 이상 정도 거짓 개가아님 négatif environ ungefähr falsch nicht"
    " примерно ложь"
)


@pytest.mark.parametrize("behind", CHANGES_ELSEWHERE.split())
def test_a_word_of_another_language_that_changes_the_number_is_no_label(behind: str) -> None:
    assert verdict(f"12{behind}", "12") != "correct"
    assert verdict(rf"12 \text{{ {behind}}}", "12") != "correct"


@pytest.mark.parametrize(
    "word", ["refuses", "equals", "halves", "who's", "two-thirds", "on", "and", "or", "PM", "half"]
)
def test_not_every_word_of_a_prompt_is_counted_there(word: str) -> None:
    asked = f"Tom {word} a cake in half, of 12 pieces. How many pieces are left when he {word} two of them?"
    assert verdict(rf"12 \text{{ {word}}}", "12", asked) != "correct"


def test_a_noun_of_the_prompt_or_the_truth_is_a_label() -> None:
    asked = "A frobnicator eats two zorps a day. How many zorps do 6 frobnicators eat?"
    assert verdict("12 zorps", "12", asked) == "correct"
    assert verdict("13 zorps", "12", asked) == "incorrect"
    assert verdict("12 zorps", "12 zorps") == "correct"
    assert verdict("12 zorps", "12 frobnicators") == "unverifiable"


@pytest.mark.parametrize(
    ("answer", "truth", "prompt", "expected"),
    [
        ("5 m", "500", "Give the length in centimetres.", "correct"),
        ("5 m", "500", "Is it in centimetres or in metres?", "unverifiable"),
        ("500 m", "500", "Give the length in centimetres.", "unverifiable"),
        ("2 hours", "120", "How many minutes does it take?", "correct"),
        ("5 million", "5", "What is the population in millions?", "correct"),
        ("5 dozen", "5", "How many dozen eggs are there?", "correct"),
        ("3 quarters", "3", "How many quarters does she have?", "correct"),
        ("5米", "500", "绳子长多少厘米？", "correct"),
        ("1.2万", "1.2", "共有多少万人？", "correct"),
        ("12 more apples", "12", "How many more apples does he have?", "correct"),
    ],
)
def test_the_prompt_says_what_is_asked_for(answer: str, truth: str, prompt: str, expected: str) -> None:
    assert verdict(answer, truth, prompt) == expected


@pytest.mark.parametrize(
    "behind",
    [
        "apples minus one",
        "out of 13",
        "per 13",
        "m and 5 km",
        "hours 13 minutes",
        "square",
        "mega",
        "apples squared",
        "dozen apples",
        "no apples",
        "apples, maybe",
        "apples?",
        "apples; 13",
        "apples / 13 apples",
        "(or 13)",
        "(13 apples)",
        "B",
        "k",
        "i apples",
    ],
)
def test_what_is_more_than_a_unit_is_not_read_as_one(behind: str) -> None:
    assert verdict(rf"12 \text{{ {behind}}}", "12") != "correct"


UNITS = st.sampled_from(
    ("cm", "m", "km", "kg", "hours", "minutes", "dollars", "square feet", "cm^2", "m/s", "km/h", "%", "°C", "mL",
     "GB", "kPa", "apples", "students", "元", "厘米", "平方米", "小时", "个", "人", "円", "개", "units", "square units",
     "cents per mile")
)  # fmt: skip
WRITTEN = st.sampled_from((r"{} \text{{ {}}}", r"{}\,\mathrm{{{}}}", "{} {}", r"\text{{{} {}}}", "{} ({})"))


@given(st.integers(1, 10**9), UNITS, WRITTEN)
@settings(max_examples=200)
def test_a_safe_unit_never_makes_a_right_number_wrong(number: int, unit: str, written: str) -> None:
    answer = written.format(number, unit)
    assert verdict(answer, str(number)) == "correct", answer
    assert verdict(answer, f"{number} {unit}") == "correct", answer


@given(st.integers(1, 10**6), st.integers(1, 10**6), UNITS, WRITTEN)
@settings(max_examples=200)
def test_a_unit_never_makes_a_wrong_number_right(number: int, other: int, unit: str, written: str) -> None:
    assume(number != other)
    assume(unit != "%")
    assert verdict(written.format(other, unit), str(number)) != "correct"
    assert verdict(written.format(other, unit), f"{number} {unit}") == "incorrect"


@given(
    st.text(
        alphabet=st.sampled_from("0123456789 .,/^{}()*·'\"°%$€角元万个分平方每人 kmsghJNtofperand\\"),
        max_size=30,
    )
)
@settings(max_examples=300)
def test_any_text_behind_a_number_gets_a_verdict(text: str) -> None:
    assert verdict(f"12{text}", "12") in ("correct", "incorrect", "unverifiable", "timeout")


@pytest.mark.parametrize(
    "truth", [r"\$4.50 (dollars)", r"\$4.50 dollars", r"\$4.50 \text{ USD}", "4.50 (dollars)"]
)
def test_a_currency_named_twice_is_no_square_of_it(truth: str) -> None:
    for answer in ("4.50", r"\$4.50", "4.5 dollars", "450 cents", truth):
        assert check("math", f"<think>so</think>\\boxed{{{answer}}}", truth).verdict == "correct", answer
    assert check("math", r"<think>so</think>\boxed{€4.50}", truth).verdict != "correct"


@pytest.mark.parametrize("unit", ["%", r"\%", "percent", "per cent", "pct", "percentage"])
def test_a_percent_sign_has_words(unit: str) -> None:
    assert check("math", f"<think>so</think>\\boxed{{28 {unit}}}", r"28\%").verdict == "correct"
    assert check("math", f"<think>so</think>\\boxed{{29 {unit}}}", r"28\%").verdict == "incorrect"
