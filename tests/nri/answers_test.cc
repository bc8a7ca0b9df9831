// SPDX-License-Identifier: Apache-2.0

// What a plugin's answer may be, and must not be, on its whole way to a runtime. "Fact" and
// "pitfall" are the numbers of the reference: NRI, "Ten facts" and "Pitfalls".

#include <string>
#include <vector>

#include "nri-plugin/wire/field_reader.h"
#include "tests/nri/reply_rules.h"
#include "tests/nri/session_fixture.h"
#include "tests/nri/status_codes.h"

namespace nvinject::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Answers : public SessionTest {
 protected:
  // The adjustment of a container that must be served.
  api::ContainerAdjustment served(const api::CreateContainerRequest& request) {
    const auto reply = create(request);
    EXPECT_EQ(reply.end, ReplyEnd::kAnswered) << reply.text;
    EXPECT_THAT(problems_of(reply.message, request), IsEmpty());
    return reply.message.adjust();
  }
  static std::vector<std::string> paths(const api::ContainerAdjustment& adjustment) {
    std::vector<std::string> paths;
    for (const auto& device : adjustment.linux().devices()) paths.push_back(device.path());
    return paths;
  }
  static std::string variable(const api::ContainerAdjustment& adjustment, const std::string& name) {
    for (const auto& env : adjustment.env()) {
      if (env.key() == name) return env.value();
    }
    return "(not set)";
  }
  void add_libraries(int count) {
    for (int i = 0; i < count; ++i) {
      Library library = sample_library("libcuda", "libcuda.so.1");
      library.host_path = HostPath("/usr/lib64/driver/" + std::string(150, 'd') + "/libnvidia-" +
                                   std::to_string(i) + ".so.550.163.01");
      library.soname = "libnvidia-" + std::to_string(i) + ".so.1";
      inventory_.libraries.push_back(std::move(library));
    }
  }
  std::vector<ContainerStatus> containers() { return session_->report().containers; }
};

// Pitfall 12.
TEST_F(Answers, AContainerThatAsksForNothingGetsNotOneByte) {
  start();
  for (const char* const env : {"A=b", "NVIDIA_VISIBLE_DEVICES=void", "NVIDIA_VISIBLE_DEVICES="}) {
    auto request = sample_create_request();
    request.mutable_container()->add_env(env);
    const auto reply = create(request);
    EXPECT_EQ(reply.end, ReplyEnd::kAnswered);
    EXPECT_EQ(reply.payload, "") << env;
  }
  EXPECT_THAT(containers(), IsEmpty());
}

// Pitfall 8: a missing uid would be "whatever the runtime takes", a missing minor is 0.
TEST_F(Answers, DevicesSayModeAndOwnerEvenWhereTheyAreZero) {
  start();
  const auto adjustment = served(asking_for("0"));
  ASSERT_THAT(paths(adjustment), Contains("/dev/nvidia0"));
  for (const auto& device : adjustment.linux().devices()) {
    EXPECT_TRUE(device.has_file_mode() && device.has_uid() && device.has_gid()) << device.path();
    EXPECT_EQ(device.uid().value(), 0U);
    EXPECT_EQ(device.type(), "c");
    if (device.path() != "/dev/nvidia0") continue;
    EXPECT_EQ(device.major(), 195);
    EXPECT_EQ(device.minor(), 0);
  }
}

// Pitfall 18: the runtime makes the rules from the nodes; a second one would be a double.
TEST_F(Answers, DeviceRulesAreLeftToTheRuntime) {
  start();
  EXPECT_FALSE(served(asking_for("all")).linux().has_resources());
}

// Pitfall 11: without it a mount inherits the propagation of the one before.
TEST_F(Answers, EveryMountIsABindMountThatPropagatesNothing) {
  start();
  const auto adjustment = served(asking_for("all"));
  ASSERT_GT(adjustment.mounts_size(), 0);
  for (const auto& mount : adjustment.mounts()) {
    EXPECT_THAT(mount.options(), Contains("rprivate")) << mount.destination();
    EXPECT_EQ(mount.type(), "bind");
  }
}

// Fact 3, pitfall 10.
TEST_F(Answers, NothingIsInAnAnswerTwice) {
  inventory_.libraries.push_back(inventory_.libraries.front());
  inventory_.control_nodes.push_back(inventory_.control_nodes.front());
  start();
  served(asking_for("0"));  // checks it
  served(asking_for("all"));
}

// Pitfall 10: what another door, the device plugin or CDI gave already.
TEST_F(Answers, WhatTheContainerHasIsNotGivenAgain) {
  start();
  const auto before = served(asking_for("0"));
  auto request = asking_for("0");
  const auto& mount = before.mounts(0);
  auto& had = *request.mutable_container()->add_mounts();
  had.set_destination(mount.destination() + "/");  // the same place, said untidily
  had.set_source("/elsewhere");
  *request.mutable_container()->mutable_linux()->add_devices() = before.linux().devices(0);
  const auto after = served(request);
  EXPECT_EQ(after.mounts_size(), before.mounts_size() - 1);
  EXPECT_EQ(after.linux().devices_size(), before.linux().devices_size() - 1);
}

// Fact 6: the environment of the request is the whole one.
TEST_F(Answers, LdLibraryPathIsAppendedToAndHasNoEmptyElement) {
  start();
  auto request = asking_for("0");
  request.mutable_container()->add_env("LD_LIBRARY_PATH=/opt/lib::/opt/lib64:");
  const std::string value = variable(served(request), "LD_LIBRARY_PATH");
  EXPECT_THAT(value, ::testing::StartsWith("/opt/lib:/opt/lib64:"));
  EXPECT_EQ((":" + value + ":").find("::"), std::string::npos);
  const std::string alone = variable(served(asking_for("0")), "LD_LIBRARY_PATH");
  EXPECT_TRUE(alone.starts_with('/')) << alone;
}

// Fact 7, pitfalls 16 and 17: on half of the runtimes the field is silently lost, on others it
// fails the container. A name that comes in an annotation is expanded like any other request.
TEST_F(Answers, ACdiNameNeverComesBack) {
  start();
  auto request = sample_create_request();
  auto& annotation = *request.mutable_container()->add_annotations();
  annotation.set_key("cdi.k8s.io/vendor_device");
  annotation.set_value("nvidia.com/gpu=1");
  const auto reply = create(request);
  ASSERT_EQ(reply.end, ReplyEnd::kAnswered) << reply.text;
  EXPECT_EQ(reply.payload.find("nvidia.com/gpu"), std::string::npos);
  api::CreateContainerResponse message;
  nri::FieldReader outer(reply.payload);
  while (const auto field = outer.next()) {
    ASSERT_EQ(field->number, 1U);
    nri::FieldReader adjustment(field->bytes);
    while (const auto inner = adjustment.next()) EXPECT_NE(inner->number, 8U);
  }
}

// Fact 8, pitfall 19: env and devices of the container can be set, not removed.
TEST_F(Answers, NothingOfTheContainerIsRemoved) {
  start();
  const auto adjustment = served(asking_for("0"));
  for (const auto& path : paths(adjustment)) EXPECT_FALSE(path.starts_with('-'));
  for (const auto& mount : adjustment.mounts()) EXPECT_FALSE(mount.destination().starts_with('-'));
  EXPECT_EQ(variable(adjustment, "-NVIDIA_VISIBLE_DEVICES"), "(not set)");
}

// Pitfall 20: administrators may forbid hooks, so there is none unless one asks for it.
TEST_F(Answers, ThereAreNoHooksUnlessOneIsConfigured) {
  start();
  EXPECT_FALSE(served(asking_for("0")).has_hooks());
  config_.nri.ld_cache_hook = "/usr/bin/nvinject-hook";
  start();
  const auto adjustment = served(asking_for("0"));
  ASSERT_EQ(adjustment.hooks().create_container_size(), 1);
  const auto& hook = adjustment.hooks().create_container(0);
  EXPECT_EQ(hook.path(), "/usr/bin/nvinject-hook");
  EXPECT_THAT(hook.args(), Contains("libcuda.so.1"));
  EXPECT_EQ(hook.args(0), "nvinject-hook");
  EXPECT_GT(hook.timeout().value(), 0);
  EXPECT_EQ(create(sample_create_request()).payload, "");
}

// Fact 1, pitfall 1: a Go peer takes no frame larger than what it happens to offer.
TEST_F(Answers, AnswersOfAnySizeReachAGoPeer) {
  for (const int libraries : {0, 10, 100, 1000}) {
    add_libraries(libraries);
    start();
    const auto reply = create(asking_for("all"));
    ASSERT_EQ(reply.end, ReplyEnd::kAnswered) << libraries << ": " << reply.text;
    EXPECT_GE(reply.message.adjust().mounts_size(), libraries);
    expect_alive();
  }
}

// An answer that is too long would lose the plugin, and start the container without its GPU.
TEST_F(Answers, OneThatIsTooLongForAnyRuntimeIsARefusalInstead) {
  add_libraries(9000);
  start();
  const auto reply = create(asking_for("all"));
  EXPECT_EQ(reply.end, ReplyEnd::kRefused) << reply.text;
  EXPECT_EQ(reply.code, kResourceExhausted);
  expect_alive();
}

// Fact 2, pitfall 12: only a status keeps a container from starting.
TEST_F(Answers, WhatCannotBeServedIsRefusedInOneLineAndThePluginStays) {
  start();
  for (const auto& [gpus, code] : std::vector<std::pair<std::string, int>>{
           {"../../dev/sda\n\x1b[2J", kInvalidArgument}, {"99", kFailedPrecondition}}) {
    // Looked for once more, on a machine that is still the same.
    const std::uint32_t stream =
        runtime_->send_call("CreateContainer", asking_for(gpus).SerializeAsString());
    give_snapshot();
    const Reply reply = runtime_->await(stream, kPatience);
    ASSERT_EQ(reply.end, ReplyEnd::kRefused) << gpus;
    EXPECT_EQ(reply.code, code) << reply.text;
    EXPECT_EQ(reply.text.find_first_of("\n\x1b"), std::string::npos);
    EXPECT_THAT(reply.text, HasSubstr("nvinject: "));
  }
  expect_alive();
  EXPECT_THAT(containers(), IsEmpty());
}

TEST_F(Answers, WhoMayNotHaveGpusIsTold) {
  config_.grant.mode = PolicyMode::kAllocated;
  start();
  EXPECT_THAT(variable(served(asking_for("all")), "NVINJECT_DENIED"), HasSubstr("allocated"));
  config_.grant.enforce = Enforce::kDeny;
  start();
  const auto reply = create(asking_for("all"));
  EXPECT_EQ(reply.end, ReplyEnd::kRefused);
  EXPECT_EQ(reply.code, kPermissionDenied);
}

TEST_F(Answers, ARequestThatIsNoMessageIsRefusedAndTheConnectionKept) {
  start();
  const Reply reply = runtime_->call("CreateContainer", "\x12\x7f\x01");
  EXPECT_EQ(reply.end, ReplyEnd::kRefused);
  EXPECT_EQ(reply.code, kInvalidArgument);
  expect_alive();
}

// Pitfall 9: a Go runtime takes any bytes from the image and sends them on; what we cannot print we
// need not lose.
TEST_F(Answers, BytesThatAreNoTextLoseNoContainer) {
  start();
  for (const char* const gpus : {"", "0"}) {
    auto request = asking_for(gpus);
    request.mutable_container()->add_env("GREETING=\xff\xfe caf\xe9");
    request.mutable_container()->set_name("n\xe4me");
    request.mutable_pod()->set_name("\xc3");
    add_annotation(*request.mutable_pod(), "\xf0\x28\x8c", "\xff");
    auto& mount = *request.mutable_container()->add_mounts();
    mount.set_destination("/caf\xe9");
    // Labels: fields 5, of maps of strings.
    std::string pod = request.pod().SerializeAsString() + "\x2a\x06\x0a\x01\xff\x12\x01\xfe";
    std::string container = request.container().SerializeAsString() + "\x2a\x03\x0a\x01\xff";
    api::CreateContainerRequest with_labels;
    ASSERT_TRUE(with_labels.mutable_pod()->ParseFromString(pod));
    ASSERT_TRUE(with_labels.mutable_container()->ParseFromString(container));
    const auto reply = create(with_labels);
    ASSERT_EQ(reply.end, ReplyEnd::kAnswered) << reply.text;
    EXPECT_EQ(reply.message.adjust().mounts_size() > 0, *gpus != '\0');
  }
}

// Pitfall 9: appended to, it would have to be said, and protobuf cannot.
TEST_F(Answers, ALibraryPathThatIsNoTextIsRefusedOnlyWhereAGpuIsAskedFor) {
  start();
  auto request = sample_create_request();
  request.mutable_container()->add_env("LD_LIBRARY_PATH=/opt/\xe9");
  EXPECT_EQ(create(request).payload, "");
  request.mutable_container()->add_env("NVIDIA_VISIBLE_DEVICES=0");
  const auto reply = create(request);
  ASSERT_EQ(reply.end, ReplyEnd::kRefused) << reply.text;
  EXPECT_EQ(reply.code, kInvalidArgument);
  EXPECT_THAT(reply.text, AllOf(HasSubstr("LD_LIBRARY_PATH"), HasSubstr("UTF-8")));
  expect_alive();
}

TEST_F(Answers, DockersNriIsToldThatItTakesNoDevices) {
  options_.name = "docker";
  start();
  const auto reply = create(asking_for("0"));
  EXPECT_EQ(reply.end, ReplyEnd::kRefused);
  EXPECT_THAT(reply.text, HasSubstr("docker"));
  EXPECT_EQ(create(sample_create_request()).payload, "");
}

TEST_F(Answers, AuditChangesNothingAndFailsNobodyAndWaitsForNothing) {
  config_.grant.enforce = Enforce::kAudit;
  connect();
  ASSERT_EQ(runtime_->start().end, ReplyEnd::kAnswered);
  for (const char* const gpus : {"0", "99", "!"}) {
    EXPECT_EQ(create(asking_for(gpus)).payload, "") << gpus;  // before the first look
  }
  give_snapshot();
  for (const char* const gpus : {"0", "99", "!"}) {
    const auto reply = create(asking_for(gpus));
    EXPECT_EQ(reply.end, ReplyEnd::kAnswered) << gpus;
    EXPECT_EQ(reply.payload, "") << gpus;
  }
}

// --- what becomes of a container afterwards ----------------------------------------------------

class Events : public Answers {
 protected:
  void create_one() {
    start();
    ASSERT_EQ(create(asking_for("0,1")).end, ReplyEnd::kAnswered);
    ASSERT_THAT(containers(), SizeIs(1));
    EXPECT_EQ(containers()[0].pod, "sample");
    EXPECT_THAT(containers()[0].gpus, ElementsAre(0U, 1U));
    *gone_.mutable_pod() = sample_pod();
    *gone_.mutable_container() = sample_container();
  }
  api::ContainerEventRequest gone_;
};

TEST_F(Events, AStoppedContainerHoldsNoGpu) {
  create_one();
  EXPECT_EQ(runtime_->stop_container(gone_).end, ReplyEnd::kAnswered);
  EXPECT_THAT(containers(), IsEmpty());
}

// NRI 0.12 has a method for it; a runtime also calls it for a container whose creation failed.
TEST_F(Events, ARemovedContainerHoldsNoGpu) {
  create_one();
  const Reply reply = runtime_->event("RemoveContainer", api::REMOVE_CONTAINER, gone_);
  EXPECT_EQ(reply.end, ReplyEnd::kAnswered);
  EXPECT_EQ(reply.payload, "");
  EXPECT_THAT(containers(), IsEmpty());
}

TEST_F(Events, TheRemovalOfAnOldRuntimeComesAsAStateChange) {
  options_.nri_version = "";
  create_one();
  EXPECT_EQ(runtime_->event("RemoveContainer", api::REMOVE_CONTAINER, gone_).end,
            ReplyEnd::kAnswered);
  EXPECT_THAT(containers(), IsEmpty());
}

TEST_F(Events, OtherChangesOfStateAreAcknowledgedAndMeanNothing) {
  create_one();
  api::StateChangeEvent event;
  *event.mutable_container() = gone_.container();
  for (const int number : {0, 1, 5, 7, 10, 99}) {
    event.set_event(static_cast<api::Event>(number));
    EXPECT_EQ(runtime_->state_change(event).end, ReplyEnd::kAnswered) << number;
  }
  EXPECT_THAT(containers(), SizeIs(1));
}

TEST_F(Events, AnEventThatCannotBeReadIsAcknowledgedAllTheSame) {
  create_one();
  for (const char* const method : {"StopContainer", "RemoveContainer", "StateChange"}) {
    EXPECT_EQ(runtime_->call(method, "\x12\x7f").end, ReplyEnd::kAnswered) << method;
  }
  EXPECT_THAT(containers(), SizeIs(1));
}

TEST_F(Events, AContainerThatIsCreatedAgainIsCountedOnce) {
  create_one();
  ASSERT_EQ(create(asking_for("2")).end, ReplyEnd::kAnswered);
  ASSERT_THAT(containers(), SizeIs(1));
  EXPECT_THAT(containers()[0].gpus, ElementsAre(2U));
}

}  // namespace
}  // namespace nvinject::testing
