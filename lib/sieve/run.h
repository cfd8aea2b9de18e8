// A run in progress: the interpreter's state, and its instructions by family (run_*.cc).
// Part of the interpreter and the testsuite; not for others.
//
// An instruction that needs an answer calls ask(): nothing means that it is to return Flow::ask at once; it
// is then executed again from its beginning with the answers that it has so far.  So it does nothing that
// can't be done twice before it has them all.
#pragma once
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sieve/budget.h"
#include "sieve/compose.h"
#include "sieve/grammar.h"
#include "sieve/interpreter.h"
#include "sieve/match.h"
#include "sieve/message_view.h"

namespace postern::sieve {

// What the testsuite's commands do; given by `postern sieve test`.
class SuiteCommands {
 public:
  virtual ~SuiteCommands() = default;
  // Gives the condition of a test.
  virtual base::Result<bool> execute(Interpreter::Run& run, const Instruction& i) = 0;
  // A runtime error in a test ends that test and not the suite.  True: it was noted, go on at its end.
  virtual bool failed(const RunError& e) = 0;
};

class Interpreter::Run {
 public:
  explicit Run(RunInput input);

  const Question* step();
  void resume(Answer answer);
  void widen(const Limits& limits);
  Outcome take();

 private:
  friend class Testsuite;

  enum class Flow : std::uint8_t {
    next,   // go on with the instruction after it
    moved,  // the place to go on has been set
    ask,
    fail,
  };

  // A foreverypart: a range of parts in depth-first order.
  struct Loop {
    std::uint32_t body = 0;       // its first instruction
    std::size_t at = 0, end = 0;  // the current part, and one past the last
    std::size_t skip_to = 0;      // a part that was replaced: its new children aren't visited
  };
  // A script that runs: one of the stack or an included one.
  struct Frame {
    Script script;
    std::uint32_t pc = 0;
    std::vector<std::string> locals;
    std::vector<std::string> match;
    std::vector<Loop> loops;
    std::vector<std::uint32_t> tests;  // of the testsuite: where each open one ends
  };

  // --- the machine (interpreter.cc)
  bool begin_script();
  void end_script();
  void finish();
  Flow execute(const Instruction& i);
  Flow dispatch(const Instruction& i);
  Flow stop(bool everything);
  Flow part_begin(const Instruction& i);
  Flow part_next(const Instruction& i);
  Flow part_break(const Instruction& i);
  Flow jump(const Instruction& i);
  Flow include(const Instruction& i);
  bool report_failure();
  Frame& frame() { return frames_.back(); }
  const Answer* ask(Question q);
  Flow fail(std::string what, RunError::Kind kind = RunError::Kind::script);
  Flow fail(base::Error e);
  Flow yields(bool condition) {
    condition_ = condition;
    return Flow::next;
  }
  void trace(const Instruction& i, const std::string& script, std::string what);
  std::string describe(const Instruction& i);
  void log(std::string line);

  // --- arguments and variables (run_values.cc)
  static const Argument* find(const Instruction& i, Slot slot);
  static bool has(const Instruction& i, Slot slot) { return i.slots.test(static_cast<std::size_t>(slot)); }
  static std::uint64_t number(const Instruction& i, Slot slot, std::uint64_t otherwise = 0);
  base::Result<std::string> expand(const Template& t);
  base::Result<std::string> text(const Instruction& i, Slot slot);
  base::Result<std::vector<std::string>> texts(const Instruction& i, Slot slot);
  // Text that leaves the run, for others to carry: a name that isn't plain is an error of the script.
  base::Result<std::string> plain(const Instruction& i, Slot slot);
  base::Result<std::vector<std::string>> plains(const Instruction& i, Slot slot);
  // Of text for people only what isn't plain is replaced: it may come of the message.
  base::Result<std::string> prose(const Instruction& i, Slot slot);
  // A MIME entity says its charset itself, and goes as it is but for NUL, which is in no message (RFC 5322 2.3).
  base::Result<std::string> entity(const Instruction& i, Slot slot);
  // The same without copies of constants, for tests: `all` lives as long as this and the instruction.
  struct Views {
    std::span<const std::string_view> all;
    std::vector<std::string_view> own;  // where there are variables
    std::list<std::string> made;        // the strings that they stand in
  };
  base::Result<> views(const Instruction& i, Slot slot, Views& out);
  base::Result<> assign(const Template& variable, std::string value);
  const std::string* variable(const Piece& p);
  std::string modified(const Instruction& i, std::string value) const;
  std::string environment_item(std::string_view name, bool& known) const;
  std::optional<std::string> known_item(std::string_view lower) const;

  // --- comparing (run_values.cc)
  // Values of a test against its keys, whatever its match type says; may ask (:list).
  // `captures`: ${0} ... are set by a match (not by `body`).
  Flow compare(const Instruction& i, std::span<const std::string_view> values, bool captures = true);
  // The values as strings, for tests that make them.
  Flow compare(const Instruction& i, const std::vector<std::string>& values, bool captures = true);
  base::Result<bool> any_match(const Instruction& i, std::string_view value,
                               std::span<const std::string_view> keys, bool captures);

  // --- tests on the message (run_tests.cc, run_parts.cc)
  Flow test_header(const Instruction& i);
  Flow test_address(const Instruction& i);
  Flow test_envelope(const Instruction& i);
  Flow test_exists(const Instruction& i);
  Flow test_size(const Instruction& i);
  Flow test_date(const Instruction& i);
  Flow test_currentdate(const Instruction& i);
  Flow test_body(const Instruction& i);
  Flow test_score(const Instruction& i);
  // The raw values of the fields that a header, address or exists test looks at, one list for each name.
  struct FieldSet {
    std::vector<std::vector<std::string>> raw;
  };
  base::Result<FieldSet> fields(const Instruction& i, std::span<const std::string_view> names);
  base::Result<std::vector<std::size_t>> mime_parts(const Instruction& i);
  static void pick_index(const Instruction& i, std::vector<std::vector<std::string>>& raw);
  base::Result<std::vector<std::string>> body_values(const Instruction& i);
  base::Result<> content_values(std::size_t part, std::vector<std::string>& out);
  // A view into `m`.
  std::optional<std::string_view> address_part(AddressPart part, const Mailbox& m) const;
  std::string score(const ScoreSource& source, bool percent, std::uint64_t top);

  // --- tests on everything else (run_questions.cc)
  Flow test_environment(const Instruction& i);
  Flow test_string(const Instruction& i);
  Flow test_hasflag(const Instruction& i);
  Flow test_mailboxes(const Instruction& i, Question::Kind kind);
  Flow test_special_use(const Instruction& i);
  Flow test_metadata(const Instruction& i, bool server);
  Flow test_metadata_exists(const Instruction& i, bool server);
  Flow test_duplicate(const Instruction& i);
  Flow test_valid_ext_list(const Instruction& i);
  Flow test_valid_notify(const Instruction& i);
  Flow test_notify_capability(const Instruction& i);

  // --- actions (run_actions.cc)
  Flow do_keep(const Instruction& i);
  Flow do_fileinto(const Instruction& i);
  Flow do_redirect(const Instruction& i);
  Flow do_discard(const Instruction& i);
  Flow do_reject(const Instruction& i);
  Flow do_flags(const Instruction& i);
  Flow do_set(const Instruction& i);
  Flow do_pipe(const Instruction& i);
  base::Result<std::vector<std::string>> flag_list(const std::vector<std::string>& given) const;
  base::Result<> destination(const Instruction& i, Slot mailbox, Destination& out);
  base::Result<Action*> push(const Instruction& i, ActionKind what);
  base::Result<std::size_t> current_version();
  bool has_rejected() const;
  std::string own_address() const;
  bool is_own_address(std::string_view address) const;
  base::Result<> count_notification();
  base::Result<> count_outgoing();

  // --- actions that write mail (run_mail.cc)
  Flow do_vacation(const Instruction& i);
  Flow do_notify(const Instruction& i);
  Flow do_report(const Instruction& i);
  std::string no_vacation(const std::vector<std::string>& own, std::string& written_to);
  std::string vacation_sender();
  std::string header_text(std::string_view name);
  std::string header_raw(std::string_view name);
  Letterhead letterhead();

  // --- actions that change the message (run_edit.cc)
  Flow do_addheader(const Instruction& i);
  Flow do_deleteheader(const Instruction& i);
  Flow do_extracttext(const Instruction& i);
  Flow do_replace(const Instruction& i);
  Flow do_enclose(const Instruction& i);
  Flow do_convert(const Instruction& i);
  Flow do_filter(const Instruction& i);
  Flow do_execute(const Instruction& i);
  bool is_protected(std::string_view name, const std::vector<std::string>& besides) const;
  base::Result<> replace_part(std::size_t part, std::string entity);
  void end_loops();

  RunInput in_;
  Outcome out_;
  std::size_t original_version_ = 0;  // in out_.versions: the message as it came
  std::optional<std::size_t> bare_version_;  // the message before it was enclosed: what redirects send
  Budget budget_;
  Matcher matcher_;
  MessageView message_;
  std::vector<Frame> frames_;
  std::size_t next_script_ = 0;
  bool done_ = false, condition_ = false;
  bool implicit_keep_ = true;
  std::map<std::string, std::string, std::less<>> globals_;
  std::set<std::string, std::less<>> included_;
  std::size_t includes_ = 0;
  std::vector<std::string> flags_;  // imap4flags' internal variable
  bool vacation_done_ = false;      // by the script of the stack that runs, whether there was a reply or not
  std::size_t redirects_ = 0, outgoing_ = 0;
  std::uint32_t serial_ = 0;
  // What was there when the running script of the stack began: its failure takes it all back.
  struct Mark {
    std::size_t actions = 0, seen = 0, version = 0;
    std::vector<std::string> flags;
  } mark_;
  std::optional<std::vector<std::string>> kept_flags_;  // of the keep that the running script took over
  bool failed_ = false, budget_spent_ = false;
  std::optional<Question> question_;
  std::vector<Answer> answers_;
  std::size_t next_answer_ = 0;
  std::optional<RunError> error_;
  SuiteCommands* suite_ = nullptr;
  // Of the test that runs; kept, as scripts have many tests and no two run at a time.
  Views names_, keys_;
  std::vector<std::string_view> values_;
};

}  // namespace postern::sieve
