// Suites of tests in Sieve itself: the commands of vnd.dovecot.testsuite, so that suites written for
// Pigeonhole's tool run unchanged.  Everything happens in memory: mailboxes, sent mail, metadata, duplicates.
// Runs in: postern (`postern sieve test`), tests.  Input: an author's own suites; files through `read` only.
// Tests: t/sieve/*.svtest, t/unit/sieve_suites.cc
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sieve/compile.h"
#include "sieve/interpreter.h"
#include "sieve/run.h"

namespace postern::sieve {

struct SuiteTest {
  std::string name;
  std::uint32_t line = 0;
  bool passed = true;
  std::string why;              // of a failure
  std::uint32_t failed_at = 0;  // its line
};
struct SuiteReport {
  std::vector<SuiteTest> tests;
  std::vector<Diagnostic> errors;  // the suite didn't compile
  std::string broken;              // it ended before its end: why
  std::string printed;             // by test_message_print and test_result_print
  bool passed() const;
};

class Testsuite : public SuiteCommands, public Host {
 public:
  // Gives a file's content, nothing when there is none.  Paths are as the suite wrote them, relative to it.
  using ReadFile = std::function<std::optional<std::string>(const std::string& path)>;

  explicit Testsuite(ReadFile read);
  // `text` is the suite.  One suite an object.
  SuiteReport run(std::string_view text);

  // --- for the interpreter
  base::Result<bool> execute(Interpreter::Run& run, const Instruction& i) override;
  bool failed(const RunError& e) override;
  Answer answer(const Question& q) override;

 private:
  using Run = Interpreter::Run;
  struct Stored {
    std::string bytes;
    std::vector<std::string> flags;
  };
  struct Sent {
    std::string from, to, bytes;
  };

  // As mailboxes_ has it: "inbox.x" is below "INBOX", whoever says it; empty is "INBOX".
  static std::string mailbox_name(const std::string& name);
  // Of an annotation; those of the server stand under no mailbox.
  static std::string metadata_key(const std::string& mailbox, const std::string& entry) {
    return (mailbox.empty() ? "" : mailbox_name(mailbox)) + '\0' + base::to_lower(entry);
  }
  // testsuite.cc
  base::Result<bool> begin_test(Run& run, const Instruction& i);
  base::Result<bool> set(Run& run, const std::string& name, const std::string& value);
  base::Result<bool> message(Run& run, const Instruction& i);
  base::Result<bool> compare(Run& run, const Instruction& i, std::vector<std::string> values);
  void use_message(Run& run, std::string bytes);
  void use_envelope(Run& run, std::string_view bytes);
  // testsuite_result.cc: scripts that a suite compiles and runs, and what their actions do
  base::Result<bool> compile_script(const std::string& path);
  base::Result<bool> run_scripts(Run& run, std::vector<Script> scripts, bool append);
  base::Result<bool> run_multiscript(Run& run, const std::vector<std::string>& paths);
  base::Result<bool> execute_result(Run& run);
  std::vector<std::string> action_names(const Run& run) const;
  void reset_result(Run& run);
  void merge(Outcome later);
  bool carry_out(const Action& a, const Outcome& outcome);
  bool store(const Destination& where, std::string bytes);
  void send(const Outgoing& mail);
  RunInput input(const Run& run) const;
  // testsuite_config.cc
  void configure();
  std::optional<std::string> list_members(const std::string& uri) const;
  void configure_scores(ScoreSource& out, const std::string& prefix);
  std::optional<std::string> setting(const std::string& name) const;
  std::optional<std::string> sender_by(const std::string& name) const;
  std::string own_address() const;
  void configure_vacation(VacationRules& out) const;
  void configure_headers(RunInput& in) const;
  void configure_extensions(const std::string& setting_name);
  CompileOptions compile_options() const;

  ReadFile read_;
  SuiteReport report_;
  bool in_test_ = false;
  RunInput defaults_;  // what the configuration makes of a run
  ExtensionSet extensions_;
  std::map<std::string, std::string> config_;
  std::vector<std::string> errors_;
  std::shared_ptr<const Program> script_;
  std::string script_name_;
  std::map<std::string, std::string> binaries_;
  std::optional<Outcome> outcome_;  // of test_script_run; else the suite's own actions count
  std::size_t carried_out_ = 0;     // so many actions of it; what is executed again begins behind them
  std::optional<std::size_t> kept_;  // the version that the suite's own implicit keep has stored
  std::map<std::string, std::vector<Stored>> mailboxes_;  // by mailbox_name()
  std::vector<Sent> sent_;
  Envelope envelope_;  // of the message whose result is carried out
  std::map<std::string, std::string> metadata_;
  std::set<std::string> seen_;
};

}  // namespace postern::sieve
