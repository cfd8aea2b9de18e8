// The handlers of all methods, one a file.
#pragma once
#include "cmd/jmapd/context.h"

namespace postern::jmapd {

io::Task<Method<json::object>> core_echo(Context& c, Args& args);
io::Task<Method<json::object>> blob_copy(Context& c, Args& args);
io::Task<Method<json::object>> mailbox_get(Context& c, Args& args);
io::Task<Method<json::object>> mailbox_changes(Context& c, Args& args);
io::Task<Method<json::object>> mailbox_query(Context& c, Args& args);
io::Task<Method<json::object>> mailbox_query_changes(Context& c, Args& args);
io::Task<Method<json::object>> mailbox_set(Context& c, Args& args);
io::Task<Method<json::object>> thread_get(Context& c, Args& args);
io::Task<Method<json::object>> thread_changes(Context& c, Args& args);
io::Task<Method<json::object>> email_get(Context& c, Args& args);
io::Task<Method<json::object>> email_changes(Context& c, Args& args);
io::Task<Method<json::object>> email_query(Context& c, Args& args);
io::Task<Method<json::object>> email_query_changes(Context& c, Args& args);
io::Task<Method<json::object>> email_set(Context& c, Args& args);
io::Task<Method<json::object>> email_copy(Context& c, Args& args);
io::Task<Method<json::object>> email_import(Context& c, Args& args);
io::Task<Method<json::object>> email_parse(Context& c, Args& args);
io::Task<Method<json::object>> sieve_get(Context& c, Args& args);
io::Task<Method<json::object>> sieve_query(Context& c, Args& args);
io::Task<Method<json::object>> sieve_set(Context& c, Args& args);
io::Task<Method<json::object>> sieve_validate(Context& c, Args& args);
io::Task<Method<json::object>> vacation_get(Context& c, Args& args);
io::Task<Method<json::object>> vacation_set(Context& c, Args& args);
io::Task<Method<json::object>> search_snippet_get(Context& c, Args& args);

}  // namespace postern::jmapd
