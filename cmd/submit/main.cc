// submit: takes a message as sendmail does and hands it to one SMTP host.  It holds nothing and asks nobody else; what it may
// do is what runner lets it.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/file.h"
#include "base/text.h"
#include "cmd/submit/dialogue.h"
#include "io/listener.h"
#include "io/loop.h"
#include "io/tls.h"
#include "service/command_line.h"

using namespace postern;

namespace {

constexpr std::uint64_t kMaxMessage = 1u << 30;

constexpr const char* kHelp =
    "submit --host=IP[:PORT] [-f SENDER] [OPTIONS] [--] RECIPIENT ...\n\n"
    "Hands the message on standard input to an SMTP host, as sendmail does.  For the row `sendmail` of runner.command.\n\n"
    "  --host=IP[:PORT]   the host, by address; port 25 unless given\n"
    "  --helo=NAME        how it calls itself; localhost unless given\n"
    "  --timeout=TIME     for each answer; 60s unless given\n"
    "  --tls=WHEN         may (where the host offers it; the default), must, or never\n"
    "  --tls-name=NAME    must, and the host's certificate has this name\n"
    "  --ca=FILE          who may have signed it, PEM; the system's unless given\n"
    "  -f SENDER          envelope sender; <> for none\n"
    "  -N NOTIFY          never, or of success,failure,delay (RFC 3461), where the host knows it\n"
    "  -R RET             full or hdrs (RFC 3461), where the host knows it\n"
    "  -i, -oi            taken, and always so: a line of one dot is text\n"
    "  --help, --version\n\n"
    "The variable DELIVERBY has a time limit (RFC 2852): \"600;R\".\n";

struct Wanted {
  std::string host, helo = "localhost";
  std::uint16_t port = 25;
  std::uint64_t timeout_s = 60;
  bool may_tls = true, must_tls = false;
  std::string tls_name, ca_file;
  smtp::Submission submission;
};

int complain(int status, const std::string& what) {
  std::fprintf(stderr, "submit: %s\n", what.c_str());
  return status;
}

bool set_host(Wanted& w, std::string_view value) {
  std::size_t colon = value.rfind(':');
  bool bracket = value.starts_with('[');
  bool has_port = colon != value.npos && (bracket ? value[colon - 1] == ']' : value.find(':') == colon);
  if (has_port) {
    auto port = base::parse_u32(value.substr(colon + 1));
    if (!port || *port == 0 || *port > 65'535) return false;
    w.port = static_cast<std::uint16_t>(*port);
    value = value.substr(0, colon);
  }
  if (bracket && !value.ends_with(']')) return false;
  w.host = bracket ? value.substr(1, value.size() - 2) : value;
  in6_addr six;
  in_addr four;
  return ::inet_pton(AF_INET, w.host.c_str(), &four) == 1 || ::inet_pton(AF_INET6, w.host.c_str(), &six) == 1;
}

bool set_notify(Wanted& w, std::string_view value) {
  std::string all = base::to_upper(value);
  bool known = all == "NEVER" || std::ranges::all_of(base::split(all, ','), [](std::string_view n) {
    return n == "SUCCESS" || n == "FAILURE" || n == "DELAY";
  });
  if (known) w.submission.notify = all;
  return known;
}

bool set_ret(Wanted& w, std::string_view value) {
  w.submission.ret = base::to_upper(value);
  return w.submission.ret == "FULL" || w.submission.ret == "HDRS";
}

bool set_helo(Wanted& w, std::string_view value) {
  w.helo = value;
  return !value.empty() && value.size() <= 255 && std::ranges::all_of(value, [](char c) { return c > ' ' && c < 0x7f; });
}

bool set_tls(Wanted& w, std::string_view value) {
  w.may_tls = value != "never";
  w.must_tls = value == "must";
  return value == "may" || value == "must" || value == "never";
}

bool set_long(Wanted& w, std::string_view word) {
  auto equals = word.find('=');
  if (equals == word.npos) return false;
  std::string_view name = word.substr(0, equals), value = word.substr(equals + 1);
  if (name == "--host") return set_host(w, value);
  if (name == "--helo") return set_helo(w, value);
  if (name == "--tls") return set_tls(w, value);
  if (name == "--tls-name") return w.tls_name = value, !value.empty();
  if (name == "--ca") return w.ca_file = value, !value.empty();
  auto seconds = name == "--timeout" ? base::parse_duration(value) : std::nullopt;
  if (seconds) w.timeout_s = *seconds;
  return seconds && *seconds > 0 && *seconds <= 3600;
}

// "-f x" and "-fx".
bool set_short(Wanted& w, char name, std::string_view value) {
  if (name == 'f') return w.submission.sender = value == "<>" ? "" : value, true;
  if (name == 'N') return set_notify(w, value);
  return name == 'R' && set_ret(w, value);
}

bool parse(Wanted& w, int argc, char** argv) {
  int i = 1;
  for (; i < argc && argv[i][0] == '-'; ++i) {
    std::string_view word = argv[i];
    if (word == "--") {
      ++i;
      break;
    }
    if (word == "-i" || word == "-oi") continue;
    bool known = false;
    if (word.starts_with("--"))
      known = set_long(w, word);
    else if (word.size() > 2)
      known = set_short(w, word[1], word.substr(2));
    else if (word.size() == 2 && i + 1 < argc)
      known = set_short(w, word[1], argv[++i]);
    if (!known) return complain(EX_USAGE, "wrong option " + base::printable(word, 80) + "; see --help"), false;
  }
  for (; i < argc; ++i) w.submission.recipients.emplace_back(argv[i]);
  const char* by = std::getenv("DELIVERBY");
  if (by && !(w.submission.by = smtp::parse_deliver_by(by))) return complain(EX_USAGE, "DELIVERBY is wrong: expected SECONDS;R or ;N"), false;
  if (w.host.empty()) return complain(EX_USAGE, "--host=IP[:PORT] is missing"), false;
  if (!w.tls_name.empty() && !w.may_tls) return complain(EX_USAGE, "--tls=never and --tls-name exclude each other"), false;
  if (!w.ca_file.empty() && w.tls_name.empty()) return complain(EX_USAGE, "--ca is for --tls-name"), false;
  if (w.submission.recipients.empty()) return complain(EX_USAGE, "no recipient"), false;
  return true;
}

// Standard input as a file, whatever it is, and what the envelope has to say of it.
base::Result<base::Fd> take_message(smtp::Submission& s) {
  auto spool = base::open_spool("");
  if (!spool) return spool;
  bool header = true;
  std::string last_two;
  std::string piece(64u << 10, '\0');
  for (;;) {
    ssize_t n = ::read(0, piece.data(), piece.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::unexpected(base::sys_error("reading the message"));
    if (n == 0) return spool;
    std::string_view got(piece.data(), static_cast<std::size_t>(n));
    if ((s.size += got.size()) > kMaxMessage) return base::fail(base::Fault::permanent, "the message is larger than 1 GB");
    for (char c : got) {
      bool over = static_cast<unsigned char>(c) >= 0x80;
      s.eight_bit = s.eight_bit || over;
      s.utf8_header = s.utf8_header || (over && header);
      if (c == '\r') continue;
      header = header && !(c == '\n' && last_two == "\n");
      last_two = c == '\n' ? "\n" : "";
    }
    if (auto ok = base::write_all(spool->get(), got); !ok) return base::pass(ok);
  }
}

// One that only may be encrypted has nobody's certificate checked: who reads along is kept out, who sits between is not.
base::Result<submit::Encryption> encryption(const Wanted& w) {
  submit::Encryption out;
  if (!w.may_tls) return out;
  auto context = io::TlsContext::client({.ca_file = w.ca_file, .verify = !w.tls_name.empty()});
  if (!context) return base::pass(context);
  out.context = std::move(*context);
  out.must = w.must_tls || !w.tls_name.empty();
  out.name = w.tls_name;
  return out;
}

struct Attempt {
  base::Result<> result;
  std::string refused;
};

io::Task<Attempt> attempt(io::Loop& loop, const Wanted& w, submit::Encryption encryption, const base::Fd& message) {
  auto socket = co_await io::connect_tcp(loop, w.host, w.port, w.timeout_s * 1000);
  if (!socket)
    co_return Attempt{base::fail(base::Fault::temporary, "connecting to " + w.host + " port " + std::to_string(w.port) + ": " + socket.error().what), {}};
  io::Stream stream(loop, std::move(*socket));
  stream.set_timeout(w.timeout_s * 1000);
  stream.set_write_timeout(w.timeout_s * 1000);
  submit::Dialogue dialogue(std::move(stream), std::move(encryption));
  auto sent = co_await dialogue.run(w.helo, w.submission, message);
  co_return Attempt{std::move(sent), dialogue.refused()};
}

io::Task<void> hand_over(io::Loop& loop, const Wanted& w, const base::Fd& message, Attempt& out) {
  auto how = encryption(w);
  if (!how) {
    out.result = base::pass(how);
    co_return;
  }
  bool optional = how->context && !how->must;
  out = co_await attempt(loop, w, std::move(*how), message);
  // A host whose TLS does not work gets its mail all the same, where it only may be encrypted (RFC 7435 3).
  if (!out.result && out.result.error().code == "TLS" && optional) out = co_await attempt(loop, w, {}, message);
}

int status_of(const base::Error& e) {
  if (e.fault == base::Fault::temporary) return EX_TEMPFAIL;
  return e.code == "NO_RECIPIENT" ? EX_NOUSER : EX_DATAERR;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "--help") == 0) return std::fputs(kHelp, stdout), EX_OK;
  if (argc == 2 && std::strcmp(argv[1], "--version") == 0)
    return std::printf("submit (Postern) %s\n", std::string(service::kVersion).c_str()), EX_OK;
  Wanted w;
  if (!parse(w, argc, argv)) return EX_USAGE;
  auto message = take_message(w.submission);
  if (!message) return complain(status_of(message.error()), message.error().what);
  io::Loop loop;
  Attempt made;
  loop.run(hand_over(loop, w, *message, made));
  if (!made.refused.empty()) std::fputs(made.refused.c_str(), stderr);
  return made.result ? EX_OK : complain(status_of(made.result.error()), made.result.error().what);
}
