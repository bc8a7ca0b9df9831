// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the image decides about where driver files go (read_image_facts.h fills it). A door that has
// no root filesystem at hand passes the default value: nothing is known.

#include <optional>
#include <string>

#include "core/base/path.h"
#include "core/image/cuda_compat.h"

namespace nvinject {

struct ImageFacts {
  // Somebody looked. Without it nothing below means anything.
  bool known = false;
  // The directory of the image's own libc.so.6 of the host's 64-bit machine, links resolved. Empty:
  // none found (musl, static, Nix, …).
  std::optional<ContainerPath> libc_directory;
  std::optional<ContainerPath> libc_directory_32;
  // /etc/ld.so.cache is there and a regular file.
  bool has_ld_cache = false;
  // Of /usr/local/cuda/compat, where there is one and somebody asked for it.
  std::optional<CudaCompat> cuda_compat;
  // What kind of image it is, for people: "glibc", "musl", "no libc".
  std::string libc;

  bool operator==(const ImageFacts&) const = default;
};

}  // namespace nvinject
