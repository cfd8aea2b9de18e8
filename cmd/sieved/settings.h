// What postern.conf says about scripts, as lib/sieve wants it.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "service/config.h"
#include "sieve/compile.h"
#include "sieve/interpreter.h"

namespace postern::sieved_daemon {

struct Settings {
  explicit Settings(const service::Config& c);

  sieve::Limits limits;
  sieve::NotifyMethods notify;
  bool sendmail = false;     // there is a way for messages out
  bool commands = false;     // some command is listed that scripts may run
  std::string hostname, postmaster, delimiters;
  std::vector<std::string> protected_headers;
  sieve::ScoreSource spam, virus;
  std::map<std::string, std::string> environment;   // the administrator's items
  sieve::ExtensionSet off;                          // not for users

  // What a user's new script may use: wherever it may run, and nothing that this configuration lets do nothing.
  sieve::CompileOptions for_check() const;
  // What one may use that runs at delivery or under IMAP events; `global`: one of the administrator's.
  sieve::CompileOptions for_run(bool imap_event, bool global) const;
};

}  // namespace postern::sieved_daemon
