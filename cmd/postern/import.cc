// import mbox, maildir, eml: many messages under way at once, so that one flush of the store covers many.
// Resumable: a message's identity is its source path, position and content; the same file a second time adds
// nothing.
#include <unistd.h>

#include <filesystem>
#include <set>

#include "base/codec.h"
#include "base/system.h"
#include "base/text.h"
#include "client/incoming.h"
#include "cmd/postern/json.h"
#include "cmd/postern/mail_source.h"
#include "cmd/postern/mailboxes.h"
#include "cmd/postern/pipeline.h"
#include "cmd/postern/pop3_uidl.h"
#include "cmd/postern/verbs.h"

namespace postern::cli {
namespace {

namespace fs = std::filesystem;
using base::Result;

struct Counts {
  std::uint64_t added = 0, existed = 0, failed = 0, bytes = 0;
};

class Importer {
 public:
  // `numbered`: a message's key in `uidls` is its number in its file, else the file's name.  `total`: bytes to come, 0 when
  // that is not known.
  Importer(Context& c, Mailboxes& boxes, std::string below, std::string socket, Pop3Uidls uidls, bool numbered,
           std::uint64_t total)
      : c_(c),
        boxes_(boxes),
        below_(std::move(below)),
        uidls_(std::move(uidls)),
        numbered_(numbered),
        total_(total),
        pipeline_(std::move(socket)) {}

  MessageSink sink() {
    return {[this](const SourceMessage& m) { return begin(m); },
            [this](std::string_view b) { return bytes(b); },
            [this](SourceMessage m) { return end(std::move(m)); }};
  }

  Result<> finish() {
    pipeline_.finish();
    c_.progress_end();
    return error_ ? std::unexpected(*error_) : Result<>{};
  }
  const Counts& counts() const { return counts_; }
  // Mailboxes that were missing.
  const std::set<std::string>& made() const { return made_; }
  bool store_failed() const { return error_.has_value(); }
  void count_failure(const std::string& what) {
    ++counts_.failed;
    c_.progress_end();
    c_.error(what);
  }

 private:
  Result<> begin(const SourceMessage&) {
    incoming_.emplace(c_.config()->var_path("spool"));
    hash_ = {};
    return {};
  }

  Result<> bytes(std::string_view b) {
    hash_.update(b);
    read_ += b.size();
    return incoming_->append(b);
  }

  Result<> end(SourceMessage m) {
    number_ = m.path == last_path_ ? number_ + 1 : 1;
    last_path_ = m.path;
    if (auto ok = incoming_->finish(); !ok) return ok;
    std::string name = m.mailbox.empty()                ? below_
                       : base::iequals(below_, "INBOX") ? m.mailbox
                                                        : below_ + "/" + m.mailbox;
    if (!boxes_.find(name)) made_.insert(name);
    if (c_.dry_run()) {
      ++counts_.added;
      counts_.bytes += incoming_->size();
      return {};
    }
    auto box = boxes_.find_or_create(name);
    if (!box) return pass(box);
    if (auto ok = refresh_ticket(); !ok) return ok;
    auto request = make_request(m, *box);
    if (!request) return pass(request);
    pipeline_.send(boxes_.ticket(), boxes_.account(), std::move(request->first), std::move(request->second),
                   incoming_->size(),
                   [this, where = m.path + ":" + std::to_string(m.position), size = incoming_->size()](
                       Result<stored::Reply> reply) { answered(reply, where, size); });
    std::string done = "imported " + std::to_string(counts_.added + counts_.existed);
    // What stands between messages is in the total only.
    c_.progress(total_ ? done + ", bytes read" : done, std::min(read_, total_), total_);
    return error_ ? std::unexpected(*error_) : Result<>{};
  }

  Result<std::pair<stored::Request, std::vector<base::Fd>>> make_request(const SourceMessage& m,
                                                                         std::uint32_t box) {
    std::pair<stored::Request, std::vector<base::Fd>> out;
    auto* add = out.first.mutable_add_emails();
    auto* t = add->add_targets();
    t->set_account(boxes_.account());
    t->add_mailboxes(box);
    for (const auto& f : m.flags) {
      if (f == "\\Deleted")
        t->set_deleted(true);
      else
        t->add_keywords(f);
    }
    auto sent = incoming_->record().sent;
    t->set_received(m.received                   ? m.received
                    : incoming_->received_date() ? incoming_->received_date()
                    : sent > 0                   ? sent
                                                 : base::unix_now());
    base::Sha256 id;
    id.update(m.key == "-" ? "-" : fs::absolute(m.key).lexically_normal().string());
    id.update(":" + std::to_string(m.position) + ":");
    id.update(base::view(hash_.finish()));
    t->set_pop3_uidl(uidls_.find(numbered_ ? std::to_string(number_) : fs::path(m.key).filename().string()));
    t->set_identity("import" + std::string(base::view(id.finish())));
    auto fds = incoming_->fill(*add);
    if (!fds) return pass(fds);
    out.second = std::move(*fds);
    return out;
  }

  Result<> refresh_ticket() {
    if (base::unix_now() - boxes_.ticket_time() < kTicketAge) return {};
    return boxes_.renew();
  }

  void answered(Result<stored::Reply>& reply, const std::string& where, std::size_t size) {
    if (!reply) {
      if (!error_)
        error_ = base::Error{reply.error().fault, where + ": " + reply.error().what, reply.error().code};
      return;
    }
    const auto& one = reply->added().results(0);
    if (one.has_error()) {
      count_failure(where + ": " + one.error().what());
      return;
    }
    ++(one.existed() ? counts_.existed : counts_.added);
    counts_.bytes += size;
  }

  Context& c_;
  Mailboxes& boxes_;
  std::string below_;
  Pop3Uidls uidls_;
  bool numbered_;
  std::uint64_t total_, read_ = 0;  // bytes
  std::string last_path_;
  std::uint64_t number_ = 0;  // of the message in its file
  std::optional<client::Incoming> incoming_;
  base::Sha256 hash_;
  std::optional<base::Error> error_;
  Counts counts_;
  std::set<std::string> made_;
  Pipeline pipeline_;  // last: its answers use everything above
};

Result<> walk(const std::string& kind, const std::string& source, Importer& importer) {
  auto sink = importer.sink();
  if (kind == "maildir") return read_maildir(source, sink);
  auto read = kind == "mbox" ? read_mbox : read_eml;
  if (source == "-" || !fs::is_directory(source)) return read(source, "", sink);
  auto files = list_files(source, kind == "eml");
  if (!files) return pass(files);
  // One file that is something else must not keep the others.
  for (const auto& [path, mailbox] : *files) {
    auto ok = read(path, mailbox, sink);
    if (ok) continue;
    if (ok.error().fault != base::Fault::permanent || importer.store_failed()) return ok;
    importer.count_failure(ok.error().what);
  }
  return {};
}

// Of all files of the sources, for the progress bar; 0 when that is not known.
std::uint64_t bytes_of(const std::vector<std::string>& sources) {
  std::uint64_t sum = 0;
  std::error_code e;
  auto add = [&sum](std::uintmax_t size) {
    if (size != static_cast<std::uintmax_t>(-1)) sum += size;
  };
  for (const std::string& source : sources) {
    if (source == "-") return 0;
    if (!fs::is_directory(source, e)) add(fs::file_size(source, e));
    fs::recursive_directory_iterator it(source, fs::directory_options::skip_permission_denied, e), end;
    for (; !e && it != end; it.increment(e))
      if (std::error_code one; it->is_regular_file(one)) add(it->file_size(one));
  }
  return sum;
}

void report(Context& c, const Importer& importer) {
  const auto& n = importer.counts();
  if (c.json()) {
    boost::json::array made;
    for (const auto& name : importer.made()) made.emplace_back(name);
    print_json(c, boost::json::object{{"added", n.added},
                                      {"existed", n.existed},
                                      {"failed", n.failed},
                                      {"bytes", n.bytes},
                                      {"mailboxes", made},
                                      {"dry_run", c.dry_run()}});
    return;
  }
  if (!c.dry_run() && !::isatty(STDOUT_FILENO)) return;
  for (const auto& name : importer.made())
    c.out((c.dry_run() ? "would make mailbox " : "made mailbox ") + name + "\n");
  c.out((c.dry_run() ? "would import " : "imported ") + std::to_string(n.added) + " messages, " +
        human_size(n.bytes) + (n.existed ? ", " + std::to_string(n.existed) + " were there" : "") + "\n");
}

}  // namespace

int import_mail(Context& c) {
  auto account = c.value("--account");
  if (!account || c.args().empty()) return c.usage("expected --account and what to import");
  if (!c.config()) return kBadConfig;
  auto boxes = Mailboxes::open(c, *account);
  if (!boxes) return c.fail(boxes.error());
  auto socket = c.socket_path("stored-admin");
  if (!socket) return c.fail(socket.error());
  std::string kind(base::split(c.verb().name, ' ')[1]);
  for (const auto& source : c.args()) {
    if (source == "-" ? kind != "maildir" : ::access(source.c_str(), R_OK) == 0) continue;
    c.error(source + ": can't be read");
    return kNoInput;
  }
  Pop3Uidls uidls;
  if (auto file = c.value("--pop3-uidl")) {
    auto read = Pop3Uidls::read(*file);
    if (!read) return c.fail(read.error());
    uidls = std::move(*read);
  }
  Importer importer(c, *boxes, c.value("--mailbox").value_or("INBOX"), *socket, std::move(uidls), kind == "mbox",
                    ::isatty(STDERR_FILENO) ? bytes_of(c.args()) : 0);
  Result<> ok;
  for (const auto& source : c.args()) {
    ok = walk(kind, source, importer);
    if (!ok) break;
  }
  auto done = importer.finish();
  report(c, importer);
  if (!ok) return c.fail(ok.error());
  if (!done) return c.fail(done.error());
  return importer.counts().failed ? kFound : kOk;
}

}  // namespace postern::cli
