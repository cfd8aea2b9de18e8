// The bytes of a client: cut into commands in pieces of odd sizes, then each command through the parser of
// its name.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "imap/append_args.h"
#include "imap/args.h"
#include "imap/convert_args.h"
#include "imap/filter_args.h"
#include "imap/command_reader.h"
#include "imap/fetch.h"
#include "imap/list_args.h"
#include "imap/mailbox_name.h"
#include "imap/notify_args.h"
#include "imap/search_program.h"
#include "imap/sharing_args.h"
#include "imap/url_args.h"
#include "query/evaluate.h"

namespace {

using namespace postern::imap;

void evaluate(Lexer& in, const SearchArgs& args) {
  if (!in.ok() || args.bad_charset) return;
  postern::query::Filter filter = args.program.resolve(10, 100, {});
  filter.bind({1, std::vector<std::string>{"a"}, 0});
  std::vector<bool> hits(filter.size());
  postern::query::Content content{postern::query::Content::Header::whole,
                                  "Subject: x\r\nDate: Wed, 9 Feb 1994 23:30:00 -0800\r\n\r\n", true, &hits};
  postern::query::Row row;
  row.uid = 2;
  row.seq = 1;
  if (postern::query::evaluate(filter, row, &content) == postern::query::Truth::unknown) std::abort();
}

void run_search(Lexer& in) {
  Lexer copy = in;
  SearchArgs args = parse_search(copy);
  evaluate(copy, args);
  copy = in;
  args = parse_sort(copy).search;
  evaluate(copy, args);
  copy = in;
  args = parse_thread(copy).search;
  evaluate(copy, args);
  copy = in;
  args = parse_esearch(copy).search;
  evaluate(copy, args);
  copy = in;
  (void)parse_stored_filter(copy);
}

void parse(std::string_view text) {
  Lexer in(text, 2000);
  CommandHead head = parse_head(in);
  if (!in.ok()) return;
  if (!in.at_end()) in.space();
  Lexer copy = in;
  parse_fetch(copy, false);
  copy = in;
  parse_fetch(copy, true);
  copy = in;
  run_search(copy);
  copy = in;
  parse_store(copy);
  copy = in;
  parse_list(copy);
  copy = in;
  parse_select(copy);
  copy = in;
  parse_append(copy);
  copy = in;
  parse_replace(copy);
  copy = in;
  parse_append_prefix(copy, text.size() % 2 == 0);
  copy = in;
  parse_convert(copy);
  copy = in;
  parse_filter(copy);
  copy = in;
  parse_conversions(copy);
  copy = in;
  parse_words(copy);
  copy = in;
  parse_id(copy);
  copy = in;
  parse_create(copy);
  copy = in;
  parse_status(copy);
  copy = in;
  parse_authenticate(copy);
  copy = in;
  parse_enable(copy);
  copy = in;
  parse_getmetadata(copy);
  copy = in;
  parse_setmetadata(copy);
  copy = in;
  parse_setquota(copy);
  copy = in;
  parse_setacl(copy);
  copy = in;
  parse_mailbox_identifier(copy);
  copy = in;
  parse_notify(copy);
  copy = in;
  parse_resetkey(copy);
  copy = in;
  parse_genurlauth(copy);
  copy = in;
  parse_urlfetch(copy);
  copy = in;
  parse_cancelupdate(copy);
  copy = in;
  parse_comparator(copy);
  copy = in;
  MailboxArgs m = parse_mailbox_arg(copy);
  if (copy.ok()) (void)parse_mailbox_name(m.mailbox, text.size() % 2 == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view all(reinterpret_cast<const char*>(data), size);
  ReaderLimits limits{16 * 1024, 20, UINT64_MAX};
  CommandReader reader(limits);
  std::size_t piece = 1 + size % 13;
  for (std::size_t at = 0; at < size; at += piece) {
    std::string_view in = all.substr(at, piece);
    while (!in.empty()) {
      auto step = reader.feed(in);
      if (step == CommandReader::Step::too_big) return 0;
      if (step == CommandReader::Step::command) {
        parse(reader.text());
        reader.next();
      }
      if (step != CommandReader::Step::literal) continue;
      parse(reader.text());
      if (!reader.literal_fits() || reader.literal().size % 7 == 3) {
        reader.drop_command();
      } else {
        reader.keep_literal();
      }
    }
    if (reader.text().size() > limits.max_text) std::abort();
  }
  return 0;
}
