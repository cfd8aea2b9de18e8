#include "cmd/sieved/convert.h"

#include <sys/stat.h>

#include "cmd/sieved/limits.h"

namespace postern::sieved_daemon {

using base::fail;
using base::Fault;
using base::Result;

namespace {

class FileMessage : public sieve::MessageSource {
 public:
  FileMessage(base::Fd fd, std::uint64_t size) : fd_(std::move(fd)), size_(size) {}
  std::uint64_t size() const override { return size_; }
  Result<std::string> read(std::uint64_t offset, std::size_t n) const override {
    return base::pread_exact(fd_.get(), n, offset);
  }

 private:
  base::Fd fd_;
  std::uint64_t size_;
};

void put(sieved::Destination& out, const sieve::Destination& d) {
  out.set_mailbox(d.mailbox);
  out.set_mailbox_id(d.mailbox_id);
  out.set_special_use(d.special_use);
  out.set_create(d.create);
  for (const auto& f : d.flags) out.add_flags(f);
}

void put(sieved::Outgoing& out, const sieve::Outgoing& o) {
  out.set_sender(o.sender);
  for (const auto& r : o.recipients) out.add_recipients(r);
  out.set_text(o.text);
}

struct PutAction {
  sieved::Action& out;
  void operator()(const sieve::Store& a) {
    auto& s = *out.mutable_store();
    put(*s.mutable_where(), a.where);
    s.set_is_keep(a.is_keep);
    s.set_is_implicit(a.is_implicit);
    s.set_only_flags(a.only_flags);
  }
  void operator()(const sieve::Discard&) { out.mutable_discard(); }
  void operator()(const sieve::Redirect& a) {
    auto& r = *out.mutable_redirect();
    r.set_address(a.address);
    r.set_list(a.list);
    r.set_notify(a.notify);
    r.set_ret(a.ret);
    r.set_by_mode(a.by_mode);
    r.set_by_trace(a.by_trace);
    r.set_by_time(a.by_time);
    r.set_sender(a.sender);
    r.set_trace_field(a.trace_field);
  }
  void operator()(const sieve::Reject& a) {
    out.mutable_reject()->set_reason(a.reason);
    out.mutable_reject()->set_extended(a.extended);
    put(*out.mutable_reject()->mutable_bounce(), a.bounce);
  }
  void operator()(const sieve::Vacation& a) {
    auto& v = *out.mutable_vacation();
    v.set_handle(a.handle);
    v.set_seconds(a.seconds);
    put(*v.mutable_reply(), a.reply);
    if (a.fcc) put(*v.mutable_fcc(), *a.fcc);
  }
  void operator()(const sieve::Notify& a) {
    auto& n = *out.mutable_notify();
    n.set_method(a.method);
    n.set_message(a.message);
    n.set_importance(a.importance);
    n.set_from(a.from);
    for (const auto& o : a.options) n.add_options(o);
    if (a.mail) put(*n.mutable_mail(), *a.mail);
    if (a.fcc) put(*n.mutable_fcc(), *a.fcc);
  }
  void operator()(const sieve::Pipe& a) {
    auto& p = *out.mutable_pipe();
    p.set_program(a.program);
    for (const auto& arg : a.arguments) p.add_arguments(arg);
    p.set_try_only(a.try_only);
  }
  void operator()(const sieve::Report& a) {
    out.mutable_report()->set_feedback_type(a.feedback_type);
    put(*out.mutable_report()->mutable_mail(), a.mail);
  }
};

Result<> put(sieved::Version& out, const sieve::MessageVersion& v, const sieve::MessageSource& original) {
  out.set_original(v.original);
  if (v.original) return {};
  if (v.source.get() == &original) {
    out.set_header(v.header);
    out.set_body_begin(v.body_begin);
    return {};
  }
  if (v.size() > kMaxWhole) return fail(Fault::limit, "a message that the script made is too large", "LIMIT");
  auto bytes = v.bytes();
  if (!bytes) return pass(bytes);
  out.set_has_whole(true);
  out.set_whole(std::move(*bytes));
  return {};
}

}  // namespace

Result<std::shared_ptr<const sieve::MessageSource>> message_in(base::Fd fd) {
  struct stat st{};
  if (::fstat(fd.get(), &st) != 0 || !S_ISREG(st.st_mode))
    return fail(Fault::permanent, "the message's descriptor is no file", "INVALID");
  return std::make_shared<FileMessage>(std::move(fd), static_cast<std::uint64_t>(st.st_size));
}

Result<std::string> Beginning::read(std::uint64_t offset, std::size_t n) const {
  if (offset <= bytes_.size() && n <= bytes_.size() - offset) return bytes_.substr(offset, n);
  fell_short_ = true;
  return fail(Fault::temporary, "the rest of the message has not come", "NEED_BODY");
}

sieve::RunInput input_of(const sieved::Run& run, const Settings& settings) {
  sieve::RunInput in;
  in.envelope.from = run.from();
  in.envelope.to = run.to();
  in.envelope.orig_to = run.orig_to();
  in.environment = settings.environment;
  for (const auto& [name, value] : run.environment()) in.environment.insert_or_assign(name, value);
  in.user_address = run.user_address();
  in.user = run.user();
  if (!in.user.empty()) in.user_addresses.push_back(in.user);
  in.remote_host = run.remote_host();
  in.remote_ip = run.remote_ip();
  in.hostname = settings.hostname;
  in.postmaster = settings.postmaster;
  in.unique_id = run.unique_id();
  in.now = run.now();
  in.zone_minutes = run.zone_minutes();
  in.recipient_delimiters = settings.delimiters;
  in.spam = settings.spam;
  in.virus = settings.virus;
  in.flags.assign(run.flags().begin(), run.flags().end());
  in.protected_headers = settings.protected_headers;
  in.notify = settings.notify;
  in.limits = settings.limits;
  in.imap_event = run.imap_event();
  in.is_stored = run.is_stored();
  in.trace = run.trace();
  return in;
}

Result<sieved::Question> question_of(const sieve::Question& q) {
  sieved::Question out;
  out.set_kind(static_cast<sieved::Question::Kind>(q.kind));
  out.set_name(q.name);
  for (const auto& v : q.values) out.add_values(v);
  out.set_text(q.text);
  out.set_global(q.global);
  out.set_with_message(q.with_message);
  out.set_want_output(q.want_output);
  if (q.with_message) {
    if (q.message.size() > kMaxWhole) return fail(Fault::limit, "the message is too large for a command", "LIMIT");
    auto bytes = q.message.bytes();
    if (!bytes) return pass(bytes);
    out.set_message(std::move(*bytes));
  }
  return out;
}

sieve::Answer answer_of(const sieved::Answer& a) {
  sieve::Answer out;
  out.yes = a.yes();
  out.found = a.found();
  out.text = a.text();
  out.failed = a.failed();
  return out;
}

Result<> put_outcome(sieved::Outcome& out, const sieve::Outcome& o, const sieve::MessageSource& original) {
  for (const auto& a : o.actions) {
    auto& action = *out.add_actions();
    std::visit(PutAction{action}, a.what);
    action.set_script(a.script);
    action.set_line(a.line);
    action.set_version(static_cast<std::uint32_t>(a.version));
  }
  for (const auto& v : o.versions)
    if (auto ok = put(*out.add_versions(), v, original); !ok) return pass(ok);
  for (const auto& m : o.seen) {
    auto& mark = *out.add_seen();
    mark.set_handle(m.handle);
    mark.set_seconds(m.seconds);
  }
  for (const auto& e : o.errors) {
    auto& problem = *out.add_errors();
    problem.set_kind(static_cast<sieved::Outcome::Problem::Kind>(e.kind));
    problem.set_script(e.script);
    problem.set_line(e.line);
    problem.set_what(e.what);
  }
  for (const auto& l : o.log) out.add_log(l);
  for (const auto& t : o.trace) {
    auto& event = *out.add_trace();
    event.set_script(t.script);
    event.set_line(t.line);
    event.set_what(t.what);
    event.set_result(t.result);
  }
  out.set_steps(o.steps);
  return {};
}

}  // namespace postern::sieved_daemon
