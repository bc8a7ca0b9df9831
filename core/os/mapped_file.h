// SPDX-License-Identifier: Apache-2.0
#pragma once

// A file's bytes where the kernel has them already (mmap(2)), for reading. Only for files that none
// but root can change: whoever truncates a mapped file kills its reader with SIGBUS.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/base/result.h"

namespace nvinject {

class MappedFile {
 public:
  // `size` is what fstat(2) said of `fd`, which may be closed afterwards.
  [[nodiscard]] static Result<MappedFile> map(int fd, std::uint64_t size, std::string_view name);

  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  [[nodiscard]] std::string_view bytes() const {
    return {static_cast<const char*>(address_), size_};
  }

 private:
  MappedFile(void* address, std::size_t size) : address_(address), size_(size) {}
  void* address_;  // null for a file without bytes
  std::size_t size_;
};

}  // namespace nvinject
