// What the unit tests of lib/sieve share: compiling, running, and actions as one line of text.
#pragma once
#include <gtest/gtest.h>

#include <map>

#include "base/text.h"
#include "sieve/compile.h"
#include "sieve/interpreter.h"

namespace postern::sieve {

inline const char* kMail =
    "Received: from x by y; Wed, 1 Jan 2025 04:31:00 +0000\r\n"
    "From: Ann <ann@example.net>\r\nTo: bob+work@example.com\r\nSubject: Offer 17: cheap\r\n"
    "Message-ID: <m1@example.net>\r\nDate: Tue, 31 Dec 2024 23:30:15 -0500\r\nX-Score: 8\r\nX-Virus: 1\r\n"
    "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    "--b\r\nContent-Type: text/plain\r\n\r\nhello body\r\n"
    "--b\r\nContent-Type: image/tiff\r\n\r\nTIFF\r\n--b--\r\n";

// Answers from tables.
struct FakeHost : Host {
  Answer answer(const Question& q) override {
    asked.push_back(q);
    using Kind = Question::Kind;
    Answer a;
    switch (q.kind) {
      case Kind::mailbox_exists:
        a.yes = q.values == std::vector<std::string>{"There"};
        break;
      case Kind::mailbox_id_exists:
        a.yes = q.values == std::vector<std::string>{"F1"};
        break;
      case Kind::special_use_exists:
        a.yes = q.values == std::vector<std::string>{"\\Junk"};
        break;
      case Kind::metadata:
        a.found = q.values[0] == "/private/comment";
        a.text = q.name.empty() ? "server" : "box";
        break;
      case Kind::seen:
        a.yes = seen;
        break;
      case Kind::list_valid:
      case Kind::list_contains:
        a.found = true;
        a.yes = true;
        break;
      case Kind::script:
        if (auto it = scripts.find(q.name); it != scripts.end()) {
          a.found = true;
          if (auto c = compile(it->second, options)) a.program = std::make_shared<const Program>(std::move(c->program));
        }
        break;
      case Kind::filter:
        a.yes = true;
        a.text = "Subject: filtered\r\n\r\nx\r\n";
        break;
      case Kind::execute:
        a.yes = true;
        a.text = "output of " + q.name;
        break;
      case Kind::convert:
        a.yes = true;
        a.text = "JPEG";
        break;
      case Kind::notify_online:
        a.text = "yes";
        break;
    }
    if (fails) a.failed = "the store is away";
    return a;
  }
  std::vector<Question> asked;
  std::map<std::string, std::string> scripts;
  CompileOptions options;
  bool seen = true, fails = false;
};

inline CompileOptions everything() {
  CompileOptions o;
  o.extensions = available(Place{true, true, true, true});
  o.notify = {true, true, true};
  return o;
}

inline std::shared_ptr<const Program> program(const std::string& text, const CompileOptions& options = everything()) {
  auto c = compile(text, options);
  if (c) return std::make_shared<const Program>(std::move(c->program));
  ADD_FAILURE() << to_string(c.error().errors[0]) << "\n" << text;
  return nullptr;
}

// "LINE:COLUMN: ..." of the first error, or "".
inline std::string first_error(const std::string& text, const CompileOptions& options = everything()) {
  auto c = compile(text, options);
  return c ? "" : to_string(c.error().errors[0]);
}

inline RunInput input(const std::string& script, const std::string& mail = kMail) {
  RunInput in;
  in.scripts.push_back({"user", program(script), false});
  in.message = std::make_shared<StringMessage>(mail);
  in.envelope.from = "ann@example.net";
  in.envelope.to = "bob+work@example.com";
  in.envelope.notify = "NEVER";
  in.envelope.has_by = true;
  in.envelope.by_time = 60;
  in.envelope.by_mode = "notify";
  in.environment = {{"domain", "example.com"}, {"location", "MDA"}, {"vnd.dovecot.username", "bob"}, {"imap.cause", "APPEND"},
                    {"vnd.dovecot.mailbox-from", "Junk"}};
  in.user_address = "bob@example.com";
  in.user_addresses = {"bob+work@example.com"};
  in.hostname = "mail.example.com";
  in.postmaster = "postmaster@example.com";
  in.unique_id = "unit0123456789";
  in.now = 1'735'689'600;  // 2025-01-01T00:00:00Z
  in.spam = {"X-Score", "", "10", "", "", {}};
  in.virus = {"X-Virus", "", "1", "", "", {}};
  in.notify = {true, true, true};
  return in;
}

struct Show {
  static std::string flags(const std::vector<std::string>& f) { return f.empty() ? "" : " {" + base::join(f, " ") + "}"; }
  static std::string where(const Destination& d) {
    std::string out = d.mailbox;
    if (!d.mailbox_id.empty()) out += " id=" + d.mailbox_id;
    if (!d.special_use.empty()) out += " use=" + d.special_use;
    if (d.create) out += " create";
    return out + flags(d.flags);
  }
  std::string operator()(const Store& s) const {
    if (!s.is_keep) return "fileinto " + where(s.where);
    return std::string(s.only_flags ? "stay" : s.is_implicit ? "implicit keep" : "keep") + flags(s.where.flags);
  }
  std::string operator()(const Discard&) const { return "discard"; }
  std::string operator()(const Redirect& r) const {
    std::string out = "redirect " + (r.list.empty() ? r.address : "list " + r.list);
    if (!r.notify.empty()) out += " notify=" + r.notify;
    if (!r.ret.empty()) out += " ret=" + r.ret;
    if (!r.by_mode.empty()) out += " by=" + std::to_string(r.by_time) + r.by_mode + (r.by_trace ? "+trace" : "");
    return out;
  }
  std::string operator()(const Reject& r) const { return (r.extended ? "ereject " : "reject ") + r.reason; }
  std::string operator()(const Vacation& v) const {
    return "vacation " + std::to_string(v.seconds) + (v.fcc ? " fcc=" + where(*v.fcc) : "");
  }
  std::string operator()(const Notify& n) const { return "notify " + n.method + " " + n.message; }
  std::string operator()(const Pipe& p) const { return "pipe " + p.program + (p.try_only ? " try" : ""); }
  std::string operator()(const Report& r) const { return "report " + r.feedback_type; }
};

// "fileinto A; implicit keep".  A version that isn't the original ends in "*".
inline std::string show(const Outcome& o) {
  std::string out;
  for (const Action& a : o.actions) {
    if (!out.empty()) out += "; ";
    out += std::visit(Show{}, a.what);
    if (!o.versions[a.version].original) out += "*";
  }
  for (const RunError& e : o.errors) out += " ! " + std::to_string(e.line) + ": " + e.what;
  return out;
}

inline std::string run_text(const std::string& script, const std::string& mail = kMail) {
  FakeHost host;
  host.options = everything();
  return show(run(input(script, mail), host));
}

}  // namespace postern::sieve
