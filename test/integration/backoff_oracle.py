# SPDX-License-Identifier: BSL-1.0
"""Prints what Twisted's own backoffPolicy answers, for thousands of generated parameters.

A line is: initial, max and jitter in nanoseconds, factor, seed, failures, and the delay in seconds.
The jitter is drawn by the generator of holdfast::retry::random, written again here, from that seed.
"""

import random
import sys

try:
    from twisted.application.internet import backoffPolicy
except ImportError:
    sys.exit(77)

SECOND = 10**9
DAY = 24 * 3600 * SECOND
MASK = 2**64 - 1


def uniform(seed):
    z = (seed + 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return ((z ^ (z >> 31)) >> 11) / 2**53


def show(initial, most, jitter, factor, seed, failures):
    policy = backoffPolicy(
        initial / SECOND, most / SECOND, factor, lambda: jitter / SECOND * uniform(seed)
    )
    print(initial, most, jitter, repr(factor), seed, failures, repr(policy(failures)))


def main(count):
    # The defaults, failure by failure, to far beyond the hundredth.
    for failures in range(1, 201):
        show(SECOND, 60 * SECOND, 0, 1.5, 0, failures)
        show(SECOND, 60 * SECOND, SECOND, 1.5, failures, failures)
    draw = random.Random(20)
    for _ in range(count):
        initial = int(10 ** draw.uniform(0, 13))
        most = max(initial, int(10 ** draw.uniform(3, 13.9)))
        factor = draw.choice(
            [1.0, draw.uniform(1, 1.2), draw.uniform(1, 10), 10 ** draw.uniform(0, 300)]
        )
        jitter = draw.choice([0, 0, SECOND, int(10 ** draw.uniform(0, 12))])
        failures = draw.choice(
            [draw.randint(1, 20), draw.randint(1, 200), int(10 ** draw.uniform(0, 9.6))]
        )
        show(initial, min(most, DAY - jitter), jitter, factor, draw.getrandbits(64), failures)


main(int(sys.argv[1]))
