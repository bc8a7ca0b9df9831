#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# Usage: census.py [--nobody-fails] METRICS_SOCKET REPORT [GPUS]
#
# Counts what has become of all containers of REPORT, which is what `cri churn --gpus GPUS --keep` printed (default:
# 8; container i asks for GPU i modulo GPUS), by looking at every pod that is there: from inside each container,
# with `nvinject who`, and at the metrics on METRICS_SOCKET. The plugin must have met the runtime less than a second
# ago. Prints a table, and exits with 1 when a container is in none of its classes; --nobody-fails: also when the
# creation of one that asked for no GPU failed. What is counted:
#
#   has its GPU   asked for one, and sees exactly that one; who says the same
#   failed        its creation failed, or it does not run
#   without       asked for one, sees none; who says "without", and so do the metrics
#   has none      asked for none, and sees none

import concurrent.futures
import json
import os
import re
import socket
import subprocess
import sys
import time

CLASSES = ("has its GPU", "failed", "without", "has none", "IN NONE OF THESE")
LOOK = "ls /dev; nvidia-smi -L 2>/dev/null || true"
PATIENCE = 1.0  # seconds
TASKS = os.environ["NVINJECT_TEST_RUNTIME_STATE"] + "/state/io.containerd.runtime.v2.task/k8s.io"


def output_of(*command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, **options).stdout


def environment_of(process):
    with open(f"/proc/{process}/environ", encoding="utf-8") as file:
        return dict(one.split("=", 1) for one in file.read().split("\0") if one)


def uuid_of(gpu):
    return f"GPU-00000000-0000-4000-8000-{gpu:012x}"


def seen_from_inside(container):
    """Indices of GPUs whose nodes are there, and UUIDs that nvidia-smi finds (none where the image cannot run it)."""
    # In its mounts and with its environment. An exec by the runtime shows the same, and takes many times as long.
    with open(f"{TASKS}/{container}/init.pid", encoding="utf-8") as file:
        process = file.read()
    text = output_of("/usr/bin/nsenter", "--mount", "--target", process, "sh", "-c", LOOK, env=environment_of(process))
    nodes = {int(number) for number in re.findall(r"^nvidia(\d+)$", text, re.MULTILINE)}
    return nodes, set(re.findall(r"UUID: (GPU-[0-9a-f-]+)", text)), "nvidiactl" in text


class Plugin:
    """What nvinject-nri says of the containers."""

    def __init__(self, metrics_socket):
        who = json.loads(output_of("nvinject", "who", "--json"))
        self.synchronised = who["synchronised"]
        self.without = {one["id"] for one in who["without"] if one["outcome"] == "without"}
        self.gpus = {}  # by container
        for gpu in who["gpus"]:
            for one in gpu["containers"]:
                self.gpus.setdefault(one["id"], set()).add(gpu["index"])
        self.counted = self.scrape(metrics_socket)

    @staticmethod
    def scrape(path):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(path)
            connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
            text = b""
            while data := connection.recv(1 << 16):
                text += data
        found = re.search(rb'^nvinject_containers\{outcome="without"\} (\d+)', text, re.MULTILINE)
        return int(found.group(1)) if found else 0


class Census:
    def __init__(self, report, gpus):
        self.count = {True: dict.fromkeys(CLASSES, 0), False: dict.fromkeys(CLASSES, 0)}
        self.complaints = []
        self.failures = {}
        self.asked = {}  # by (pod, name): the GPU or nothing
        self.lines = {}  # the same: the report's
        with open(report, encoding="utf-8") as file:
            for line in map(json.loads, file):
                key = (line.get("pod", ""), f"container-{line['index']}")
                self.asked[key] = line["index"] % gpus if line["gpu"] else None
                self.lines[key] = line

    def note(self, asked, what, complaint=None):
        self.count[asked is not None][what] += 1
        if complaint:
            self.complaints.append(complaint)

    def take(self, plugin):
        rows = {(row["pod"], row["name"]): row for row in json.loads(output_of("cri", "ps", "--json"))}
        running = [row["id"] for row in rows.values() if row["state"] == "running"]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            seen = dict(zip(running, pool.map(seen_from_inside, running)))
        for key, asked in self.asked.items():
            row = rows.get(key)
            if row is None or row["state"] != "running":
                self.failed(key, asked)
            else:
                self.judge(key, asked, row["id"], seen[row["id"]], plugin)
        without = sum(counts["without"] for counts in self.count.values())
        if plugin.counted < without:
            self.complaints.append(f"the metrics count {plugin.counted} without, and there are {without}")

    def failed(self, key, asked):
        line = self.lines[key]
        if line["stage"] == "done":
            self.note(asked, "IN NONE OF THESE", f"{key}: it ran, and runs no more")
            return
        reason = re.sub(r"[0-9a-f]{12,}", "…", f"{line['stage']}: {line['code']}: {line['error']}")[:110]
        self.failures[reason] = self.failures.get(reason, 0) + 1
        self.note(asked, "failed")

    def judge(self, key, asked, container, seen, plugin):
        nodes, uuids, driver = seen
        said = plugin.gpus.get(container, set())
        wanted = set() if asked is None else {asked}
        if asked is None and not nodes and not uuids and not driver and not said:
            self.note(asked, "has none")
        elif asked is not None and nodes == wanted == said and uuids in (set(), {uuid_of(asked)}):
            self.note(asked, "has its GPU")
        elif asked is not None and not nodes and not said and container in plugin.without:
            self.note(asked, "without")
        else:
            self.note(asked, "IN NONE OF THESE", f"{key} asked for {asked}, has {sorted(nodes)} {sorted(uuids)}, "
                      f"who: {sorted(said)}{' without' if container in plugin.without else ''}")

    def print(self):
        print("    {:18}{:>8}{:>14}".format("", "asked", "did not ask"))
        for name in CLASSES:
            print(f"    {name:18}{self.count[True][name]:8}{self.count[False][name]:14}")
        for reason, count in sorted(self.failures.items()):
            print(f"      {count} failed: {reason}")
        for complaint in self.complaints[:20]:
            print(f"      WRONG: {complaint}")


def current_plugin(metrics_socket):
    deadline = time.monotonic() + PATIENCE
    while not (plugin := Plugin(metrics_socket)).synchronised:
        if time.monotonic() > deadline:
            sys.exit("census: the plugin does not know the runtime")
        time.sleep(0.02)
    return plugin


def main(arguments):
    strict = "--nobody-fails" in arguments
    metrics_socket, report, *gpus = [one for one in arguments if not one.startswith("-")]
    census = Census(report, int(gpus[0]) if gpus else 8)
    census.take(current_plugin(metrics_socket))
    census.print()
    return 1 if census.complaints or (strict and census.count[False]["failed"]) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
