// The way to sieved: what scripts may use, whether one compiles, and one evaluation with its questions.
// Runs in: lmtpd, managesieved, jmapd, imapd, postern.  One SieveClient a process; loop thread only.
// A script that brings sieved down is run again twice, alone, so that those who ran beside it are told from it; then it
// is given up.  Tests: t/system/test_sieve.py
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "io/loop.h"
#include "io/sync.h"
#include "io/task.h"
#include "ipc/channel.h"
#include "proto/sieve.pb.h"

namespace postern::client {

// A message for a run: the bytes or a descriptor of them (regular file or sealed memfd).
struct SieveMessage {
  std::string_view body;          // its owner keeps it for the run
  const base::Fd* file = nullptr; // instead of `body`; read from its beginning
};

// A script with its text, at hand because the store gave it.
struct SieveScript {
  std::string name;
  std::string sha256;
  std::shared_ptr<const std::string> text;
  bool global = false;
};
// With the checksum of its text.
// One of the administrator's, in a file.
base::Result<SieveScript> read_script(const std::string& path);
SieveScript make_script(std::string name, std::string text, bool global = false);

// Who answers what a run asks.
class SieveHost {
 public:
  virtual ~SieveHost() = default;
  // `run` need not be set.
  virtual io::Task<sieved::Answer> answer(const sieved::Question& q) = 0;
};

class SieveClient {
 public:
  SieveClient(io::Loop& loop, std::string socket_path);

  // What this server's scripts may use; believed for a minute.  UNAVAILABLE while sieved does not answer, for some
  // seconds without asking again: nobody who only wants to announce waits for a service that is not there.
  io::Task<base::Result<sieved::Described>> describe();
  // The last of these; empty at first.
  const sieved::Described& described() const { return described_; }
  // Errors and warnings of a script's text.
  io::Task<base::Result<sieved::Checked>> check(std::string text);
  // `run` holds all but scripts and message.  Of a message with a body the header is sent, and the rest when the scripts ask
  // for it or have asked once.  Errors: UNAVAILABLE, sieved could not be reached in half a minute; CRASHED, it
  // went down three times over this script.  A Question or an Answer is never repeated to another host: the run begins
  // anew.  REQUIRES: what `message` points to, and `host`, outlive the task.
  io::Task<base::Result<sieved::Outcome>> run(sieved::Run run, std::vector<SieveScript> scripts, SieveMessage message,
                                              SieveHost& host);

 private:
  io::Task<base::Result<sieved::Reply>> call(sieved::Request request);
  void put_message(sieved::Run& run, const SieveMessage& message) const;
  void send_all_of(const std::vector<SieveScript>& scripts);
  io::Task<base::Result<sieved::Outcome>> attempt(sieved::Request& request, SieveMessage message, SieveHost& host,
                                                  bool& began);
  io::Task<base::Result<>> reply_to(std::uint64_t run, const sieved::Question& q, SieveHost& host);

  ipc::Channel channel_;
  io::Semaphore alone_;           // runs that are tried again, one at a time
  std::unordered_set<std::string> body_readers_;   // checksums of scripts that have looked at more than the header
  sieved::Described described_;
  std::uint64_t described_until_ = 0, silent_until_ = 0;   // monotonic ms
};

}  // namespace postern::client
