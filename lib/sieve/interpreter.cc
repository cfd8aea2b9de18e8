// The machine: scripts of the stack one after another, instructions, includes, questions, the end.
#include "sieve/interpreter.h"

#include <algorithm>

#include "base/text.h"
#include "sieve/names.h"
#include "sieve/run.h"

namespace postern::sieve {

using Run = Interpreter::Run;

Interpreter::Interpreter(RunInput input) : run_(std::make_unique<Run>(std::move(input))) {}
Interpreter::~Interpreter() = default;
Interpreter::Interpreter(Interpreter&&) noexcept = default;

const Question* Interpreter::step() {
  return run_->step();
}
void Interpreter::resume(Answer answer) {
  run_->resume(std::move(answer));
}
void Interpreter::widen(const Limits& limits) {
  run_->widen(limits);
}
Outcome Interpreter::take() {
  return run_->take();
}

Outcome run(RunInput input, Host& host) {
  Interpreter i(std::move(input));
  while (const Question* q = i.step()) i.resume(host.answer(*q));
  return i.take();
}

Run::Run(RunInput input)
    : in_(std::move(input)),
      budget_(in_.limits),
      matcher_(budget_, in_.limits),
      message_(in_.message, budget_) {
  out_.versions.push_back({in_.message, "", 0, true});
  flags_ = in_.flags;
  for (auto* names : {&in_.protected_headers, &in_.never_added, &in_.never_deleted})
    for (auto& name : *names) name = base::to_lower(name);
}

const Question* Run::step() {
  if (!done_ && frames_.empty() && next_script_ == 0) {
    if (auto r = message_.open(); !r) {
      fail(r.error());
      report_failure();
    }
    if (!done_ && !begin_script()) finish();
  }
  std::shared_ptr<const Program> program;
  while (!done_) {
    // An included script may be gone after its last instruction.
    if (program != frame().script.program) program = frame().script.program;
    const Instruction& i = program->code[frame().pc];
    Flow flow = Flow::fail;
    auto paid = answers_.empty() ? budget_.step() : base::Result<>();
    next_answer_ = 0;
    if (paid) {
      flow = execute(i);
    } else {
      fail(paid.error());
    }
    if (flow == Flow::ask) return &*question_;
    answers_.clear();
    if (flow == Flow::fail && !report_failure()) break;
  }
  return nullptr;
}

void Run::resume(Answer answer) {
  question_.reset();
  if (!answer.failed.empty() && !done_) {
    answers_.clear();
    fail(answer.failed, RunError::Kind::temporary);
    report_failure();
    return;
  }
  // What comes from outside is held as long as the instruction runs, and so counts.
  if (auto r = budget_.memory(answer.text.size()); !r && !done_) {
    fail(r.error());
    report_failure();
    return;
  }
  answers_.push_back(std::move(answer));
}

void Run::widen(const Limits& limits) {
  budget_.widen(in_.limits, limits);
  in_.limits = limits;
}

Outcome Run::take() {
  out_.steps = in_.limits.steps - budget_.steps_left();
  return std::move(out_);
}

const Answer* Run::ask(Question q) {
  if (next_answer_ < answers_.size()) return &answers_[next_answer_++];
  q.line = frame().script.program->code[frame().pc].line;
  question_ = std::move(q);
  return nullptr;
}

Run::Flow Run::fail(std::string what, RunError::Kind kind) {
  RunError e{kind, "", 0, std::move(what)};
  if (!frames_.empty()) {
    e.script = frame().script.name;
    e.line = frame().script.program->code[frame().pc].line;
  }
  error_ = std::move(e);
  return Flow::fail;
}

Run::Flow Run::fail(base::Error e) {
  budget_spent_ = budget_spent_ || e.code == "BUDGET";
  auto kind = e.fault == base::Fault::limit       ? RunError::Kind::limit
              : e.fault == base::Fault::temporary ? RunError::Kind::temporary
                                                  : RunError::Kind::script;
  return fail(std::move(e.what), kind);
}

// A script that failed leaves nothing but the keep; what scripts before it decided stays.  False: the run is
// over.
bool Run::report_failure() {
  RunError e = std::move(*error_);
  error_.reset();
  if (suite_ && !budget_spent_ && suite_->failed(e)) {
    while (!frames_.empty() && frame().tests.empty()) frames_.pop_back();
    if (!frames_.empty()) {
      frame().pc = frame().tests.back();
      frame().loops.clear();
      return true;
    }
  }
  out_.errors.push_back(std::move(e));
  out_.actions.resize(mark_.actions);
  out_.seen.resize(mark_.seen);
  flags_ = mark_.flags;
  failed_ = implicit_keep_ = true;
  frames_.clear();
  finish();
  return false;
}

// Starts the next script of the stack; false when there is none.
bool Run::begin_script() {
  if (next_script_ >= in_.scripts.size()) return false;
  Frame f;
  f.script = in_.scripts[next_script_++];
  f.locals.resize(f.script.program->variables.size());
  auto version = current_version();
  mark_ = {out_.actions.size(), out_.seen.size(), version ? *version : 0, flags_};
  frames_.push_back(std::move(f));
  vacation_done_ = false;
  return true;
}

// A script of the stack has ended: the next one runs if a keep is in force, and takes over that keep.
void Run::end_script() {
  frames_.clear();
  // To file it into INBOX is to keep it.
  auto is_keep = [](const Action& a) {
    const auto* s = std::get_if<Store>(&a.what);
    return s && (s->is_keep || (base::iequals(s->where.mailbox, "INBOX") && s->where.mailbox_id.empty() &&
                                s->where.special_use.empty()));
  };
  bool kept = implicit_keep_ || std::ranges::any_of(out_.actions, is_keep);
  if (kept && next_script_ < in_.scripts.size()) {
    kept_flags_.reset();
    for (const Action& a : out_.actions)
      if (is_keep(a)) kept_flags_ = std::get<Store>(a.what).where.flags;
    std::erase_if(out_.actions, is_keep);
    implicit_keep_ = true;
    if (begin_script()) return;
  }
  finish();
}

void Run::finish() {
  done_ = true;
  if (!implicit_keep_) return;
  Store keep;
  keep.is_keep = keep.is_implicit = true;
  keep.only_flags = in_.imap_event;
  // Those of the keep that an earlier script asked for, where no later one spoke of flags.
  keep.where.flags = kept_flags_ && flags_ == mark_.flags ? *kept_flags_ : flags_;
  Action a{std::move(keep), "", 0, mark_.version};
  if (!failed_ && !in_.imap_event) {
    if (auto v = current_version()) a.version = *v;
  }
  out_.actions.push_back(std::move(a));
}

Run::Flow Run::execute(const Instruction& i) {
  Flow flow;
  if (in_.trace) {
    // The frame may be gone afterwards, and its variables changed.
    std::string what = describe(i), script = frame().script.name;
    flow = dispatch(i);
    if (flow == Flow::next || flow == Flow::moved) trace(i, script, std::move(what));
  } else {
    flow = dispatch(i);
  }
  if (flow == Flow::next) ++frame().pc;
  return flow;
}

// `everything`: the user's `stop`; else `return`, or the end of a script.
Run::Flow Run::stop(bool everything) {
  if (everything || frames_.size() == 1) {
    end_script();
  } else {
    frames_.pop_back();
    ++frame().pc;
  }
  return Flow::moved;
}

Run::Flow Run::jump(const Instruction& i) {
  bool go = i.op == Op::jump || condition_ == (i.op == Op::jump_if_true);
  frame().pc = go ? i.target : frame().pc + 1;
  return Flow::moved;
}

// RFC 5703 3.
Run::Flow Run::part_begin(const Instruction& i) {
  auto s = message_.structure();
  if (!s) return fail(s.error());
  Loop l{frame().pc + 1, 0, (*s)->parts.size(), 0};
  if (!frame().loops.empty()) {
    // The children of the part that the loop around it looks at.
    std::size_t outer = frame().loops.back().at;
    auto end = message_.subtree_end(outer);
    if (!end) return fail(end.error());
    l.at = outer + 1;
    l.end = *end;
  }
  if (l.at >= l.end) {
    frame().pc = i.target;
    return Flow::moved;
  }
  frame().loops.push_back(l);
  return Flow::next;
}

Run::Flow Run::part_next(const Instruction& i) {
  if (frame().loops.empty() || frame().loops.back().body != i.target) return fail("a loop that wasn't begun");
  Loop& l = frame().loops.back();
  l.at = std::max(l.at + 1, l.skip_to);
  if (l.at < l.end) {
    frame().pc = l.body;
    return Flow::moved;
  }
  frame().loops.pop_back();
  return Flow::next;
}

Run::Flow Run::part_break(const Instruction& i) {
  auto levels = number(i, Slot::limit);
  if (levels > frame().loops.size()) return fail("a break out of no loop");
  frame().loops.resize(frame().loops.size() - static_cast<std::size_t>(levels));
  frame().pc = i.target;
  return Flow::moved;
}

Run::Flow Run::dispatch(const Instruction& i) {
  switch (i.op) {
    case Op::stop:
      // The last instruction is the script's end, any other the command.
      return stop(frame().pc + 1 < frame().script.program->code.size());
    case Op::leave:
      return stop(false);
    case Op::jump:
    case Op::jump_if_true:
    case Op::jump_if_false:
      return jump(i);
    case Op::invert:
      return yields(!condition_);
    case Op::set_true:
    case Op::set_false:
      return yields(i.op == Op::set_true);
    case Op::unsupported:
    case Op::error: {
      auto why = prose(i, Slot::reason);
      return why ? fail(std::move(*why)) : fail(why.error());
    }
    case Op::include:
      return include(i);
    case Op::part_begin:
      return part_begin(i);
    case Op::part_next:
      return part_next(i);
    case Op::part_break:
      return part_break(i);
    case Op::keep:
      return do_keep(i);
    case Op::fileinto:
      return do_fileinto(i);
    case Op::redirect:
      return do_redirect(i);
    case Op::discard:
      return do_discard(i);
    case Op::reject:
    case Op::ereject:
      return do_reject(i);
    case Op::setflag:
    case Op::addflag:
    case Op::removeflag:
      return do_flags(i);
    case Op::set:
      return do_set(i);
    case Op::addheader:
      return do_addheader(i);
    case Op::deleteheader:
      return do_deleteheader(i);
    case Op::notify:
      return do_notify(i);
    case Op::vacation:
      return do_vacation(i);
    case Op::extracttext:
      return do_extracttext(i);
    case Op::replace:
      return do_replace(i);
    case Op::enclose:
      return do_enclose(i);
    case Op::pipe:
      return do_pipe(i);
    case Op::debug_log: {
      auto line = text(i, Slot::reason);
      if (!line) return fail(line.error());
      log("DEBUG: " + *line);
      return Flow::next;
    }
    case Op::report:
      return do_report(i);
    case Op::filter:
      return do_filter(i);
    case Op::execute:
      return do_execute(i);
    case Op::convert:
      return do_convert(i);
    case Op::address:
      return test_address(i);
    case Op::envelope:
      return test_envelope(i);
    case Op::exists:
      return test_exists(i);
    case Op::header:
      return test_header(i);
    case Op::size:
      return test_size(i);
    case Op::body:
      return test_body(i);
    case Op::date:
      return test_date(i);
    case Op::currentdate:
      return test_currentdate(i);
    case Op::duplicate:
      return test_duplicate(i);
    case Op::environment:
      return test_environment(i);
    case Op::valid_ext_list:
      return test_valid_ext_list(i);
    case Op::hasflag:
      return test_hasflag(i);
    case Op::string:
      return test_string(i);
    case Op::mailboxexists:
      return test_mailboxes(i, Question::Kind::mailbox_exists);
    case Op::mailboxidexists:
      return test_mailboxes(i, Question::Kind::mailbox_id_exists);
    case Op::metadata:
      return test_metadata(i, false);
    case Op::servermetadata:
      return test_metadata(i, true);
    case Op::metadataexists:
      return test_metadata_exists(i, false);
    case Op::servermetadataexists:
      return test_metadata_exists(i, true);
    case Op::specialuse_exists:
      return test_special_use(i);
    case Op::spamtest:
    case Op::virustest:
      return test_score(i);
    case Op::valid_notify_method:
      return test_valid_notify(i);
    case Op::notify_method_capability:
      return test_notify_capability(i);
    default:
      break;
  }
  if (!suite_) return fail("an instruction that only the testsuite knows");
  auto r = suite_->execute(*this, i);
  return r ? yields(*r) : fail(r.error());
}

// RFC 6609 3.2.
Run::Flow Run::include(const Instruction& i) {
  auto name = text(i, Slot::names);
  if (!name) return fail(name.error());
  if (!valid_script_name(*name)) return fail("\"" + base::printable(*name, 64) + "\" is no script's name");
  bool global = number(i, Slot::global) == 1;
  std::string key = (global ? "g" : "p") + *name;
  if (has(i, Slot::once) && included_.contains(key)) return Flow::next;
  for (const Frame& f : frames_)
    if (f.script.name == *name && f.script.global == global)
      return fail("script \"" + *name + "\" includes itself");
  if (frames_.size() > in_.limits.include_nesting)
    return fail("scripts included more than " + std::to_string(in_.limits.include_nesting) + " deep",
                RunError::Kind::limit);
  Question q;
  q.kind = Question::Kind::script;
  q.name = *name;
  q.global = global;
  const Answer* a = ask(std::move(q));
  if (!a) return Flow::ask;
  if (!a->found) {
    if (has(i, Slot::optional)) return Flow::next;
    return fail("there is no script \"" + *name + "\" to include");
  }
  if (!a->program) return fail("the script \"" + *name + "\" does not compile: " + a->text);
  if (++includes_ > in_.limits.includes)
    return fail("more than " + std::to_string(in_.limits.includes) + " scripts included",
                RunError::Kind::limit);
  included_.insert(std::move(key));
  Frame f;
  f.script = {*name, a->program, global};
  f.locals.resize(a->program->variables.size());
  frames_.push_back(std::move(f));
  return Flow::moved;
}

void Run::log(std::string line) {
  if (out_.log.size() < kMaxActions) out_.log.push_back(base::printable(line, kMaxVariable));
}

void Run::trace(const Instruction& i, const std::string& script, std::string what) {
  const Command* c = command_of(i.op);
  if (!c || out_.trace.size() >= kMaxTrace) return;
  bool is_end = i.op == Op::stop && i.line == 0;
  bool is_test = c->shape == Shape::test || c->shape == Shape::action_and_test;
  if (!is_end)
    out_.trace.push_back({script, i.line, std::move(what), is_test ? (condition_ ? "true" : "false") : ""});
}

namespace {

std::string tag_name(const Command& c, const Argument& a) {
  for (auto group : c.tags)
    for (const Tag& t : group) {
      if (t.slot != a.slot) continue;
      bool chosen = t.type == Type::choice     ? t.choice == a.number
                    : t.type == Type::relation ? a.number >= t.choice && a.number < t.choice + 6u
                                               : true;
      if (chosen) return std::string(t.name);
    }
  return "";
}

}  // namespace

// The command as it was executed, its variables replaced.
std::string Run::describe(const Instruction& i) {
  const Command* c = command_of(i.op);
  if (!c) return "";
  std::string out(c->name);
  for (const Argument& a : i.arguments) {
    std::string tag = tag_name(*c, a);
    if (!tag.empty()) out += " " + tag;
    if (a.slot == Slot::comparator)
      out += " \"" + std::string(name_of(static_cast<Comparator>(a.number))) + "\"";
    if (a.slot == Slot::match && a.number >= static_cast<std::uint64_t>(Match::value_gt)) {
      constexpr std::string_view kRelations[] = {"gt", "ge", "lt", "le", "eq", "ne"};
      out += " \"" + std::string(kRelations[(a.number - static_cast<std::uint64_t>(Match::value_gt)) % 6]) +
             "\"";
    }
    bool is_number = a.slot == Slot::limit || a.slot == Slot::index || a.slot == Slot::days ||
                     a.slot == Slot::seconds || a.slot == Slot::first || a.slot == Slot::by_relative;
    if (is_number) out += " " + std::to_string(a.number);
    bool list = a.strings.size() > 1;
    for (std::size_t n = 0; n < a.strings.size(); ++n) {
      const Template& t = frame().script.program->strings[a.strings[n]];
      bool is_name = a.slot == Slot::variable || a.slot == Slot::variables;
      auto value = is_name ? base::Result<std::string>(t[0].kind == Piece::Kind::global
                                                           ? "global." + t[0].text
                                                           : frame().script.program->variables[t[0].index])
                           : expand(t);
      out += std::string(n == 0 ? list ? " [" : " " : ", ") + "\"" +
             base::printable(value ? *value : "", 80) + "\"";
    }
    if (list) out += "]";
  }
  return out;
}

}  // namespace postern::sieve
