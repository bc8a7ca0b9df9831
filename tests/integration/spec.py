#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes, edits and compares OCI specs for the integration tests.

  spec.py make BUNDLE IMAGE_ROOT CGROUP [NAME=VALUE...]   config.json of a plain container with this env
  spec.py edit BUNDLE CODE                      runs CODE, which sees the document as `spec`
  spec.py print BUNDLE EXPRESSION               prints an expression over `spec`, strings as they are
  spec.py kept BEFORE AFTER                     fails, and says where, when AFTER lacks what BEFORE has
"""

import json
import os
import sys


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def write(path, document):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=2)


def make(bundle, root, cgroup, *env):
    """What engines write, less what needs CAP_SYS_RESOURCE (limits, oom score)."""
    options = ["nosuid", "noexec", "nodev"]
    capabilities = ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_KILL", "CAP_MKNOD",
                    "CAP_NET_BIND_SERVICE", "CAP_SETGID", "CAP_SETUID", "CAP_SYS_CHROOT"]
    path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    spec = {
        "ociVersion": "1.0.2",
        "process": {
            "terminal": False,
            "user": {"uid": 0, "gid": 0},
            "args": ["true"],
            "env": [path, *env],
            "cwd": "/",
            "capabilities": {kind: capabilities
                             for kind in ("bounding", "effective", "permitted")},
            "noNewPrivileges": True,
        },
        "root": {"path": root, "readonly": False},
        "hostname": "test",
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc"},
            {"destination": "/dev", "type": "tmpfs", "source": "tmpfs",
             "options": ["nosuid", "strictatime", "mode=755", "size=65536k"]},
            {"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": options + ["ro"]},
        ],
        "linux": {
            "resources": {"devices": [{"allow": False, "access": "rwm"}]},
            "namespaces": [{"type": kind} for kind in ("pid", "network", "ipc", "uts", "mount")],
            "cgroupsPath": cgroup,
            "maskedPaths": ["/proc/kcore", "/proc/keys"],
            "readonlyPaths": ["/proc/sys"],
        },
        # Nobody knows these: they must survive.
        "x-unknown": {"z": 18446744073709551615, "a": [1, {"b": None}], "text": "\u00e4\u20ac"},
    }
    write(os.path.join(bundle, "config.json"), spec)


def edit(bundle, code):
    path = os.path.join(bundle, "config.json")
    spec = read(path)
    exec(code, {"spec": spec, "os": os})  # the code is the test's own
    write(path, spec)


def print_expression(bundle, expression):
    spec = read(os.path.join(bundle, "config.json"))
    value = eval(expression, {"spec": spec})  # the expression is the test's own
    print(value if isinstance(value, str) else json.dumps(value))


def kept(before, after, where=""):
    """Additions are fine, also in lists; their old elements must all be there, in order."""
    if isinstance(before, dict) and isinstance(after, dict):
        missing = [key for key in before if key not in after]
        if missing:
            sys.exit(f"{where}: keys lost: {missing}")
        if [key for key in after if key in before] != list(before):
            sys.exit(f"{where}: key order changed")
        for key, value in before.items():
            kept(value, after[key], f"{where}/{key}")
    elif isinstance(before, list) and isinstance(after, list):
        rest = iter(after)
        for index, value in enumerate(before):
            if not any(json.dumps(value) == json.dumps(other) for other in rest):
                sys.exit(f"{where}/{index}: element lost or moved: {value}")
    elif before != after or type(before) is not type(after):
        sys.exit(f"{where}: {before} became {after}")


def main(command, *arguments):
    if command == "kept":
        kept(read(arguments[0]), read(arguments[1]))
    else:
        {"make": make, "edit": edit, "print": print_expression}[command](*arguments)


main(*sys.argv[1:])
