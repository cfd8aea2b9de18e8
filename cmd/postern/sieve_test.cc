// sieve test: what a script would do with a message, step by step; and whole suites of tests (vnd.dovecot.testsuite).
// Nothing is stored, sent or asked of anybody.
#include <algorithm>

#include "base/codec.h"
#include "base/file.h"
#include "base/system.h"
#include "base/text.h"
#include "cmd/postern/json.h"
#include "cmd/postern/sieve_file.h"
#include "cmd/postern/verbs.h"
#include "mime/address.h"
#include "mime/header.h"
#include "sieve/interpreter.h"
#include "sieve/testsuite.h"

namespace postern::cli {
namespace {

std::string folder_of(const std::string& path) {
  auto slash = path.rfind('/');
  return slash == path.npos ? "" : path.substr(0, slash + 1);
}

std::string last_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

// --- suites

int run_suite(Context& c, const std::string& path, const std::string& text, boost::json::array& rows) {
  auto read = [folder = folder_of(path)](const std::string& name) -> std::optional<std::string> {
    auto r = base::read_file(name.starts_with('/') ? name : folder + name);
    return r ? std::optional(std::move(*r)) : std::nullopt;
  };
  sieve::SuiteReport report = sieve::Testsuite(read).run(text);
  for (const auto& d : report.errors) say(c, path, d, false);
  if (!report.broken.empty()) c.error(path + ": " + report.broken);
  if (!c.json()) c.out(report.printed);
  std::size_t passed = 0;
  for (const auto& t : report.tests) {
    passed += t.passed;
    if (c.json()) {
      rows.push_back({{"suite", path}, {"test", t.name}, {"line", t.line}, {"passed", t.passed}, {"why", t.why}, {"failed_at", t.failed_at}});
    } else if (!t.passed) {
      c.out("FAIL " + path + ":" + std::to_string(t.failed_at) + ": " + t.name + ": " + t.why + "\n");
    }
  }
  if (!c.json())
    c.out(path + ": " + std::to_string(passed) + " of " + std::to_string(report.tests.size()) + " tests passed\n");
  return report.passed() ? kOk : kFound;
}

// --- one script, one message

// Answers from the command line: --mailbox, --duplicate; scripts to include from beside the script.
struct OfflineHost : sieve::Host {
  OfflineHost(Context& c, std::string folder) : context(c), folder(std::move(folder)) {}

  sieve::Answer answer(const sieve::Question& q) override {
    using Kind = sieve::Question::Kind;
    sieve::Answer a;
    auto mailboxes = context.values("--mailbox");
    auto all_there = [&] {
      return std::ranges::all_of(q.values, [&](const std::string& m) {
        return m == "INBOX" || std::ranges::find(mailboxes, m) != mailboxes.end();
      });
    };
    switch (q.kind) {
      case Kind::mailbox_exists:
        a.yes = all_there();
        break;
      case Kind::seen:
        a.yes = context.has("--duplicate");
        break;
      case Kind::list_valid:
      case Kind::list_contains:
        a.yes = q.kind == Kind::list_valid;
        a.found = true;  // a list that nobody is in
        break;
      case Kind::script: {
        auto text = base::read_file(folder + q.name + ".sieve", 1u << 20);
        a.found = text.has_value();
        if (!text) break;
        auto compiled = sieve::compile(*text, sieve_options(context));
        if (compiled) {
          a.program = std::make_shared<const sieve::Program>(std::move(compiled->program));
        } else {
          a.text = sieve::to_string(compiled.error().errors[0]);
        }
        break;
      }
      default:
        break;  // nothing is there, no command runs
    }
    return a;
  }

  Context& context;
  std::string folder;
};

struct Described {
  std::string text;
  boost::json::object json;
};

std::string where(const sieve::Destination& d) {
  std::string out = d.mailbox.empty() ? "INBOX" : d.mailbox;
  if (!d.mailbox_id.empty()) out += ", or the mailbox with id " + d.mailbox_id;
  if (!d.special_use.empty()) out += ", or the one for " + d.special_use;
  if (d.create) out += ", made when missing";
  if (!d.flags.empty()) out += ", with " + base::join(d.flags, " ");
  return out;
}

boost::json::object json_of(const sieve::Destination& d) {
  return {{"mailbox", d.mailbox.empty() ? "INBOX" : d.mailbox}, {"mailboxId", d.mailbox_id}, {"specialUse", d.special_use},
          {"create", d.create}, {"flags", boost::json::array(d.flags.begin(), d.flags.end())}};
}

boost::json::object json_of(const sieve::Outgoing& m) {
  return {{"sender", m.sender}, {"recipients", boost::json::array(m.recipients.begin(), m.recipients.end())}, {"message", m.text}};
}

struct Describe {
  Described operator()(const sieve::Store& s) const {
    return {(s.is_implicit ? "kept, as nothing else was said, in " : s.is_keep ? "kept in " : "stored in ") + where(s.where),
            {{"implicit", s.is_implicit}, {"where", json_of(s.where)}}};
  }
  Described operator()(const sieve::Discard&) const { return {"discarded", {}}; }
  Described operator()(const sieve::Redirect& r) const {
    std::string to = r.list.empty() ? "<" + r.address + ">" : "the list " + r.list;
    return {"redirected to " + to + " as from <" + r.sender + ">",
            {{"address", r.address}, {"list", r.list}, {"sender", r.sender}, {"notify", r.notify}, {"ret", r.ret}, {"byMode", r.by_mode}}};
  }
  Described operator()(const sieve::Reject& r) const {
    return {"refused: " + base::printable(r.reason, 200), {{"reason", r.reason}, {"bounce", json_of(r.bounce)}}};
  }
  Described operator()(const sieve::Vacation& v) const {
    return {"answered to <" + v.reply.recipients[0] + ">, once in " + std::to_string(v.seconds) + " seconds" +
                (v.fcc ? ", copy in " + where(*v.fcc) : ""),
            {{"seconds", v.seconds}, {"reply", json_of(v.reply)}}};
  }
  Described operator()(const sieve::Notify& n) const {
    Described d{"notified: " + n.method + ": " + base::printable(n.message, 200), {{"method", n.method}, {"message", n.message}}};
    if (n.mail) d.json["mail"] = json_of(*n.mail);
    return d;
  }
  Described operator()(const sieve::Pipe& p) const { return {"piped to " + p.program, {{"program", p.program}}}; }
  Described operator()(const sieve::Report& r) const {
    return {"reported as " + r.feedback_type + " to <" + r.mail.recipients[0] + ">", {{"feedbackType", r.feedback_type}, {"mail", json_of(r.mail)}}};
  }
};

std::string address_of(const std::string& mail, std::string_view field, std::string otherwise) {
  auto a = mime::parse_address(mime::first_value(mail, field));
  return a && !a->domain.empty() ? a->email() : otherwise;
}

std::optional<sieve::RunInput> run_input(Context& c, std::string mail) {
  sieve::RunInput in;
  in.envelope.from = c.value("--from").value_or(address_of(mail, "from", "sender@example.com"));
  if (in.envelope.from == "<>") in.envelope.from.clear();
  in.envelope.to = c.value("--to").value_or(address_of(mail, "to", "recipient@example.com"));
  in.user_address = in.envelope.to;
  for (const std::string& item : c.values("--env")) {
    auto equal = item.find('=');
    if (equal == item.npos) return std::nullopt;
    in.environment[base::to_lower(item.substr(0, equal))] = item.substr(equal + 1);
  }
  in.imap_event = in.is_stored = c.has("--imap");
  in.hostname = "localhost";
  in.postmaster = "postmaster@localhost";
  in.unique_id = base::hex(base::random_token(8)).substr(0, 16);
  in.now = base::unix_now();
  in.notify = {true, true, true};
  in.trace = true;
  in.message = std::make_shared<sieve::StringMessage>(std::move(mail));
  return in;
}

boost::json::object json_of(const sieve::Outcome& o) {
  boost::json::array trace, actions, errors, log;
  for (const auto& t : o.trace) trace.push_back({{"script", t.script}, {"line", t.line}, {"what", t.what}, {"result", t.result}});
  for (const auto& a : o.actions) {
    Described d = std::visit(Describe{}, a.what);
    d.json["action"] = sieve::name_of(a);
    d.json["script"] = a.script;
    d.json["line"] = a.line;
    d.json["changed"] = !o.versions[a.version].original;
    actions.push_back(std::move(d.json));
  }
  for (const auto& e : o.errors) errors.push_back({{"script", e.script}, {"line", e.line}, {"what", e.what}});
  for (const auto& l : o.log) log.emplace_back(l);
  return {{"trace", trace}, {"actions", actions}, {"errors", errors}, {"log", log}, {"steps", o.steps}};
}

void print(Context& c, const sieve::Outcome& o) {
  for (const auto& t : o.trace)
    c.out(t.script + ":" + std::to_string(t.line) + ": " + t.what + (t.result.empty() ? "" : " -> " + t.result) + "\n");
  for (const auto& l : o.log) c.out("log: " + l + "\n");
  for (const auto& e : o.errors) c.out("error: " + e.script + ":" + std::to_string(e.line) + ": " + e.what + "\n");
  c.out("The message would be:\n");
  for (const auto& a : o.actions) {
    std::string line = "  " + std::visit(Describe{}, a.what).text;
    if (!o.versions[a.version].original) line += " (as the script changed it)";
    if (a.line) line += " [" + a.script + ":" + std::to_string(a.line) + "]";
    c.out(line + "\n");
  }
  if (o.actions.empty()) c.out("  discarded\n");
}

int run_script(Context& c, const std::string& path, const std::string& script, const std::string& mail_path) {
  auto mail = read_script(c, mail_path);
  if (!mail) return kNoInput;
  auto program = compile_script(c, path, script, sieve_options(c));
  if (!program) return kDataError;
  auto in = run_input(c, std::move(*mail));
  if (!in) return c.usage("--env: say NAME=VALUE");
  in->scripts.push_back({last_of(path), std::make_shared<const sieve::Program>(std::move(*program)), false});
  OfflineHost host(c, folder_of(path));
  sieve::Outcome o = sieve::run(std::move(*in), host);
  if (c.json()) {
    print_json(c, json_of(o));
  } else {
    print(c, o);
  }
  return o.errors.empty() ? kOk : kFound;
}

}  // namespace

int sieve_test(Context& c) {
  if (c.args().empty()) return c.usage("which script and message, or which suites?");
  auto is_suite = [](const std::string& path, const std::string& text) {
    return path.ends_with(".svtest") || text.find("vnd.dovecot.testsuite") != text.npos;
  };
  boost::json::array rows;
  int status = kOk;
  for (const std::string& path : c.args()) {
    auto text = read_script(c, path);
    if (!text) return kNoInput;
    if (!is_suite(path, *text)) {
      if (c.args().size() != 2) return c.usage("say one SCRIPT and one MESSAGE, or suites");
      return run_script(c, path, *text, c.args()[1]);
    }
    status = std::max(status, run_suite(c, path, *text, rows));
  }
  if (c.json()) print_json(c, rows);
  return status;
}

}  // namespace postern::cli
