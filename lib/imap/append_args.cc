#include "imap/append_args.h"

#include "base/text.h"
#include "imap/date.h"
#include "imap/flag_list.h"
#include "imap/lexer.h"
#include "imap/limits.h"

namespace postern::imap {

namespace {

// Does the list that the text begins with end in it?  Quoted strings and literals are passed over.
bool is_whole_list(std::string_view text) {
  std::size_t depth = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '"') {
      for (++at; at < text.size() && text[at] != '"'; ++at)
        if (text[at] == '\\') ++at;
    } else if (text[at] == '{') {
      std::size_t end = text.find("}\r\n", at);
      if (end == std::string_view::npos) return false;
      auto size = base::parse_u64(text.substr(at + 1, text.find_first_of("+}", at) - at - 1));
      if (!size || *size > text.size() - end) return false;
      at = end + 2 + static_cast<std::size_t>(*size);
    } else if (text[at] == '(') {
      ++depth;
    } else if (text[at] == ')' && depth > 0 && --depth == 0) {
      return true;
    }
  }
  return false;
}

class AppendParser {
 public:
  AppendParser(Lexer& in, bool replace, bool prefix) : in_(in), replace_(replace), prefix_(prefix) {}

  AppendArgs run() {
    if (replace_) parse_replaced();
    if (!stops(AppendArgs::Next::word)) out_.mailbox = in_.astring();
    while (going()) {
      in_.space();
      parse_message();
      if (!prefix_ && going() && in_.rest().find_first_not_of(' ') == std::string_view::npos) break;
    }
    if (prefix_ && !stopped_) in_.fail("no literal may stand here");
    if (!prefix_) in_.end();
    return std::move(out_);
  }

 private:
  bool going() const { return in_.ok() && !stopped_; }

  // The text ends where a literal may come.
  bool stops(AppendArgs::Next what) {
    if (!prefix_ || !going() || !in_.at_end()) return stopped_;
    out_.next = what;
    stopped_ = true;
    return true;
  }

  void parse_replaced() {
    out_.replaced = parse_sequence_set(in_);
    const auto& r = out_.replaced.ranges;
    if (in_.ok() && (r.size() != 1 || r[0].lo != r[0].hi)) in_.fail("REPLACE takes one message");
    in_.space();
  }

  void parse_message() {
    if (replace_ && !out_.messages.empty()) return in_.fail("REPLACE takes one message");
    if (out_.messages.size() >= kMaxAppendMessages) return in_.fail_big("too many messages");
    AppendMessage& m = out_.messages.emplace_back();
    if (in_.peek() == '(') {
      m.flags = parse_flag_list(in_);
      in_.space();
    }
    if (in_.peek() == '"') {
      m.date = parse_date_time(in_);
      m.date_given = true;
      in_.space();
    }
    if (in_.eat_word("ANNOTATION")) {
      in_.space();
      parse_annotations(m);
      if (!going()) return;
      in_.space();
    }
    if (in_.eat_word("CATENATE")) {
      parse_parts(m);
    } else if (in_.eat_word("UTF8")) {
      parse_utf8(m);
    } else {
      parse_data(m, false);
    }
  }

  // A value may be a literal that has not come yet.
  void parse_annotations(AppendMessage& m) {
    if (prefix_ && going() && !is_whole_list(in_.rest())) {
      out_.next = AppendArgs::Next::word;
      stopped_ = true;
      return;
    }
    m.annotations = parse_annotation_values(in_);
  }

  void parse_data(AppendMessage& m, bool utf8) {
    AppendPart part;
    part.utf8 = utf8;
    if (!stops(AppendArgs::Next::data)) {
      if (!in_.at_literal()) return in_.fail("the message is missing");
      LiteralRef ref = in_.literal();
      if (in_.ok() && !ref.streamed) return in_.fail("a message must be a literal");
      part.binary = ref.binary;
    }
    m.parts.push_back(std::move(part));
  }

  void parse_utf8(AppendMessage& m) {
    in_.space();
    in_.expect('(');
    parse_data(m, true);
    if (going()) in_.expect(')');
  }

  void parse_parts(AppendMessage& m) {
    m.catenate = true;
    in_.space();
    in_.expect('(');
    while (going()) {
      if (m.parts.size() >= kMaxAppendParts) return in_.fail_big("too many parts");
      if (in_.eat_word("TEXT")) {
        in_.space();
        parse_data(m, false);
      } else if (in_.eat_word("UTF8")) {
        parse_utf8(m);
      } else if (in_.eat_word("URL")) {
        parse_url_part(m);
      } else {
        in_.fail("TEXT, URL or UTF8 is missing");
      }
      if (!going() || in_.eat(')')) return;
      in_.space();
    }
  }

  void parse_url_part(AppendMessage& m) {
    in_.space();
    if (stops(AppendArgs::Next::word)) return;
    AppendPart part;
    part.url = in_.astring();
    if (part.url.empty()) return in_.fail("empty URL");
    m.parts.push_back(std::move(part));
  }

  Lexer& in_;
  bool replace_, prefix_;
  bool stopped_ = false;
  AppendArgs out_;
};

}  // namespace

AppendArgs parse_append(Lexer& in) {
  return AppendParser(in, false, false).run();
}
AppendArgs parse_replace(Lexer& in) {
  return AppendParser(in, true, false).run();
}
AppendArgs parse_append_prefix(Lexer& in, bool replace) {
  return AppendParser(in, replace, true).run();
}

}  // namespace postern::imap
