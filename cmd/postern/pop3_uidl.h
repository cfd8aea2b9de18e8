// What POP3's UIDL said of messages on the server that they come from, for `postern import --pop3-uidl FILE`.
// Runs in: postern.  Input: a file by the administrator or by another program.  Tests: t/system/test_import.py
//
// Lines "KEY UIDL"; KEY is the name of the message's file without what follows ':' (maildir, eml), or its number in the
// mbox, from 1.  Dovecot's dovecot-uidlist is read as it is: the P of a line, else its default form %08Xu%08Xv.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"

namespace postern::cli {

inline constexpr std::size_t kMaxUidlFile = 256u << 20;

class Pop3Uidls {
 public:
  // The error names the line.
  static base::Result<Pop3Uidls> read(const std::string& path);
  static base::Result<Pop3Uidls> parse(std::string_view text, const std::string& path);
  // Empty when nothing is known of it.
  std::string find(const std::string& key) const;

 private:
  std::unordered_map<std::string, std::string> uidls_;
};

}  // namespace postern::cli
