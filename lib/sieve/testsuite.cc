// The commands of a suite, and what its scripts ask.
#include "sieve/testsuite.h"

#include <algorithm>

#include "base/text.h"
#include "mime/address.h"
#include "mime/header.h"
#include "sieve/names.h"

namespace postern::sieve {

bool SuiteReport::passed() const {
  return errors.empty() && broken.empty() && std::ranges::all_of(tests, &SuiteTest::passed);
}

Testsuite::Testsuite(ReadFile read) : read_(std::move(read)) {
  mailboxes_["INBOX"];
  configure();
}

SuiteReport Testsuite::run(std::string_view text) {
  auto compiled = compile(text, compile_options());
  if (!compiled) {
    report_.errors = std::move(compiled.error().errors);
    return std::move(report_);
  }
  RunInput in = defaults_;
  in.scripts.push_back({"suite", std::make_shared<const Program>(std::move(compiled->program)), false});
  in.message = std::make_shared<StringMessage>(
      "From: sender@example.com\r\nTo: recipient@example.org\r\nSubject: Test\r\n\r\nTest\r\n");
  in.envelope.from = "sender@example.com";
  in.envelope.to = "recipient@example.org";
  // A suite is no user's script: it may run long and do much.
  in.limits.steps = 10'000'000;
  in.limits.match_work *= 100;
  in.limits.memory *= 16;
  in.limits.actions = in.limits.redirects = in.limits.outgoing = in.limits.notifications = 1000;
  in.limits.run_ms = 120'000;
  Interpreter interpreter(std::move(in));
  interpreter.run_->suite_ = this;
  while (const Question* q = interpreter.step()) interpreter.resume(answer(*q));
  Outcome outcome = interpreter.take();
  if (!outcome.errors.empty())
    report_.broken = "line " + std::to_string(outcome.errors[0].line) + ": " + outcome.errors[0].what;
  return std::move(report_);
}

base::Result<bool> Testsuite::begin_test(Run& run, const Instruction& i) {
  auto name = run.text(i, Slot::names);
  if (!name) return base::pass(name);
  report_.tests.push_back({made_plain(std::move(*name)), i.line, true, "", 0});
  run.frame().tests.push_back(i.target);
  in_test_ = true;
  return true;
}

bool Testsuite::failed(const RunError& e) {
  if (!in_test_) return false;
  SuiteTest& t = report_.tests.back();
  if (t.passed) {
    t.passed = false;
    t.why = made_plain(e.what);
    t.failed_at = e.line;
  }
  return true;
}

base::Result<bool> Testsuite::execute(Run& run, const Instruction& i) {
  auto name = run.text(i, Slot::names);
  auto value = run.text(i, Slot::value);
  auto mailbox = run.text(i, Slot::mailbox);
  if (!name || !value || !mailbox) return base::pass(!name ? name : !value ? value : mailbox);
  switch (i.op) {
    case Op::test_begin:
      return begin_test(run, i);
    case Op::test_end:
      if (!run.frame().tests.empty()) run.frame().tests.pop_back();
      in_test_ = !run.frame().tests.empty();
      return true;
    case Op::test_set:
      return set(run, *name, *value);
    case Op::test_fail: {
      auto why = run.text(i, Slot::reason);
      return base::fail(base::Fault::permanent, why ? *why : why.error().what);
    }
    case Op::test_script_compile:
      return compile_script(*name);
    case Op::test_script_run:
      if (!script_) return base::fail(base::Fault::permanent, "no script was compiled");
      return run_scripts(run, {{script_name_, script_, false}}, Run::has(i, Slot::append_result));
    case Op::test_multiscript: {
      auto paths = run.texts(i, Slot::names);
      return paths ? run_multiscript(run, *paths) : base::pass(paths);
    }
    case Op::test_result_execute:
      return execute_result(run);
    case Op::test_result_reset:
      reset_result(run);
      return true;
    case Op::test_result_print:
      for (const std::string& a : action_names(run)) report_.printed += base::printable(a, 64) + "\n";
      return true;
    case Op::test_message_print: {
      auto size = run.message_.size();
      auto bytes = size ? run.message_.read(0, *size) : base::Result<std::string>(base::pass(size));
      if (!bytes) return base::pass(bytes);
      report_.printed += *bytes;
      return true;
    }
    case Op::test_result_action:
      return compare(run, i, action_names(run));
    case Op::test_error:
      return compare(run, i, errors_);
    case Op::test_mailbox_create:
      mailboxes_[mailbox_name(*mailbox)];
      return true;
    case Op::test_mailbox_delete:
      mailboxes_.erase(mailbox_name(*mailbox));
      return true;
    case Op::test_message:
      return message(run, i);
    case Op::test_config_set:
      config_[*name] = std::string(base::trim(*value));
      return true;
    case Op::test_config_unset:
      config_.erase(*name);
      return true;
    case Op::test_config_reload: {
      configure();
      // The suite's own tests go by the new configuration, too.
      Limits limits = run.in_.limits;
      Envelope envelope = run.in_.envelope;
      auto scripts = run.in_.scripts;
      auto source = run.in_.message;
      run.in_ = defaults_;
      limits.variable = defaults_.limits.variable;
      limits.vacation_days = defaults_.limits.vacation_days;
      limits.vacation_min_seconds = defaults_.limits.vacation_min_seconds;
      limits.vacation_max_seconds = defaults_.limits.vacation_max_seconds;
      run.in_.limits = limits;
      run.in_.envelope = std::move(envelope);
      run.in_.scripts = std::move(scripts);
      run.in_.message = std::move(source);
      return true;
    }
    case Op::test_binary_save:
      if (!script_) return base::fail(base::Fault::permanent, "no script was compiled");
      binaries_[*name] = serialize(*script_);
      return true;
    case Op::test_binary_load: {
      auto program = parse_program(binaries_[*name]);
      if (!program) return base::pass(program);
      script_ = std::make_shared<const Program>(std::move(*program));
      return true;
    }
    case Op::test_imap_metadata_set:
      metadata_[metadata_key(*mailbox, *name)] = *value;
      return true;
    default:
      return base::fail(base::Fault::permanent, "an instruction that nobody knows");
  }
}

namespace {

// Blanks beside the signs of a path don't count.
std::string without_blanks(std::string_view s) {
  constexpr std::string_view kSigns = "<>@,.:";
  std::string out;
  for (std::string_view rest = base::trim(s); !rest.empty(); rest.remove_prefix(1)) {
    bool blank = rest[0] == ' ' || rest[0] == '\t';
    if (blank && !out.empty() && kSigns.contains(out.back())) continue;
    if (!blank && kSigns.contains(rest[0]))
      while (out.ends_with(' ') || out.ends_with('\t')) out.pop_back();
    out += rest[0];
  }
  return out;
}

// "@a,@b"
bool is_source_route(std::string_view s) {
  return std::ranges::all_of(base::split(s, ','), [](std::string_view hop) {
    return hop.size() > 1 && hop[0] == '@' && hop[1] != '.' && !hop.ends_with('.') && !hop.contains("..") &&
           !hop.substr(1).contains('@');
  });
}

// The address of "<@a,@b:local@domain>".  What is no path stays as it is.
std::string address_of(const std::string& value) {
  std::string path = without_blanks(value);
  if (path.starts_with('<') && path.ends_with('>')) path = path.substr(1, path.size() - 2);
  if (!path.starts_with('@')) return path;
  auto colon = path.find(':');
  if (colon == path.npos || !is_source_route(path.substr(0, colon))) return value;
  return path.substr(colon + 1);
}

}  // namespace

base::Result<bool> Testsuite::set(Run& run, const std::string& name, const std::string& value) {
  std::string plain = address_of(value);
  if (name == "message") {
    use_envelope(run, value);
    use_message(run, value);
  } else if (name == "envelope.from") {
    run.in_.envelope.from = plain;
  } else if (name == "envelope.to") {
    run.in_.envelope.to = plain;
  } else if (name == "envelope.orig_to") {
    run.in_.envelope.orig_to = plain;
  } else if (name == "envelope.auth") {
    run.in_.envelope.auth = plain;
  } else if (name == "envelope.notify") {
    run.in_.envelope.notify = plain;
  } else if (name == "envelope.ret") {
    run.in_.envelope.ret = plain;
  } else if (name == "envelope.envid") {
    run.in_.envelope.envid = plain;
  } else if (name == "envelope.orcpt") {
    run.in_.envelope.orcpt = plain;
  } else if (name == "envelope.by") {  // "600;RT", as in MAIL FROM (RFC 2852 4)
    auto semicolon = plain.find(';');
    bool negative = plain.starts_with('-');
    auto seconds = base::parse_u64(std::string_view(plain).substr(negative, semicolon - negative));
    if (!seconds || semicolon == plain.npos)
      return base::fail(base::Fault::permanent, "test_set: wrong BY value");
    Envelope& e = run.in_.envelope;
    e.has_by = true;
    e.by_time = static_cast<std::int64_t>(*seconds) * (negative ? -1 : 1);
    e.by_mode = plain.find('R', semicolon) != plain.npos ? "return" : "notify";
    e.by_trace = plain.find('T', semicolon) != plain.npos;
  } else {
    return base::fail(base::Fault::permanent, "test_set: there is no \"" + base::printable(name, 64) + "\"");
  }
  return true;
}

void Testsuite::use_message(Run& run, std::string bytes) {
  run.in_.message = std::make_shared<StringMessage>(std::move(bytes));
  run.message_.reset(run.in_.message);
  run.out_.versions.push_back({run.in_.message, "", 0, true});
  run.original_version_ = run.out_.versions.size() - 1;
  run.bare_version_.reset();
  (void)run.message_.open();
}

// As if the message had come from its From to its To.
void Testsuite::use_envelope(Run& run, std::string_view bytes) {
  auto first = [&](std::string_view name, std::string otherwise) {
    auto a = mime::parse_address(mime::first_value(bytes, name));
    return a && !a->domain.empty() ? a->email() : otherwise;
  };
  run.in_.envelope = {};
  run.in_.envelope.from = first("from", "sender@example.com");
  run.in_.envelope.to = first("to", "recipient@example.org");
}

base::Result<bool> Testsuite::message(Run& run, const Instruction& i) {
  auto n = static_cast<std::size_t>(Run::number(i, Slot::limit));
  if (Run::has(i, Slot::smtp)) {
    if (n >= sent_.size()) return false;
    Sent s = sent_[n];
    use_message(run, s.bytes);
    run.in_.envelope = {};
    run.in_.envelope.from = s.from;
    run.in_.envelope.to = s.to;
    return true;
  }
  auto name = run.text(i, Slot::mailbox);
  if (!name) return base::pass(name);
  auto it = mailboxes_.find(mailbox_name(*name));
  if (it == mailboxes_.end() || n >= it->second.size()) return false;
  Stored s = it->second[n];
  use_message(run, s.bytes);
  run.flags_ = s.flags;
  return true;
}

// The match of test_error and test_result_action, with their own :index.
base::Result<bool> Testsuite::compare(Run& run, const Instruction& i, std::vector<std::string> values) {
  if (std::uint64_t index = Run::number(i, Slot::index)) {
    if (index > values.size()) return false;
    values = {values[index - 1]};
  }
  Instruction plain = i;
  std::erase_if(plain.arguments, [](const Argument& a) { return a.slot == Slot::index; });
  plain.slots.reset(static_cast<std::size_t>(Slot::index));
  run.compare(plain, values);
  if (run.error_) {
    std::string why = run.error_->what;
    run.error_.reset();
    return base::fail(base::Fault::permanent, std::move(why));
  }
  return run.condition_;
}

Answer Testsuite::answer(const Question& q) {
  using Kind = Question::Kind;
  Answer a;
  auto all = [&](auto&& known) { return !q.values.empty() && std::ranges::all_of(q.values, known); };
  switch (q.kind) {
    case Kind::mailbox_exists:
      a.yes = all([this](const std::string& m) { return mailboxes_.contains(mailbox_name(m)); });
      break;
    case Kind::mailbox_id_exists:
      a.yes = all([this](const std::string& id) { return setting("mailboxid:" + id).has_value(); });
      break;
    case Kind::special_use_exists:
      a.yes = all([&](const std::string& use) {
        auto m = setting("specialuse:" + use);
        return m && (q.name.empty() || mailbox_name(*m) == mailbox_name(q.name));
      });
      break;
    case Kind::metadata: {
      auto it = metadata_.find(metadata_key(q.name, q.values[0]));
      a.found = it != metadata_.end();
      if (a.found) a.text = it->second;
      break;
    }
    case Kind::seen:
      a.yes = seen_.contains(q.name);
      break;
    case Kind::list_valid:
      a.yes = all([this](const std::string& uri) { return list_members(uri).has_value(); });
      break;
    case Kind::list_contains: {
      auto list = list_members(q.name);
      a.found = list.has_value();
      if (!list) break;
      for (std::string_view member : base::split_blank(*list))
        for (const std::string& key : q.values)
          if (base::iequals(member, key)) {
            a.yes = true;
            a.text = member;
          }
      break;
    }
    case Kind::script: {
      auto text = read_((q.global ? "included-global/" : "included/") + q.name + ".sieve");
      if (!text) text = read_(q.name + ".sieve");
      a.found = text.has_value();
      if (!text) break;
      auto compiled = compile(*text, compile_options());
      if (compiled) {
        a.program = std::make_shared<const Program>(std::move(compiled->program));
      } else {
        a.text = to_string(compiled.error().errors[0]);
      }
      break;
    }
    case Kind::filter:
    case Kind::execute: {
      auto output = setting("command:" + q.name);
      a.yes = output.has_value();
      if (output) a.text = *output;
      break;
    }
    case Kind::convert: {
      auto output = setting("convert:" + q.values[0] + ":" + q.name);
      a.yes = output.has_value();
      if (output) a.text = *output;
      break;
    }
    case Kind::notify_online:
      a.text = setting("online:" + q.name).value_or("maybe");
      break;
  }
  return a;
}

}  // namespace postern::sieve
