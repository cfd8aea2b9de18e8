#include "imap/sharing_args.h"

#include "base/text.h"
#include "imap/limits.h"
#include "model/metadata.h"
#include "model/rights.h"

namespace postern::imap {

namespace {

std::string parse_entry(Lexer& in, model::EntryUse use) {
  auto entry = model::canonical_entry(in.astring(), use);
  if (!in.ok()) return {};
  // What is Postern's own has no name in IMAP.
  if (!entry || model::scope_of(*entry) == model::EntryScope::internal) {
    in.fail("not the name of an annotation");
    return {};
  }
  return std::move(*entry);
}

void parse_options(Lexer& in, GetMetadataArgs& args) {
  in.expect('(');
  while (in.ok()) {
    if (in.eat_word("MAXSIZE")) {
      in.space();
      args.max_size = in.number64();
      args.max_size_given = true;
    } else if (in.eat_word("DEPTH")) {
      in.space();
      args.depth = in.eat_word("0") ? 0 : in.eat_word("1") ? 1 : 2;
      if (args.depth == 2 && !in.eat_word("infinity")) in.fail("DEPTH is 0, 1 or infinity");
    } else {
      in.fail("unknown option");
    }
    if (in.eat(')')) break;
    in.space();
  }
}

// An entry's name begins with '/', an option's with a letter: the RFC's grammar puts options before the mailbox, its
// examples behind it.
bool at_options(const Lexer& in) { return in.rest().size() > 1 && in.peek() == '(' && base::is_alpha(in.rest()[1]); }

}  // namespace

std::vector<std::string> parse_entries(Lexer& in) {
  std::vector<std::string> out;
  in.expect('(');
  while (in.ok()) {
    out.push_back(parse_entry(in, model::EntryUse::question));
    if (out.size() > model::kMaxEntries) in.fail_big("too many entries");
    if (in.eat(')')) break;
    in.space();
  }
  return out;
}

GetMetadataArgs parse_getmetadata(Lexer& in) {
  GetMetadataArgs args;
  if (in.peek() == '(') {
    parse_options(in, args);
    in.space();
  }
  args.mailbox = in.astring();
  in.space();
  if (at_options(in)) {
    parse_options(in, args);
    in.space();
  }
  if (in.peek() == '(') {
    args.entries = parse_entries(in);
  } else {
    // One, says the grammar; an example of the RFC has several.
    do {
      args.entries.push_back(parse_entry(in, model::EntryUse::question));
    } while (in.ok() && args.entries.size() < model::kMaxEntries && in.eat(' ') && !in.at_end());
  }
  in.end();
  return args;
}

SetMetadataArgs parse_setmetadata(Lexer& in) {
  SetMetadataArgs args;
  args.mailbox = in.astring();
  in.space();
  in.expect('(');
  while (in.ok()) {
    EntryValue e;
    e.entry = parse_entry(in, model::EntryUse::value);
    in.space();
    e.value = in.nstring(e.nil);
    args.entries.push_back(std::move(e));
    if (args.entries.size() > model::kMaxEntries) in.fail_big("too many entries");
    if (in.eat(')')) break;
    in.space();
  }
  in.end();
  return args;
}

QuotaRootArgs parse_getquota(Lexer& in) {
  QuotaRootArgs args{in.astring()};
  in.end();
  return args;
}

SetQuotaArgs parse_setquota(Lexer& in) {
  SetQuotaArgs args;
  args.root = in.astring();
  in.space();
  in.expect('(');
  while (in.ok() && !in.eat(')')) {
    if (!args.limits.empty()) in.space();
    std::string name = base::to_upper(in.atom());
    in.space();
    args.limits.emplace_back(std::move(name), in.number64());
    if (args.limits.size() > kMaxQuotaLimits) in.fail_big("too many limits");
  }
  in.end();
  return args;
}

AclArgs parse_mailbox_identifier(Lexer& in) {
  AclArgs args;
  args.mailbox = in.astring();
  in.space();
  args.identifier = in.astring();
  in.end();
  return args;
}

SetAclArgs parse_setacl(Lexer& in) {
  SetAclArgs args;
  args.mailbox = in.astring();
  in.space();
  args.identifier = in.astring();
  in.space();
  std::string letters = in.astring();
  in.end();
  if (letters.starts_with('+')) args.mode = SetAclArgs::Mode::add;
  if (letters.starts_with('-')) args.mode = SetAclArgs::Mode::remove;
  auto rights = model::parse_rights(
      std::string_view(letters).substr(args.mode == SetAclArgs::Mode::replace ? 0 : 1));
  if (!rights) {
    in.fail("a right that is not supported");
  } else {
    args.rights = *rights;
  }
  return args;
}

}  // namespace postern::imap
