#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every source and script names its licence; nothing binary is tracked; no path of a developer's machine."""

import re

import tree

LICENCE = "SPDX-License-Identifier: Apache-2.0"
# No place for a comment, or text for people and tools.
WITHOUT_LICENCE = re.compile(
    r"LICENSE|.*\.(md|json|jsonl|txt|list|service)|\.gitignore|\.clang-format"
    r"|tests/fuzz/corpus/.*|tests/golden/.*")
# Seeds of fuzz targets for binary formats, made by the tests themselves.
MAY_BE_BINARY = re.compile(r"tests/fuzz/corpus/(elf|ld_cache)_fuzz/.*")
DEVELOPMENT_PATH = re.compile(r"(?<![\w.$}])/(?:home/\w+|Users/\w+|root/\w+|work)/")


def check(name):
    data = (tree.ROOT / name).read_bytes()
    binary = b"\0" in data
    if not binary:
        try:
            data.decode("utf-8")
        except UnicodeDecodeError:
            binary = True
    if binary:
        if not MAY_BE_BINARY.fullmatch(name):
            yield f"{name}: binary; say it as text (tests/support/driver_root.h), or fetch it"
        return
    text = data.decode("utf-8")
    if not WITHOUT_LICENCE.fullmatch(name) and LICENCE not in "\n".join(text.split("\n")[:3]):
        yield f"{name}: no '{LICENCE}' in its first three lines"
    for number, line in enumerate(text.split("\n"), 1):
        if DEVELOPMENT_PATH.search(line):
            yield f"{name}:{number}: a path of a developer's machine"
        if re.search(r"\b(TODO|FIXME|XXX)\b", line) and not name.startswith("tests/lint/"):
            yield f"{name}:{number}: what is to be done stands in an issue, not in the source"
    if text and not text.endswith("\n") and not name.startswith("tests/fuzz/corpus/"):
        yield f"{name}: no newline at the end"


def main():
    tree.finish([problem for name in tree.tracked_files() for problem in check(name)])


if __name__ == "__main__":
    main()
