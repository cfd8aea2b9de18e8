// Attached documents as text: runner runs the filter commands that the configuration has for their types ("text:TYPE").
// What comes back was made by a program from hostile input, and is treated so.  A document that can't be read is left out: its
// message is indexed without it.
#pragma once
#include <cstdint>
#include <set>
#include <string>

#include "cmd/indexer/shared.h"
#include "index/extract.h"
#include "io/task.h"

namespace postern::indexer {

// A message that waits for runner, on the loop's thread.
struct Deferred {
  std::uint64_t email = 0;
  std::string message;
  bool cut = false;
};

bool has_documents(const index::Document& d, const std::set<std::string>& types);

// Extracts the message again, adds the texts of its documents, puts it into the index.
io::Task<base::Result<>> put_with_documents(Shared& s, Account& account, WriterPtr writer, Deferred deferred);

// Asks runner which types there are, now and then.  Never ends.
io::Task<void> keep_document_types(Shared& s);

}  // namespace postern::indexer
