"""Integers into primes, where that takes microseconds; `Beyond` where it would not.

Trial division up to 1,009, then a primality test that is proven for what is left (below 3.3e24). Not done: anything
that needs a real factoring algorithm.
"""

from functools import lru_cache
from math import isqrt

from r1data.verifiers.math.algebra.limits import Beyond

_SMALL = [n for n in range(2, 1010) if all(n % p for p in range(2, isqrt(n) + 1))]
_WITNESSES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41)
_PROVEN = 3_317_044_064_679_887_385_961_981
"""Below this, the witnesses above leave no composite (Sorenson and Webster 2015)."""


@lru_cache(maxsize=4096)
def factors(n: int) -> tuple[tuple[int, int], ...]:
    """(prime, exponent) of a positive integer, ascending. Raises Beyond where they cannot be had quickly."""
    found = []
    for p in _SMALL:
        if p * p > n:
            break
        if n % p == 0:
            power = 0
            while n % p == 0:
                n, power = n // p, power + 1
            found.append((p, power))
    if n == 1:
        return tuple(found)
    root = isqrt(n) if n < _PROVEN**2 else 0
    if root > 1 and root * root == n and _is_prime(root):
        return (*found, (root, 2))
    if _is_prime(n):
        return (*found, (n, 1))
    raise Beyond("an integer with large factors")


def _is_prime(n: int) -> bool:
    """Miller and Rabin's test, for odd n without small factors."""
    if n < _SMALL[-1] ** 2:
        return True
    if n >= _PROVEN:
        raise Beyond("an integer with large factors")
    odd, twos = n - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    return all(_passes(pow(witness, odd, n), twos, n) for witness in _WITNESSES)


def _passes(power: int, twos: int, n: int) -> bool:
    if power in (1, n - 1):
        return True
    for _ in range(twos - 1):
        power = power * power % n
        if power == n - 1:
            return True
    return False
