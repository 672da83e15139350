#include "server/control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "server/control_path.h"

namespace server {
namespace {

using ::testing::HasSubstr;

class Control : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "holdfast-test-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    path_ = folder_ + "/control.sock";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // Serves one connection in a thread while `ask` runs.
  template <class Ask>
  auto while_serving(const ControlSocket& socket, const ControlSocket::Handler& handler, Ask ask) {
    std::thread server([&] {
      fd_set readable;
      FD_ZERO(&readable);
      FD_SET(socket.descriptor(), &readable);
      select(socket.descriptor() + 1, &readable, nullptr, nullptr, nullptr);
      socket.serve_one(handler);
    });
    auto result = ask();
    server.join();
    return result;
  }

  std::string folder_;
  std::string path_;
};

TEST_F(Control, CarriesARequestAndItsAnswer) {
  const auto socket = ControlSocket::open(path_);
  ASSERT_TRUE(socket.has_value()) << socket.error();
  const auto answer = while_serving(
      *socket, [](std::string_view request) { return "ok\n<" + std::string(request) + ">\n"; },
      [&] { return ask_control(path_, "stats"); });
  ASSERT_TRUE(answer.has_value()) << answer.error();
  EXPECT_EQ(*answer, "<stats>\n");
}

TEST_F(Control, CarriesAnErrorSentence) {
  const auto socket = ControlSocket::open(path_);
  ASSERT_TRUE(socket.has_value());
  const auto answer = while_serving(
      *socket, [](std::string_view) { return std::string("error no such request\n"); },
      [&] { return ask_control(path_, "x"); });
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error(), "no such request");
}

TEST_F(Control, RefusesALongRequestWithoutAskingAnybody) {
  const auto socket = ControlSocket::open(path_);
  ASSERT_TRUE(socket.has_value());
  bool asked = false;
  const auto answer = while_serving(
      *socket,
      [&](std::string_view) {
        asked = true;
        return std::string("ok\n");
      },
      [&] { return ask_control(path_, std::string(kRequestBytesMax + 1, 'x')); });
  EXPECT_FALSE(answer.has_value());
  EXPECT_FALSE(asked);
}

TEST_F(Control, OnlyOwnerAndGroupMayConnect) {
  const auto socket = ControlSocket::open(path_);
  ASSERT_TRUE(socket.has_value());
  struct stat status {};
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0660U);
}

TEST_F(Control, ALiveSocketIsLeftAlone) {
  const auto first = ControlSocket::open(path_);
  ASSERT_TRUE(first.has_value());
  const auto second = ControlSocket::open(path_);
  ASSERT_FALSE(second.has_value());
  EXPECT_THAT(second.error(), HasSubstr("another process serves"));
  EXPECT_TRUE(std::filesystem::exists(path_));
}

TEST_F(Control, ADeadSocketIsReplaced) {
  {
    const auto first = ControlSocket::open(path_);
    ASSERT_TRUE(first.has_value());
    std::filesystem::create_hard_link(path_, path_ + ".kept");
  }
  std::filesystem::rename(path_ + ".kept", path_);
  EXPECT_TRUE(ControlSocket::open(path_).has_value());
}

TEST_F(Control, AFileThatIsNoSocketIsNotRemoved) {
  std::ofstream(path_) << "precious";
  const auto socket = ControlSocket::open(path_);
  ASSERT_FALSE(socket.has_value());
  EXPECT_THAT(socket.error(), HasSubstr("is no socket"));
  EXPECT_TRUE(std::filesystem::is_regular_file(path_));
}

TEST_F(Control, RemovesItsFileAtTheEnd) {
  { ASSERT_TRUE(ControlSocket::open(path_).has_value()); }
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(Control, NobodyThereIsASentence) {
  const auto answer = ask_control(path_, "stats");
  ASSERT_FALSE(answer.has_value());
  EXPECT_THAT(answer.error(), HasSubstr("no holdfastd answers at"));
}

TEST_F(Control, PathsThatCannotBeSocketsAreSentences) {
  EXPECT_THAT(ControlSocket::open("").error(), HasSubstr("--control"));
  EXPECT_THAT(ControlSocket::open("/" + std::string(200, 'x')).error(), HasSubstr("longer than 107"));
  EXPECT_THAT(ControlSocket::open(folder_ + "/a/b/c.sock").error(), HasSubstr("cannot make the folder"));
}

TEST(DefaultControlPath, FollowsTheLadder) {
  EXPECT_EQ(default_control_path({"/run/x", "/run/user/7", 0}), "/run/x/control.sock");
  EXPECT_EQ(default_control_path({nullptr, "/run/user/7", 0}), "/run/holdfast/control.sock");
  EXPECT_EQ(default_control_path({"", "/run/user/7", 7}), "/run/user/7/holdfast/control.sock");
  EXPECT_EQ(default_control_path({nullptr, nullptr, 7}), "/tmp/holdfast-7/control.sock");
  EXPECT_EQ(default_control_path({nullptr, "relative", 7}), "/tmp/holdfast-7/control.sock");
}

}  // namespace
}  // namespace server
