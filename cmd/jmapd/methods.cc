// The one table: method name to handler.
#include "cmd/jmapd/methods.h"

#include <algorithm>
#include <array>

namespace postern::jmapd {
namespace {

constexpr std::array kMethods = {
    MethodEntry{"Core/echo", jmap::kCore, core_echo},
    MethodEntry{"Blob/copy", jmap::kCore, blob_copy},
    MethodEntry{"Mailbox/get", jmap::kMail, mailbox_get},
    MethodEntry{"Mailbox/changes", jmap::kMail, mailbox_changes},
    MethodEntry{"Mailbox/query", jmap::kMail, mailbox_query},
    MethodEntry{"Mailbox/queryChanges", jmap::kMail, mailbox_query_changes},
    MethodEntry{"Mailbox/set", jmap::kMail, mailbox_set},
    MethodEntry{"Thread/get", jmap::kMail, thread_get},
    MethodEntry{"Thread/changes", jmap::kMail, thread_changes},
    MethodEntry{"Email/get", jmap::kMail, email_get},
    MethodEntry{"Email/changes", jmap::kMail, email_changes},
    MethodEntry{"Email/query", jmap::kMail, email_query},
    MethodEntry{"Email/queryChanges", jmap::kMail, email_query_changes},
    MethodEntry{"Email/set", jmap::kMail, email_set},
    MethodEntry{"Email/copy", jmap::kMail, email_copy},
    MethodEntry{"Email/import", jmap::kMail, email_import},
    MethodEntry{"Email/parse", jmap::kMail, email_parse},
    MethodEntry{"SieveScript/get", jmap::kSieve, sieve_get},
    MethodEntry{"SieveScript/query", jmap::kSieve, sieve_query},
    MethodEntry{"SieveScript/set", jmap::kSieve, sieve_set},
    MethodEntry{"SieveScript/validate", jmap::kSieve, sieve_validate},
    MethodEntry{"VacationResponse/get", jmap::kVacation, vacation_get},
    MethodEntry{"VacationResponse/set", jmap::kVacation, vacation_set},
    MethodEntry{"SearchSnippet/get", jmap::kMail, search_snippet_get},
};

}  // namespace

const MethodEntry* find_method(std::string_view name) {
  auto it = std::ranges::find(kMethods, name, &MethodEntry::name);
  return it == kMethods.end() ? nullptr : &*it;
}

}  // namespace postern::jmapd
