#include "imap/args.h"

#include <algorithm>

#include "base/codec.h"
#include "base/text.h"
#include "imap/flag_list.h"
#include "imap/limits.h"

namespace postern::imap {

namespace {

bool tag_char(char c) {
  return static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7f &&
         std::string_view("(){%*\"\\+").find(c) == std::string_view::npos;
}

std::string upper_word(Lexer& in) {
  return base::to_upper(in.name());
}

// RFC 4466: "(" name [SP value] ")" after the mailbox of CREATE, SELECT ...
bool opens_parameters(Lexer& in) {
  if (!in.rest().starts_with(" (")) return false;
  in.space();
  in.expect('(');
  return true;
}

void parse_qresync(Lexer& in, SelectArgs& args) {
  args.qresync = args.condstore = true;
  in.space();
  in.expect('(');
  args.uidvalidity = in.nz_number();
  in.space();
  args.modseq = in.nz_number64();
  if (in.rest().starts_with(" ") && !in.rest().starts_with(" (")) {
    in.space();
    args.known_uids = parse_sequence_set(in);
    args.known_uids_given = true;
    if (args.known_uids.has_star() || args.known_uids.saved) in.fail("known UIDs must be numbers");
  }
  if (opens_parameters(in)) {
    args.match_seqs = parse_sequence_set(in);
    in.space();
    args.match_uids = parse_sequence_set(in);
    if (args.match_seqs.has_star() || args.match_uids.has_star()) in.fail("known numbers must be numbers");
    in.expect(')');
  }
  in.expect(')');
}

}  // namespace

CommandHead parse_head(Lexer& in) {
  CommandHead head;
  head.tag = "*";
  std::string_view text = in.rest();
  std::size_t n = 0;
  while (n < text.size() && n <= kMaxTag && tag_char(text[n])) ++n;
  if (n == 0 || n > kMaxTag || n == text.size() || text[n] != ' ') {
    in.fail("no tag, or a tag that is too long or has characters that it may not have");
    return head;
  }
  head.tag = text.substr(0, n);
  for (std::size_t i = 0; i <= n; ++i) in.eat(text[i]);
  head.name = upper_word(in);
  if (head.name != "UID") return head;
  in.space();
  head.name += ' ';
  head.name += upper_word(in);
  return head;
}

NoArgs parse_none(Lexer& in) {
  in.end();
  return {};
}

LoginArgs parse_login(Lexer& in) {
  LoginArgs args;
  args.user = in.astring();
  in.space();
  args.password = in.astring();
  in.end();
  return args;
}

AuthenticateArgs parse_authenticate(Lexer& in) {
  AuthenticateArgs args;
  args.mechanism = upper_word(in);
  if (in.ok() && in.eat(' ') && !in.at_end()) {
    args.has_initial = true;
    std::string_view text = in.rest();
    std::size_t end = std::min(text.find(' '), text.size());
    auto decoded = text == "=" ? std::string() : base::unbase64(text.substr(0, end));
    if (decoded) {
      args.initial = std::move(*decoded);
    } else {
      in.fail("the initial response is not base64");
    }
    return args;
  }
  in.end();
  return args;
}

MailboxArgs parse_mailbox_arg(Lexer& in) {
  MailboxArgs args{in.astring()};
  in.end();
  return args;
}

SelectArgs parse_select(Lexer& in) {
  SelectArgs args;
  args.mailbox = in.astring();
  if (in.ok() && opens_parameters(in)) {
    while (in.ok()) {
      if (in.eat_word("CONDSTORE")) {
        args.condstore = true;
      } else if (in.eat_word("ANNOTATE")) {
        args.annotate = true;
      } else if (in.eat_word("QRESYNC")) {
        parse_qresync(in, args);
      } else {
        in.fail("unknown parameter");
      }
      if (in.eat(')')) break;
      in.space();
    }
  }
  in.end();
  return args;
}

CreateArgs parse_create(Lexer& in) {
  CreateArgs args;
  args.mailbox = in.astring();
  if (in.ok() && opens_parameters(in)) {
    if (!in.eat_word("USE")) in.fail("unknown parameter");
    in.space();
    in.expect('(');
    while (in.ok() && !in.eat(')')) {
      if (!args.uses.empty()) in.space();
      in.expect('\\');
      args.uses.push_back("\\" + std::string(in.atom()));
    }
    in.expect(')');
  }
  in.end();
  return args;
}

RenameArgs parse_rename(Lexer& in) {
  RenameArgs args;
  args.from = in.astring();
  in.space();
  args.to = in.astring();
  in.end();
  return args;
}

StatusArgs parse_status(Lexer& in) {
  StatusArgs args;
  args.mailbox = in.astring();
  in.space();
  args.items = parse_status_items(in);
  in.end();
  return args;
}

StoreArgs parse_store(Lexer& in) {
  StoreArgs args;
  args.set = parse_sequence_set(in);
  if (opens_parameters(in)) {
    if (!in.eat_word("UNCHANGEDSINCE")) in.fail("unknown store modifier");
    in.space();
    args.unchanged_since = in.number64();
    args.unchanged_since_given = true;
    in.expect(')');
  }
  in.space();
  if (in.eat_word("ANNOTATION")) {
    in.space();
    args.annotations = parse_annotation_values(in);
    args.silent = true;  // 4.5
    in.end();
    return args;
  }
  if (in.eat('+')) {
    args.mode = StoreArgs::Mode::add;
  } else if (in.eat('-')) {
    args.mode = StoreArgs::Mode::remove;
  }
  args.silent = in.eat_word("FLAGS.SILENT");
  if (!args.silent && !in.eat_word("FLAGS")) in.fail("FLAGS is missing");
  in.space();
  args.flags = parse_store_flags(in);
  in.end();
  return args;
}

CopyArgs parse_copy(Lexer& in) {
  CopyArgs args;
  args.set = parse_sequence_set(in);
  in.space();
  args.mailbox = in.astring();
  in.end();
  return args;
}

SetArgs parse_set(Lexer& in) {
  SetArgs args{parse_sequence_set(in)};
  in.end();
  return args;
}

TagArgs parse_cancelupdate(Lexer& in) {
  TagArgs out;
  while (in.ok()) {
    if (out.tags.size() >= kMaxMailboxFilters) in.fail_big("too many tags");
    out.tags.push_back(in.string());
    if (in.at_end()) break;
    in.space();
  }
  return out;
}

ComparatorArgs parse_comparator(Lexer& in) {
  ComparatorArgs out;
  while (in.ok() && !in.at_end()) {
    in.space();
    if (out.orders.size() >= kMaxComparators) in.fail_big("too many comparators");
    out.orders.push_back(in.astring());
  }
  return out;
}

EnableArgs parse_enable(Lexer& in) {
  EnableArgs args;
  while (in.ok()) {
    args.names.push_back(base::to_upper(in.atom()));
    if (in.at_end() || !in.eat(' ') || in.at_end()) break;
  }
  in.end();
  return args;
}

WordsArgs parse_words(Lexer& in) {
  WordsArgs args;
  while (in.ok() && in.eat(' ') && !in.at_end()) args.words.push_back(in.astring());
  in.end();
  return args;
}

IdArgs parse_id(Lexer& in) {
  IdArgs args;
  if (!in.eat_word("NIL")) {
    in.expect('(');
    while (in.ok() && !in.eat(')')) {
      if (!args.pairs.empty()) in.space();
      std::string field = in.string();
      in.space();
      bool nil = false;
      std::string value = in.nstring(nil);
      if (field.size() > kMaxIdField || value.size() > kMaxIdValue) in.fail("ID field too long");
      if (args.pairs.size() >= kMaxIdPairs) in.fail("too many ID fields");
      args.pairs.emplace_back(std::move(field), std::move(value));
    }
  }
  in.end();
  return args;
}

}  // namespace postern::imap
