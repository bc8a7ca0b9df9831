#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The architecture, checked: which module may include which, and what may be said only in one place.

TABLE is the module table of README.md; both are held against each other, against the dependencies in the
CMakeLists.txt files, and against every #include of the tree.
"""

import re

import tree

ALL = "all"  # all of core except the modules named in EXCEPT

TABLE = {
    "core/base": set(),
    "core/os": {"base"},
    "core/json": {"base"},
    "core/linker": {"base"},
    "core/request": {"base", "json"},
    "core/cdi": {"base", "json", "os", "request"},
    "core/inventory": {"base", "json", "os", "linker"},
    "core/image": {"base", "json", "os", "linker"},
    "core/grant": {"base", "request", "inventory"},
    "core/plan": {"base", "request", "grant", "inventory", "image", "linker"},
    "core/render": {"base", "json", "request", "cdi", "grant", "plan"},
    "core/apply": {"base", "os", "linker", "plan"},
    "core/prepare": {"base", "os", "inventory"},
    "core/config": {"base", "os", "request", "inventory", "grant", "plan"},
    "core/engines": {"base", "json"},
    "core/status": {"base", "json"},
    "core/pipeline": {"base", "os", "config", "request", "cdi", "inventory", "image", "grant", "plan",
                      "prepare"},
    "core/cli": ALL,
    "core/probe": set(),
    "compat": ALL,
    "nri-plugin": ALL,
    "proto": set(),
}
EXCEPT = {
    "core/cli": {"apply", "cli", "probe"},
    "compat": {"cli", "probe"},
    "nri-plugin": {"apply", "cli", "probe"},
}
# Beside core: only the NRI plugin speaks a protocol.
ALSO = {"nri-plugin": {"proto"}}
# Modules without which a README row is not due yet.
PLANNED = {"proto"}

# Pure stages see values of other stages, not what makes them: an included header is a promise that the
# function in it could be called.
TYPES_ONLY = {
    ("core/grant", "core/inventory"): {"inventory.h", "bus_id.h", "lookup.h"},
    ("core/plan", "core/inventory"): {"inventory.h", "lookup.h", "wanted_files.h"},
    ("core/plan", "core/image"): {"image_facts.h", "cuda_compat.h"},
    ("core/plan", "core/grant"): {"grant.h"},
    ("core/plan", "core/request"): {"capability.h", "gpu_request.h"},
    ("core/plan", "core/linker"): {"ld_cache.h"},
    ("core/render", "core/request"): {"capability.h", "container_facts.h", "gpu_request.h"},
    ("core/render", "core/cdi"): {"spec.h"},
    ("core/render", "core/grant"): {"grant.h"},
    ("core/render", "core/plan"): {"plan.h"},
    ("core/apply", "core/plan"): {"plan.h"},
    ("core/config", "core/request"): {"accept_rules.h", "capability.h"},
    ("core/config", "core/inventory"): {"roots.h"},
    ("core/config", "core/plan"): {"policy.h"},
}

# Stages that are functions of their arguments: no machine, no clock, no environment.
PURE = ("core/json/", "core/request/", "core/grant/", "core/plan/", "core/render/", "core/engines/")
MACHINE = re.compile(r"<(sys/(?!types\.h)|linux/|fcntl\.h|unistd\.h|dirent\.h|poll\.h|sched\.h|signal\.h"
                     r"|chrono|ctime|time\.h|cstdlib|stdlib\.h|cstdio|stdio\.h|thread|mutex|atomic"
                     r"|filesystem|fstream|iostream|random)")

OS = r"core/os/"
PROBE = r"core/probe/"
MAIN = r"[\w/-]+/main\.cc"
SYSCALL = r"(?<![\w.>:])(?:::)?"

# (what, where it may stand, why not elsewhere). Matched in code without comments and strings.
FORBIDDEN = [
    (r"<sys/mount\.h>", OS, "mounts are made by descriptor, in core/os"),
    (r"<sched\.h>", OS, "namespaces are entered in core/os"),
    (r"<spawn\.h>", OS, "processes are started by core/os/subprocess"),
    (r"<dlfcn\.h>", PROBE, "only the probe loads driver code"),
    (r"nlohmann", r"core/json/", "nlohmann throws: core/json is its fence"),
    (r"<toml\+\+", r"core/config/toml\.h", "toml++ is configured in one place"),
    (r"<CLI/", r"(core/cli|nri-plugin)/main\.cc", "costs start-up time and 11 s to compile"),
    (r"<(libelf|gelf)\.h>", r"core/linker/", "libelf reads hostile files in one place"),
    (r"<(iostream|fstream|sstream|regex|filesystem|locale)>", None,
     "costs start-up time in programs that run per container; core/os reads and writes files"),
    (r"<spdlog|<fmt/", r"nri-plugin/", "costs start-up time in programs that run per container"),
    (r"<yaml-cpp/", None, "its streams cost each start of the shim 30 microseconds; core/cdi has libyaml"),
    (r"<yaml\.h>", r"core/cdi/(parse|print)_yaml\.cc", "libyaml wants its memory freed: two files are its fence"),
    (SYSCALL + r"(?:openat2?|creat)\s*\(|(?<![\w>])::open\s*\(", OS + "|" + PROBE,
     "descriptors are opened in core/os, all of them O_CLOEXEC"),
    (r"(?<![\w>])::close\s*\(", OS + r"|core/base/unique_fd\.h|" + PROBE,
     "UniqueFd closes; a second owner closes somebody else's descriptor"),
    (SYSCALL + r"v?fork\s*\(|" + SYSCALL + r"clone3?\s*\(|posix_spawnp?\s*\(", OS,
     "processes are started by core/os/subprocess"),
    (SYSCALL + r"exec(?:v|ve|l|le|veat)\s*\(", OS + r"|compat/(runtime|docker)/main\.cc|" + PROBE,
     "processes are started by core/os/subprocess; the last act of the shim and of nvidia-docker are the exceptions"),
    (r"\bexec(?:vp|vpe|lp)\s*\(", None, "$PATH belongs to whoever started us"),
    (SYSCALL + r"(?:std::)?system\s*\(|\bpopen\s*\(", None, "no shell, ever"),
    (r"\bgetenv\s*\(|\bsetenv\s*\(|\benviron\b", MAIN + "|" + OS,
     "the environment is read in main.cc only"),
    (r"\bstd::filesystem\b", None, "throws, and follows links by path: core/os works by descriptor"),
    (r"\b(?:strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|alloca|mktemp|tmpnam)\s*\(", None,
     "no bounds, or no error"),
    (SYSCALL + r"(?:umask|setuid|setgid|setreuid|setresuid|chroot|pivot_root)\s*\(", OS + "|" + PROBE,
     "state of the whole process is changed in core/os"),
    (SYSCALL + r"f?chdir\s*\(", OS, "state of the whole process is changed in core/os"),
    (r"\bthrow\b", None, "errors are values (core/base/result.h)"),
    (r"\bvirtual\b", r"core/os/device_numbers\.h|nri-plugin/wire/",
     "variants and tables instead of object graphs; the seam for fakes is DeviceNumbers"),
    (r"\bdynamic_cast\b|\bconst_cast\b|\btypeid\b",
     r"compat/runtime/main\.cc|core/os/subprocess_child\.cc|core/linker/elf\.cc",
     "a type that has to be asked for is a variant; execve(2) and elf_memory(3) are those that take char*"),
    (r"\bstd::(?:cout|cerr|clog|endl)\b|\b(?:std::)?f?(?:printf|puts|puts_unlocked)\s*\(",
     r"core/cli/|compat/\w+/(?:main|log)\.cc|nri-plugin/|" + PROBE,
     "library code returns decisions and errors; programs print"),
    (r"\b(?:u?sleep|nanosleep|sleep_for|sleep_until)\s*\(", OS, "waiting has a deadline, in core/os"),
    (r"\b(?:std::rand|srand|rand)\s*\(", None, "getrandom(2), in core/os"),
    (r"\bstd::(?:thread|jthread|async|mutex)\b", r"nri-plugin/", "values are immutable: no threads in core"),
]


def module_of(path):
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] == "core" else parts[0]


def core_modules():
    return {name.removeprefix("core/") for name in TABLE if name.startswith("core/")}


def allowed(module):
    """The modules whose headers `module` may include, itself among them."""
    rule = TABLE[module]
    names = core_modules() - EXCEPT[module] if rule is ALL else rule
    return {"core/" + name for name in names} | ALSO.get(module, set()) | {module}


def is_generated(name):
    """proto/nri.pb.h comes from proto/nri.proto."""
    return re.sub(r"(\.grpc)?\.pb\.h$", ".proto", name) in tree.tracked_files(".proto")


def check_includes(sources, texts):
    for path in sources:
        module = module_of(path)
        for line, quoted in tree.includes_of(texts[path]):
            place, name = f"{path}:{line}", quoted[1:-1]
            if path.startswith(PURE) and MACHINE.match(quoted):
                yield f"{place}: <{name}> in a stage that is a function of its arguments"
            if quoted[0] == "<":
                continue
            if name not in texts and not is_generated(name) and name not in tree.tracked_files(".inc"):
                yield f"{place}: \"{name}\" is no file of the tree (paths start at its root)"
                continue
            target = module_of(name)
            if target not in allowed(module):
                yield f"{place}: {module} may not include {target}"
            only = TYPES_ONLY.get((module, target))
            if only is not None and name.removeprefix(target + "/") not in only:
                yield (f"{place}: of {target} only its types may be included here "
                       f"({', '.join(sorted(only))})")


def check_forbidden(sources, texts):
    for path in sources:
        code = tree.code_of(texts[path])
        for pattern, where, reason in FORBIDDEN:
            if where is not None and re.match(where, path):
                continue
            for match in re.finditer(pattern, code):
                line = code.count("\n", 0, match.start()) + 1
                yield f"{path}:{line}: {match.group().strip()}: {reason}"


def check_circles(texts):
    """Headers that include each other: the struct they share wants a header of its own."""
    graph = {path: [name[1:-1] for _, name in tree.includes_of(text) if name[1:-1] in texts]
             for path, text in texts.items() if path.endswith(".h")}
    done = set()

    def visit(path, way):
        if path in way:
            yield "headers in a circle: " + " -> ".join(way[way.index(path):] + [path])
        elif path not in done:
            done.add(path)
            for name in graph.get(path, []):
                yield from visit(name, way + [path])

    for path in graph:
        yield from visit(path, [])


def check_types(texts):
    """Two types of one name link into one program as if they were one, whatever their members."""
    defined = {}
    for path, text in texts.items():
        code = tree.code_of(text)
        namespace = re.search(r"^namespace ([\w:]+)", code, re.MULTILINE)
        for match in re.finditer(r"^(?:struct|class|enum class|enum) (\w+)[^;{(]*\{", code, re.MULTILINE):
            name = f"{namespace.group(1) if namespace else ''}::{match.group(1)}"
            other = defined.setdefault(name, path)
            if other != path:
                yield f"{path}: {name} is a type of {other}, too"


def cmake_modules(text):
    """nvinject_module(folder DEPS …) as {folder: dependencies}."""
    text = re.sub(r"#[^\n]*", "", text)
    modules = {}
    for words in (match.split() for match in re.findall(r"nvinject_module\(([^)]*)\)", text)):
        lists = {"DEPS": set(), "LIBS": set()}
        current = None
        for word in words[1:]:
            if word in lists:
                current = lists[word]
            else:
                current.add(word)
        modules[words[0]] = lists["DEPS"]
    return modules


def linked_module(name):
    """A .proto is a target of its own; parts of one front door may link each other."""
    return name if name.startswith("core/") else name.split("/")[0]


def check_cmake():
    for path in tree.tracked_files("CMakeLists.txt"):
        if path.split("/")[0] not in ("core", "compat", "nri-plugin"):
            continue
        for folder, links in cmake_modules(tree.read(path)).items():
            module = module_of(folder)
            links = {link for link in map(linked_module, links) if link != module}
            may = allowed(module) - {module}
            if not links <= may:
                yield f"{path}: {folder} may not link {', '.join(sorted(links - may))}"
            if TABLE[module] is not ALL and links != may:
                yield f"{path}: {folder} should link {', '.join(sorted(may - links))} too"


def readme_cell(module):
    """The third column of the table in README.md."""
    if TABLE[module] is not ALL:
        return TABLE[module]
    hidden = EXCEPT[module] - {module.removeprefix("core/"), "probe"}
    words = ["all of core except " + " and ".join(sorted(hidden))] + sorted(ALSO.get(module, set()))
    return set(words)


def check_readme(sources):
    rows = {}
    for module, cell in re.findall(r"^\| `([\w/-]+)` \|[^|\n]*\|([^|\n]*)\|$", tree.read("README.md"),
                                   re.MULTILINE):
        rows[module] = {word.strip() for word in cell.split(",") if word.strip()}
    present = {module_of(path) for path in sources}
    for module in sorted(present - TABLE.keys()):
        yield f"{module} is not in TABLE of tests/lint/check_layers.py"
    for module in sorted(TABLE.keys() - rows.keys() - (PLANNED - present)):
        yield f"README.md: the module table has no row for {module}"
    for module, cell in rows.items():
        if module in TABLE and cell != readme_cell(module):
            yield (f"README.md: {module} may include {', '.join(sorted(readme_cell(module))) or 'nothing'}, "
                   f"the table says {', '.join(sorted(cell)) or 'nothing'}")


def main():
    texts = {path: tree.read(path) for path in tree.tracked_files(".cc", ".h", ".c")}
    sources = [path for path in texts if path.split("/")[0] in ("core", "compat", "nri-plugin")]
    unknown = {module_of(path) for path in sources} - TABLE.keys()
    problems = list(check_readme(sources))
    if not unknown:
        problems += check_includes(sources, texts)
    problems += check_forbidden(sources, texts)
    problems += check_circles({path: texts[path] for path in sources})
    problems += check_types({path: text for path, text in texts.items() if path.endswith(".h")})
    problems += check_cmake()
    tree.finish(problems)


if __name__ == "__main__":
    main()
