// Arguments of the commands that need no file of their own.  Each function reads what follows the command's
// name and its space, up to the end.  After it ask the lexer's ok(). Runs in: imapd.  Input: hostile.  Pure.
// Tests: t/unit/imap_args.cc, t/fuzz/imap_command.cc
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "imap/annotation_args.h"
#include "imap/lexer.h"
#include "imap/list_args.h"
#include "imap/set.h"

namespace postern::imap {

// Tag and name of a command; `in` stands at what follows the name: at a space or at the end.
struct CommandHead {
  std::string_view tag;  // into the text; "*" where the text has no legal tag
  std::string name;      // upper case; "UID FETCH" for the UID forms; empty when malformed
};
CommandHead parse_head(Lexer& in);

struct NoArgs {};
NoArgs parse_none(Lexer& in);

struct LoginArgs {
  std::string user;
  std::string password;
};
LoginArgs parse_login(Lexer& in);

struct AuthenticateArgs {
  std::string mechanism;  // upper case
  bool has_initial = false;
  std::string initial;  // decoded; "=" is empty
};
AuthenticateArgs parse_authenticate(Lexer& in);

// Mailbox names in these are as written: parse_mailbox_name() makes them canonical.
struct MailboxArgs {
  std::string mailbox;
};
MailboxArgs parse_mailbox_arg(Lexer& in);

struct SelectArgs {
  std::string mailbox;
  bool condstore = false;
  bool annotate = false;  // RFC 5257 4.2
  bool qresync = false;  // RFC 7162 3.2.5
  std::uint32_t uidvalidity = 0;
  std::uint64_t modseq = 0;
  bool known_uids_given = false;
  SequenceSet known_uids;
  SequenceSet match_seqs, match_uids;
};
SelectArgs parse_select(Lexer& in);

struct CreateArgs {
  std::string mailbox;
  std::vector<std::string> uses;  // RFC 6154: "\Sent"
};
CreateArgs parse_create(Lexer& in);

struct RenameArgs {
  std::string from, to;
};
RenameArgs parse_rename(Lexer& in);

struct StatusArgs {
  std::string mailbox;
  std::vector<StatusItem> items;
};
StatusArgs parse_status(Lexer& in);

struct StoreArgs {
  enum class Mode : std::uint8_t { replace, add, remove };
  SequenceSet set;
  Mode mode = Mode::replace;
  bool silent = false;
  bool unchanged_since_given = false;
  std::uint64_t unchanged_since = 0;
  std::vector<std::string> flags;
  std::vector<AnnotationValue> annotations;  // instead of flags (RFC 5257)
};
StoreArgs parse_store(Lexer& in);

struct CopyArgs {
  SequenceSet set;
  std::string mailbox;
};
CopyArgs parse_copy(Lexer& in);

struct SetArgs {
  SequenceSet set;
};
SetArgs parse_set(Lexer& in);

struct TagArgs {
  std::vector<std::string> tags;
};
TagArgs parse_cancelupdate(Lexer& in);

struct ComparatorArgs {
  std::vector<std::string> orders;  // RFC 4790's collation-order; none: which one is used is asked for
};
// After the name, before the space.
ComparatorArgs parse_comparator(Lexer& in);

struct EnableArgs {
  std::vector<std::string> names;  // upper case
};
EnableArgs parse_enable(Lexer& in);

// Words, each after a space; perhaps none.  What follows the command's name from its end on.
struct WordsArgs {
  std::vector<std::string> words;
};
WordsArgs parse_words(Lexer& in);

struct IdArgs {
  std::vector<std::pair<std::string, std::string>> pairs;
};
IdArgs parse_id(Lexer& in);

}  // namespace postern::imap
