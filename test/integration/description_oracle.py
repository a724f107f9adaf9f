#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Says how Twisted takes descriptions of endpoints apart.

Reads one description a line, in hexadecimal. Prints one line for each: "refused", or the parts in
hexadecimal, separated by spaces: p and the value of a positional argument, k, the key, "=" and the
value of a keyword argument, in the order of the description's own parse.
"""

import sys

try:
    from twisted.internet.endpoints import _parse
except ImportError:
    sys.exit(77)


def words(text):
    try:
        positional, keywords = _parse(text)
    except RuntimeError:  # a backslash at the end: the generator runs dry
        return ["refused"]
    result = ["p" + value.encode("latin-1").hex() for value in positional]
    for key, value in keywords.items():
        result.append("k" + key.encode("latin-1").hex() + "=" + value.encode("latin-1").hex())
    return result


for line in sys.stdin:
    # Latin-1 gives each byte a character of its own, so nothing depends on an encoding.
    print(*words(bytes.fromhex(line.strip()).decode("latin-1")))
