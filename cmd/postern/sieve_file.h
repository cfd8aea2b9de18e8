// What the offline verbs of Sieve share: scripts from files, compiled as the server would, mistakes as FILE:LINE:COLUMN.
#pragma once
#include <optional>
#include <string>

#include "cmd/postern/context.h"
#include "sieve/compile.h"

namespace postern::cli {

// The file, or standard input for "-"; a message, too.  Says why not.
std::optional<std::string> read_script(Context& c, const std::string& path);
// What scripts may use at delivery, or, `imap`, where IMAP events start them, or with both; commands and every way to
// notify, whatever the configuration lists.
enum class ScriptPlace { delivery, imap, both };
sieve::CompileOptions script_options(ScriptPlace place);
// As --imap says.
sieve::CompileOptions sieve_options(Context& c);
// Says what is wrong with it, or odd; nothing when it does not compile.
std::optional<sieve::Program> compile_script(Context& c, const std::string& path, std::string_view text, const sieve::CompileOptions& options);
// Prints mistakes and warnings to standard error, as a compiler does.
void say(Context& c, const std::string& path, const sieve::Diagnostic& d, bool is_warning);

}  // namespace postern::cli
