// GetScripts, PutScript, DeleteScript, ActivateScript, SetVacation: the Sieve scripts of one account and its vacation
// response.  A change is one commit; which script is active stands in the account's row, so that there is never a moment
// with two or with one that is half written.
#include <algorithm>
#include <optional>
#include <vector>

#include "base/codec.h"
#include "base/text.h"
#include "model/script.h"
#include "store/keys.h"
#include "store/verb_util.h"

namespace postern::store {

using base::fail;
using base::Fault;

namespace {

using Scripts = std::vector<records::Script>;   // by name

// Damaged rows are left out, for fsck to find.
Result<Scripts> read_scripts(Store& store, const AccountState& a) {
  auto snapshot = store.engine().snapshot(a.id);
  if (!snapshot) return pass(snapshot);
  Scripts out;
  auto end = (*snapshot)->scan(keys::join('S'), keys::after(keys::join('S')), kMaxRowsPerRead,
                               [&](std::string_view, std::string_view value) {
                                 records::Script s;
                                 if (s.ParseFromArray(value.data(), static_cast<int>(value.size())))
                                   out.push_back(std::move(s));
                                 return true;
                               });
  if (!end) return pass(end);
  log_corrupt(a.id, *end);
  std::ranges::sort(out, {}, &records::Script::name);
  return out;
}

template <class Message>
Result<std::optional<Message>> read_row(Store& store, const AccountState& a, const std::string& key) {
  auto snapshot = store.engine().snapshot(a.id);
  if (!snapshot) return pass(snapshot);
  auto row = (*snapshot)->get(key);
  if (!row) return pass(row);
  std::optional<Message> out;
  if (*row && !out.emplace().ParseFromString(**row)) return fail(Fault::corrupt, "a damaged row", "CORRUPT");
  return out;
}

Result<std::string> read_text(Store& store, const AccountState& a, std::uint32_t id) {
  auto snapshot = store.engine().snapshot(a.id);
  if (!snapshot) return pass(snapshot);
  auto row = (*snapshot)->get(keys::script_text(id));
  if (!row) return pass(row);
  if (!*row) return fail(Fault::corrupt, "the text of a script is lost", "CORRUPT");
  return std::move(**row);
}

const records::Script* find(const Scripts& all, std::string_view name) {
  auto it = std::ranges::lower_bound(all, name, {}, &records::Script::name);
  return it != all.end() && it->name() == name ? &*it : nullptr;
}
const records::Script* find(const Scripts& all, std::uint32_t id) {
  auto it = std::ranges::find(all, id, &records::Script::id);
  return it != all.end() ? &*it : nullptr;
}

std::uint64_t bytes_of(const Scripts& all) {
  std::uint64_t n = 0;
  for (const auto& s : all) n += s.size();
  return n;
}

std::unexpected<base::Error> no_script() {
  return fail(Fault::permanent, "there is no such script", "NOT_FOUND");
}

// The commit's last steps, the same for every change.
Result<> commit(Store& store, Call& call, Txn& txn, Txn::Sieve what) {
  txn.change_sieve(what);
  if (auto done = txn.apply(); !done) return done;
  return store.commit(txn, call);
}

// The scripts that the request means, by name.
Result<Scripts> chosen(Store& store, AccountState& a, const stored::GetScripts& r) {
  std::uint32_t id = r.active() ? a.rec.active_script() : r.id();
  if (r.active() && !id) return Scripts();
  if (r.active() && a.active_script && a.active_script->script_modseq == a.rec.script_modseq())
    return Scripts{a.active_script->row};
  if (id) {
    auto one = read_row<records::Script>(store, a, keys::script(id));
    if (!one) return pass(one);
    if (!*one) return Scripts();
    if (r.active()) a.active_script = {a.rec.script_modseq(), **one};
    return Scripts{std::move(**one)};
  }
  auto all = read_scripts(store, a);
  if (!all || r.name().empty()) return all;
  const auto* one = find(*all, r.name());
  return one ? Scripts{*one} : Scripts();
}

// Does a mailbox that `who` may read name this script for IMAP events?  RFC 6785 2.3.1: by its own annotation, or, where it
// has none, by the server's.
Result<bool> names_script(Store& store, const AccountState& a, const Principal& who, std::string_view name) {
  constexpr std::string_view kEntry = "/shared/imapsieve/script";
  auto server = store.engine().snapshot(0);
  if (!server) return pass(server);
  auto everywhere = (*server)->get(keys::server_metadata(kEntry));
  if (!everywhere) return pass(everywhere);
  auto snapshot = store.engine().snapshot(a.id);
  if (!snapshot) return pass(snapshot);
  for (const auto& [id, m] : a.mailboxes) {
    if (!m.alive() || !(rights_in(who, a.id, m.rec) & model::kRead)) continue;
    auto own = (*snapshot)->get(keys::metadata(id, 0, kEntry));
    if (!own) return pass(own);
    if (const auto& value = *own ? *own : *everywhere; value && *value == name) return true;
  }
  return false;
}

// Another's scripts: of those nothing else is told, not even whether they are there.
Result<> permit_sharer(Store& store, const Call& call, const AccountState& a) {
  const auto& r = call.request.get_scripts();
  bool by_name = !r.name().empty() && !r.id() && !r.active();
  auto named = by_name ? names_script(store, a, call.who, r.name()) : Result<bool>(false);
  if (!named) return pass(named);
  return *named ? Result<>() : fail(Fault::permanent, "no access to this account", "DENIED");
}

// What is of the account and of no script.
Result<> tell_state(Store& store, const AccountState& a, stored::Scripts& out) {
  out.set_active(a.rec.active_script());
  out.set_script_modseq(a.rec.script_modseq());
  out.set_vacation_modseq(a.rec.vacation_modseq());
  out.set_epoch(a.rec.epoch());
  out.set_max_scripts(store.options().max_scripts);
  out.set_max_bytes(store.options().max_script_bytes);
  if (!a.rec.vacation_modseq()) return {};
  auto vacation = read_row<records::Vacation>(store, a, keys::vacation());
  if (!vacation) return pass(vacation);
  if (*vacation) *out.mutable_vacation() = std::move(**vacation);
  return {};
}

}  // namespace

Result<> get_scripts(Store& store, Call& call) {
  auto opened = open_account(store, call);
  if (!opened) return pass(opened);
  AccountState& a = **opened;
  const auto& r = call.request.get_scripts();
  if (!is_owner(call.who, a.id))
    if (auto ok = permit_sharer(store, call, a); !ok) return ok;
  bool one = r.id() || !r.name().empty() || r.active();
  if (r.text() && !one) return fail(Fault::permanent, "the text of one script at a time", "INVALID");
  auto scripts = chosen(store, a, r);
  if (!scripts) return pass(scripts);
  auto& out = *call.reply.mutable_scripts();
  if (r.text() && !scripts->empty() && scripts->front().sha256() != r.have_sha256()) {
    auto text = read_text(store, a, scripts->front().id());
    if (!text) return pass(text);
    out.set_text(std::move(*text));
  }
  if (!one) out.set_used_bytes(bytes_of(*scripts));
  for (auto& s : *scripts) *out.add_scripts() = std::move(s);
  return is_owner(call.who, a.id) ? tell_state(store, a, out) : Result<>();
}

namespace {

// The script that PutScript makes new of `old`; EXISTS, NOT_FOUND, INVALID.
Result<records::Script> put_into(const Scripts& all, const records::Script* old, const stored::PutScript& r) {
  if (r.id() && !old) return no_script();
  if (old && r.must_be_new()) return fail(Fault::permanent, "there is a script of this name", "EXISTS");
  if (!old && (!r.has_name() || !r.has_text()))
    return fail(Fault::permanent, "a new script needs a name and a text", "INVALID");
  records::Script s = old ? *old : records::Script();
  if (r.has_name()) {
    if (!model::valid_script_name(r.name())) return fail(Fault::permanent, "no name for a script", "INVALID");
    const auto* other = find(all, r.name());
    if (other && other != old) return fail(Fault::permanent, "there is a script of this name", "EXISTS");
    s.set_name(r.name());
  }
  return s;
}

// OVER_QUOTA, for an added script or a longer text alone: what is over a lowered quota may be made smaller.
Result<> admit(const Store& store, const Scripts& all, const records::Script* old, const stored::PutScript& r) {
  const Options& o = store.options();
  if (!r.has_text()) return {};
  if (r.text().size() > model::kMaxScriptBytes) return fail(Fault::limit, "the script is too long", "LIMIT");
  if (!old && all.size() >= o.max_scripts)
    return fail(Fault::permanent, "no more than " + std::to_string(o.max_scripts) + " scripts", "OVER_QUOTA");
  std::uint64_t before = old ? old->size() : 0;
  if (r.text().size() > before && bytes_of(all) - before + r.text().size() > o.max_script_bytes)
    return fail(Fault::permanent, "no more than " + std::to_string(o.max_script_bytes) + " bytes of scripts", "OVER_QUOTA");
  return {};
}

}  // namespace

Result<> put_script(Store& store, Call& call) {
  auto opened = open_account(store, call);
  if (!opened) return pass(opened);
  AccountState& a = **opened;
  const auto& r = call.request.put_script();
  auto all = read_scripts(store, a);
  if (!all) return pass(all);
  const auto* old = r.id() ? find(*all, r.id()) : find(*all, r.name());
  auto script = put_into(*all, old, r);
  if (!script) return pass(script);
  if (auto ok = admit(store, *all, old, r); !ok) return ok;
  Txn txn(store.engine(), a, store.now());
  if (!old) {
    script->set_id(std::max(a.rec.next_script(), 1u));
    a.rec.set_next_script(script->id() + 1);
  }
  script->set_modseq(txn.modseq());
  if (r.has_text()) {
    base::Sha256 hash;
    hash.update(r.text());
    script->set_sha256(std::string(base::view(hash.finish())));
    script->set_size(r.text().size());
    script->set_changed(store.now());
    txn.batch().put(keys::script_text(script->id()), r.text());
  }
  txn.batch().put(keys::script(script->id()), script->SerializeAsString());
  if (r.activate()) a.rec.set_active_script(script->id());
  auto& out = *call.reply.mutable_script_put();
  out.set_id(script->id());
  out.set_modseq(txn.modseq());
  out.set_existed(old != nullptr);
  return commit(store, call, txn, Txn::Sieve::script);
}

Result<> delete_script(Store& store, Call& call) {
  auto opened = open_account(store, call);
  if (!opened) return pass(opened);
  AccountState& a = **opened;
  std::uint32_t id = call.request.delete_script().id();
  auto script = read_row<records::Script>(store, a, keys::script(id));
  if (!script && script.error().fault != Fault::corrupt) return pass(script);   // a damaged one can be deleted
  if (script && !*script) return no_script();
  if (a.rec.active_script() == id) return fail(Fault::permanent, "the script is active", "ACTIVE");
  Txn txn(store.engine(), a, store.now());
  txn.batch().del(keys::script(id));
  txn.batch().del(keys::script_text(id));
  call.reply.mutable_done()->set_modseq(txn.modseq());
  return commit(store, call, txn, Txn::Sieve::script);
}

Result<> activate_script(Store& store, Call& call) {
  auto opened = open_account(store, call);
  if (!opened) return pass(opened);
  AccountState& a = **opened;
  std::uint32_t id = call.request.activate_script().id();
  if (id) {
    auto script = read_row<records::Script>(store, a, keys::script(id));
    if (!script) return pass(script);
    if (!*script) return no_script();
  }
  call.reply.mutable_done()->set_modseq(a.rec.modseq());
  if (a.rec.active_script() == id) return {};
  Txn txn(store.engine(), a, store.now());
  a.rec.set_active_script(id);
  call.reply.mutable_done()->set_modseq(txn.modseq());
  return commit(store, call, txn, Txn::Sieve::script);
}

Result<> set_vacation(Store& store, Call& call) {
  auto opened = open_account(store, call);
  if (!opened) return pass(opened);
  AccountState& a = **opened;
  const auto& v = call.request.set_vacation().vacation();
  if (v.ByteSizeLong() > kMaxVacationBytes) return fail(Fault::limit, "the vacation response is too long", "LIMIT");
  for (const auto* text : {&v.subject(), &v.text(), &v.html()})
    if (text->find('\0') != std::string::npos) return fail(Fault::permanent, "NUL in the vacation response", "INVALID");
  Txn txn(store.engine(), a, store.now());
  txn.batch().put(keys::vacation(), v.SerializeAsString());
  call.reply.mutable_done()->set_modseq(txn.modseq());
  return commit(store, call, txn, Txn::Sieve::vacation);
}

}  // namespace postern::store
