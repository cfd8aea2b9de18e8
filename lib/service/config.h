// postern.conf and the command line, checked against the table of options.
//
// The file has lines `key = value`; `#` begins a comment; a line that begins with a blank continues the one before;
// `include = FILE` reads another file in its place (relative to this one, at most 8 deep).  CRLF is accepted.  A wrong
// key, value or line is an error that names file and line (X05).  The command line, --KEY=VALUE, goes first.
// Runs in: every program at start and at reload.  Input: the admin's files, bounded anyway.  Tests: t/unit/service_config.cc
#pragma once
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "service/options.h"

namespace postern::service {

inline constexpr std::size_t kMaxConfigLine = 64u << 10;
inline constexpr std::size_t kMaxConfigFile = 4u << 20;
inline constexpr int kMaxIncludeDepth = 8;

class Config {
 public:
  // All defaults.
  Config() = default;
  // Reads DIR/postern.conf.  A missing file is an error.
  static base::Result<Config> load(const std::string& dir);
  // The same from a text; `path` is what errors and relative includes go by.
  base::Result<> read_text(const std::string& text, const std::string& path, int depth = 0);
  // Checks and sets one value; `where` begins the error, as "FILE:LINE" or "command line".
  base::Result<> set(std::string_view key, std::string_view value, std::string_view where);

  // The value of an option, by its kind.  Stops the process when `name` is not in the table: that is our bug.
  std::string text(std::string_view name) const;
  std::uint64_t number(std::string_view name) const;   // also size and duration (seconds); kNone for `none`
  bool yes(std::string_view name) const;
  std::vector<std::string> list(std::string_view name) const;

  // As written; the default where nothing was.  Rows of Kind::commands stand on lines of their own.
  std::string raw(std::string_view name) const;
  bool is_default(std::string_view name) const { return !values_.contains(std::string(name)); }
  const std::string& dir() const { return dir_; }
  // PATH itself when absolute, else below run_dir, var_dir or the configuration folder.
  std::string run_path(std::string_view path) const;
  std::string var_path(std::string_view path) const;
  std::string conf_path(std::string_view path) const;
  std::string hostname() const;
  // Where the segment files with message bodies are: stored writes them, front ends read them.
  std::string segment_dir() const { return var_path("store/blobs"); }

 private:
  base::Result<> read_file(const std::string& path, int depth);
  std::string dir_ = "/etc/postern";
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace postern::service
