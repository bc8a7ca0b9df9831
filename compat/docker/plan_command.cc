// SPDX-License-Identifier: Apache-2.0
#include "compat/docker/plan_command.h"

#include <iterator>
#include <utility>

#include "core/base/text.h"

namespace nvinject::compat {
namespace {

Setting setting_of_files(const DockerSurroundings& surroundings) {
  Setting setting;
  for (const std::string& text : surroundings.env_files) {
    if (Setting later = setting_of_file(text, surroundings.inherited)) setting = std::move(later);
  }
  return setting;
}

// One list in two spellings is no disagreement.
bool disagree(const std::string& asked, const Setting& own) {
  return own.has_value() && device_list(*own) != asked;
}

std::string unused(const std::string& asked, const std::string& reason) {
  return "NV_GPU " + quote(asked) + " is not used: " + reason;
}

std::string said_by(const std::string& flag, const Setting& own) {
  return flag + " sets " + std::string(kVisibleDevices) + " to " + quote(own.value_or(""));
}

}  // namespace

DockerPlan plan_docker_command(const std::vector<std::string>& arguments,
                               const DockerCommand& command,
                               const DockerSurroundings& surroundings) {
  DockerPlan plan{.arguments = arguments};
  if (command.subcommand != DockerSubcommand::kMakesContainer) return plan;
  std::vector<std::string> inserted = {"--runtime=nvidia"};
  const std::string asked = device_list(surroundings.nv_gpu);
  if (!asked.empty()) {
    const Setting by_entry = setting_of_entries(command.env, surroundings.inherited);
    const Setting by_file = by_entry ? Setting() : setting_of_files(surroundings);
    if (disagree(asked, by_entry)) plan.warnings.push_back(unused(asked, said_by("-e", by_entry)));
    if (disagree(asked, by_file)) {
      plan.warnings.push_back(unused(asked, said_by("--env-file", by_file)));
    }
    if (command.gpus) plan.warnings.push_back(unused(asked, "dockerd takes what --gpus says"));
    // Docker reads the files before all -e, wherever they stand: ours would win over the user's.
    if (!by_file) {
      inserted.insert(inserted.end(), {"-e", std::string(kVisibleDevices) + "=" + asked});
    }
  }
  plan.arguments.insert(
      plan.arguments.begin() + static_cast<std::ptrdiff_t>(command.behind_subcommand),
      std::make_move_iterator(inserted.begin()), std::make_move_iterator(inserted.end()));
  return plan;
}

}  // namespace nvinject::compat
