// SPDX-License-Identifier: Apache-2.0
#include "core/inventory/libraries.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <optional>

#include "core/base/text.h"
#include "core/inventory/driver_version.h"
#include "core/inventory/library_directories.h"
#include "core/linker/ld_cache.h"
#include "core/os/fd_collection.h"
#include "core/os/file.h"
#include "core/os/mapped_file.h"
#include "core/os/mount_table.h"
#include "core/os/trusted_file.h"

namespace nvinject {
namespace {

// One kind of library to look for: 64-bit, or the 32-bit programs' of the same machine.
struct Abi {
  ElfClass elf_class;
  std::uint16_t machine;
  std::int32_t cache_flags;
  std::vector<std::string> directories;
};

Abi native_abi() {
  return {ElfClass::k64, native_machine(), native_ld_cache_flags(), library_directories()};
}

Abi native_abi_32() {
  return {ElfClass::k32, native_machine_32(), native_ld_cache_flags_32(), library_directories_32()};
}

// Directories to look in for what the cache does not list.
class Directories {
 public:
  Directories(const DriverRoot& root, const Abi& abi, FdCollection& opened)
      : root_(root), abi_(abi), opened_(opened) {}

  // A driver's libraries lie together: where the cache has led to some of them, those that it does
  // not list are in the same places or not there at all, and no driver has all that are looked for.
  void note_found(const DriverPath& candidate, const DriverPath& resolved) {
    const DriverPath parent = candidate.parent();
    if (std::find(parents_.begin(), parents_.end(), parent) == parents_.end()) {
      parents_.push_back(parent);
      // On a merged /usr, /lib is a link: no directory twice under two names.
      auto directory = root_.locate(parent, O_PATH | O_DIRECTORY);
      if (directory) {
        add(directory->path);
        add(directory->path / "vdpau");
        opened_.add(std::move(directory->fd));
      }
    }
    add(resolved.parent());
  }

  // Without any such place, the guesses. Most of them do not exist and some are links to others:
  // one look at each directory saves one at each file in it.
  const std::vector<DriverPath>& to_search() {
    if (!places_.empty()) return places_;
    for (const std::string& guess : abi_.directories) {
      const auto found = root_.locate(DriverPath(guess), O_PATH | O_DIRECTORY);
      if (found) add(found->path);
    }
    return places_;
  }

 private:
  void add(DriverPath place) {
    if (std::find(places_.begin(), places_.end(), place) == places_.end()) {
      places_.push_back(std::move(place));
    }
  }

  const DriverRoot& root_;
  const Abi& abi_;
  std::vector<DriverPath> parents_;  // that the cache names, links unresolved
  std::vector<DriverPath> places_;   // links resolved
  FdCollection& opened_;
};

// "libcuda.so" and "libcuda.so.1" are of "libcuda", "libcudadebugger.so.1" is not.
bool is_named(std::string_view file, std::string_view library) {
  if (!file.starts_with(library)) return false;
  const std::string_view rest = file.substr(library.size());
  return rest == ".so" || rest.starts_with(".so.");
}

class LibraryFinder {
 public:
  LibraryFinder(const Roots& roots, const DriverRoot& root, std::string& driver_version,
                FdCollection& opened)
      : root_(root), driver_version_(driver_version), opened_(opened) {
    const DriverPath path(roots.ld_cache.empty() ? "/etc/ld.so.cache" : roots.ld_cache);
    auto cache = read_cache(path);
    if (cache) {
      cache_ = *std::move(cache);
    } else {
      note(path.string(), "ignored", cache.error().message);
    }
  }

  std::optional<Library> find(const WantedLibrary& wanted, const Abi& abi,
                              Directories& directories) {
    for (const LdCacheEntry& entry : cache_.entries) {
      const bool fits = entry.flags == abi.cache_flags && is_named(entry.soname, wanted.name);
      // A relative path would mean the current directory, which is the bundle of a container.
      if (!fits || !entry.path.starts_with('/')) continue;
      const DriverPath candidate(entry.path);
      if (auto found = check(wanted, abi, candidate)) {
        directories.note_found(candidate, found->path);
        return std::move(found->library);
      }
    }
    const std::string file = wanted.own_soname.empty()
                                 ? std::string(wanted.name).append(".so.").append(driver_version_)
                                 : std::string(wanted.own_soname);
    for (const DriverPath& directory : directories.to_search()) {
      // Where only plugins of that one library are.
      if (directory.file_name() == "vdpau" && !wanted.name.starts_with("libvdpau_")) continue;
      if (auto found = check(wanted, abi, directory / file)) return std::move(found->library);
    }
    return std::nullopt;
  }

  void note(std::string subject, std::string choice, std::string reason) {
    Decision finding{std::move(subject), std::move(choice), std::move(reason)};
    // Several names of the cache lead to the same file.
    if (std::find(findings_.begin(), findings_.end(), finding) == findings_.end()) {
      findings_.push_back(std::move(finding));
    }
  }

  [[nodiscard]] Decisions take_findings() { return std::move(findings_); }

 private:
  struct Hit {
    Library library;
    DriverPath path;  // links resolved
  };

  [[nodiscard]] Result<LdCache> read_cache(const DriverPath& path) const {
    NVINJECT_ASSIGN_OR_RETURN(const UniqueFd file, root_.open(path, O_RDONLY | O_NONBLOCK));
    NVINJECT_ASSIGN_OR_RETURN(const std::string bytes,
                              read_fd(file.get(), path.string(), kMaxLdCacheBytes));
    return parse_ld_cache(bytes);
  }

  // The candidate as a library, or empty with a finding that says why not. A file that is not there
  // is no finding: most candidates are guesses.
  std::optional<Hit> check(const WantedLibrary& wanted, const Abi& abi,
                           const DriverPath& candidate) {
    auto file = root_.locate(candidate, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (!file) {
      if (file.error().os_errno != ENOENT && file.error().os_errno != ENOTDIR) {
        note(candidate.string(), "skipped", file.error().message);
      }
      return std::nullopt;
    }
    auto library = examine(wanted, abi, *file);
    opened_.add(std::move(file->fd));
    if (library) return Hit{*std::move(library), std::move(file->path)};
    note(file->path.string(), "skipped", library.error().message);
    return std::nullopt;
  }

  Result<Library> examine(const WantedLibrary& wanted, const Abi& abi,
                          const DriverRoot::Located& file) {
    const std::string& path = file.path.string();
    const std::string_view version = version_in_name(wanted, file.path);
    if (wanted.own_soname.empty()) NVINJECT_RETURN_IF_ERROR(check_version(version));
    NVINJECT_ASSIGN_OR_RETURN(const FileFacts facts, file_facts(file.fd.get(), path));
    NVINJECT_RETURN_IF_ERROR(check_trusted(facts, TrustedKind::kRegularFile));
    NVINJECT_ASSIGN_OR_RETURN(const MappedFile mapped,
                              MappedFile::map(file.fd.get(), facts.size, path));
    NVINJECT_ASSIGN_OR_RETURN(const ElfFacts elf, read_elf(mapped.bytes(), path));
    if (elf.elf_class != abi.elf_class || elf.machine != abi.machine) {
      return fail(ErrorCode::kUnsupported,
                  "built for another machine (ELF machine " + std::to_string(elf.machine) + ")");
    }
    if (!is_named(elf.soname, wanted.name)) {
      return fail(ErrorCode::kInvalidRequest, "its SONAME is " + quote(elf.soname));
    }
    // Only a file that is believed tells the version.
    if (wanted.own_soname.empty() && driver_version_.empty()) driver_version_ = version;
    return Library{.name = std::string(wanted.name),
                   .soname = elf.soname,
                   .host_path = file.host,
                   .elf_class = elf.elf_class,
                   .identity = FileIdentity{.device = facts.device, .inode = facts.inode}};
  }

  // "550.163.01" of "libcuda.so.550.163.01"; empty when the file is not named so.
  static std::string_view version_in_name(const WantedLibrary& wanted, const DriverPath& path) {
    std::string_view file = path.file_name();
    if (!is_named(file, wanted.name)) return {};
    file.remove_prefix(wanted.name.size() + std::string_view(".so").size());
    if (!file.empty()) file.remove_prefix(1);
    return is_driver_version(file) ? file : std::string_view();
  }

  // One driver version for the whole container: user space and kernel module must match to the last
  // digit.
  Result<void> check_version(std::string_view version) const {
    if (version.empty()) {
      return fail(ErrorCode::kUnavailable, "its name shows no driver version");
    }
    if (driver_version_.empty() || version == driver_version_) return {};
    return fail(ErrorCode::kUnavailable, "it is not of driver version " + driver_version_);
  }

  const DriverRoot& root_;
  std::string& driver_version_;
  FdCollection& opened_;
  LdCache cache_;
  Decisions findings_;
};

}  // namespace

FoundLibraries scan_libraries(const Roots& roots, const DriverRoot& root, const WantedFiles& wanted,
                              std::string& driver_version) {
  FoundLibraries found;
  FdCollection opened;
  LibraryFinder finder(roots, root, driver_version, opened);
  std::vector<Abi> abis;
  abis.push_back(native_abi());
  if (wanted.libraries_32) abis.push_back(native_abi_32());
  for (const Abi& abi : abis) {
    Directories directories(root, abi, opened);
    std::vector<std::string> missing;
    for (const WantedLibrary& library : wanted.libraries) {
      if (auto hit = finder.find(library, abi, directories)) {
        found.libraries.push_back(*std::move(hit));
      } else {
        missing.emplace_back(library.name);
      }
    }
    // No driver has all of them: one line, not one for each.
    if (!missing.empty()) {
      finder.note(abi.elf_class == ElfClass::k64 ? "libraries" : "32-bit libraries", "missing",
                  missing.size() == wanted.libraries.size() ? "none found" : join(missing, " "));
    }
  }
  found.findings = finder.take_findings();
  return found;
}

}  // namespace nvinject
