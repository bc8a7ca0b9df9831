// SPDX-License-Identifier: Apache-2.0
#include "core/cdi/registry.h"

#include <fcntl.h>

#include <algorithm>
#include <utility>

#include "core/base/result.h"
#include "core/cdi/parse_spec.h"
#include "core/os/file.h"
#include "core/os/trusted_file.h"

namespace nvinject {
namespace {

bool is_cdi_file(std::string_view name) {
  return name.ends_with(".yaml") || name.ends_with(".yml") || name.ends_with(".json");
}

// O_NONBLOCK: a fifo of that name must not keep a container waiting.
Result<std::string> read_trusted(const HostPath& path) {
  NVINJECT_ASSIGN_OR_RETURN(const UniqueFd fd, open_file(path, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  if (auto trusted = check_trusted(fd.get(), path.string(), TrustedKind::kRegularFile); !trusted) {
    return tl::unexpected(std::move(trusted).error());
  }
  return read_fd(fd.get(), path.string(), kMaxCdiSpecBytes);
}

class Reader {
 public:
  void read_directory_of(const std::string& directory, std::size_t index) {
    auto names = read_directory(HostPath(directory));
    if (!names) {
      if (names.error().code != ErrorCode::kNotFound) leave_out(directory, names.error().message);
      return;
    }
    names->erase(std::remove_if(names->begin(), names->end(),
                                [](const std::string& name) { return !is_cdi_file(name); }),
                 names->end());
    if (names->size() > kMaxCdiFiles) {
      leave_out(directory, "it has more than " + std::to_string(kMaxCdiFiles) + " files");
      return;
    }
    for (const std::string& name : *names) read_one(HostPath(directory) / name, index);
  }

  [[nodiscard]] CdiRegistry take() { return std::move(registry_); }

 private:
  void leave_out(const std::string& what, std::string why) {
    registry_.problems.push_back({what, "left out", std::move(why)});
  }

  void read_one(const HostPath& path, std::size_t index) {
    const auto text = read_trusted(path);
    if (!text) return leave_out(path.string(), text.error().message);
    bytes_ += text->size();
    if (bytes_ > kMaxCdiBytes) {
      return leave_out(path.string(), "the files before it are more than " +
                                          std::to_string(kMaxCdiBytes) + " bytes already");
    }
    auto spec = parse_cdi_spec(*text, path.string(), cdi_format_of(path.string()));
    if (!spec) return leave_out(path.string(), spec.error().message);
    registry_.files.push_back({.path = path, .directory = index, .spec = *std::move(spec)});
  }

  CdiRegistry registry_;
  std::size_t bytes_ = 0;
};

}  // namespace

CdiRegistry read_cdi_files(const std::vector<std::string>& directories) {
  Reader reader;
  for (std::size_t i = 0; i < directories.size(); ++i) reader.read_directory_of(directories[i], i);
  CdiRegistry registry = reader.take();
  registry.directories = directories;
  return registry;
}

}  // namespace nvinject
