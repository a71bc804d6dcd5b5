"""Prime factors of integers, where finding them takes microseconds; `Unsupported` where it does not.

Trial division up to 1,009, then a deterministic primality test for the cofactor (below 3.3e24). Not done: general
factoring (Pollard's rho and beyond).
"""

from functools import lru_cache
from math import isqrt

from r1data.verifiers.math.algebra.limits import Unsupported

_SMALL_PRIMES = [n for n in range(2, 1010) if all(n % p for p in range(2, isqrt(n) + 1))]
_WITNESSES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41)
_PROVEN = 3_317_044_064_679_887_385_961_981
"""Below this, no composite passes for all the witnesses above (Sorenson and Webster 2015)."""


@lru_cache(maxsize=4096)
def factors(n: int) -> tuple[tuple[int, int], ...]:
    """The (prime, exponent) pairs of a positive integer, ascending. Raises `Unsupported` if it has large factors."""
    prime_powers = []
    for p in _SMALL_PRIMES:
        if p * p > n:
            break
        if n % p == 0:
            power = 0
            while n % p == 0:
                n, power = n // p, power + 1
            prime_powers.append((p, power))
    if n == 1:
        return tuple(prime_powers)
    root = isqrt(n) if n < _PROVEN**2 else 0
    if root > 1 and root * root == n and _is_prime(root):
        return (*prime_powers, (root, 2))
    if _is_prime(n):
        return (*prime_powers, (n, 1))
    raise Unsupported("an integer with large factors")


def _is_prime(n: int) -> bool:
    """The Miller-Rabin test, for odd n without small factors."""
    if n < _SMALL_PRIMES[-1] ** 2:  # a composite would have had a factor among the small primes
        return True
    if n >= _PROVEN:
        raise Unsupported("an integer with large factors")
    odd, twos = n - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for witness in _WITNESSES:
        power = pow(witness, odd, n)
        if power in (1, n - 1):
            continue
        for _ in range(twos - 1):
            power = power * power % n
            if power == n - 1:
                break
        else:  # squaring never reached -1, as it does modulo every prime
            return False
    return True
