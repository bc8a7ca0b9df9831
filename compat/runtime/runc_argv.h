// SPDX-License-Identifier: Apache-2.0
#pragma once

// The command line of a low-level runtime, read as runc reads it (global flags, subcommand, flags
// of the subcommand), as far as the shim has to understand it. The line itself is handed on
// untouched.
//
//   runc --root /run/r --log=/l create --bundle /b --pid-file /p <id>
//        \___________________/ \____/ \__________________________/
//            global flags    subcommand      its arguments

#include <string>
#include <string_view>
#include <vector>

namespace nvinject::compat {

enum class LogFormat { kText, kJson };

struct RuncCommand {
  std::string subcommand;   // empty: none given
  std::string bundle;       // --bundle, -b; empty: the current directory
  std::string config_file;  // crun's --config, -f; empty: config.json in the bundle
  std::string log_file;     // --log; empty: none
  LogFormat log_format = LogFormat::kText;
  bool version = false;  // --version before any subcommand

  // "create" and "run" make a container from the bundle; all else concerns one that exists.
  [[nodiscard]] bool makes_container() const {
    return subcommand == "create" || subcommand == "run";
  }
  bool operator==(const RuncCommand&) const = default;
};

// `arguments` without the program name.
[[nodiscard]] RuncCommand parse_runc_argv(const std::vector<std::string_view>& arguments);

}  // namespace nvinject::compat
