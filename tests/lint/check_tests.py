#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every core/x/y.cc has its tests/unit/core/x/y_test.cc, and every such test its source and a program."""

import tree

# path: who tests it instead
TESTED_ELSEWHERE = {
    "core/cli/prepare.cc": "prints what core/prepare did; tests/unit/core/prepare, tests/integration",
    "core/inventory/probe_command.cc": "the arguments of the probe: nvml_probe_test.cc",
    "core/linker/parse_ld_cache.cc": "ld_cache.h is one header: ld_cache_test.cc",
    "core/linker/serialise_ld_cache.cc": "ld_cache.h is one header: ld_cache_test.cc",
    "nri-plugin/daemon.cc": "the program as a process: tests/nri/daemon_test.cc, windows_test.cc",
    "nri-plugin/program.cc": "the program as a process: tests/nri/daemon_test.cc, tests/integration",
    "nri-plugin/session/session.cc": "against a runtime: tests/nri/handshake_test.cc and others",
    "core/render/spec_member.cc": "what the editors of a spec start with: oci_spec_test.cc, classic_hook_test.cc",
    "compat/live/serve_live.cc": "its callers' tests: run_prestart_test.cc, configure_container_test.cc, "
                                 "tests/integration/doors_test",
    "core/os/subprocess_child.cc": "the other side of the fork: subprocess_test.cc",
}
# Tests that are named after something else than one source.
OTHER_TESTS = {
    "tests/unit/compat/runtime/runc_argv_real_runc_test.cc": "the table of runc_argv_test.cc, asked of runc",
}


def test_of(source):
    return f"tests/unit/{source.rsplit('.', 1)[0]}_test.cc"


def main():
    files = set(tree.tracked_files())
    sources = {name for name in files
               if name.endswith(".cc") and not name.endswith("/main.cc")
               and name.split("/")[0] in ("core", "compat", "nri-plugin")}
    problems = [f"{name}: no {test_of(name)}" for name in sorted(sources)
                if test_of(name) not in files and name not in TESTED_ELSEWHERE]
    problems += [f"tests/lint/check_tests.py: {name} has a test now, or is gone"
                 for name in sorted(TESTED_ELSEWHERE)
                 if name not in sources or test_of(name) in files]
    # A header without a source, and C, may have a test too.
    stems = {name.rsplit(".", 1)[0] for name in files if name.endswith((".cc", ".h", ".c"))}
    with open("tests/CMakeLists.txt", encoding="utf-8") as file:
        programs = file.read()
    for name in sorted(files):
        if not name.startswith("tests/unit/") or not name.endswith("_test.cc"):
            continue
        stem = name.removeprefix("tests/unit/").removesuffix("_test.cc")
        if stem not in stems and name not in OTHER_TESTS:
            problems.append(f"{name}: nothing in the tree is called {stem}")
        if stem.rsplit("/", 1)[0] not in programs:
            problems.append(f"{name}: tests/CMakeLists.txt does not name its folder, so nothing runs it")
    tree.finish(problems)


if __name__ == "__main__":
    main()
