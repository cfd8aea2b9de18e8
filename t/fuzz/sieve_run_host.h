// A host for fuzzing: answers everything, out of the input's own bytes.
#pragma once
#include "sieve/interpreter.h"
#include "sieve/names.h"

namespace postern::sieve {

// What leaves a run as text is UTF-8 without NUL.
inline void must_be_plain(std::string_view s) {
  if (!is_plain(s)) __builtin_trap();
}
struct MustBePlain {
  void operator()(const Destination& d) const {
    for (const auto* s : {&d.mailbox, &d.mailbox_id, &d.special_use}) must_be_plain(*s);
    for (const auto& f : d.flags) must_be_plain(f);
  }
  void operator()(const Outgoing& o) const {
    must_be_plain(o.sender);
    for (const auto& r : o.recipients) must_be_plain(r);
  }
  void operator()(const Store& s) const { (*this)(s.where); }
  void operator()(const Discard&) const {}
  void operator()(const Redirect& r) const {
    for (const auto* s : {&r.sender, &r.trace_field, &r.address, &r.list, &r.notify, &r.ret, &r.by_mode}) must_be_plain(*s);
  }
  void operator()(const Reject& r) const {
    must_be_plain(r.reason);
    (*this)(r.bounce);
  }
  void operator()(const Vacation& v) const {
    must_be_plain(v.handle);
    (*this)(v.reply);
    if (v.fcc) (*this)(*v.fcc);
  }
  void operator()(const Notify& n) const {
    for (const auto* s : {&n.method, &n.message, &n.importance, &n.from}) must_be_plain(*s);
    for (const auto& o : n.options) must_be_plain(o);
    if (n.mail) (*this)(*n.mail);
    if (n.fcc) (*this)(*n.fcc);
  }
  void operator()(const Pipe& p) const {
    must_be_plain(p.program);
    for (const auto& a : p.arguments) must_be_plain(a);
  }
  void operator()(const Report& r) const {
    must_be_plain(r.feedback_type);
    (*this)(r.mail);
  }
};

struct FuzzHost : Host {
  Answer answer(const Question& q) override {
    Answer a;
    ++count;
    must_be_plain(q.name);
    for (const auto& v : q.values) must_be_plain(v);
    a.yes = count % 3 != 0;
    a.found = count % 5 != 0;
    a.text = q.text.empty() ? q.name : q.text;
    if (q.kind == Question::Kind::script) a.program = program;
    if (q.with_message) a.text = "Subject: filtered\r\n\r\n" + q.name;
    return a;
  }
  std::shared_ptr<const Program> program;
  std::size_t count = 0;
};

inline void fuzz_run(std::shared_ptr<const Program> program, std::string message) {
  FuzzHost host;
  host.program = program;
  RunInput in;
  in.scripts = {{"a", program, false}, {"b", program, true}};
  in.message = std::make_shared<StringMessage>(std::move(message));
  in.envelope.from = "a@example.com";
  in.envelope.to = "b@example.org";
  in.user_address = "b@example.org";
  in.hostname = "mail.example.org";
  in.unique_id = "fuzz0123";
  in.spam = {"X-Score", "", "10", "", "", {}};
  in.notify = {true, true, true};
  in.trace = true;
  in.limits.match_work = 2'000'000;
  in.limits.memory = 4u << 20;
  Outcome o = run(std::move(in), host);
  bool keeps = !o.errors.empty();
  for (const Action& a : o.actions) {
    if (a.version >= o.versions.size() || !o.versions[a.version].bytes()) __builtin_trap();
    std::visit(MustBePlain{}, a.what);
    const auto* s = std::get_if<Store>(&a.what);
    keeps = keeps && !(s && s->is_keep);
  }
  for (const RunError& e : o.errors) must_be_plain(e.what);
  for (const std::string& l : o.log) must_be_plain(l);
  for (const TraceEvent& t : o.trace) must_be_plain(t.what + t.result);
  if (keeps) __builtin_trap();  // an error without a keep loses mail
}

}  // namespace postern::sieve
