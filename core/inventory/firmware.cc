// SPDX-License-Identifier: Apache-2.0
#include "core/inventory/firmware.h"

#include <fcntl.h>

#include <string>

#include "core/inventory/driver_version.h"
#include "core/os/file.h"

namespace nvinject {

std::vector<DriverPath> scan_firmware(const DriverRoot& root, std::string_view driver_version) {
  std::vector<DriverPath> files;
  // It becomes part of a path.
  if (!is_driver_version(driver_version)) return files;
  const DriverPath directory = DriverPath("/lib/firmware/nvidia") / driver_version;
  const auto located = root.locate(directory, O_PATH | O_DIRECTORY);
  if (!located) return files;
  for (const std::string& name :
       read_directory(located->host).value_or(std::vector<std::string>())) {
    if (name.starts_with("gsp") && name.ends_with(".bin")) files.push_back(directory / name);
  }
  return files;
}

}  // namespace nvinject
