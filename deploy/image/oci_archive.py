# SPDX-License-Identifier: Apache-2.0
"""Writes OCI archives (OCI image layout, in one tar): what `ctr images import` and `skopeo copy oci-archive:` read.

The same calls give the same bytes: no time, user or order of a directory gets in.
"""

import hashlib
import io
import json
import platform
import tarfile

# What Go, and so every image, calls this machine.
ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar"
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def digest_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def add(archive, name, data, mode=0o644, mtime=0):
    entry = tarfile.TarInfo(name)
    entry.size = len(data)
    entry.mode = mode
    entry.mtime = mtime
    archive.addfile(entry, io.BytesIO(data))


def add_directory(archive, name, mode=0o755, mtime=0):
    entry = tarfile.TarInfo(name)
    entry.type = tarfile.DIRTYPE
    entry.mode = mode
    entry.mtime = mtime
    archive.addfile(entry)


def add_link(archive, name, target, mtime=0):
    entry = tarfile.TarInfo(name)
    entry.type = tarfile.SYMTYPE
    entry.linkname = target
    entry.mode = 0o777
    entry.mtime = mtime
    archive.addfile(entry)


class Archive:
    """Images in one archive; layers that they share are in it once."""

    def __init__(self, file):
        self.tar = tarfile.open(fileobj=file, mode="w|", format=tarfile.USTAR_FORMAT)
        self.written = set()
        self.manifests = []

    def blob(self, media_type, data):
        """Writes data if it is not there yet, and returns its descriptor."""
        digest = digest_of(data)
        if digest not in self.written:
            add(self.tar, "blobs/sha256/" + digest.split(":")[1], data)
            self.written.add(digest)
        return {"mediaType": media_type, "digest": digest, "size": len(data)}

    def layer(self, data):
        return self.blob(LAYER_TYPE, data)

    def image(self, reference, layer, config, created=None):
        """`reference` is NAME:TAG, `layer` what layer() returned, `config` its member "config"."""
        document = {
            "architecture": ARCHITECTURE,
            "os": "linux",
            "config": config,
            "rootfs": {"type": "layers", "diff_ids": [layer["digest"]]},
        }
        if created:
            document["created"] = created
        manifest = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": self.blob("application/vnd.oci.image.config.v1+json", json.dumps(document).encode()),
            "layers": [layer],
        }
        descriptor = self.blob(manifest["mediaType"], json.dumps(manifest).encode())
        descriptor["platform"] = {"architecture": ARCHITECTURE, "os": "linux"}
        descriptor["annotations"] = {
            "io.containerd.image.name": reference,
            "org.opencontainers.image.ref.name": reference.rpartition(":")[2],
        }
        self.manifests.append(descriptor)

    def close(self):
        add(self.tar, "oci-layout", b'{"imageLayoutVersion": "1.0.0"}')
        index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
                 "manifests": self.manifests}
        add(self.tar, "index.json", json.dumps(index).encode())
        self.tar.close()
