#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The tables of tests/bench/run, which prepares the node and the bundles: bench.py WORK BIN RUNC ROUNDS."""

import json
import os
import shutil
import statistics
import subprocess
import sys

WORK, BIN, RUNC = sys.argv[1:4]
ROUNDS = int(sys.argv[4])
SHIM = f"{BIN}/nvidia-container-runtime"
HOOK = f"{BIN}/nvidia-container-runtime-hook"
CLI = f"{BIN}/nvidia-container-cli"
NOTHING = f"{WORK}/bin/nothing"


def environment(low_level):
    config = "etc" if low_level == RUNC else "etc-nothing"
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "XDG_CONFIG_HOME": f"{WORK}/{config}"}


def measure(low_level, *command):
    """Milliseconds and peak KiB of one run."""
    done = subprocess.run([f"{WORK}/bin/timed", *command], env=environment(low_level), check=True,
                          capture_output=True, text=True)
    nanoseconds, peak, status, _ = map(int, done.stdout.split())
    if status != 0:
        sys.exit(f"{' '.join(command)}: exit status {status}")
    return nanoseconds / 1e6, peak


class Create:
    """One create of a container from a bundle as an engine leaves it."""

    def __init__(self, name, program, low_level, bundle, target=None):
        self.name, self.target = name, target
        self.program, self.low_level = program, low_level
        self.bundle = f"{WORK}/bundles/{bundle}"
        self.spec = f"{self.bundle}/config.json"
        self.cache = f"{self.bundle}/rootfs/etc/ld.so.cache"
        for file in (self.spec, self.cache):
            if not os.path.exists(file + ".new"):
                shutil.copy2(file, file + ".new")

    def run(self):
        for file in (self.spec, self.cache):
            shutil.copy2(file + ".new", file)
        try:
            return measure(self.low_level, self.program, "create", "--bundle", self.bundle, "bench")
        finally:
            if self.low_level == RUNC:
                subprocess.run([RUNC, "delete", "--force", "bench"], check=True)


class GenerateCdi:
    """`nvinject cdi generate` of a file that is not there yet."""

    def __init__(self, name, file, target=None):
        self.name, self.target = name, target
        self.file = f"{WORK}/{file}"

    def run(self):
        if os.path.exists(self.file):
            os.unlink(self.file)
        return measure(NOTHING, f"{BIN}/nvinject", "cdi", "generate", "--output", self.file)


class Command:
    """A command line that changes nothing."""

    def __init__(self, name, low_level, *command, target=None):
        self.name, self.target, self.low_level, self.command = name, target, low_level, command

    def run(self):
        return measure(self.low_level, *self.command)


class Probed(Command):
    """The same where nobody has asked the driver yet."""

    def run(self):
        shutil.rmtree("/run/nvinject", ignore_errors=True)
        return super().run()


# A container as it is when its runtime calls the hook: a mount namespace in which the bundle's root is an
# overlay that nobody has written to yet.
CONTAINER = """
mount -t tmpfs tmpfs "$1/.fresh" && mkdir "$1/.fresh/upper" "$1/.fresh/work" && mount -t overlay overlay -o \\
  "lowerdir=$2,upperdir=$1/.fresh/upper,workdir=$1/.fresh/work" "$1/rootfs" && mount -t tmpfs tmpfs "$1/rootfs/dev" &&
  echo && exec sleep 1000
"""


class Prestart:
    """The prestart hook for a container that is made for each round."""

    def __init__(self, name, bundle):
        self.name = name
        self.bundle = f"{WORK}/bundles/{bundle}"
        self.state = f"{WORK}/state"
        os.makedirs(f"{self.bundle}/.fresh", exist_ok=True)

    def run(self, *tracer):
        """Milliseconds of wall clock and of processor time."""
        container = subprocess.Popen(["unshare", "--mount", "--propagation", "private", "sh", "-c", CONTAINER, "sh",
                                      self.bundle, f"{WORK}/images/debian12"], stdout=subprocess.PIPE)
        try:
            if container.stdout.readline() == b"":
                sys.exit("the container of the prestart hook cannot be made")
            self.enter_cgroup(container.pid)
            with open(self.state, "w", encoding="utf-8") as file:
                json.dump({"ociVersion": "1.0.2", "id": "bench", "status": "creating", "pid": container.pid,
                           "bundle": self.bundle}, file)
            done = subprocess.run([f"{WORK}/bin/timed", "-i", self.state, *tracer, HOOK, "prestart"],
                                  env=environment(RUNC), check=True, capture_output=True, text=True)
            wall, _, status, cpu = map(int, done.stdout.split())
            if status != 0:
                sys.exit(f"{HOOK} prestart: exit status {status}")
            return wall / 1e6, cpu / 1e6
        finally:
            container.kill()
            container.wait()

    def enter_cgroup(self, pid):
        for directory in os.environ["BENCH_CGROUPS"].split():
            with open(f"{directory}/cgroup.procs", "w", encoding="utf-8") as file:
                file.write(str(pid))

    def count_calls(self):
        """System calls, and programs that it runs."""
        self.run("/usr/bin/strace", "-f", "-o", f"{WORK}/calls")
        with open(f"{WORK}/calls", encoding="utf-8") as file:
            lines = [line.split(maxsplit=1)[1] for line in file]
        calls = [line for line in lines if line[0].isalpha() and "resumed>" not in line]
        return len(calls), sum(line.startswith("execve(") for line in calls) - 1


def prestart_table(cases):
    print("\ne  the prestart hook alone, from its start to its end")
    print(f"  {'':<36}{'min':>8}{'median':>8}{'min CPU':>9}{'median CPU':>12}{'calls':>7}{'programs':>10}")
    for case in cases:
        case.run()
        times = [case.run() for _ in range(ROUNDS)]
        wall, cpu = zip(*times)
        calls, programs = case.count_calls()
        print(f"  {case.name:<36}{min(wall):8.2f}{statistics.median(wall):8.2f}{min(cpu):9.2f}"
              f"{statistics.median(cpu):12.2f}{calls:7}{programs:10}", flush=True)
    print("  target for 2 GPUs: wall < 5, CPU < 3, calls < 400, programs 0")


def table(title, cases, base=0):
    """Minimum and median of each case, and what it adds to the base case."""
    times = [[] for _ in cases]
    peaks = [0] * len(cases)
    for round_number in range(ROUNDS + 1):
        for index, case in enumerate(cases):
            milliseconds, peak = case.run()
            if round_number > 0:
                times[index].append(milliseconds)
                peaks[index] = max(peaks[index], peak)
    print(f"\n{title}")
    print(f"  {'':<46}{'min':>8}{'median':>8}{'added min':>11}{'added median':>14}  target")
    least, middle = min(times[base]), statistics.median(times[base])
    for case, mine in zip(cases, times):
        row = f"  {case.name:<46}{min(mine):8.2f}{statistics.median(mine):8.2f}"
        if mine is not times[base]:
            row += f"{min(mine) - least:11.2f}{statistics.median(mine) - middle:14.2f}"
        if case.target is not None:
            row += f"  {case.target}"
        print(row, flush=True)
    return peaks


def main():
    load = os.getloadavg()[0]
    print(f"{ROUNDS} rounds, {os.cpu_count()} CPUs, load {load:.2f}; milliseconds")
    if load > 0.3 * os.cpu_count():
        print("  This machine is busy: look at the minima, and measure again when it is not.")

    table("a  create with runc", [
        Create("runc", RUNC, RUNC, "gpus-0"),
        Create("shim, no GPU", SHIM, RUNC, "gpus-0"),
        Create("shim, 1 GPU", SHIM, RUNC, "gpus-1"),
        Create("shim, 2 GPUs", SHIM, RUNC, "gpus-2", target="added <= 6"),
        Create("shim, 8 GPUs", SHIM, RUNC, "gpus-8"),
        Create("runc alone with the spec edited for 2 GPUs", RUNC, RUNC, "edited-2"),
    ])
    own = [
        Create("a low-level runtime that does nothing", NOTHING, NOTHING, "gpus-0"),
        Create("shim, no GPU", SHIM, NOTHING, "gpus-0"),
        Create("shim, 1 GPU", SHIM, NOTHING, "gpus-1"),
        Create("shim, 2 GPUs", SHIM, NOTHING, "gpus-2", target="added <= 1.5"),
        Create("shim, 8 GPUs", SHIM, NOTHING, "gpus-8"),
        Create("shim, 2 GPUs by their CDI names", SHIM, NOTHING, "cdi-2"),
    ]
    peaks = table("b  our own part of create", own)

    bundle = f"{WORK}/bundles/gpus-0"
    subprocess.run([f"{WORK}/bin/timed", RUNC, "create", "--bundle", bundle, "state"], check=True,
                   stdout=subprocess.DEVNULL)
    table("c  handing on: state", [
        Command("a low-level runtime that does nothing", NOTHING, NOTHING, "state", "state"),
        Command("shim", NOTHING, SHIM, "state", "state", target="added <= 1"),
    ])
    table("   the same with runc", [
        Command("runc", RUNC, RUNC, "state", "state"),
        Command("shim", RUNC, SHIM, "state", "state", target="added <= 1"),
    ])
    subprocess.run([RUNC, "delete", "--force", "state"], check=True)

    print("\nd  peak memory of the shim during create, MiB                     target")
    for case, peak in zip(own[1:], peaks[1:]):
        print(f"  {case.name:<56}{peak / 1024:6.1f}  < 12")

    prestart_table([Prestart("no GPU", "gpus-0"), Prestart("2 GPUs", "gpus-2"), Prestart("8 GPUs", "gpus-8")])

    root = os.environ["NVINJECT_TEST_DRIVER_ROOT"]
    table("f  nvidia-container-cli, eight GPUs", [
        Command("runc --version", RUNC, RUNC, "--version"),
        Command("list", RUNC, CLI, f"--root={root}", "list", target="min < 5"),
        Command("info", RUNC, CLI, f"--root={root}", "info", target="min < 5"),
        Probed("info, with a probe of eight GPUs", RUNC, CLI, f"--root={root}", "info", target="min < 40"),
    ])
    table("g  nvinject cdi generate, eight GPUs", [
        Command("a program that does nothing", NOTHING, NOTHING, "state", "state"),
        GenerateCdi("YAML", "nvidia.yaml", target="min < 20"),
        GenerateCdi("JSON", "nvidia.json", target="min < 20"),
    ])


main()
