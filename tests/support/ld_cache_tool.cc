// SPDX-License-Identifier: Apache-2.0

// For test scripts: what core/linker and core/apply do, as a command.
//
//   ld_cache_tool rewrite IN OUT            reads a cache and writes it again, in its own layout
//   ld_cache_tool merge ROOT NAME=PATH...   adds 64-bit libraries to ROOT/etc/ld.so.cache, as apply
//   does

#include <fcntl.h>

#include <cstdio>
#include <span>
#include <string>
#include <string_view>

#include "core/apply/in_root.h"
#include "core/linker/ld_cache.h"
#include "core/os/file.h"

namespace nvinject {
namespace {

Result<void> rewrite(const HostPath& in, const HostPath& out) {
  NVINJECT_ASSIGN_OR_RETURN(const std::string bytes, read_file(in, kMaxLdCacheBytes));
  NVINJECT_ASSIGN_OR_RETURN(const LdCache cache, parse_ld_cache(bytes));
  NVINJECT_ASSIGN_OR_RETURN(const UniqueFd directory, open_directory(out.parent()));
  return write_file_atomically(directory.get(), std::string(out.file_name()),
                               serialise_ld_cache(cache), {});
}

Result<void> merge(const HostPath& path, std::span<char*> libraries) {
  NVINJECT_ASSIGN_OR_RETURN(const ContainerRoot root, ContainerRoot::open(path));
  MergeLdCache step;
  for (const std::string_view library : libraries) {
    const std::size_t equals = library.find('=');
    if (equals == std::string_view::npos) {
      return fail(ErrorCode::kInvalidRequest, "NAME=PATH expected");
    }
    step.entries.push_back({.flags = native_ld_cache_flags(),
                            .soname = std::string(library.substr(0, equals)),
                            .path = std::string(library.substr(equals + 1))});
  }
  for (const Decision& decision : apply_in_root(root, {step})) {
    std::printf("%s %s: %s\n", decision.subject.c_str(), decision.choice.c_str(),
                decision.reason.c_str());
  }
  return {};
}

Result<void> run(std::span<char*> arguments) {
  const std::string_view verb = arguments.size() > 1 ? arguments[1] : "";
  if (verb == "rewrite" && arguments.size() == 4) {
    return rewrite(HostPath(arguments[2]), HostPath(arguments[3]));
  }
  if (verb == "merge" && arguments.size() >= 3) {
    return merge(HostPath(arguments[2]), arguments.subspan(3));
  }
  return fail(ErrorCode::kInvalidRequest, "rewrite IN OUT | merge ROOT NAME=PATH...");
}

}  // namespace
}  // namespace nvinject

int main(int argc, char** argv) {
  const auto done = nvinject::run(std::span(argv, static_cast<std::size_t>(argc)));
  if (done) return 0;
  std::fprintf(stderr, "ld_cache_tool: %s\n", done.error().message.c_str());
  return 1;
}
