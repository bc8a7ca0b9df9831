// SPDX-License-Identifier: Apache-2.0
#pragma once

// A real tree in a temporary directory, gone at the end of the test: the fake of every module that
// looks at files. Paths are relative to the tree ("etc/passwd"); directories on the way are made.

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>

#include "core/base/path.h"

namespace nvinject::testing {

class TempTree {
 public:
  TempTree() {
    std::string name = (std::filesystem::temp_directory_path() / "nvinject-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp " + name);
    root_ = std::filesystem::canonical(name);
  }
  TempTree(const TempTree&) = delete;
  TempTree& operator=(const TempTree&) = delete;
  ~TempTree() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }

  [[nodiscard]] std::string path(std::string_view below = "") const {
    return below.empty() ? root_.string() : (root_ / below).string();
  }
  [[nodiscard]] HostPath host(std::string_view below = "") const { return HostPath(path(below)); }

  void directory(std::string_view below) const { std::filesystem::create_directories(path(below)); }
  void file(std::string_view below, std::string_view bytes) const {
    make_parent(below);
    std::ofstream out(path(below), std::ios::binary | std::ios::trunc);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (!out.flush()) throw std::runtime_error("write " + path(below));
  }
  void link(std::string_view below, std::string_view target) const {
    make_parent(below);
    std::filesystem::create_symlink(std::filesystem::path(target), path(below));
  }
  void fifo(std::string_view below) const {
    make_parent(below);
    if (::mkfifo(path(below).c_str(), 0666) != 0) throw std::runtime_error("mkfifo " + path(below));
  }
  // False without the right to make device nodes.
  [[nodiscard]] bool character_device(std::string_view below, dev_t number) const {
    make_parent(below);
    return ::mknod(path(below).c_str(), S_IFCHR | 0666, number) == 0;
  }

  [[nodiscard]] std::string read(std::string_view below) const {
    std::ifstream in(path(below), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  [[nodiscard]] std::size_t entries(std::string_view below) const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path(below)),
                                                  std::filesystem::directory_iterator()));
  }

 private:
  void make_parent(std::string_view below) const {
    std::filesystem::create_directories(std::filesystem::path(path(below)).parent_path());
  }
  std::filesystem::path root_;
};

}  // namespace nvinject::testing
