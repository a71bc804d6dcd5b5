"""The same rational in any notation is equal; different rationals never are; nothing raises."""

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from r1data.verifiers.math import agreement, fast
from r1data.verifiers.math.algebra.limits import Unsupported
from r1data.verifiers.math.quantities import variables
from r1data.verifiers.math.values import Relation, Undecided

INTEGERS = st.integers(-(10**30), 10**30)
FRACTIONS = st.fractions(min_value=-(10**6), max_value=10**6, max_denominator=10**4)
DECIMALS = st.decimals(min_value=-(10**9), max_value=10**9, allow_nan=False, allow_infinity=False, places=9)
SHORT = st.text(alphabet=st.sampled_from(r"0123456789.,/-+=%$^_(){}[]\ abcxyzCmeE∞∅:"), max_size=25)


def same(a: str, b: str) -> bool:
    one, other = fast.read(a), fast.read(b)
    assert one is not None, a
    assert other is not None, b
    return agreement.same(one, other)


def of_integer(n: int) -> list[str]:
    return [
        str(n),
        f"{n:,}",
        f"{n:,}".replace(",", "{,}"),
        f"${n}$",
        rf"\({n}\)",
        f"{n}.",
        f"{n}.00",
        rf"\text{{{n}}}",
        f"{n}/1",
        rf"\frac{{{n}}}{{1}}",
        f"{n}e0",
        rf"{n} \times 10^{{0}}",
        f" {n} ",
        f"x = {n}",
        f"{n} clips",
        rf"\mathrm{{{n}}}",
        f"**{n}**",
        f"{n}".replace("-", "−"),
    ]


def of_fraction(q: Fraction) -> list[str]:
    sign, n, d = "-" if q < 0 else "", abs(q.numerator), q.denominator
    whole, rest = divmod(n, d)
    mixed = [rf"{sign}{whole}\frac{{{rest}}}{{{d}}}", f"{sign}{whole} {rest}/{d}"] if whole and rest else []
    return [
        f"{sign}{n}/{d}",
        rf"{sign}\frac{{{n}}}{{{d}}}",
        rf"{sign}\dfrac{{{n}}}{{{d}}}",
        f"{sign}{3 * n} / {3 * d}",
        *mixed,
    ]


@given(INTEGERS)
def test_all_spellings_of_an_integer_are_equal(n: int) -> None:
    assert all(same(str(n), other) for other in of_integer(n))


@given(FRACTIONS)
def test_all_spellings_of_a_fraction_are_equal(q: Fraction) -> None:
    assert all(same(a, b) for a, b in product(of_fraction(q), repeat=2))


@given(DECIMALS, st.integers(-20, 20))
def test_a_decimal_times_a_power_of_ten_is_the_decimal_shifted(d: object, shift: int) -> None:
    d = f"{d:f}"
    shifted = Fraction(d) * Fraction(10) ** shift
    assert same(f"{d}e{shift}", f"{shifted.numerator}/{shifted.denominator}")
    assert same(rf"{d} \times 10^{{{shift}}}", f"{d}e{shift}")


@given(FRACTIONS, FRACTIONS)
def test_different_fractions_are_never_equal(a: Fraction, b: Fraction) -> None:
    assume(a != b)
    assert not any(same(x, y) for x, y in product(of_fraction(a), of_fraction(b)))


@given(DECIMALS, DECIMALS)
def test_different_decimals_are_never_equal(a: object, b: object) -> None:
    assume(a != b)
    assert not same(f"{a:f}", f"{b:f}")


@given(st.integers(1, 40), st.integers(1, 9), st.integers(1, 9))
def test_small_decimals_are_told_apart(zeros: int, a: int, b: int) -> None:
    assert same(f"0.{'0' * zeros}{a}", f"0.{'0' * zeros}{b}") == (a == b)


@given(SHORT, SHORT)
def test_comparison_is_symmetric_and_raises_nothing_else(a: str, b: str) -> None:
    one, other = fast.read(a), fast.read(b)
    if one is None or other is None:
        return
    outcomes = []
    for pair in ((one, other), (other, one)):
        try:
            outcomes.append(str(agreement.same(*pair)))
        except (Undecided, Unsupported) as error:
            outcomes.append(type(error).__name__)
    assert outcomes[0] == outcomes[1]


@given(SHORT)
def test_what_can_be_read_equals_itself(text: str) -> None:
    value = fast.read(text)
    assume(not (isinstance(value, Relation) and not variables(value.difference)))  # 0 = 1, or 2 = 3
    assert value is None or agreement.same(value, value) is True


@given(st.text(max_size=300))
def test_any_text_can_be_read(text: str) -> None:
    fast.read(text)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("1/3", "0.333333"),
        ("2/3", "0.666667"),
        ("2/3", "0.666666"),
        ("1/3", r"0.\overline{3}"),
        ("1/6", r"0.1\overline{6}"),
        ("50%", "0.5"),
        ("50%", "50"),
        ("50 percent", r"50\%"),
        ("5 cm", "50 mm"),
        ("$5", "500 cents"),
        ("1 hour", "60 min"),
        ("2 m^2", "20000 cm²"),
        ("36 km/h", "10 m/s"),
        ("3 million", "3,000,000"),
        ("60°", r"60^\circ"),
        ("2 dozen", "24"),
        (r"\$18.90", "18.9"),
        ("6.02e23", r"6.02 \times 10^{23}"),
        ("10^5", "100000"),
        ("1 234 567", "1234567"),
        ("11_2", "11_{2}"),
    ],
)
def test_equal(a: str, b: str) -> None:
    assert same(a, b)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("1/3", "0.33"),
        ("1/3", "0.333334"),
        ("0.25", "0.250001"),
        ("5 cm", "5 m"),
        ("5 cm", "5 cm^2"),
        ("$5", "€5"),
        ("50%", "5"),
        ("11_2", "11_3"),
        ("1.6e-19", "3.2e-19"),
        ("5 m/s", "5 km/h"),
        ("-3", "3"),
        ("12", "1 2/3"),
    ],
)
def test_different(a: str, b: str) -> None:
    assert not same(a, b)
