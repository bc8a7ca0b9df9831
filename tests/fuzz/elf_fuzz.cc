// SPDX-License-Identifier: Apache-2.0

// Libraries of an image are read before anybody trusts them. libelf is in the path, so it is fuzzed
// too.

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/base/unique_fd.h"
#include "core/linker/elf.h"
#include "tests/support/elf_bytes.h"

namespace {

void check(std::string_view bytes) {
  const nvinject::UniqueFd fd(::memfd_create("elf", MFD_CLOEXEC));
  if (!fd.valid() ||
      ::write(fd.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
    std::abort();
  }
  const auto read = nvinject::read_elf(fd.get(), "elf");
  if (!bytes.empty()) {
    // Not to be written to.
    void* const mapped = ::mmap(nullptr, bytes.size(), PROT_READ, MAP_PRIVATE, fd.get(), 0);
    const auto same =
        nvinject::read_elf(std::string_view(static_cast<const char*>(mapped), bytes.size()), "elf");
    if (read.has_value() != same.has_value() || (read && !(*read == *same))) std::abort();
    ::munmap(mapped, bytes.size());
  }
  if (read && read->soname.size() > 4096) std::abort();
}

}  // namespace

// A seed without a binary file: the first byte chooses a library, the others damage it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check(std::string_view(reinterpret_cast<const char*>(data), size));
  if (size < 1) return 0;
  std::string made = data[0] % 2 == 0
                         ? nvinject::testing::make_library_64(EM_X86_64, "libcuda.so.1")
                         : nvinject::testing::make_library_32(EM_386, "libcuda.so.1");
  for (std::size_t i = 1; i + 1 < size; i += 2) {
    made[data[i] % made.size()] = static_cast<char>(data[i + 1]);
  }
  check(made);
  return 0;
}
