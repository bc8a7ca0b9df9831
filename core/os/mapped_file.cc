// SPDX-License-Identifier: Apache-2.0
#include "core/os/mapped_file.h"

#include <sys/mman.h>

#include <cerrno>
#include <utility>

namespace nvinject {

Result<MappedFile> MappedFile::map(int fd, std::uint64_t size, std::string_view name) {
  if (size == 0) return MappedFile(nullptr, 0);
  void* const address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (address == MAP_FAILED) return fail_errno("map", name, errno);
  return MappedFile(address, size);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : address_(std::exchange(other.address_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile::~MappedFile() {
  if (address_ != nullptr) ::munmap(address_, size_);
}

}  // namespace nvinject
