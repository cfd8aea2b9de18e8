// The Sieve scripts of the account that --account names, as they are in the store.
#pragma once
#include <string>
#include <utility>

#include "cmd/postern/context.h"

namespace postern::cli {

class ScriptStore {
 public:
  // Errors: USAGE without --account; those of the directory.  `c` outlives it.
  static base::Result<ScriptStore> open(Context& c);
  base::Result<stored::Reply> call(stored::Request r, bool write);
  // All of them, without their text.
  base::Result<stored::Scripts> list();
  // With its text.  Error NOT_FOUND.
  base::Result<stored::Scripts> script(const std::string& name);
  // Name and text of the active one; both empty when there is none.
  base::Result<std::pair<std::string, std::string>> active();
  const std::string& name() const { return ticket_.name; }

 private:
  ScriptStore(Context& c, Context::AccountTicket t) : c_(&c), ticket_(std::move(t)) {}
  Context* c_;
  Context::AccountTicket ticket_;
};

}  // namespace postern::cli
