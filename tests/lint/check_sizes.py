#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sizes of files: over 500 lines is an error, over 300 (headers: 120) is printed for a second look.

Functions are clang-tidy's affair: 60 lines, 5 parameters (.clang-tidy).
"""

import tree

MAX_LINES = 500
LOOK_AGAIN = 300
LOOK_AGAIN_HEADER = 120

# path: why it may be longer
LONGER = {
    "tests/support/mock_nvml.c": "one file for one library: integration tests compile it by itself",
}


def is_source(name):
    return name.endswith((".cc", ".h", ".c", ".inc", ".py", ".sh")) or (
        "." not in name.rsplit("/", 1)[-1] and tree.read(name).startswith("#!"))


def main():
    problems = []
    for name in tree.tracked_files():
        if not is_source(name):
            continue
        lines = tree.read(name).count("\n")
        if lines > MAX_LINES and name not in LONGER:
            problems.append(f"{name}: {lines} lines, more than {MAX_LINES}")
        elif lines > (LOOK_AGAIN_HEADER if name.endswith(".h") else LOOK_AGAIN):
            print(f"note: {name}: {lines} lines: can it be two?")
    problems += [f"tests/lint/check_sizes.py: {name} is listed and not there"
                 for name in LONGER if not (tree.ROOT / name).is_file()]
    tree.finish(problems)


if __name__ == "__main__":
    main()
