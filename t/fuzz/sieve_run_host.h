// A host for fuzzing: answers everything, out of the input's own bytes.
#pragma once
#include "sieve/interpreter.h"

namespace postern::sieve {

struct FuzzHost : Host {
  Answer answer(const Question& q) override {
    Answer a;
    ++count;
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
    const auto* s = std::get_if<Store>(&a.what);
    keeps = keeps && !(s && s->is_keep);
  }
  if (keeps) __builtin_trap();  // an error without a keep loses mail
}

}  // namespace postern::sieve
