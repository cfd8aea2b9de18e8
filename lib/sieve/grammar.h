// The grammar of commands, tests and tags as tables: what the checker accepts, what an instruction may carry
// and what parse_program() lets in are the same rows.
// Used inside lib/sieve; program.h needs its enums.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>

#include "sieve/extensions.h"

namespace postern::sieve {

// Instructions.  Tests set the run's one condition; jumps read it.  The numbers stand in serialised programs:
// append only, and raise kProgramVersion (program.cc) when a meaning changes.
enum class Op : std::uint8_t {
  // control
  stop,
  jump,
  jump_if_true,
  jump_if_false,
  invert,
  set_true,
  set_false,
  unsupported,
  error,
  include,
  leave,
  part_begin,
  part_next,
  part_break,
  // actions
  keep,
  fileinto,
  redirect,
  discard,
  reject,
  ereject,
  setflag,
  addflag,
  removeflag,
  set,
  addheader,
  deleteheader,
  notify,
  vacation,
  extracttext,
  replace,
  enclose,
  pipe,
  debug_log,
  report,
  // both: an action that is a test, too
  filter,
  execute,
  convert,
  // tests
  address,
  envelope,
  exists,
  header,
  size,
  body,
  date,
  currentdate,
  duplicate,
  environment,
  valid_ext_list,
  hasflag,
  string,
  mailboxexists,
  metadata,
  metadataexists,
  servermetadata,
  servermetadataexists,
  mailboxidexists,
  specialuse_exists,
  spamtest,
  virustest,
  valid_notify_method,
  notify_method_capability,
  // the testsuite's own
  test_begin,
  test_end,
  test_set,
  test_fail,
  test_script_compile,
  test_script_run,
  test_multiscript,
  test_result_execute,
  test_result_reset,
  test_result_print,
  test_result_action,
  test_error,
  test_mailbox_create,
  test_mailbox_delete,
  test_message,
  test_config_set,
  test_config_unset,
  test_config_reload,
  test_binary_load,
  test_binary_save,
  test_imap_metadata_set,
  test_message_print,
  count
};

// Argument places.  Append only, as above.
enum class Slot : std::uint8_t {
  none,
  comparator,
  match,
  part,
  index,
  last,
  mime,
  anychild,
  mime_field,
  mime_param,
  headers,
  keys,
  names,
  value,
  over,
  limit,
  zone,
  original_zone,
  date_part,
  transform,
  content,
  mailbox,
  mailbox_id,
  special_use,
  create,
  copy,
  flags,
  variable,
  variables,
  case_of,
  case_of_first,
  quoting,
  encode_url,
  length,
  handle,
  unique_id,
  unique_header,
  seconds,
  days,
  address,
  list,
  dsn_notify,
  dsn_ret,
  by_relative,
  by_absolute,
  by_mode,
  by_trace,
  reason,
  subject,
  from,
  addresses,
  mime_reason,
  fcc,
  importance,
  options,
  message,
  method,
  capability,
  percent,
  first,
  program,
  arguments,
  input,
  pipe,
  output,
  try_only,
  headers_only,
  feedback_type,
  global,
  once,
  optional,
  from_type,
  to_type,
  parameters,
  loop,
  append_result,
  smtp,
  extension,
  count
};

enum class Type : std::uint8_t {
  flag,        // a tag without a value
  choice,      // a tag that stands for a number in its slot; two of them exclude each other
  number,      // a tag or position with a number
  string,      // one string
  strings,     // a string or a list
  relation,    // :value, :count: a string "gt" ..., stored in Slot::match
  comparator,  // the name of a comparator, stored as its number
};

enum class Match : std::uint8_t {
  is,
  contains,
  matches,
  regex,
  list,
  value_gt,
  value_ge,
  value_lt,
  value_le,
  value_eq,
  value_ne,
  count_gt,
  count_ge,
  count_lt,
  count_le,
  count_eq,
  count_ne,
};
inline bool is_value(Match m) {
  return m >= Match::value_gt && m <= Match::value_ne;
}
inline bool is_count(Match m) {
  return m >= Match::count_gt;
}

enum class Comparator : std::uint8_t { casemap, octet, numeric, unicode };
enum class AddressPart : std::uint8_t { all, localpart, domain, user, detail };
enum class MimeField : std::uint8_t { whole, type, subtype, contenttype, param };
enum class Transform : std::uint8_t { text, raw, content };
enum class CaseOf : std::uint8_t { as_is, lower, upper };
enum class Quoting : std::uint8_t { none, wildcard, regex };

struct Tag {
  std::string_view name;  // with its colon
  Ext ext;                // what must have been required
  Slot slot;
  Type type;
  std::uint8_t choice = 0;
};
struct Position {
  Slot slot;
  Type type;
  bool optional = false;
  bool constant = false;  // no variables in it: `require`, names of variables
};
enum class Shape : std::uint8_t { action, test, action_and_test, block };

struct Command {
  std::string_view name;
  Op op;
  Ext ext;
  Shape shape;
  std::span<const Position> positions;
  std::span<const std::span<const Tag>> tags;
};

std::span<const Command> command_table();
// Without case; nullptr when there is none, or none of that shape.
const Command* find_command(std::string_view name, bool as_test);
// nullptr for ops that no command makes by itself (jumps).
const Command* command_of(Op op);
// nullptr when `c` knows no such tag.  `name` with its colon, without case.
const Tag* find_tag(const Command& c, std::string_view name);

std::string_view name_of(Comparator c);
// The command's name, or that of a jump: for listings.
std::string_view name_of(Op op);

}  // namespace postern::sieve
