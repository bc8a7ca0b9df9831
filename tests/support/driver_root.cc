// SPDX-License-Identifier: Apache-2.0
#include "tests/support/driver_root.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <stdexcept>
#include <vector>

#include "core/base/text.h"
#include "core/base/unique_fd.h"
#include "core/linker/elf.h"
#include "core/linker/ld_cache.h"
#include "core/os/file.h"
#include "tests/support/elf_bytes.h"

namespace nvinject::testing {
namespace {

// One line: the words before the first option, and the options.
struct Line {
  std::vector<std::string> words;
  std::map<std::string, std::string, std::less<>> options;

  [[nodiscard]] const std::string& word(std::size_t index) const {
    if (index >= words.size()) throw std::runtime_error("a word is missing");
    return words[index];
  }
  [[nodiscard]] std::string option(std::string_view key, std::string otherwise) const {
    const auto found = options.find(key);
    return found == options.end() ? otherwise : found->second;
  }
};

template <class T>
T number(std::string_view text, int base = 10) {
  const auto value = parse_unsigned<T>(text, base);
  if (!value) throw std::runtime_error("not a number: " + quote(text));
  return *value;
}

Line parse_line(std::string_view text) {
  Line line;
  for (const std::string_view word : split(text, ' ')) {
    if (word.empty()) continue;
    const std::size_t equals = word.find('=');
    if (equals == std::string_view::npos || word == "=>") {
      line.words.emplace_back(word);
    } else {
      line.options.emplace(word.substr(0, equals), word.substr(equals + 1));
    }
  }
  return line;
}

char unescape_one(std::string_view text, std::size_t& at) {
  switch (text[at]) {
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case 'x': {
      const auto byte = number<unsigned>(text.substr(at + 1, 2), 16);
      at += 2;
      return static_cast<char>(byte);
    }
    case '\\':
    case '"':
      return text[at];
    default:
      throw std::runtime_error("unknown escape");
  }
}

std::string unescape(std::string_view text) {
  const std::size_t first = text.find('"');
  const std::size_t last = text.rfind('"');
  if (first == std::string_view::npos || first == last) throw std::runtime_error("no quoted text");
  const std::string_view inside = text.substr(first + 1, last - first - 1);
  std::string plain;
  for (std::size_t i = 0; i < inside.size(); ++i) {
    plain.push_back(inside[i] == '\\' && i + 1 < inside.size() ? unescape_one(inside, ++i)
                                                               : inside[i]);
  }
  return plain;
}

bool is_32_bit(const Line& line) { return line.option("class", "64") == "32"; }

std::string library_bytes(const Line& line) {
  const std::string soname = line.option("soname", "");
  const std::string machine = line.option("machine", "native");
  if (is_32_bit(line)) {
    return make_library_32(
        machine == "native" ? native_machine_32() : number<std::uint16_t>(machine), soname);
  }
  return make_library_64(machine == "native" ? native_machine() : number<std::uint16_t>(machine),
                         soname);
}

// bind(2) takes 107 bytes: through the descriptor of the directory any path is short enough.
void make_socket(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const UniqueFd directory(::open(path.substr(0, slash).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const std::string short_path =
      "/proc/self/fd/" + std::to_string(directory.get()) + path.substr(slash);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  short_path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("bind " + path);
  }
}

class Builder {
 public:
  explicit Builder(const TempTree& tree) : tree_(tree) {}

  void add(std::string_view text) {
    const Line line = parse_line(text);
    const std::string& kind = line.word(0);
    const std::string& path = line.word(1);
    if (kind == "f") {
      make_file(line, library_bytes(line), "0644");
    } else if (kind == "x") {
      make_file(line, "#!/bin/sh\n", "0755");
    } else if (kind == "t") {
      tree_.file(path, unescape(text));
    } else if (kind == "l") {
      expect(line, 2, "->");
      tree_.link(path, line.word(3));
    } else if (kind == "c") {
      tree_.file(path, "character device " + line.word(2) + " " + line.word(3) + " " +
                           (line.words.size() > 4 ? line.word(4) : "0:0"));
    } else if (kind == "s") {
      tree_.directory(HostPath(path).parent().string());
      make_socket(tree_.path(path));
    } else if (kind == "d") {
      tree_.directory(path);
    } else if (kind == "cache") {
      expect(line, 2, "=>");
      cache_.entries.push_back(
          {.flags = is_32_bit(line) ? native_ld_cache_flags_32() : native_ld_cache_flags(),
           .soname = path,
           .path = line.word(3)});
    } else {
      throw std::runtime_error("unknown kind of entry");
    }
  }

  void finish() const {
    if (!cache_.entries.empty()) tree_.file("etc/ld.so.cache", serialise_ld_cache(cache_));
  }

 private:
  static void expect(const Line& line, std::size_t index, std::string_view word) {
    if (line.word(index) != word) throw std::runtime_error("no " + std::string(word));
  }

  void make_file(const Line& line, std::string_view bytes, const std::string& usual_mode) const {
    const std::string& path = line.word(1);
    tree_.file(path, bytes);
    const std::string full = tree_.path(path);
    const std::string uid = line.option("uid", "");
    if (!uid.empty() && ::geteuid() == 0 && ::chown(full.c_str(), number<uid_t>(uid), 0) != 0) {
      throw std::runtime_error("chown " + full);
    }
    const auto mode = number<mode_t>(line.option("mode", usual_mode), 8);
    if (::chmod(full.c_str(), mode) != 0) throw std::runtime_error("chmod " + full);
  }

  const TempTree& tree_;
  LdCache cache_;
};

}  // namespace

std::optional<DeviceNodeFacts> FakeDeviceNumbers::of(const HostPath& path) const {
  const auto text = read_file(path, 100);
  if (!text) return std::nullopt;
  const auto words = split(*text, ' ');
  if (words.size() != 5 || words[0] != "character" || words[1] != "device") return std::nullopt;
  const auto numbers = split(words[2], ':');
  const auto owner = split(words[4], ':');
  return DeviceNodeFacts{.number = {.major = number<std::uint32_t>(numbers.at(0)),
                                    .minor = number<std::uint32_t>(numbers.at(1))},
                         .mode = number<mode_t>(words[3], 8),
                         .uid = number<uid_t>(owner.at(0)),
                         .gid = number<gid_t>(owner.at(1))};
}

DriverRootTree::DriverRootTree(std::string_view manifest) {
  Builder builder(tree_);
  std::size_t line_number = 0;
  for (const std::string_view line : split(manifest, '\n')) {
    ++line_number;
    if (trim(line).empty() || trim(line).front() == '#') continue;
    try {
      builder.add(trim(line));
    } catch (const std::exception& problem) {
      throw std::runtime_error("manifest line " + std::to_string(line_number) + ": " +
                               problem.what());
    }
  }
  builder.finish();
}

DriverRootTree DriverRootTree::from_fixture(const std::string& name) {
  return DriverRootTree(read_fixture(name + ".manifest"));
}

Roots DriverRootTree::roots(std::string_view driver_below) const {
  return {.driver = tree_.host(driver_below),
          .ld_cache = {},
          .proc = tree_.host("proc"),
          .sys = tree_.host("sys"),
          .dev = tree_.host("dev"),
          .state = tree_.host("run/nvinject")};
}

std::string DriverRootTree::without_place(std::string text) const {
  const std::string place = tree_.path();
  for (std::size_t at = 0; (at = text.find(place, at)) != std::string::npos;) {
    text.replace(at, place.size(), "/node");
  }
  return text;
}

std::string read_fixture(const std::string& name) {
  const std::string path = NVINJECT_SOURCE_DIR "/tests/fixtures/" + name;
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("read " + path);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace nvinject::testing
