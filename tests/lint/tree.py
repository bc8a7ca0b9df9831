# SPDX-License-Identifier: Apache-2.0
"""What the lints share: the tracked files, and C++ text without comments and strings."""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

_NOT_CODE = re.compile(
    r'R"(?P<mark>[^(]*)\(.*?\)(?P=mark)"'  # raw string
    r'|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\''
    r"|//[^\n]*|/\*.*?\*/",
    re.DOTALL,
)
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"][^>"\n]+[>"])', re.MULTILINE)


def tracked_files(*suffixes):
    """Paths relative to the root, sorted; new files that git does not ignore count too."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True).stdout
    names = sorted(name for name in listed.split("\0") if name and (ROOT / name).is_file())
    return [name for name in names if not suffixes or name.endswith(suffixes)]


def read(name):
    return (ROOT / name).read_text(encoding="utf-8", errors="replace")


def code_of(text):
    """The text with comments and the insides of strings blanked, line numbers kept."""

    def blank(match):
        kept = "".join("\n" if c == "\n" else " " for c in match.group())
        return f'"{kept[1:-1]}"' if match.group().startswith(("R", '"')) and len(kept) > 1 else kept

    # Includes keep their names: they are matched first.
    includes = {match.start(1): match.group(1) for match in _INCLUDE.finditer(text)}
    code = _NOT_CODE.sub(blank, text)
    for start, name in includes.items():
        code = code[:start] + name + code[start + len(name):]
    return code


def includes_of(text):
    """(line, name) of each #include, the name with its brackets or quotes."""
    return [(text.count("\n", 0, match.start()) + 1, match.group(1))
            for match in _INCLUDE.finditer(text)]


def finish(problems):
    """Prints the problems; the exit status says whether there were any."""
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)
