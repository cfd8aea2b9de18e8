// export mbox, maildir, eml: an account's mail as other programs read it.  Bodies are read from the segment
// files with the location that stored hands out for this account's ticket.
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

#include "base/file.h"
#include "base/system.h"
#include "base/text.h"
#include "blob/blob_store.h"
#include "cmd/postern/account_state.h"
#include "cmd/postern/json.h"
#include "cmd/postern/mail_source.h"
#include "cmd/postern/mailboxes.h"
#include "cmd/postern/verbs.h"
#include "imap/utf7.h"
#include "model/flags.h"
#include "model/sheet.h"

namespace postern::cli {
namespace {

using base::Result;

inline constexpr int kUidsPerCall = 500;

struct Message {
  std::uint32_t uid = 0;
  std::uint64_t size = 0;
  std::int64_t received = 0;
  model::Flags flags;
  blob::Location location;
};

// Where messages go; one a mailbox.
class Target {
 public:
  virtual ~Target() = default;
  virtual Result<> message(
      const Message& m, const std::vector<std::string>& flags,
      const std::function<Result<>(const std::function<Result<>(std::string_view)>&)>& body) = 0;
};

Result<base::Fd> create_file(const std::string& path) {
  base::Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) return std::unexpected(base::sys_error(path));
  return fd;
}

// A mailbox's path as a path of files: no component may lead elsewhere.
std::string safe_path(const std::string& path) {
  std::string out;
  for (auto part : base::split(path, '/')) {
    std::string p(part);
    if (p == "." || p == "..") p = "%2E" + p.substr(1);
    out += (out.empty() ? "" : "/") + p;
  }
  return out;
}

// So that files sort as their UIDs do.
std::string padded(std::uint32_t uid) {
  auto digits = std::to_string(uid);
  return std::string(10 - digits.size(), '0') + digits;
}

// Maildir++: .A.B, in modified UTF-7; INBOX is the folder itself.  Names with a dot of their own stand as
// nested folders.
std::string maildir_folder(const std::string& mailbox) {
  if (mailbox == "INBOX") return {};
  if (mailbox.find('.') != std::string::npos) return "/" + safe_path(mailbox);
  auto name = imap::utf8_to_utf7(mailbox);
  std::ranges::replace(name, '/', '.');
  return "/." + name;
}

bool has(const std::vector<std::string>& flags, const char* f) {
  return std::ranges::find(flags, f) != flags.end();
}

class MboxTarget : public Target {
 public:
  explicit MboxTarget(int fd) : fd_(fd) {}
  explicit MboxTarget(base::Fd file) : file_(std::move(file)), fd_(file_.get()) {}

  Result<> message(
      const Message& m, const std::vector<std::string>& flags,
      const std::function<Result<>(const std::function<Result<>(std::string_view)>&)>& body) override {
    time_t at = m.received;
    tm t{};
    ::gmtime_r(&at, &t);
    char date[64];
    ::strftime(date, sizeof date, "%a %b %e %H:%M:%S %Y", &t);
    buffer_ = "From " + std::string(kExportSender) + " " + date + "\n" + status_fields(flags);
    line_.clear();
    auto ok = body([this](std::string_view piece) { return text(piece); });
    if (!ok) return ok;
    if (!line_.empty()) end_line("\n");
    buffer_ += "\n";
    return base::write_all(fd_, std::exchange(buffer_, {}));
  }

 private:
  static std::string status_fields(const std::vector<std::string>& flags) {
    std::string x, words;
    for (auto [name, letter] :
         {std::pair("\\Answered", 'A'), {"\\Flagged", 'F'}, {"\\Draft", 'T'}, {"\\Deleted", 'D'}})
      if (has(flags, name)) x += letter;
    for (const auto& f : flags)
      if (f[0] != '\\') words += (words.empty() ? "" : " ") + f;
    // Always all of kExportFields, so that an import can tell them from the message's own.
    return std::string("Status: ") + (has(flags, "\\Seen") ? "RO" : "O") + "\nX-Status: " + x +
           "\nX-Keywords: " + words + "\n";
  }

  Result<> text(std::string_view piece) {
    while (!piece.empty()) {
      auto lf = piece.find('\n');
      line_ += piece.substr(0, lf);
      if (lf == std::string_view::npos) break;
      if (!line_.empty() && line_.back() == '\r') line_.pop_back();
      // A CR of the message's own before its CRLF would be taken for part of the line end.
      end_line(!line_.empty() && line_.back() == '\r' ? "\r\n" : "\n");
      piece.remove_prefix(lf + 1);
    }
    if (buffer_.size() < (1u << 20)) return {};
    return base::write_all(fd_, std::exchange(buffer_, {}));
  }

  void end_line(const char* ending) {
    auto first = line_.find_first_not_of('>');
    if (first != std::string::npos && std::string_view(line_).substr(first).starts_with("From "))
      buffer_ += '>';
    buffer_ += line_;
    buffer_ += ending;
    line_.clear();
  }

  base::Fd file_;
  int fd_;
  std::string buffer_, line_;
};

Result<> write_body(const base::Fd& fd,
                    const std::function<Result<>(const std::function<Result<>(std::string_view)>&)>& body) {
  return body([&](std::string_view piece) { return base::write_all(fd.get(), piece); });
}

void set_time(const base::Fd& fd, std::int64_t at) {
  timespec times[2] = {{at, 0}, {at, 0}};
  ::futimens(fd.get(), times);
}

class MaildirTarget : public Target {
 public:
  explicit MaildirTarget(std::string dir) : dir_(std::move(dir)) {}
  ~MaildirTarget() override {
    std::string list;
    for (std::size_t i = 0; i < keywords_.size(); ++i) list += std::to_string(i) + " " + keywords_[i] + "\n";
    if (!list.empty()) (void)base::write_file(dir_ + "/dovecot-keywords", list, 0600);
  }

  Result<> message(
      const Message& m, const std::vector<std::string>& flags,
      const std::function<Result<>(const std::function<Result<>(std::string_view)>&)>& body) override {
    std::string name = std::to_string(m.received) + ".U" + padded(m.uid) +
                       ".postern,S=" + std::to_string(m.size) + ":2," + letters(flags);
    auto fd = create_file(dir_ + "/cur/" + name);
    if (!fd) return pass(fd);
    auto ok = write_body(*fd, body);
    set_time(*fd, m.received);
    return ok;
  }

 private:
  std::string letters(const std::vector<std::string>& flags) {
    std::string out;
    for (auto [name, letter] : {std::pair("\\Draft", 'D'),
                                {"\\Flagged", 'F'},
                                {"\\Answered", 'R'},
                                {"\\Seen", 'S'},
                                {"\\Deleted", 'T'}})
      if (has(flags, name)) out += letter;
    std::string own;
    for (const auto& f : flags) {
      if (f[0] == '\\') continue;
      auto it = std::ranges::find(keywords_, f);
      if (it == keywords_.end() && keywords_.size() == 26) continue;  // the format has 26 letters
      if (it == keywords_.end()) it = keywords_.insert(keywords_.end(), f);
      own += static_cast<char>('a' + (it - keywords_.begin()));
    }
    std::ranges::sort(own);
    return out + own;
  }
  std::string dir_;
  std::vector<std::string> keywords_;
};

class EmlTarget : public Target {
 public:
  explicit EmlTarget(std::string dir) : dir_(std::move(dir)) {}
  Result<> message(
      const Message& m, const std::vector<std::string>&,
      const std::function<Result<>(const std::function<Result<>(std::string_view)>&)>& body) override {
    auto fd = create_file(dir_ + "/" + padded(m.uid) + ".eml");
    if (!fd) return pass(fd);
    auto ok = write_body(*fd, body);
    set_time(*fd, m.received);
    return ok;
  }

 private:
  std::string dir_;
};

Result<std::unique_ptr<Target>> make_target(const std::string& kind, const std::string& dir,
                                            const std::string& mailbox) {
  if (kind == "mbox" && dir == "-") return std::make_unique<MboxTarget>(STDOUT_FILENO);
  std::string path = dir + "/" + safe_path(mailbox);
  if (kind == "mbox") {
    path += ".mbox";  // so that A and A/B can stand beside each other
    if (auto ok = base::make_dirs(path.substr(0, path.rfind('/')), 0700); !ok) return pass(ok);
    auto fd = create_file(path);
    if (!fd) return pass(fd);
    return std::make_unique<MboxTarget>(std::move(*fd));
  }
  if (kind == "maildir") {
    path = dir + maildir_folder(mailbox);
    for (const char* sub : {"/cur", "/new", "/tmp"})
      if (auto ok = base::make_dirs(path + sub, 0700); !ok) return pass(ok);
    return std::make_unique<MaildirTarget>(path);
  }
  if (auto ok = base::make_dirs(path, 0700); !ok) return pass(ok);
  return std::make_unique<EmlTarget>(path);
}

class Exporter {
 public:
  Exporter(Context& c, Mailboxes& boxes) : c_(c), boxes_(boxes), reader_(c.config()->segment_dir()) {}

  Result<> mailbox(const std::string& path, const records::Mailbox& m, Target& target) {
    auto read = read_sheet(c_, boxes_.ticket(), boxes_.account(), m.id());
    if (!read) return pass(read);
    keywords_ = std::move(read->keywords);
    const auto& s = *read->sheet;
    for (std::size_t i = 0; i < s.size(); i += kUidsPerCall) {
      stored::Request r;
      r.mutable_get_emails()->set_mailbox(m.id());
      r.mutable_get_emails()->set_location(true);
      for (std::size_t k = i; k < std::min<std::size_t>(s.size(), i + kUidsPerCall); ++k)
        r.mutable_get_emails()->add_uids(s.uid[k]);
      r.set_ticket(boxes_.ticket());
      r.set_account(boxes_.account());
      std::vector<Message> batch;
      auto ok = c_.stored_items(r, [&](stored::Reply& reply) {
        for (const auto& e : reply.emails().emails()) collect(e, s, batch);
        return true;
      });
      if (!ok) return ok;
      for (const auto& one : batch)
        if (auto sent = export_one(path, one, target); !sent) return sent;
      if (auto ok2 = boxes_.renew(); !ok2) return ok2;
    }
    return {};
  }
  std::uint64_t count() const { return count_; }
  std::uint64_t failed() const { return failed_; }

 private:
  void collect(const stored::EmailData& e, const model::Sheet& s, std::vector<Message>& batch) {
    auto location = blob::Location::parse(e.location());
    auto at = s.find_uid(e.uid());
    if (!location || at == s.size()) {
      ++failed_;
      c_.error("uid " + std::to_string(e.uid()) + ": " + (location ? "gone" : location.error().what));
      return;
    }
    auto row = s.row(at);
    batch.push_back({row.uid, location->size, row.received, row.flags, std::move(*location)});
  }

  Result<> export_one(const std::string& path, const Message& m, Target& target) {
    Result<> written;
    auto body = [&](const std::function<Result<>(std::string_view)>& use) -> Result<> {
      auto read = reader_.read_frames(m.location, 0, [&](std::string_view piece) {
        written = use(piece);
        return written.has_value();
      });
      return read ? written : read;
    };
    auto ok = target.message(m, model::imap_names(m.flags, keywords_), body);
    if (!ok && ok.error().fault == base::Fault::corrupt) {  // one bad message must not keep the others
      ++failed_;
      c_.error(path + " uid " + std::to_string(m.uid) + ": " + ok.error().what);
      return {};
    }
    if (ok) c_.progress("exported", ++count_, 0);
    return ok;
  }

  Context& c_;
  Mailboxes& boxes_;
  blob::Reader reader_;
  std::vector<std::string> keywords_;
  std::uint64_t count_ = 0, failed_ = 0;
};

}  // namespace

int export_mail(Context& c) {
  auto account = c.value("--account");
  std::string kind(base::split(c.verb().name, ' ')[1]);
  if (!account || c.args().size() != 1) return c.usage("expected --account and where to export to");
  std::string dir = c.args()[0];
  if (dir == "-" && (kind != "mbox" || c.json())) return c.usage("only mbox goes to standard output");
  if (!c.config()) return kBadConfig;
  auto boxes = Mailboxes::open(c, *account);
  if (!boxes) return c.fail(boxes.error());
  auto only = c.value("--mailbox");
  if (only)
    if (auto found = boxes->find(*only); !found) return c.fail(found.error());
  Exporter exporter(c, *boxes);
  std::uint64_t planned = 0;
  for (const auto& [path, m] : boxes->all()) {
    // What shows all mail has nothing of its own.
    if (only ? m.id() != *boxes->find(*only) : m.all()) continue;
    planned += m.rows();
    if (c.dry_run()) continue;
    auto target = make_target(kind, dir, path);
    if (!target) return c.fail(target.error());
    if (auto ok = exporter.mailbox(path, m, **target); !ok) return c.fail(ok.error());
  }
  c.progress_end();
  if (c.json())
    print_json(c, boost::json::object{{"exported", c.dry_run() ? planned : exporter.count()},
                                      {"failed", exporter.failed()},
                                      {"dry_run", c.dry_run()}});
  else if (c.dry_run())
    c.out("would export " + std::to_string(planned) + " messages\n");
  return exporter.failed() ? kFound : kOk;
}

}  // namespace postern::cli
