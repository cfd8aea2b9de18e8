#include "cmd/lmtpd/session.h"

#include "base/log.h"
#include "base/system.h"
#include "base/text.h"
#include "cmd/lmtpd/deliver.h"
#include "service/login.h"
#include "smtp/command.h"
#include "smtp/data.h"

namespace postern::lmtpd {
namespace {

using smtp::Verb;

inline constexpr unsigned kMaxErrors = 100;          // wrong commands before the connection is closed
inline constexpr std::size_t kReadPiece = 64u << 10;

class Dialogue {
 public:
  Dialogue(Shared& shared, service::Connection& c)
      : shared_(shared), config_(shared.daemon.config()), connection_(c), stream_(c.stream), host_(config_.hostname()),
        max_size_(config_.number("lmtp.max_message_size")) {}

  ~Dialogue() { connection_.session.on_end(nullptr); }

  io::Task<void> run() {
    connection_.session.on_end([this](service::EndReason) {
      stream_.write("421 4.3.2 " + host_ + " closing\r\n");
      stream_.send_now();
      stream_.close();
    });
    stream_.set_timeout(config_.number("lmtp.timeout") * 1000);
    say("220 " + host_ + " LMTP Postern");
    while (!over_) {
      // Pipelined commands are answered together: the output leaves when there is nothing more to read at once.
      if (stream_.buffered().find('\n') == std::string_view::npos)
        if (auto sent = co_await stream_.flush(); !sent) co_return;
      auto line = co_await stream_.read_line(smtp::kMaxLine);
      if (!line) {
        if (line.error().code == "TOO_LONG") say("500 5.5.2 line too long");
        if (line.error().code == "TIMEOUT") say("421 4.4.2 " + host_ + " timeout");
        break;
      }
      std::string text(line->text);
      co_await command(std::move(text));
      if (errors_ > kMaxErrors) {
        say("421 4.7.0 too many errors");
        break;
      }
    }
  }

 private:
  void say(std::string text) {
    if (text[0] == '5') ++errors_;
    stream_.write(std::move(text) + "\r\n");
  }

  io::Task<void> command(std::string line) {
    auto c = smtp::parse_command(line);
    if (line.find('\0') != std::string::npos) {
      say("500 5.5.2 NUL in a command");
      co_return;
    }
    switch (c.verb) {
      case Verb::lhlo: hello(c.argument); break;
      case Verb::helo:
      case Verb::ehlo: say("500 5.5.1 this is LMTP: say LHLO"); break;
      case Verb::mail: mail(c.argument); break;
      case Verb::rcpt: co_await rcpt(std::string(c.argument)); break;
      case Verb::data: co_await data(c.argument); break;
      case Verb::bdat: co_await bdat(c.argument); break;
      case Verb::rset:
        if (!bare(c, "RSET")) break;
        reset();
        say("250 2.0.0 reset");
        break;
      case Verb::noop: say("250 2.0.0 ok"); break;
      case Verb::vrfy: say(c.argument.empty() ? "501 5.5.4 expected VRFY address" : "252 2.1.5 send it and see"); break;
      case Verb::expn: say("502 5.5.1 lists are not shown"); break;
      case Verb::help: say("214 2.0.0 RFC 2033"); break;
      case Verb::starttls: co_await start_tls(c.argument); break;
      case Verb::quit:
        if (!bare(c, "QUIT")) break;
        say("221 2.0.0 bye");
        over_ = connection_.client_done = true;
        break;
      case Verb::unknown: say("500 5.5.2 command not recognised"); break;
    }
  }

  // RFC 5321 4.1.1: what takes no argument is refused with one.
  bool bare(const smtp::Command& c, std::string_view name) {
    if (!c.argument.empty()) say("501 5.5.4 " + std::string(name) + " takes no argument");
    return c.argument.empty();
  }

  void hello(std::string_view name) {
    if (name.empty() || name.size() > 255) return say("501 5.5.4 expected LHLO name");
    helo_ = base::printable(name, 255);
    reset();
    std::string out = "250-" + host_ + "\r\n250-PIPELINING\r\n250-SIZE " + std::to_string(max_size_) +
                      "\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250-CHUNKING\r\n250-BINARYMIME\r\n";
    if (shared_.daemon.tls() && !stream_.tls()) out += "250-STARTTLS\r\n";
    say(out + "250 SMTPUTF8");
  }

  void mail(std::string_view argument) {
    if (helo_.empty()) return say("503 5.5.1 say LHLO first");
    if (in_mail_) return say("503 5.5.1 one MAIL at a time");
    auto m = smtp::parse_mail(argument);
    if (!m) return say(m.error().what);
    if (m->size && *m->size > max_size_) return say("552 5.3.4 message larger than " + std::to_string(max_size_) + " bytes");
    mail_ = std::move(*m);
    in_mail_ = true;
    say("250 2.1.0 sender ok");
  }

  io::Task<void> rcpt(std::string argument) {
    if (!in_mail_) co_return say("503 5.5.1 MAIL first");
    auto r = smtp::parse_rcpt(argument, mail_.utf8);
    if (!r) co_return say(r.error().what);
    if (to_.size() >= config_.number("lmtp.max_recipients")) co_return say("452 4.5.3 too many recipients");
    auto found = co_await shared_.recipients.resolve(r->to);
    if (!found) {
      base::log(base::Level::warning, "resolve_failed", {{"to", r->to}, {"error", found.error().what}});
      co_return say("451 4.3.0 the directory is not available, try again later");
    }
    const auto& one = **found;
    if (one.has_error() && one.error().temporary()) co_return say("451 4.3.0 " + base::printable(one.error().what(), 80));
    if (one.has_error() || one.deliveries().empty())
      co_return say("550 5.1.1 <" + base::printable(r->to, 200) + "> no such user here");
    to_.push_back({r->to, std::move(*found)});
    say("250 2.1.5 recipient ok");
  }

  void begin_message() {
    message_.emplace(config_.var_path("spool"));
    trace_scan_ = {};
    failure_.clear();
  }

  // Takes bytes of the message; a failure is remembered, the rest is read and dropped.
  void take(std::string_view bytes) {
    if (!failure_.empty()) return;
    trace_scan_.feed(bytes);
    if (message_->size() + bytes.size() > max_size_) {
      failure_ = "552 5.3.4 message larger than " + std::to_string(max_size_) + " bytes";
    } else if (auto ok = message_->append(bytes); !ok) {
      base::log(base::Level::error, "spool", {{"error", ok.error().what}});
      failure_ = "452 4.3.1 no room to receive the message";
    }
    if (!failure_.empty()) message_.emplace("");
  }

  io::Task<void> data(std::string_view argument) {
    if (!argument.empty()) co_return say("501 5.5.4 DATA takes no argument");
    if (to_.empty()) co_return say(in_mail_ ? "503 5.5.1 no valid recipients" : "503 5.5.1 MAIL first");
    if (message_) co_return say("503 5.5.1 finish with BDAT LAST");
    if (mail_.body == smtp::Body::binary) co_return say("503 5.5.1 BODY=BINARYMIME needs BDAT");
    begin_message();
    say("354 go on, end with a dot");
    // Bytes behind DATA in the same packet are the message's: LMTP allows no command before the 354.
    if (auto sent = co_await stream_.flush(); !sent) co_return stop();
    smtp::DataReader reader;
    while (!reader.done()) {
      if (stream_.buffered().empty()) {
        auto more = co_await stream_.fill();
        if (!more) co_return stop();
      }
      auto used = reader.feed(stream_.buffered(), [this](std::string_view piece) { take(piece); });
      stream_.consume(used);
    }
    co_await finish_message();
  }

  io::Task<void> bdat(std::string_view argument) {
    auto b = smtp::parse_bdat(argument);
    if (!b) {   // the size of what follows is unknown: nothing after this can be trusted
      say(b.error().what);
      co_return stop();
    }
    bool refused = to_.empty();
    if (!refused && !message_) begin_message();
    for (std::uint64_t left = b->size; left > 0;) {
      auto piece = co_await stream_.read_some(std::min<std::uint64_t>(left, kReadPiece));
      if (!piece) co_return stop();
      left -= piece->size();
      if (!refused) take(*piece);
    }
    if (refused) co_return say(in_mail_ ? "503 5.5.1 no valid recipients" : "503 5.5.1 MAIL first");
    if (b->last) co_return co_await finish_message();
    say("250 2.0.0 " + std::to_string(b->size) + " bytes received");
  }

  io::Task<void> finish_message() {
    base::kill_point("lmtp.last_byte");
    if (failure_.empty())
      if (auto ok = message_->finish(); !ok) failure_ = "452 4.3.1 no room to receive the message";
    if (!failure_.empty()) {
      for (std::size_t i = 0; i < to_.size(); ++i) say(failure_);
      co_return reset();
    }
    Trace trace{mail_.from, helo_, stream_.peer().is_unix ? "local" : stream_.peer().ip, host_,
                stream_.tls().has_value(), base::random_token(9)};
    connection_.session.set_state("delivering " + trace.id);
    auto replies = co_await deliver(shared_, trace, trace_scan_, *message_, to_);
    base::kill_point("lmtp.reply");
    connection_.session.set_state("");
    for (auto& r : replies) stream_.write(std::move(r) + "\r\n");
    reset();
  }

  io::Task<void> start_tls(std::string_view argument) {
    if (!argument.empty()) co_return say("501 5.5.4 STARTTLS takes no argument");
    if (!shared_.daemon.tls()) co_return say("502 5.5.1 no certificate is configured");
    if (stream_.tls()) co_return say("503 5.5.1 TLS is on already");
    bool started = co_await service::start_tls(connection_, shared_.daemon, "220 2.0.0 go ahead\r\n");
    if (!started) co_return stop();
    helo_.clear();
    reset();
  }

  void stop() { over_ = true; }

  void reset() {
    in_mail_ = false;
    mail_ = {};
    to_.clear();
    message_.reset();
    failure_.clear();
  }

  Shared& shared_;
  const service::Config& config_;
  service::Connection& connection_;
  io::Stream& stream_;
  std::string host_, helo_;
  std::uint64_t max_size_;
  smtp::Mail mail_;
  bool in_mail_ = false, over_ = false;
  unsigned errors_ = 0;
  std::vector<EnvelopeTo> to_;
  std::optional<client::Incoming> message_;
  TraceScan trace_scan_;
  std::string failure_;
};

}  // namespace

Shared::Shared(service::Daemon& d)
    : daemon(d), auth(d.loop(), d.config().run_path("authd-deliver.sock")),
      store(d.loop(), d.config().run_path("stored-deliver.sock"), nullptr),
      sieve(d.loop(), d.config().run_path("sieved-deliver.sock")), runner(d.loop(), d.config().run_path("runner-deliver.sock")),
      recipients(auth), delivered(d.counter("delivered")), filtered(d.counter("filtered")), refused(d.counter("refused")) {}

base::Result<> Shared::read_scripts() {
  const auto& c = daemon.config();
  folders = client::sieve_folders(c);
  return stack.read(c);
}

io::Task<void> serve(Shared& shared, service::Connection& connection) {
  Dialogue dialogue(shared, connection);
  co_await dialogue.run();
}

}  // namespace postern::lmtpd
