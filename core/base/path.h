// SPDX-License-Identifier: Apache-2.0
#pragma once

// Paths typed by whose "/" they start from, so that a swapped argument does not compile. The only
// ways across are DriverRoot (driver -> host) and ContainerRoot (opens inside, never joins).

#include <compare>
#include <string>
#include <string_view>
#include <utility>

namespace nvinject {

template <class Side>
class TypedPath {
 public:
  TypedPath() = default;
  explicit TypedPath(std::string path) : path_(std::move(path)) {}

  [[nodiscard]] const std::string& string() const { return path_; }
  [[nodiscard]] const char* c_str() const { return path_.c_str(); }
  [[nodiscard]] bool empty() const { return path_.empty(); }

  // "/a/b/c" -> "c"
  [[nodiscard]] std::string_view file_name() const {
    return std::string_view(path_).substr(path_.rfind('/') + 1);
  }
  // "/a/b/c" -> "/a/b", "/a" -> "/", "a" -> ""
  [[nodiscard]] TypedPath parent() const {
    const std::size_t slash = path_.rfind('/');
    if (slash == std::string::npos) return {};
    return TypedPath(path_.substr(0, slash == 0 ? 1 : slash));
  }
  // One component or a relative path below this one; a leading slash of `below` is not doubled.
  [[nodiscard]] TypedPath operator/(std::string_view below) const {
    std::string joined = path_;
    if (joined.empty() || joined.back() != '/') joined.push_back('/');
    if (!below.empty() && below.front() == '/') below.remove_prefix(1);
    return TypedPath(joined.append(below));
  }

  auto operator<=>(const TypedPath&) const = default;

 private:
  std::string path_;
};

using HostPath = TypedPath<struct HostSide>;            // as this process sees it
using DriverPath = TypedPath<struct DriverSide>;        // below the driver root
using ContainerPath = TypedPath<struct ContainerSide>;  // as the container will see it

}  // namespace nvinject
