#include "imap/list_args.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "imap/lexer.h"
#include "imap/limits.h"
#include "imap/sharing_args.h"
#include "imap/utf7.h"
#include "mime/words.h"

namespace postern::imap {

namespace {

struct StatusName {
  std::string_view word;
  StatusItem item;
};
constexpr std::array<StatusName, 11> kStatus = {{{"MESSAGES", StatusItem::messages},
                                                {"RECENT", StatusItem::recent},
                                                {"UIDNEXT", StatusItem::uidnext},
                                                {"UIDVALIDITY", StatusItem::uidvalidity},
                                                {"UNSEEN", StatusItem::unseen},
                                                {"DELETED", StatusItem::deleted},
                                                {"SIZE", StatusItem::size},
                                                {"HIGHESTMODSEQ", StatusItem::highestmodseq},
                                                {"MAILBOXID", StatusItem::mailboxid},
                                                {"DELETED-STORAGE", StatusItem::deleted_storage},
                                                {"APPENDLIMIT", StatusItem::appendlimit}}};

void parse_selection(Lexer& in, ListArgs& args) {
  args.extended = true;
  if (in.eat(')')) return;
  while (in.ok()) {
    if (in.eat_word("SUBSCRIBED")) {
      args.select_subscribed = args.return_subscribed = true;
    } else if (in.eat_word("REMOTE")) {
      args.select_remote = true;
    } else if (in.eat_word("RECURSIVEMATCH")) {
      args.select_recursive = true;
    } else if (in.eat_word("SPECIAL-USE")) {
      args.select_special = args.return_special = true;
    } else {
      return in.fail("unknown selection option");
    }
    if (in.eat(')')) break;
    in.space();
  }
  // RFC 5258 3: RECURSIVEMATCH alone, or with REMOTE alone, is an error.
  if (in.ok() && args.select_recursive && !args.select_subscribed && !args.select_special)
    in.fail("RECURSIVEMATCH needs another selection option");
}

void parse_return(Lexer& in, ListArgs& args) {
  args.extended = true;
  in.space();
  in.expect('(');
  if (in.eat(')')) return;
  while (in.ok()) {
    if (in.eat_word("SUBSCRIBED")) {
      args.return_subscribed = true;
    } else if (in.eat_word("CHILDREN")) {
      args.return_children = true;
    } else if (in.eat_word("SPECIAL-USE")) {
      args.return_special = true;
    } else if (in.eat_word("STATUS")) {
      in.space();
      args.return_status = parse_status_items(in);
    } else if (in.eat_word("MYRIGHTS")) {
      args.return_myrights = true;
    } else if (in.eat_word("METADATA")) {
      in.space();
      args.return_metadata = parse_entries(in);
    } else {
      return in.fail("unknown return option");
    }
    if (in.eat(')')) break;
    in.space();
  }
}

void parse_pattern(Lexer& in, ListArgs& args) {
  std::string p = in.list_mailbox();
  if (p.size() > kMaxPattern) return in.fail_big("mailbox pattern too long");
  if (args.patterns.size() >= kMaxListPatterns) return in.fail_big("too many mailbox patterns");
  args.patterns.push_back(std::move(p));
}

}  // namespace

std::vector<StatusItem> parse_status_items(Lexer& in) {
  std::vector<StatusItem> out;
  in.expect('(');
  while (in.ok()) {
    std::string_view word = in.name();
    auto it =
        std::ranges::find_if(kStatus, [word](const StatusName& s) { return base::iequals(s.word, word); });
    if (it == kStatus.end()) {
      in.fail("unknown status item");
      break;
    }
    if (std::ranges::find(out, it->item) == out.end()) out.push_back(it->item);
    if (in.eat(')')) break;
    in.space();
  }
  return out;
}

ListArgs parse_list(Lexer& in) {
  ListArgs args;
  if (in.eat('(')) {
    parse_selection(in, args);
    in.space();
  }
  args.reference = in.astring();
  in.space();
  if (in.eat('(')) {
    args.extended = true;
    while (in.ok()) {
      parse_pattern(in, args);
      if (in.eat(')')) break;
      in.space();
    }
  } else {
    parse_pattern(in, args);
  }
  if (in.ok() && in.eat(' ') && !in.at_end()) {
    if (in.eat_word("RETURN")) {
      parse_return(in, args);
    } else {
      in.fail("RETURN is missing");
    }
  }
  in.end();
  return args;
}

bool combine_pattern(std::string_view reference, std::string_view pattern, bool utf8, std::string& out) {
  std::string whole(reference);
  whole += pattern;
  if (utf8) {
    if (!base::is_valid_utf8(whole)) return false;
    out = mime::to_nfc(whole);
    return true;
  }
  auto decoded = utf7_to_utf8(whole);
  if (!decoded) return false;
  out = mime::to_nfc(*decoded);
  return true;
}

ListPattern::ListPattern(std::string pattern) {
  // Runs of wildcards mean what their strongest member means.
  for (char c : pattern) {
    bool wild = c == '*' || c == '%';
    if (wild && !pattern_.empty() && (pattern_.back() == '*' || pattern_.back() == '%')) {
      if (c == '*') pattern_.back() = '*';
      continue;
    }
    pattern_ += c;
  }
  literal_ = pattern_.find_first_of("*%") == std::string::npos;
  std::string_view first = std::string_view(pattern_).substr(0, pattern_.find('/'));
  if (base::iequals(first, "INBOX")) pattern_.replace(0, 5, "INBOX");
}

// Which prefixes of the pattern the name so far can be matched by, as a set that is carried along the name.
bool ListPattern::match(std::string_view name) const {
  std::size_t n = pattern_.size();
  // Wildcards never stand side by side, so at least every other byte of the pattern takes one of the name.
  if (n > 2 * name.size() + 1) return false;
  bool inbox = name == "INBOX" || name.starts_with("INBOX/");
  std::vector<char> now(n + 1, 0), next(n + 1, 0);
  auto close = [&](std::vector<char>& states) {
    for (std::size_t i = 0; i < n; ++i)
      if (states[i] && (pattern_[i] == '*' || pattern_[i] == '%')) states[i + 1] = 1;
  };
  now[0] = 1;
  close(now);
  for (std::size_t k = 0; k < name.size(); ++k) {
    char c = name[k];
    bool nocase = inbox && k < 5;
    std::fill(next.begin(), next.end(), 0);
    bool any = false;
    for (std::size_t i = 0; i < n; ++i) {
      if (!now[i]) continue;
      char p = pattern_[i];
      if (p == '*' || (p == '%' && c != '/')) {
        next[i] = 1;
        any = true;
      }
      if (p == c || (nocase && base::ascii_lower(p) == base::ascii_lower(c))) {
        next[i + 1] = 1;
        any = true;
      }
    }
    if (!any) return false;
    close(next);
    std::swap(now, next);
  }
  return now[n] != 0;
}

}  // namespace postern::imap
