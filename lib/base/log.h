// One way to be watched: log lines are `key=value`, on stderr (with the time when that is no journal) or syslog.
// Every value is escaped, so no peer can forge a line.  Lines are cut at kMaxLine bytes.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace postern::base {

enum class Level { debug, info, warning, error };
inline constexpr std::size_t kMaxLogLine = 4096;

// A value of a log line: text or number, made from what is at hand.
struct LogField {
  LogField(std::string_view k, std::string_view v) : key(k), value(v) {}
  LogField(std::string_view k, const char* v) : key(k), value(v) {}
  LogField(std::string_view k, const std::string& v) : key(k), value(v) {}
  template <class N>
    requires std::is_arithmetic_v<N>
  LogField(std::string_view k, N v) : key(k), value(std::to_string(v)) {}
  std::string_view key;
  std::string value;
};

// Call once, before threads start.  `program` begins each line; `target` is "stderr", "syslog" or a file that
// log_reopen() opens again.
void log_open(std::string program, std::string target, Level lowest);
void log_reopen();
void log_set_level(Level lowest);
bool log_enabled(Level level);
// log(Level::info, "login", {{"user", name}, {"ip", address}});
void log(Level level, std::string_view event, std::initializer_list<LogField> fields = {});

}  // namespace postern::base
