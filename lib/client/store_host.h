// What a Sieve run may ask, answered from one account's store, the administrator's folders and, for programs, runner.
// Runs in: lmtpd, imapd.  Questions come from sieved, which reads hostile scripts: every name is checked.
// Tests: t/system/test_sieve.py
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/account_store.h"
#include "client/mailbox_tree.h"
#include "client/runner_client.h"
#include "client/sieve_client.h"
#include "io/loop.h"

namespace postern::client {

// The administrator's: folders, empty where there are none.
struct SieveFolders {
  std::string scripts;   // `include :global "NAME"` reads NAME.sieve there
  std::string lists;     // extlists: a list is a file of one entry a line, named as its URI in percent encoding
};

// As the options sieve.global_dir and sieve.list_dir have them.  Config: service::Config, which stands above this library.
template <class Config>
SieveFolders sieve_folders(const Config& c) {
  SieveFolders out{c.text("sieve.global_dir"), c.text("sieve.list_dir")};
  for (std::string* dir : {&out.scripts, &out.lists})
    if (!dir->empty()) *dir = c.conf_path(*dir);
  return out;
}

class StoreHost : public SieveHost {
 public:
  // `runner` may be null: nothing can be run.  `environment` is what a program is told (runner.proto).  The references
  // outlive this.
  StoreHost(io::Loop& loop, AccountStore& store, RunnerClient* runner, SieveFolders folders,
            std::map<std::string, std::string> environment, std::string id);

  io::Task<sieved::Answer> answer(const sieved::Question& q) override;
  // The account's mailboxes, asked for once; nothing while the store does not answer.
  io::Task<const MailboxTree*> mailboxes();
  // The mailbox that an action names; 0: it is not there, or the default one is meant.  RFC 9042 and 8579 say which of id,
  // special use and name goes first.
  io::Task<std::uint32_t> find(const sieved::Destination& where);
  // The same, made where that is asked for.
  io::Task<std::uint32_t> place(const sieved::Destination& where);
  io::Task<std::uint32_t> inbox();
  // The lines of a list.  A permanent error when there is no such list.
  io::Task<base::Result<std::vector<std::string>>> members(std::string list);

 private:
  io::Task<sieved::Answer> mailboxes_there(const sieved::Question& q);
  io::Task<sieved::Answer> metadata(const sieved::Question& q);
  io::Task<sieved::Answer> seen(const sieved::Question& q);
  io::Task<sieved::Answer> list(const sieved::Question& q);
  io::Task<sieved::Answer> script(const sieved::Question& q);
  io::Task<sieved::Answer> program(const sieved::Question& q);
  io::Task<sieved::Answer> convert(const sieved::Question& q);
  io::Task<sieved::Answer> run(std::string command, std::vector<std::string> arguments, std::string_view input,
                               bool want_output);
  io::Task<std::optional<std::string>> file(std::string path);
  io::Task<std::optional<std::string>> list_file(std::string_view name);

  io::Loop& loop_;
  AccountStore& store_;
  RunnerClient* runner_;
  SieveFolders folders_;
  std::map<std::string, std::string> environment_;
  std::string id_;
  std::optional<MailboxTree> tree_;
};

// The id under which a handle of `duplicate` (or "vacation") stands among the account's marks.
std::string mark_id(std::string_view kind, std::string_view handle);

}  // namespace postern::client
