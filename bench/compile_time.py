#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""How long a header of ours takes to compile, beside the Boost headers it includes by itself.

    compile_time.py [HEADER]
"""
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile

INCLUDE = pathlib.Path(__file__).resolve().parent.parent / "include"
COMPILE = [os.environ.get("CXX", "c++"), "-std=c++20", "-O0", "-I", str(INCLUDE)]


def boost_headers(header):
    """The Boost headers that `header` and those of ours it pulls in name directly."""
    source = f"#include <{header}>\n"
    listed = subprocess.run([*COMPILE, "-MM", "-x", "c++", "-"], input=source, check=True,
                            stdout=subprocess.PIPE, text=True).stdout
    ours = [word for word in listed.replace("\\\n", " ").split() if word.startswith(str(INCLUDE))]
    found = set()
    for file in ours:
        found.update(re.findall(r"^#include <(boost/.*)>", pathlib.Path(file).read_text(), re.M))
    return sorted(found)


def compile_once(file):
    """Seconds of processor for one compilation, without a cache."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([*COMPILE, "-c", str(file), "-o", os.devnull], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def compare(header, rounds):
    """The least time for `header` and for the Boost headers alone, taken in turns."""
    with tempfile.TemporaryDirectory() as folder:
        ours = pathlib.Path(folder, "ours.cpp")
        other = pathlib.Path(folder, "other.cpp")
        ours.write_text(f"#include <{header}>\n")
        other.write_text("".join(f"#include <{name}>\n" for name in boost_headers(header)))
        pairs = [(compile_once(ours), compile_once(other)) for _ in range(rounds)]
    return tuple(min(times) for times in zip(*pairs))


if __name__ == "__main__":
    mine, boost = compare(*(sys.argv[1:] or ["holdfast/client_service.hpp"]), 3)
    print(f"{mine:.2f} s, the Boost headers alone {boost:.2f} s, ratio {mine / boost:.2f}")
