// What the offline verbs of Sieve share: scripts from files, compiled as the server would, mistakes as FILE:LINE:COLUMN.
#pragma once
#include <optional>
#include <string>

#include "cmd/postern/context.h"
#include "sieve/compile.h"

namespace postern::cli {

// The file, or standard input for "-"; a message, too.  Says why not.
std::optional<std::string> read_script(Context& c, const std::string& path);
// The extensions that --imap, --admin leave; every notification method that there is.
sieve::CompileOptions sieve_options(Context& c);
// Says what is wrong with it, or odd; nothing when it does not compile.
std::optional<sieve::Program> compile_script(Context& c, const std::string& path, std::string_view text, const sieve::CompileOptions& options);
// Prints mistakes and warnings to standard error, as a compiler does.
void say(Context& c, const std::string& path, const sieve::Diagnostic& d, bool is_warning);

}  // namespace postern::cli
