// What test_config_set may set: the settings of Pigeonhole that have a counterpart here, by their names
// there, and answers to questions ("list:URI", "command:NAME", "mailboxid:ID", "specialuse:FLAG",
// "environment:ITEM", "convert:FROM:TO", "online:URI").
#include "base/text.h"
#include "sieve/names.h"
#include "sieve/testsuite.h"

namespace postern::sieve {

std::optional<std::string> Testsuite::setting(const std::string& name) const {
  auto it = config_.find(name);
  if (it == config_.end()) return std::nullopt;
  return it->second;
}

// Whom a setting of the form sender | recipient | orig_recipient | user_email | postmaster | <address> names.
std::optional<std::string> Testsuite::sender_by(const std::string& name) const {
  std::string v = setting(name).value_or("");
  if (v.starts_with('<')) return v.substr(1, v.find('>') - 1);
  if (v == "sender") return envelope_.from;
  if (v == "recipient") return envelope_.to;
  if (v == "orig_recipient") return envelope_.orig_to;
  if (v == "user_email") return own_address();
  if (v == "postmaster") return defaults_.postmaster;
  return std::nullopt;
}

std::string Testsuite::own_address() const {
  return defaults_.user_address.empty() ? envelope_.to : defaults_.user_address;
}

// "list:URI", or a list of Pigeonhole's: a dictionary in a file, with a line ".../MEMBER" and one with a value
// for each.
std::optional<std::string> Testsuite::list_members(const std::string& uri) const {
  if (auto given = setting("list:" + uri)) return given;
  constexpr std::string_view kLists = "sieve_extlists_list/", kName = "/name";
  for (const auto& [key, value] : config_) {
    if (!key.starts_with(kLists) || !key.ends_with(kName) || list_uri(value) != uri) continue;
    auto file = setting(key.substr(0, key.size() - kName.size()) + "/dict/file/path");
    auto text = file ? read_(*file) : std::nullopt;
    std::string members;
    if (!text) return members;
    bool is_key = true;
    for (std::string_view line : base::split(*text, '\n')) {
      if (is_key) members += std::string(line.substr(line.rfind('/') + 1)) + ' ';
      is_key = !is_key;
    }
    return members;
  }
  return std::nullopt;
}

CompileOptions Testsuite::compile_options() const {
  CompileOptions o;
  o.limits = defaults_.limits;
  o.extensions = extensions_;
  o.notify = {true, true, true};
  return o;
}

void Testsuite::configure_scores(ScoreSource& out, const std::string& prefix) {
  out = {};
  // "Field" or "Field: regular expression"
  auto header = [this](const std::string& name, std::string& field, std::string& pattern) {
    auto v = setting(name);
    if (!v) return;
    auto colon = v->find(':');
    field = base::trim(std::string_view(*v).substr(0, colon));
    if (colon != v->npos) pattern = base::trim(std::string_view(*v).substr(colon + 1));
  };
  header(prefix + "_status_header", out.header, out.pattern);
  header(prefix + "_max_header", out.max_header, out.max_pattern);
  header(prefix + "_score_max_header", out.max_header, out.max_pattern);
  out.max = setting(prefix + "_max_value").value_or(setting(prefix + "_score_max_value").value_or(""));
  std::string type = setting(prefix + "_status_type").value_or("");
  out.by_length = type == "strlen";
  if (type != "text") return;
  for (int n = 0; n <= 10; ++n)
    for (const char* between : {"", "/"})
      if (auto word = setting(prefix + "_text_value" + between + std::to_string(n)))
        out.values[base::to_lower(*word)] = std::to_string(n);
}

namespace {

// RFC 5293 7: a subject can always be changed.
void put_fields(std::vector<std::string>& out, const std::optional<std::string>& names) {
  if (!names) return;
  for (std::string_view name : base::split_blank(*names))
    if (!base::iequals(name, "subject")) out.emplace_back(base::to_lower(name));
}

bool is_yes(const std::optional<std::string>& value) {
  return value && (base::iequals(*value, "yes") || base::iequals(*value, "true"));
}

}  // namespace

void Testsuite::configure_headers(RunInput& in) const {
  put_fields(in.protected_headers, setting("sieve_editheader_protected"));
  put_fields(in.never_added, setting("sieve_editheader_forbid_add"));
  put_fields(in.never_deleted, setting("sieve_editheader_forbid_delete"));
  // "sieve_editheader_header/NAME/forbid_add"
  constexpr std::string_view kHeader = "sieve_editheader_header/";
  for (const auto& [name, value] : config_) {
    if (!name.starts_with(kHeader)) continue;
    auto slash = name.rfind('/');
    std::string field = slash > kHeader.size() ? name.substr(kHeader.size(), slash - kHeader.size()) : "";
    if (name.ends_with("/forbid_add") && is_yes(value)) put_fields(in.never_added, field);
    if (name.ends_with("/forbid_delete") && is_yes(value)) put_fields(in.never_deleted, field);
  }
  if (auto v = setting("sieve_editheader_max_header_size"))
    if (auto n = base::parse_size(*v)) in.max_field = static_cast<std::size_t>(*n);
}

void Testsuite::configure_vacation(VacationRules& out) const {
  out.any_recipient =
      is_yes(setting("sieve_vacation_dont_check_recipient")) ||
      (setting("sieve_vacation_check_recipient") && !is_yes(setting("sieve_vacation_check_recipient")));
  out.original_recipient = is_yes(setting("sieve_vacation_use_original_recipient"));
  out.from_recipient = is_yes(setting("sieve_vacation_send_from_recipient"));
  out.to_header = is_yes(setting("sieve_vacation_to_header_ignore_envelope"));
}

// "fileinto vacation" are these alone, "+vacation -reject" change what there is.
void Testsuite::configure_extensions(const std::string& setting_name) {
  auto value = setting(setting_name);
  if (!value || value->empty()) return;
  ExtensionSet all = extensions_;
  auto words = base::split_blank(*value);
  if (words[0][0] != '+' && words[0][0] != '-') {
    extensions_.reset();
    for (Ext e : {Ext::base, Ext::comparator_casemap, Ext::comparator_octet, Ext::dovecot_testsuite})
      add(extensions_, e);
  }
  for (std::string_view word : words) {
    bool off = word[0] == '-';
    auto ext = find_extension(word[0] == '+' || off ? word.substr(1) : word);
    if (!ext || !has(all, *ext)) continue;
    extensions_.set(static_cast<std::size_t>(*ext), !off);
  }
}

void Testsuite::configure() {
  RunInput in;
  Limits& l = in.limits;
  l.redirects = 4;  // what Pigeonhole's suites count on
  l.errors = 1000;
  l.outgoing = 1000;
  auto number = [this](const std::string& name, auto& out, std::uint64_t unit = 1) {
    if (auto v = setting(name))
      if (auto n = base::parse_duration(*v))
        out = static_cast<std::remove_reference_t<decltype(out)>>(*n * unit);
  };
  auto size = [this](const std::string& name, auto& out) {
    if (auto v = setting(name))
      if (auto n = base::parse_size(*v)) out = static_cast<std::remove_reference_t<decltype(out)>>(*n);
  };
  number("sieve_max_actions", l.actions);
  number("sieve_max_redirects", l.redirects);
  number("sieve_max_cpu_time", l.run_ms, 1000);
  number("sieve_notify_max_notifications", l.notifications);
  number("sieve_include_max_nesting_depth", l.include_nesting);
  number("sieve_include_max_includes", l.includes);
  number("sieve_vacation_min_period", l.vacation_min_seconds);
  number("sieve_vacation_max_period", l.vacation_max_seconds);
  number("sieve_duplicate_default_period", l.duplicate_seconds);
  number("sieve_duplicate_max_period", l.duplicate_max_seconds);
  number("sieve_variables_max_scope_size", l.variables);
  number("sieve_variables_max_scope_count", l.variables);
  size("sieve_variables_max_variable_size", l.variable);
  size("sieve_variables_max_value_size", l.variable);
  size("sieve_max_script_size", l.script);
  if (auto days = setting("sieve_vacation_default_period"))
    if (auto seconds = base::parse_duration(*days)) l.vacation_days = *seconds / 86'400;
  in.user_address = setting("sieve_user_email").value_or("");
  in.recipient_delimiters = setting("recipient_delimiter").value_or("+");
  configure_headers(in);
  configure_vacation(in.vacation);
  configure_scores(in.spam, "sieve_spamtest");
  configure_scores(in.virus, "sieve_virustest");
  in.hostname = "mail.example.com";
  in.postmaster = setting("postmaster_address").value_or("postmaster@example.com");
  in.unique_id = "suite0123456789";
  in.now = 1'764'460'800;  // 2025-11-30T00:00:00Z: suites don't depend on the day
  if (auto now = setting("now"))
    if (auto seconds = base::parse_u64(*now)) in.now = static_cast<std::int64_t>(*seconds);
  in.notify = {true, true, true};
  in.environment = {{"domain", "example.com"},
                    {"host", "mail.example.com"},
                    {"location", "MS"},
                    {"phase", "during"},
                    {"vnd.dovecot.default-mailbox", "INBOX"},
                    {"vnd.dovecot.username", "user"},
                    // Suites written for Pigeonhole look for this name.
                    {"name", "Postern, for a suite of Pigeonhole Sieve"}};
  constexpr std::string_view kItem = "environment:", kConfigured = "sieve_environment/";
  for (const auto& [name, value] : config_) {
    std::string lower = base::to_lower(name);
    if (lower.starts_with(kItem)) in.environment[lower.substr(kItem.size())] = value;
    if (lower.starts_with(kConfigured))
      in.environment["vnd.dovecot.config." + lower.substr(kConfigured.size())] = value;
  }
  in.imap_event = setting("imap_event").value_or("no") == "yes";
  defaults_ = std::move(in);
  extensions_ = available(Place{true, true, true, true});
  for (const char* name : {"sieve_extensions", "sieve_global_extensions"}) configure_extensions(name);
}

}  // namespace postern::sieve
