// Brings one account's index up to date, a slice of work at a time.
//
// What holds after every commit: each email that was alive at the covered modseq and still is, is in the index.  So the modseq is
// raised only when the changes up to it have all been put in, and both get into one commit.  A crash at any place costs repeated
// work: a message that is there already is passed over, one that is gone is removed again.
#pragma once
#include "cmd/indexer/shared.h"
#include "io/task.h"

namespace postern::indexer {

// Does what is due for about kSliceMs: makes the index anew, follows the changes, packs it.  Whether there is more to do is in
// account.turn and account.goes_on.  An error leaves the index as it was at the last commit.
io::Task<base::Result<>> follow(Shared& s, Account& account);

}  // namespace postern::indexer
