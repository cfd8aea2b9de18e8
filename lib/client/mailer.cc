#include "client/mailer.h"

#include <sysexits.h>

#include "base/log.h"

namespace postern::client {

using base::fail;
using base::Fault;

io::Task<base::Result<>> send_letter(RunnerClient& runner, Letter letter, std::string id) {
  if (letter.recipients.empty()) co_return fail(Fault::permanent, "a letter to nobody", "INVALID");
  RunRequest request{.command = "sendmail", .arguments = letter.recipients, .id = id};
  request.environment["SENDER"] = letter.sender.empty() ? "<>" : letter.sender;
  request.environment["RECIPIENT"] = letter.recipients[0];
  auto wish = [&request](const char* name, std::string& value) {
    if (!value.empty()) request.environment[name] = std::move(value);
  };
  wish("DSN_NOTIFY", letter.wishes.notify);
  wish("DSN_RET", letter.wishes.ret);
  wish("DELIVERBY", letter.wishes.deliver_by);
  request.input = std::move(letter.text);
  auto ran = co_await runner.run(std::move(request));
  if (!ran) {
    bool none = ran.error().code == "NOT_FOUND" || ran.error().code == "NOT_INSTALLED";
    if (none) co_return fail(Fault::permanent, "no command sends mail: set runner.command = sendmail ...", "NO_MAILER");
    co_return base::pass(ran);
  }
  // It may have sent to some only, and say so.
  if (ran->ok() && !ran->complaint.empty()) base::log(base::Level::warning, "sendmail_said", {{"id", id}, {"what", ran->complaint}});
  if (ran->ok()) co_return base::Result<>();
  bool again = ran->how != RunResult::How::exited || ran->status == EX_TEMPFAIL || ran->status == EX_OSERR ||
               ran->status == EX_IOERR || ran->status == EX_UNAVAILABLE;
  co_return fail(again ? Fault::temporary : Fault::permanent, "sendmail: " + ran->why());
}

}  // namespace postern::client
