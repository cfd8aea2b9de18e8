// lib/service/sandbox.h and breakout.h: what is listed works, all else is refused, and an open sandbox is seen to be open.
// Each case in a child: there is no way back.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "base/file.h"
#include "service/breakout.h"

namespace postern::service {
namespace {

bool have_landlock() { return ::syscall(444, nullptr, 0, 1) > 0; }  // landlock_create_ruleset, version

// Runs f in a child; its answer must be true.
void in_child(bool (*f)(const std::string& dir)) {
  std::string dir = std::filesystem::temp_directory_path() / ("postern-sandbox-" + std::to_string(::getpid()));
  std::filesystem::create_directories(dir + "/read");
  std::filesystem::create_directories(dir + "/write");
  std::filesystem::create_directories(dir + "/other");
  ASSERT_TRUE(base::write_file(dir + "/read/file", "x"));
  ASSERT_TRUE(base::write_file(dir + "/other/file", "x"));
  pid_t pid = ::fork();
  if (pid == 0) ::_exit(f(dir) ? 0 : 1);
  int status = 0;
  ::waitpid(pid, &status, 0);
  std::filesystem::remove_all(dir);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

bool opens(const std::string& path, int flags) { return base::Fd(::open(path.c_str(), flags, 0600)).get() >= 0; }

Privileges some(const std::string& dir) { return {.read = {dir + "/read"}, .write = {dir + "/write"}}; }

TEST(Sandbox, WhatIsListedWorksAndNothingElse) {
  in_child([](const std::string& dir) {
    if (!enter_sandbox(some(dir))) return false;
    bool listed = opens(dir + "/read/file", O_RDONLY) && opens(dir + "/write/file", O_RDWR | O_CREAT) &&
                  opens("/etc/passwd", O_RDONLY) && opens("/dev/null", O_RDWR) &&
                  ::rename((dir + "/write/file").c_str(), (dir + "/write/other").c_str()) == 0 &&
                  ::socket(AF_UNIX, SOCK_STREAM, 0) >= 0;
    bool other = have_landlock() &&
                 (opens(dir + "/other/file", O_RDONLY) || opens(dir + "/read/new", O_WRONLY | O_CREAT) ||
                  opens(dir + "/write/../other/file", O_RDONLY));
    return listed && !other;
  });
}

TEST(Sandbox, EveryAttemptIsRefused) {
  in_child([](const std::string& dir) {
    auto p = some(dir);
    auto in_force = enter_sandbox(p);
    if (!in_force) return false;
    bool closed = true;
    for (const Attempt& a : try_to_break_out(p)) {
      bool of_files = a.what.starts_with("list") || a.what.starts_with("make a file");
      if (a.refused || (of_files && !have_landlock())) continue;
      std::fprintf(stderr, "%s: %s\n", a.what.c_str(), a.how.c_str());
      closed = false;
    }
    return closed;
  });
}

TEST(Sandbox, ThreadsMadeLaterAreInIt) {
  in_child([](const std::string& dir) {
    if (!enter_sandbox(some(dir))) return false;
    bool refused = false;
    std::thread([&] { refused = ::socket(AF_INET, SOCK_STREAM, 0) < 0 && errno == EPERM; }).join();
    return refused;
  });
}

TEST(Sandbox, WhoMayDialMay) {
  in_child([](const std::string& dir) {
    auto p = some(dir);
    p.dial_inet = true;
    if (!enter_sandbox(p)) return false;
    return ::socket(AF_INET, SOCK_STREAM, 0) >= 0;
  });
}

TEST(Sandbox, AnOpenOneIsSeen) {
  in_child([](const std::string& dir) {
    std::size_t allowed = 0;
    auto p = some(dir);
    for (const Attempt& a : try_to_break_out(p)) allowed += !a.refused;
    return allowed >= 3;  // sockets, a program, the folder that it may only read
  });
}

}  // namespace
}  // namespace postern::service
