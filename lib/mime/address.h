// Address lists of RFC 5322, obsolete and odd forms too: groups, comments, routes, quoted local parts,
// `""@x`.
// Runs in: every front end.  Input: hostile.  Pure, linear, no recursion; at most kMaxAddresses items a
// field.  RFC 5322 3.4 and 4.4, RFC 6532, RFC 8621 4.1.2.
// Tests: t/unit/mime_address.cc, t/fuzz/mime_address.cc
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::mime {

struct Address {
  enum class Kind : std::uint8_t { mailbox, group_begin, group_end };
  Kind kind = Kind::mailbox;
  std::string
      raw_name;  // display name, or group name for group_begin; unquoted and unfolded, RFC 2047 not decoded
  std::string route;   // "@a,@b" of an obsolete route; IMAP shows it
  std::string local;   // unquoted; may be empty, hold blanks, dots, UTF-8
  std::string domain;  // without comments; "[1.2.3.4]" keeps its brackets; empty when there was no "@"
  bool words_apart = false;  // the local part was words with blanks between, which no valid one has

  // The display name decoded to UTF-8.
  std::string name() const;
  // local@domain with the local part quoted where it must be; only the local part when there is no domain.
  std::string email() const;
  bool operator==(const Address&) const = default;
};

struct AddressList {
  std::vector<Address> items;  // groups as begin mark, members, end mark; begin and end always pair
  bool truncated = false;      // more than kMaxAddresses, or a name or address was cut
};

// Reads a raw field value (folds and all).  Whatever it holds, this returns what could be read.
AddressList parse_addresses(std::string_view raw);
// The mailbox of a field that should hold one ("<a@b>", "a@b", "Name <a@b>"); nothing when there is none.
std::optional<Address> parse_address(std::string_view raw);

// RFC 8621 4.1.2.4: a run of addresses with the group they stand in; `name` is nothing outside of groups.
struct AddressGroup {
  std::optional<std::string> name;  // decoded
  std::vector<Address> addresses;
};
std::vector<AddressGroup> grouped_addresses(const AddressList& list);
// RFC 8621 4.1.2.3: the mailboxes without group marks.
std::vector<Address> flat_addresses(const AddressList& list);

// `Name <local@domain>`: quoted or RFC 2047 encoded where needed.  `name` is UTF-8.  Not folded.
std::string format_address(std::string_view name, std::string_view email);
// `local` as a dot-atom, or as a quoted string when it is none.
std::string quote_local(std::string_view local);
// A phrase for a header: atom words as they are, else quoted, RFC 2047 encoded words when not ASCII.
std::string format_phrase(std::string_view utf8);

}  // namespace postern::mime
