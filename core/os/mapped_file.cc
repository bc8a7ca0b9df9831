// SPDX-License-Identifier: Apache-2.0
#include "core/os/mapped_file.h"

#include <sys/mman.h>

#include <cerrno>
#include <utility>

namespace nvinject {

Result<MappedFile> MappedFile::map(int fd, std::uint64_t size, std::string_view name) {
  if (size == 0) return MappedFile({});
  void* const address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (address == MAP_FAILED) return fail_errno("map", name, errno);
  return MappedFile({static_cast<const char*>(address), size});
}

MappedFile::MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<char*>(bytes_.data()), bytes_.size());
}

}  // namespace nvinject
