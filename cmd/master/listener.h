// The listener words of master.conf(5):
//   [NAME=]inet:HOST:PORT[,tls]    [NAME=]unix:PATH[,mode=MODE][,owner=USER][,group=GROUP]
// Pure.  Tests: t/unit/master_table.py
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"
#include "cmd/master/table.h"

namespace postern::master {

// Lower-case letters, digits and '-', beginning with a letter, at most kMaxName.
bool is_name(std::string_view s);
bool is_listener_word(std::string_view word);
// `service` is the name of a listener without NAME.  REQUIRES: is_listener_word(word).
base::Result<Listener> parse_listener(std::string_view word, const std::string& service,
                                      const std::string& run_dir);

}  // namespace postern::master
