// Scripts and marks.  Primary are a script's text and its name; which is active stands in the account's row.
#include <set>

#include "base/codec.h"
#include "store/judge.h"
#include "store/keys.h"

namespace postern::store {

void Judge::scripts() {
  auto& a = *p_.account;
  auto words = [](std::uint32_t id) { return "script " + std::to_string(id); };
  for (auto it = p_.scripts.begin(); it != p_.scripts.end();) {
    std::uint32_t id = it->first;
    if (p_.script_texts.contains(id)) {
      ++it;
      continue;
    }
    find("script", words(id), "its text is lost: \"" + it->second.name() + "\" goes", true);
    drop(keys::script(id));
    it = p_.scripts.erase(it);
  }
  std::set<std::string> names;
  for (const auto& [_, s] : p_.scripts) names.insert(s.name());
  for (const auto& [id, text] : p_.script_texts) {
    if (p_.scripts.contains(id)) continue;
    records::Script& s = p_.scripts[id];
    std::string name = "recovered-" + std::to_string(id);
    while (!names.insert(name).second) name += "+";
    find("script", words(id), "its name is lost: it is called \"" + name + "\" now", true);
    s.set_id(id);
    s.set_name(name);
    base::Sha256 hash;
    hash.update(text);
    s.set_sha256(std::string(base::view(hash.finish())));
    s.set_size(text.size());
    s.set_modseq(modseq_);
    s.set_changed(now_);
    put(keys::script(id), s);
  }
  if (a.active_script() && !p_.scripts.contains(a.active_script())) {
    find("script", words(a.active_script()), "active, and not there", true);
    a.set_active_script(0);
  }
  if (!p_.scripts.empty() && a.next_script() <= p_.scripts.rbegin()->first) {
    find("script", "account", "the next script would get an id that is in use", true);
    a.set_next_script(p_.scripts.rbegin()->first + 1);
  }
}

// Each mark is forgotten once, at its time.
void Judge::marks() {
  for (const auto& [id, until] : p_.marks) {
    if (p_.mark_ends.contains({until, id})) continue;
    find("mark", "mark " + base::hex(id), "set, but never to be forgotten", false);
    v_.rows[keys::mark_end(until, id)] = "";
  }
  for (const auto& [until, id] : p_.mark_ends) {
    auto mark = p_.marks.find(id);
    if (mark != p_.marks.end() && mark->second == until) continue;
    find("mark", "mark " + base::hex(id), "to be forgotten, though it is not set", false);
    drop(keys::mark_end(until, id));
  }
}

}  // namespace postern::store
