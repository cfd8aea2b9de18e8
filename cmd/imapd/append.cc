#include "cmd/imapd/append.h"

#include <algorithm>

#include "base/system.h"
#include "cmd/imapd/annotations.h"
#include "cmd/imapd/imapsieve.h"
#include "cmd/imapd/mailboxes.h"
#include "cmd/imapd/sharing.h"
#include "cmd/imapd/url_part.h"
#include "imap/url.h"
#include "imap/writer.h"

namespace postern::imapd {

namespace {

// Bodies of closed messages that wait in memory; above it they are put into the store as blobs.
constexpr std::size_t kMaxHeldBodies = 512 * 1024;
// Records of closed messages: what stored takes of one batch, with room for the rest.
constexpr std::size_t kMaxHeld = 15u << 20;
// A request of this size fits into a frame.
constexpr std::size_t kMaxInlineBatch = 900 * 1024;

std::optional<Reply> too_big() {
  return no("The message is too large", "TOOBIG");
}

}  // namespace

Reply Append::failure(const base::Error& e) {
  if (e.code == "NOT_FOUND") session_.appended = {};
  if (e.code == "NOT_FOUND") return no("No such mailbox", "TRYCREATE");
  if (e.code == "GONE") return no("The message to be replaced is gone", "EXPUNGEISSUED");
  return from_error(e);
}

bool Append::is_open() const {
  return session_.box && session_.login->account() == login_->account() && session_.box->id == mailbox_;
}

std::optional<Reply> Append::no_room(std::uint64_t more) const {
  std::uint64_t most = session_.shared.settings.max_request;
  std::uint64_t message = message_ ? message_->size() : 0;
  if (more > most || message > most - more) return too_big();
  if (taken_ > most - more) return no("Too much in one command", "LIMIT");
  return std::nullopt;
}

void HeaderScan::feed(std::string_view bytes) {
  for (char c : bytes) {
    if (ended_) return;
    if (c == '\n') {
      ended_ = line_empty_;
      line_empty_ = true;
    } else if (c != '\r') {
      line_empty_ = false;
      found_ = found_ || static_cast<unsigned char>(c) >= 0x80;
    }
  }
}

// RFC 6855 4, where the administrator wants it: most such messages are older than that RFC.
std::optional<Reply> Append::refuse_utf8(const imap::AppendMessage& message) const {
  if (!header_.found() || session_.utf8_accepted()) return std::nullopt;
  if (session_.shared.daemon.config().yes("imap.raw_headers")) return std::nullopt;
  bool announced = std::ranges::any_of(message.parts, [](const imap::AppendPart& p) { return p.utf8; });
  if (announced) return std::nullopt;
  return no("The header is not ASCII: ENABLE UTF8=ACCEPT first", "CANNOT");
}

// RFC 5257 3.4 and 4.5, where the message is whole.
std::optional<Reply> Append::refuse_notes(const imap::AppendMessage& message) const {
  bool shared = std::ranges::any_of(message.annotations, &imap::AnnotationValue::shared);
  if (shared && !(rights_ & model::kAnnotate)) return no("Permission denied", "NOPERM");
  return refuse_annotations(message.annotations);
}

base::Result<> Append::append(std::string_view bytes) {
  taken_ += bytes.size();
  header_.feed(bytes);
  return message_->append(bytes);
}

bool Append::guess_target(const std::string& name) {
  const Session::Appended& last = session_.appended;
  if (last.id == 0 || last.name != name) return false;
  mailbox_ = last.id;
  name_ = name;
  rights_ = model::kAllRights;
  login_ = session_.self;
  return guessed_ = true;
}

io::Task<std::optional<Reply>> Append::find_target(std::string mailbox, bool alone) {
  alone = alone && !replace_;
  if (mailbox_ && (alone || !guessed_)) co_return std::nullopt;
  if (alone)
    if (auto name = canonical(session_, mailbox); name && guess_target(*name)) {
      tell_normalized(session_, "", *name, mailbox);
      co_return std::nullopt;
    }
  auto found = co_await find_mailbox(session_, mailbox);
  if (!found) co_return failure(found.error());
  if (auto may = permit(*found, model::kInsert); !may) co_return from_error(may.error());
  if (!guessed_) tell_normalized(session_, "", found->name, mailbox);
  if (replace_ && found->account != session_.account) co_return no("A message is replaced in its account", "CANNOT");
  mailbox_ = found->record.id();
  guessed_ = false;
  rights_ = found->rights;
  login_ = found->login;
  // A name in a namespace may come to be another's.
  if (found->login == session_.self && !in_namespace(session_, found->name)) name_ = found->name;
  co_return std::nullopt;
}

io::Task<Append::Decision> Append::before_literal(imap::Lexer& in, imap::LiteralHeader literal) {
  imap::AppendArgs args = imap::parse_append_prefix(in, replace_);
  if (!in.ok()) co_return Decision{false, in.too_big() ? no(std::string(in.error()), "LIMIT") : bad(std::string(in.error()))};
  if (args.next == imap::AppendArgs::Next::word) co_return Decision{};
  imap::AppendMessage& message = args.messages.back();
  imap::AppendPart& part = message.parts.back();
  part.binary = literal.binary;
  if (part.utf8 && (!literal.binary || !session_.utf8_accepted()))
    co_return Decision{false, bad("UTF8 takes ~{n}, after ENABLE UTF8=ACCEPT")};
  if (literal.size == 0 && !message.catenate) co_return Decision{false, no("An empty message can't be kept", "CANNOT")};
  auto refusal = co_await find_target(std::move(args.mailbox), args.messages.size() == 1);
  if (!refusal) refusal = co_await catch_up(args, args.messages.size() - 1, message.parts.size() - 1);
  if (!refusal) refusal = no_room(literal.size);
  if (refusal) co_return Decision{false, std::move(refusal)};
  // A binary message is kept as it is, byte by byte.
  if (!message_) message_ = std::make_unique<client::Incoming>(session_.shared.settings.spool_dir, part.binary && !part.utf8);
  ++parts_;
  co_return Decision{true, std::nullopt};
}

io::Task<bool> Append::take(std::uint64_t left) {
  io::Stream& stream = session_.stream();
  auto sent = co_await stream.flush();
  if (!sent) co_return false;
  while (left > 0) {
    std::string_view in = stream.buffered();
    if (in.empty()) {
      auto n = co_await stream.fill();
      if (!n) co_return false;
      continue;
    }
    std::size_t n = static_cast<std::size_t>(std::min<std::uint64_t>(left, in.size()));
    if (!failed_) {
      auto kept = append(in.substr(0, n));
      // The rest is read all the same, to stay in step with the client.
      if (!kept) failed_ = kept.error();
    }
    stream.consume(n);
    left -= n;
  }
  co_return true;
}

// Does what the text asks for before part `part` of message `message`: URLs are fetched, messages closed.
io::Task<std::optional<Reply>> Append::catch_up(const imap::AppendArgs& args, std::size_t message, std::size_t part) {
  for (;;) {
    const imap::AppendMessage& now = args.messages[messages_];
    std::size_t until = messages_ == message ? part : now.parts.size();
    while (parts_ < until) {
      auto failed = co_await add_url(now.parts[parts_++].url);
      if (failed) co_return failed;
    }
    if (messages_ == message) co_return std::nullopt;
    auto failed = co_await close_message(now);
    if (failed) co_return failed;
  }
}

io::Task<std::optional<Reply>> Append::add_url(std::string text) {
  std::string code = bad_url_code(text);
  auto part = co_await find_url_part(session_, std::move(text));
  if (!part) co_return no(part.error().what, std::move(code));
  auto refusal = no_room(part->slice.size());
  if (refusal) co_return refusal;
  if (!message_) message_ = std::make_unique<client::Incoming>(session_.shared.settings.spool_dir);
  auto read = co_await read_url_part(session_, *part, [this](std::string_view bytes) { return append(bytes); });
  if (!read) co_return from_error(read.error());
  co_return std::nullopt;
}

// The message is whole: it becomes one of the batch.
io::Task<std::optional<Reply>> Append::close_message(const imap::AppendMessage& options) {
  if (!failed_) {
    auto done = message_->finish();
    if (!done) failed_ = done.error();
  }
  if (failed_) co_return from_error(*failed_);
  if (message_->size() == 0) co_return no("An empty message can't be kept", "CANNOT");
  if (auto refusal = refuse_utf8(options)) co_return std::move(*refusal);
  if (auto refusal = refuse_notes(options)) co_return std::move(*refusal);
  header_ = {};
  stored::AddBatch::One& one = *batch_.add_messages();
  one.set_wire(message_->record().wire);
  one.set_content(message_->record().content);
  one.set_sent(message_->record().sent);
  one.set_received(options.date);
  fill_annotations(*one.mutable_annotations(), options.annotations);
  for (const std::string& f : options.flags) {
    if (f == "\\Deleted") {
      one.set_deleted(true);
    } else {
      one.add_keywords(f);
    }
  }
  held_ += one.wire().size() + one.content().size();
  for (const auto& a : one.annotations()) held_ += a.value().size();
  if (std::string_view body = message_->inline_body(); !body.empty() && held_ + body.size() < kMaxHeldBodies) {
    one.set_body(std::string(body));
    held_ += body.size();
  } else {
    stored::Request request;
    auto fds = message_->fill(*request.mutable_put_blob());
    if (!fds) co_return from_error(fds.error());
    auto reply = co_await session_.shared.store.write(*login_, std::move(request), std::move(*fds));
    if (!reply) co_return from_error(reply.error());
    if (reply->blobs().blobs_size() != 1) co_return no("Internal error", "SERVERBUG");
    one.set_blob(reply->blobs().blobs(0).hash());
  }
  if (held_ > kMaxHeld) co_return no("Too much in one command", "LIMIT");
  message_.reset();
  ++messages_;
  parts_ = 0;
  co_return std::nullopt;
}

io::Task<Reply> Append::commit(imap::AppendArgs args, std::uint32_t replaced) {
  base::kill_point("imap.last_byte");
  auto refusal = co_await find_target(std::move(args.mailbox), args.messages.size() == 1);
  if (refusal) co_return std::move(*refusal);
  std::size_t last = args.messages.size() - 1;
  const Settings& settings = session_.shared.settings;
  std::uint64_t limit = std::min(settings.save_limit, settings.message_limit);
  if (last >= limit) co_return no("Too much in one command", "MESSAGELIMIT " + std::to_string(limit));
  refusal = co_await catch_up(args, last, args.messages[last].parts.size());
  if (refusal) co_return std::move(*refusal);
  if (args.messages.size() == 1 && !replaced) co_return co_await commit_one(std::move(args.messages[0]));
  refusal = co_await close_message(args.messages[last]);
  if (refusal) co_return std::move(*refusal);
  co_return co_await commit_batch(replaced);
}

namespace {

imap::UidSet uids_of(const stored::Added& added) {
  imap::UidSet uids;
  for (const auto& one : added.results())
    if (one.places_size() > 0) uids.add(one.places(0).uid());
  return uids;
}

// "APPENDUID 38505 3955" or "APPENDUID 38505 3955:3957"
std::string append_uid(const stored::Added& added) {
  std::string code = "APPENDUID ";
  imap::append_number(code, added.results(0).uidvalidity());
  code += ' ';
  uids_of(added).append_text(code);
  return code;
}

}  // namespace

// The usual case: one message, one call.
io::Task<Reply> Append::commit_one(imap::AppendMessage options) {
  if (!failed_) {
    auto done = message_->finish();
    if (!done) failed_ = done.error();
  }
  if (failed_) co_return from_error(*failed_);
  if (message_->size() == 0) co_return no("An empty message can't be kept", "CANNOT");
  if (auto refusal = refuse_utf8(options)) co_return std::move(*refusal);
  if (auto refusal = refuse_notes(options)) co_return std::move(*refusal);
  stored::Request request;
  stored::AddEmails& add = *request.mutable_add_emails();
  stored::AddEmails::Target& target = *add.add_targets();
  target.set_account(login_->account());
  target.add_mailboxes(mailbox_);
  target.set_deliver_to(name_);
  for (const std::string& f : options.flags) {
    if (f == "\\Deleted") {
      target.set_deleted(true);
    } else {
      target.add_keywords(f);
    }
  }
  target.set_received(options.date);
  fill_annotations(*target.mutable_annotations(), options.annotations);
  auto fds = message_->fill(add);
  if (!fds) co_return from_error(fds.error());
  auto reply = co_await session_.shared.store.write(*login_, std::move(request), std::move(*fds));
  if (!reply) co_return failure(reply.error());
  if (reply->added().results_size() != 1) co_return no("Internal error", "SERVERBUG");
  const stored::Added::One& added = reply->added().results(0);
  const stored::Error& e = added.error();
  if (!e.code().empty()) co_return failure(base::Error{base::Fault::permanent, e.what(), e.code()});
  if (added.places_size() > 0) mailbox_ = added.places(0).mailbox();
  if (!name_.empty()) session_.appended = {name_, mailbox_};
  if (is_open()) session_.box->dirty = true;
  session_.made_here(login_->account(), mailbox_, uids_of(reply->added()));
  SieveEvent event{"APPEND", mailbox_, uids_of(reply->added()), {}};
  co_await run_scripts(session_, login_, std::move(event));
  co_return ok("Appended", append_uid(reply->added()));
}

io::Task<Reply> Append::commit_batch(std::uint32_t replaced) {
  batch_.set_mailbox(mailbox_);
  if (replaced) {
    batch_.set_replace_mailbox(session_.box->id);
    batch_.set_replace_uid(replaced);
  }
  stored::Request request;
  std::vector<base::Fd> fds;
  if (batch_.ByteSizeLong() <= kMaxInlineBatch) {
    *request.mutable_add_batch() = std::move(batch_);
  } else {
    auto fd = base::open_spool(session_.shared.settings.spool_dir);
    if (!fd) co_return from_error(fd.error());
    if (auto w = base::write_all(fd->get(), batch_.SerializeAsString()); !w) co_return from_error(w.error());
    fds.push_back(std::move(*fd));
    batch_.clear_messages();
    batch_.set_in_descriptor(true);
    *request.mutable_add_batch() = std::move(batch_);
  }
  auto reply = co_await session_.shared.store.write(*login_, std::move(request), std::move(fds));
  if (!reply) co_return failure(reply.error());
  if (reply->added().results_size() == 0) co_return no("Internal error", "SERVERBUG");
  if (session_.box && (replaced || is_open())) session_.box->dirty = true;
  session_.made_here(login_->account(), mailbox_, uids_of(reply->added()));
  SieveEvent event{"APPEND", mailbox_, uids_of(reply->added()), {}};
  co_await run_scripts(session_, login_, std::move(event));
  std::string code = append_uid(reply->added());
  if (!replaced) co_return ok("Appended", std::move(code));
  // RFC 8508 4.3: APPENDUID comes before the EXPUNGE.
  session_.write("* OK [" + code + "] Replacement ready\r\n");
  session_.box->expunged.add(replaced);
  co_return ok("Replaced");
}

}  // namespace postern::imapd
