// One copy of a message and the scripts of its account: what they decide, and the carrying out of all that is not
// storing.
//
// Order, so that nothing that was promised is lost by a crash: decide(), nothing has happened; send_promised(), what
// stands in for storing (redirects, pipes) has been accepted; then the caller stores, durably; then settle(), which marks
// what was seen and sends what is a courtesy.  Whoever goes down in between has not said 250, and the sender's next try
// does it again.
//
// The scripts are those that the account had when the delivery began, or younger ones.  Scripts that are kept from an earlier
// delivery may decide on one email to be stored and nothing besides: then stored, which commits it, is told by which
// (decided_by()), and refuses it when the account has others.  All else, and each program that a script runs, waits until
// stored has said that they are the account's still; when they are not, what they decided is forgotten and it is decided anew.
// Runs in: lmtpd.  Tests: t/system/test_sieve.py
#pragma once
#include <string>
#include <vector>

#include "client/incoming.h"
#include "client/sieve_actions.h"
#include "client/sieve_versions.h"
#include "client/store_host.h"
#include "cmd/lmtpd/session.h"
#include "cmd/lmtpd/stack.h"
#include "cmd/lmtpd/trace.h"

namespace postern::lmtpd {

// One email to be stored.
struct Filing {
  std::vector<std::uint32_t> mailboxes;   // none, and no path: where delivery puts mail (detail, else INBOX)
  std::string path;                       // instead: of the one mailbox, which stored finds
  std::vector<std::string> flags;
  std::uint32_t version = 0;              // Filter::body() of it
  std::string rule;                       // "script:line" that says so; empty: none does
};

struct FilterFor {
  const authd::Resolved::Delivery& delivery;
  const std::string& address;             // of the envelope
  bool alone = true;                      // the reply is this copy's: it may refuse the sender
};

class Filter {
 public:
  // All references outlive this.
  Filter(Shared& shared, const Trace& trace, const client::Incoming& message, FilterFor copy);
  ~Filter();

  // What to store.  An error keeps the sender's try from succeeding: nothing could be decided now.  `anew`: by scripts and
  // mailboxes that are asked for now, as stored has refused what others decided.
  io::Task<base::Result<std::vector<Filing>>> decide(bool anew = false);
  // What the one Filing must be stored with; null: the scripts are the account's for certain.
  const stored::ScriptState* decided_by() const { return scripts_.is_kept ? &scripts_.state : nullptr; }
  // The whole reply, "550 ...", when the script refuses the message in the protocol; else empty.
  const std::string& refusal() const { return refusal_; }
  // Redirects and pipes.  What can't be sent for good is kept instead: a Filing is added.  Temporary errors only.
  io::Task<base::Result<>> send_promised(std::vector<Filing>& filings);
  // The message of a Filing; nothing: as it came.
  const client::Incoming* body(std::uint32_t version) const {
    return versions_.is_original(version) ? nullptr : &versions_.message(version);
  }
  io::Task<void> settle();
  // The names of its mailboxes, for the log; empty: where delivery puts mail.
  std::string places(const Filing& f) const;

 private:
  // Answers what a run asks; programs, which may do something, only for scripts that are confirmed.
  class Host : public client::SieveHost {
   public:
    explicit Host(Filter& filter) : filter_(filter) {}
    io::Task<sieved::Answer> answer(const sieved::Question& q) override;

   private:
    Filter& filter_;
  };

  io::Task<base::Result<sieved::Outcome>> evaluate();
  io::Task<base::Result<sieved::Outcome>> run(std::vector<client::SieveScript> stack);
  sieved::Run input() const;
  io::Task<bool> only_stores(const sieved::Outcome& outcome);
  std::string plain_path(const sieved::Outcome& outcome) const;
  // Asks for the scripts; are they those that were kept?
  io::Task<base::Result<bool>> confirm();
  io::Task<base::Result<std::vector<Filing>>> take(sieved::Outcome outcome);
  io::Task<void> place(const sieved::Action& action, std::vector<Filing>& out);
  io::Task<void> join_default(std::vector<Filing>& filings);
  void refuse(const sieved::Reject& reject);
  io::Task<void> settle_one(const sieved::Action& a);

  Shared& shared_;
  const Trace& trace_;
  const client::Incoming& message_;
  FilterFor copy_;
  client::TicketStore store_;
  client::StoreHost host_;
  Scripts scripts_;
  bool anew_ = false;
  std::map<std::uint32_t, std::string> names_;       // of the mailboxes of filings
  base::Result<bool> confirmed_ = true;              // what confirm() said within a run
  client::SieveActions acts_;
  client::SieveVersions versions_;
  google::protobuf::RepeatedPtrField<sieved::Outcome::Mark> seen_;
  std::vector<sieved::Action> actions_;              // those that are not storing
  std::string refusal_;
};

}  // namespace postern::lmtpd
