// SPDX-License-Identifier: Apache-2.0
#pragma once

// A file's bytes where the kernel has them already (mmap(2)), for reading. Only for files that none
// but root can change: whoever truncates a mapped file kills its reader with SIGBUS.

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

  [[nodiscard]] std::string_view bytes() const { return bytes_; }

 private:
  explicit MappedFile(std::string_view bytes) : bytes_(bytes) {}
  std::string_view bytes_;
};

}  // namespace nvinject
