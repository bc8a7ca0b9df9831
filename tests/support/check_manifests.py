#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Usage: check_manifests.py RENDERED OUT

Checks what `kubectl kustomize` printed into the file RENDERED: every object against k8s_schema.json, in which unknown
fields are errors, and against the rules below. The files of its ConfigMap are written into the directory OUT. Prints
what is wrong, one a line, and exits with 1 then.
"""

import json
import os
import sys

import jsonschema
import yaml

HERE = os.path.dirname(os.path.realpath(__file__))
# What a container of this deployment may write to, on the node.
WRITABLE = {"/run/nvinject", "/var/lib/kubelet/device-plugins", "/var/run/nri"}
NAMELESS = ("Namespace", "SecurityContextConstraints")  # kinds that are in no namespace


def schema_problems(objects):
    with open(os.path.join(HERE, "k8s_schema.json"), encoding="utf-8") as file:
        schema = json.load(file)
    for one in objects:
        kind = one.get("kind")
        if kind not in schema["definitions"]:
            yield f"{kind}: no schema"
            continue
        validator = jsonschema.Draft202012Validator({"$ref": f"#/definitions/{kind}", **schema})
        for error in validator.iter_errors(one):
            place = ".".join(str(step) for step in error.absolute_path)
            yield f"{kind} {one['metadata'].get('name')}: {place}: {error.message}"


def reference_problems(objects):
    """What one object says of another."""
    names = {(one["kind"], one["metadata"]["name"]) for one in objects}
    for one in objects:
        if one["kind"] not in NAMELESS and one["metadata"].get("namespace") != "nvinject":
            yield f"{one['kind']} {one['metadata']['name']}: not in namespace nvinject"
        if one["kind"] != "DaemonSet":
            continue
        template = one["spec"]["template"]
        pod = template["spec"]
        selected = one["spec"]["selector"]["matchLabels"].items()
        if not selected or not selected <= template["metadata"]["labels"].items():
            yield "the DaemonSet does not select its own pods"
        if ("ServiceAccount", pod["serviceAccountName"]) not in names:
            yield f"no ServiceAccount {pod['serviceAccountName']}"
        for volume in pod["volumes"]:
            if "configMap" in volume and ("ConfigMap", volume["configMap"]["name"]) not in names:
                yield f"no ConfigMap {volume['configMap']['name']}"
        volumes = {volume["name"] for volume in pod["volumes"]}
        files = {name for other in objects if other["kind"] == "ConfigMap" for name in other["data"]}
        containers = pod["containers"] + pod.get("initContainers", [])
        for argument in (argument for container in containers for argument in container.get("args", [])):
            name = argument.removeprefix("--config=/etc/nvinject/")
            if name != argument and name not in files:
                yield f"no file {name} in the ConfigMap"
        mounted = {mount["name"] for container in containers for mount in container.get("volumeMounts", [])}
        for name in sorted(volumes ^ mounted):
            yield f"volume {name} is not both there and mounted"


def pod_problems(pod):
    if pod.get("automountServiceAccountToken") is not False:
        yield "a service account token is mounted"
    if pod.get("securityContext", {}).get("seccompProfile") != {"type": "RuntimeDefault"}:
        yield "seccomp is not RuntimeDefault"
    if pod.get("priorityClassName") != "system-node-critical":
        yield "it may be evicted"
    if {"operator": "Exists"} not in pod.get("tolerations", []):
        yield "it does not tolerate every taint"
    paths = {}
    for volume in pod["volumes"]:
        if "hostPath" not in volume:
            continue
        paths[volume["name"]] = volume["hostPath"]["path"]
        if volume["hostPath"]["type"] not in ("Directory", "DirectoryOrCreate"):
            yield f"volume {volume['name']} is no directory"
    for container in pod["containers"] + pod.get("initContainers", []):
        yield from container_problems(container, paths)


def container_problems(container, paths):
    name = container["name"]
    context = container.get("securityContext", {})
    wanted = {"privileged": False, "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
              "capabilities": {"drop": ["ALL"]}}
    for key, value in wanted.items():
        if context.get(key) != value:
            yield f"container {name}: {key} is {context.get(key)}, not {value}"
    if "requests" not in container.get("resources", {}):
        yield f"container {name}: no resources requested"
    if "cpu" in container.get("resources", {}).get("limits", {}):
        yield f"container {name}: a limit of CPU time holds containers up"
    for mount in container.get("volumeMounts", []):
        path = paths.get(mount["name"])
        if path is not None and not mount.get("readOnly", False) and path not in WRITABLE:
            yield f"container {name}: may write to {path}"
        if mount.get("mountPropagation") == "Bidirectional":
            yield f"container {name}: mounts at {mount['mountPath']} reach the node"


def main_container_problems(container):
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        if probe not in container:
            yield f"no {probe}"
    # Whatever the plugin says of runtime and GPUs, it must not be killed for it.
    if container.get("livenessProbe", {}).get("grpc", {}).get("service") != "nvinject.live":
        yield "the liveness probe asks more than whether it is alive"


def rule_problems(objects):
    sets = [one for one in objects if one["kind"] == "DaemonSet"]
    if len(sets) != 1:
        yield f"{len(sets)} DaemonSets"
    for one in sets:
        strategy = one["spec"].get("updateStrategy", {})
        if strategy.get("type") != "RollingUpdate" or strategy["rollingUpdate"].get("maxSurge") != 0:
            yield "an update may run two instances on a node"
        yield from pod_problems(one["spec"]["template"]["spec"])
        for container in one["spec"]["template"]["spec"]["containers"]:
            if container["name"] == "nvinject":
                yield from main_container_problems(container)


def main(rendered, out):
    with open(rendered, encoding="utf-8") as file:
        objects = [one for one in yaml.safe_load_all(file) if one is not None]
    problems = list(schema_problems(objects))
    # The others take the shape for granted.
    if not problems:
        problems = [*reference_problems(objects), *rule_problems(objects)]
    if not problems:
        os.makedirs(out, exist_ok=True)
        for name, text in (pair for one in objects if one["kind"] == "ConfigMap" for pair in one["data"].items()):
            with open(os.path.join(out, name), "w", encoding="utf-8") as file:
                file.write(text)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
