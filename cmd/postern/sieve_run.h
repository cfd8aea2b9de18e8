// sieve run, for the table of verbs.
#pragma once

namespace postern::cli {

class Context;
int sieve_run(Context& c);

}  // namespace postern::cli
