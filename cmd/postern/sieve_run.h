// sieve run and sieve compare, for the table of verbs.
#pragma once

namespace postern::cli {

class Context;
int sieve_run(Context& c);
int sieve_compare(Context& c);

}  // namespace postern::cli
