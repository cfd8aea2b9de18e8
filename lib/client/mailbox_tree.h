// The mailboxes of an account by path, id and role, for who has to find one: delivery and Sieve.
// Pure.  Tests: t/unit/client_mailbox_tree.cc
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "proto/records.pb.h"

namespace postern::client {

class MailboxTree {
 public:
  explicit MailboxTree(std::uint64_t account) : account_(account) {}
  void add(records::Mailbox m) { by_id_[m.id()] = std::move(m); }
  // Each answers 0 where there is none.  Paths have "/" between names; INBOX at the top has no case.
  std::uint32_t find(std::string_view path) const;
  std::uint32_t find_id(std::string_view mailbox_id) const;      // RFC 8474's text
  std::uint32_t find_role(std::string_view attribute) const;     // "\\Junk": RFC 6154's spelling, without case
  // The names that lead there, with "/" between them; empty where there is no such mailbox.
  std::string path(std::uint32_t id) const;
  // Where delivery puts mail for user+detail: the mailbox at the top of this name, without case, else INBOX.
  std::uint32_t for_detail(std::string_view detail) const;
  bool has_role(std::uint32_t id, std::string_view attribute) const;
  // The components of a path, INBOX as the store spells it; none for a path with an empty one.
  static std::vector<std::string> components(std::string_view path);

 private:
  std::uint64_t account_;
  std::map<std::uint32_t, records::Mailbox> by_id_;
};

}  // namespace postern::client
