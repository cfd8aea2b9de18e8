// CONVERT, UID CONVERT and CONVERSIONS.  RFC 5259.  A part is read whole and converted on a worker, one after another.
#include <algorithm>

#include "base/text.h"
#include "cmd/imapd/commands.h"
#include "cmd/imapd/conversion.h"
#include "cmd/imapd/fetch_body.h"
#include "imap/writer.h"

namespace postern::imapd {

using imap::append_number;
using imap::ConvertItem;

namespace {

using Kind = ConvertItem::Kind;

// RFC 5259 9: messages of one command.
constexpr std::uint64_t kMaxMessages = 500;
// Bytes of a response that are gathered before they are queued.
constexpr std::size_t kGather = 32 * 1024;

bool matches(std::string_view wanted, std::string_view type) {
  return wanted == "*" || wanted == type ||
         (wanted.ends_with("/*") && type.starts_with(wanted.substr(0, wanted.size() - 1)));
}

// A part of one message as it is stored.
struct Source {
  Convertible part;
  std::string wrong;  // why it can't be converted
};

class Convert {
 public:
  Convert(Session& s, imap::ConvertArgs args, bool uid) : s_(s), args_(std::move(args)), uid_(uid) {}

  io::Task<Reply> run() {
    imap::UidSet uids;
    if (!s_.resolve(args_.set, uid_, uids)) co_return bad("No such message number");
    if (uids.count() > kMaxMessages)
      co_return no("Too much in one command", "MAXCONVERTMESSAGES " + std::to_string(kMaxMessages));
    std::vector<MessageSource> messages;
    auto got = co_await load(uids, messages);
    if (!got) co_return from_error(got.error());
    for (const MessageSource& m : messages) {
      co_await put_message(m);
      bool alive = co_await s_.breathe();
      if (!alive) break;
    }
    if (failed_ > 0 && done_ == 0) co_return no("Nothing could be converted");
    co_return ok("Converted");
  }

 private:
  io::Task<base::Result<>> load(const imap::UidSet& uids, std::vector<MessageSource>& messages) {
    stored::Request request;
    stored::GetEmails& get = *request.mutable_get_emails();
    get.set_mailbox(s_.box->id);
    for (const imap::Run& r : uids.runs())
      for (std::uint64_t u = r.lo; u <= r.hi; ++u) get.add_uids(static_cast<std::uint32_t>(u));
    if (get.uids_size() == 0) co_return base::Result<>{};
    get.set_email(true);
    get.set_content(true);
    get.set_location(true);
    auto use = [&messages](stored::Emails& piece) {
      for (stored::EmailData& d : *piece.mutable_emails()) messages.push_back(make_source(d, true));
      return true;
    };
    co_return co_await s_.shared.store.emails(*s_.login, std::move(request), use);
  }

  io::Task<void> put_message(const MessageSource& m) {
    std::string out = "* ";
    append_number(out, s_.uidonly ? m.uid : s_.box->map.seq_of(m.uid));
    out += " CONVERTED (TAG ";
    imap::append_string(out, s_.tag);
    out += ") (";
    if (uid_) {
      out += "UID ";
      append_number(out, m.uid);
    }
    bool first = !uid_;
    for (const ConvertItem& item : args_.items) {
      if (!first) out += ' ';
      first = false;
      out += item.label;
      out += ' ';
      co_await put_item(out, m, item);
      // One converted part at a time is held, however many are asked for.
      if (out.size() < kGather) continue;
      s_.write(std::move(out));
      out = {};
      bool alive = co_await s_.breathe();
      if (!alive) co_return;
    }
    out += ")\r\n";
    s_.write(std::move(out));
  }

  io::Task<void> put_item(std::string& out, const MessageSource& m, const ConvertItem& item) {
    Source source = co_await read(m, item);
    if (!source.wrong.empty()) {
      put_error(out, "", source.wrong);
    } else if (item.kind == Kind::available) {
      put_available(out, source.part.type);
    } else if (item.kind == Kind::header) {
      auto header = convert_header(source.part.bytes, args_.params);
      bool wrong = !args_.type.empty();
      if (header && !wrong)
        put_bytes(out, item, *header);
      else
        put_error(out, "message/rfc822", wrong ? "Headers have no media type" : header.error().what);
    } else {
      auto job = [part = source.part, type = args_.type, params = args_.params] { return convert(part, type, params); };
      auto converted = co_await s_.shared.daemon.loop().blocking(std::move(job));
      if (converted)
        put_converted(out, item, *converted);
      else
        put_error(out, source.part.type, converted.error().what);
    }
  }

  // The part's bytes, or the header's.
  io::Task<Source> read(const MessageSource& m, const ConvertItem& item) {
    Source out;
    imap::FetchItem fetch;
    fetch.kind = item.kind == Kind::header ? imap::FetchItem::Kind::body : imap::FetchItem::Kind::binary;
    fetch.section = item.section;
    // A message that is one part is converted as that part.
    if (item.kind != Kind::header && fetch.section.part.empty()) fetch.section.part = {1};
    Slice slice = locate(m, fetch);
    std::int32_t number = -1;
    if (m.structure && item.kind != Kind::header) {
      auto range = m.structure->section(fetch.section.part, mime::SectionKind::whole);
      if (range) number = range->part;
    }
    bool missing = slice.how == Slice::How::nil || !m.readable || (item.kind != Kind::header && number < 0);
    if (missing) out.wrong = "No such part";
    if (slice.how == Slice::How::unknown_encoding) out.wrong = "The encoding of that part is not known";
    if (slice.size() > kMaxConverted) out.wrong = "The part is too large";
    if (!out.wrong.empty()) co_return out;
    if (number >= 0) {
      const mime::Part& part = m.structure->parts[static_cast<std::size_t>(number)];
      out.part.type = part.type + "/" + part.subtype;
      out.part.charset = part.charset();
      if (item.kind == Kind::available) co_return out;
    }
    if (!slice.read && slice.size() > 0) {
      std::vector<SliceRead> reads{{&m, &fetch, &slice}};
      co_await read_small(s_, reads);
      if (slice.failed) out.wrong = "The part can't be read";
    }
    out.part.bytes = std::move(slice.bytes);
    co_return out;
  }

  void put_available(std::string& out, std::string_view type) {
    ++done_;
    out += "((";
    bool first = true;
    for (const Conversion& c : conversions()) {
      if (c.from != type) continue;
      if (!first) out += ' ';
      first = false;
      imap::append_string(out, c.to);
    }
    out += "))";
  }

  void put_bytes(std::string& out, const ConvertItem& item, std::string_view bytes) {
    ++done_;
    std::size_t from = item.partial ? static_cast<std::size_t>(std::min<std::uint64_t>(item.offset, bytes.size())) : 0;
    if (item.partial) bytes = bytes.substr(from, static_cast<std::size_t>(std::min<std::uint64_t>(item.length, bytes.size())));
    if (bytes.find('\0') != std::string_view::npos) out += '~';
    out += '{';
    append_number(out, bytes.size());
    out += "}\r\n";
    out += bytes;
  }

  void put_converted(std::string& out, const ConvertItem& item, const Converted& c) {
    if (item.kind == Kind::binary) return put_bytes(out, item, c.bytes);
    ++done_;
    if (item.kind == Kind::binary_size) return append_number(out, c.bytes.size());
    std::size_t slash = c.type.find('/');
    out += '(';
    imap::append_string(out, c.type.substr(0, slash));
    out += ' ';
    imap::append_string(out, c.type.substr(slash + 1));
    out += " (\"charset\" ";
    imap::append_string(out, c.charset);
    out += ") NIL NIL \"binary\" ";
    append_number(out, c.bytes.size());
    out += ' ';
    append_number(out, static_cast<std::uint64_t>(std::ranges::count(c.bytes, '\n')));
    out += ')';
  }

  // (ERROR "why" BADPARAMETERS "text/html" "text/plain" ("charset" "us-ascii"))
  void put_error(std::string& out, std::string_view from, std::string_view why) {
    ++failed_;
    out += "(ERROR ";
    imap::append_string(out, say(s_.language, why));
    out += " BADPARAMETERS ";
    imap::append_nstring(out, from);
    out += ' ';
    imap::append_string(out, args_.type.empty() ? "text/plain" : args_.type);
    if (!args_.params.empty()) {
      out += " (";
      for (const auto& [name, value] : args_.params) {
        if (out.back() != '(') out += ' ';
        imap::append_astring(out, name);
        out += ' ';
        imap::append_astring(out, value);
      }
      out += ')';
    }
    out += ')';
  }

  Session& s_;
  imap::ConvertArgs args_;
  bool uid_;
  std::uint64_t done_ = 0, failed_ = 0;
};

io::Task<Reply> convert(Session& s, imap::ConvertArgs args, bool uid) {
  Convert command(s, std::move(args), uid);
  co_return co_await command.run();
}

}  // namespace

Answer run_convert(Session& s, imap::ConvertArgs args) {
  return convert(s, std::move(args), false);
}
Answer run_uid_convert(Session& s, imap::ConvertArgs args) {
  return convert(s, std::move(args), true);
}

Answer run_conversions(Session& s, imap::ConversionsArgs args) {
  for (const Conversion& c : conversions()) {
    if (!matches(args.from, c.from) || !matches(args.to, c.to)) continue;
    std::string out = "* CONVERSION ";
    imap::append_string(out, c.from);
    out += ' ';
    imap::append_string(out, c.to);
    out += " (";
    out += kConversionParams;
    out += ")\r\n";
    s.write(std::move(out));
  }
  co_return ok("Done");
}

}  // namespace postern::imapd
