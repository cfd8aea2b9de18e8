#include "sieve/grammar.h"

#include <array>

#include "base/text.h"

namespace postern::sieve {
namespace {

using enum Type;
using Tags = std::span<const Tag>;

template <class E>
constexpr std::uint8_t as(E e) {
  return static_cast<std::uint8_t>(e);
}

// --- groups of tags that several commands share
constexpr Tag kComparator[] = {{":comparator", Ext::base, Slot::comparator, comparator}};
constexpr Tag kMatch[] = {
    {":is", Ext::base, Slot::match, choice, as(Match::is)},
    {":contains", Ext::base, Slot::match, choice, as(Match::contains)},
    {":matches", Ext::base, Slot::match, choice, as(Match::matches)},
    {":regex", Ext::regex, Slot::match, choice, as(Match::regex)},
    {":value", Ext::relational, Slot::match, relation, as(Match::value_gt)},
    {":count", Ext::relational, Slot::match, relation, as(Match::count_gt)},
};
// Only where RFC 6134 2.2 wants it.
constexpr Tag kMatchList[] = {{":list", Ext::extlists, Slot::match, choice, as(Match::list)}};
constexpr Tag kAddressPart[] = {
    {":all", Ext::base, Slot::part, choice, as(AddressPart::all)},
    {":localpart", Ext::base, Slot::part, choice, as(AddressPart::localpart)},
    {":domain", Ext::base, Slot::part, choice, as(AddressPart::domain)},
    {":user", Ext::subaddress, Slot::part, choice, as(AddressPart::user)},
    {":detail", Ext::subaddress, Slot::part, choice, as(AddressPart::detail)},
};
constexpr Tag kIndex[] = {{":index", Ext::index, Slot::index, number},
                          {":last", Ext::index, Slot::last, flag}};
constexpr Tag kMime[] = {{":mime", Ext::mime, Slot::mime, flag},
                         {":anychild", Ext::mime, Slot::anychild, flag}};
constexpr Tag kMimeOptions[] = {
    {":type", Ext::mime, Slot::mime_field, choice, as(MimeField::type)},
    {":subtype", Ext::mime, Slot::mime_field, choice, as(MimeField::subtype)},
    {":contenttype", Ext::mime, Slot::mime_field, choice, as(MimeField::contenttype)},
    {":param", Ext::mime, Slot::mime_param, strings},
};
constexpr Tag kZone[] = {{":zone", Ext::date, Slot::zone, string},
                         {":originalzone", Ext::date, Slot::original_zone, flag}};
constexpr Tag kOnlyZone[] = {{":zone", Ext::date, Slot::zone, string}};
constexpr Tag kEnvelopeZone[] = {{":zone", Ext::envelope_deliverby, Slot::zone, string}};
constexpr Tag kCopy[] = {{":copy", Ext::copy, Slot::copy, flag}};
constexpr Tag kFlags[] = {{":flags", Ext::imap4flags, Slot::flags, strings}};
constexpr Tag kInto[] = {
    {":create", Ext::mailbox, Slot::create, flag},
    {":specialuse", Ext::special_use, Slot::special_use, string},
    {":mailboxid", Ext::mailboxid, Slot::mailbox_id, string},
};
constexpr Tag kFcc[] = {{":fcc", Ext::fcc, Slot::fcc, string}};
constexpr Tag kModifiers[] = {
    {":lower", Ext::variables, Slot::case_of, choice, as(CaseOf::lower)},
    {":upper", Ext::variables, Slot::case_of, choice, as(CaseOf::upper)},
    {":lowerfirst", Ext::variables, Slot::case_of_first, choice, as(CaseOf::lower)},
    {":upperfirst", Ext::variables, Slot::case_of_first, choice, as(CaseOf::upper)},
    {":quotewildcard", Ext::variables, Slot::quoting, choice, as(Quoting::wildcard)},
    {":quoteregex", Ext::regex, Slot::quoting, choice, as(Quoting::regex)},
    {":encodeurl", Ext::enotify, Slot::encode_url, flag},
    {":length", Ext::variables, Slot::length, flag},
};
// --- tags of one command
constexpr Tag kSize[] = {{":over", Ext::base, Slot::over, choice, 1},
                         {":under", Ext::base, Slot::over, choice, 2}};
constexpr Tag kBody[] = {
    {":text", Ext::body, Slot::transform, choice, as(Transform::text)},
    {":raw", Ext::body, Slot::transform, choice, as(Transform::raw)},
    {":content", Ext::body, Slot::content, strings},
};
constexpr Tag kRedirect[] = {
    {":list", Ext::extlists, Slot::list, flag},
    {":notify", Ext::redirect_dsn, Slot::dsn_notify, string},
    {":ret", Ext::redirect_dsn, Slot::dsn_ret, string},
    {":bytimerelative", Ext::redirect_deliverby, Slot::by_relative, number},
    {":bytimeabsolute", Ext::redirect_deliverby, Slot::by_absolute, string},
    {":bymode", Ext::redirect_deliverby, Slot::by_mode, string},
    {":bytrace", Ext::redirect_deliverby, Slot::by_trace, flag},
};
constexpr Tag kVacation[] = {
    {":days", Ext::vacation, Slot::days, number},
    {":seconds", Ext::vacation_seconds, Slot::seconds, number},
    {":subject", Ext::vacation, Slot::subject, string},
    {":from", Ext::vacation, Slot::from, string},
    {":addresses", Ext::vacation, Slot::addresses, strings},
    {":mime", Ext::vacation, Slot::mime_reason, flag},
    {":handle", Ext::vacation, Slot::handle, string},
};
constexpr Tag kNotify[] = {
    {":from", Ext::enotify, Slot::from, string},
    {":importance", Ext::enotify, Slot::importance, string},
    {":options", Ext::enotify, Slot::options, strings},
    {":message", Ext::enotify, Slot::message, string},
};
constexpr Tag kDuplicate[] = {
    {":handle", Ext::duplicate, Slot::handle, string},
    {":header", Ext::duplicate, Slot::unique_header, string},
    {":uniqueid", Ext::duplicate, Slot::unique_id, string},
    {":seconds", Ext::duplicate, Slot::seconds, number},
    {":last", Ext::duplicate, Slot::last, flag},
};
constexpr Tag kAddHeader[] = {{":last", Ext::editheader, Slot::last, flag}};
constexpr Tag kDeleteHeader[] = {{":index", Ext::editheader, Slot::index, number},
                                 {":last", Ext::editheader, Slot::last, flag}};
constexpr Tag kSpam[] = {{":percent", Ext::spamtestplus, Slot::percent, flag}};
constexpr Tag kFirst[] = {{":first", Ext::extracttext, Slot::first, number}};
constexpr Tag kReplace[] = {
    {":mime", Ext::replace, Slot::mime_reason, flag},
    {":subject", Ext::replace, Slot::subject, string},
    {":from", Ext::replace, Slot::from, string},
};
constexpr Tag kEnclose[] = {{":subject", Ext::enclose, Slot::subject, string},
                            {":headers", Ext::enclose, Slot::headers, strings}};
constexpr Tag kInclude[] = {
    {":personal", Ext::include, Slot::global, choice, 0},
    {":global", Ext::include, Slot::global, choice, 1},
    {":once", Ext::include, Slot::once, flag},
    {":optional", Ext::include, Slot::optional, flag},
};
constexpr Tag kTry[] = {{":try", Ext::dovecot_pipe, Slot::try_only, flag}};
constexpr Tag kExecute[] = {
    {":input", Ext::dovecot_execute, Slot::input, string},
    {":pipe", Ext::dovecot_execute, Slot::pipe, flag},
    {":output", Ext::dovecot_execute, Slot::variable, string},
};
constexpr Tag kReport[] = {{":headers_only", Ext::dovecot_report, Slot::headers_only, flag}};
constexpr Tag kLoop[] = {{":name", Ext::foreverypart, Slot::loop, string}};
constexpr Tag kTestIndex[] = {{":index", Ext::dovecot_testsuite, Slot::index, number}};
constexpr Tag kScriptRun[] = {{":append_result", Ext::dovecot_testsuite, Slot::append_result, flag}};
constexpr Tag kTestMessage[] = {{":smtp", Ext::dovecot_testsuite, Slot::smtp, flag},
                                {":folder", Ext::dovecot_testsuite, Slot::mailbox, string},
                                {":mailbox", Ext::dovecot_testsuite, Slot::mailbox, string}};
constexpr Tag kConfigReload[] = {{":extension", Ext::dovecot_testsuite, Slot::extension, string}};
constexpr Tag kImapMetadata[] = {{":mailbox", Ext::dovecot_testsuite, Slot::mailbox, string}};

constexpr Tags gComparing[] = {kComparator, kMatch};
constexpr Tags gHeader[] = {kComparator, kMatch, kMatchList, kIndex, kMime, kMimeOptions};
constexpr Tags gAddress[] = {kComparator, kMatch, kMatchList, kAddressPart, kIndex, kMime};
constexpr Tags gEnvelope[] = {kComparator, kMatch, kMatchList, kAddressPart, kEnvelopeZone};
constexpr Tags gString[] = {kComparator, kMatch, kMatchList};
constexpr Tags gExists[] = {kMime};
constexpr Tags gSize[] = {kSize};
constexpr Tags gBody[] = {kComparator, kMatch, kBody};
constexpr Tags gDate[] = {kComparator, kMatch, kMatchList, kIndex, kZone};
constexpr Tags gCurrentDate[] = {kComparator, kMatch, kMatchList, kOnlyZone};
constexpr Tags gKeep[] = {kFlags};
constexpr Tags gFileinto[] = {kCopy, kFlags, kInto};
constexpr Tags gRedirect[] = {kCopy, kRedirect};
constexpr Tags gVacation[] = {kVacation, kFcc, kFlags, kInto};
constexpr Tags gNotify[] = {kNotify, kFcc, kFlags, kInto};
constexpr Tags gDuplicate[] = {kDuplicate};
constexpr Tags gSet[] = {kModifiers};
constexpr Tags gAddHeader[] = {kAddHeader};
constexpr Tags gDeleteHeader[] = {kDeleteHeader, kComparator, kMatch};
constexpr Tags gSpam[] = {kSpam, kComparator, kMatch};
constexpr Tags gExtractText[] = {kModifiers, kFirst};
constexpr Tags gReplace[] = {kReplace};
constexpr Tags gEnclose[] = {kEnclose};
constexpr Tags gInclude[] = {kInclude};
constexpr Tags gPipe[] = {kCopy, kTry};
constexpr Tags gExecute[] = {kExecute};
constexpr Tags gReport[] = {kReport};
constexpr Tags gLoop[] = {kLoop};
constexpr Tags gTestCompare[] = {kTestIndex, kComparator, kMatch};
constexpr Tags gScriptRun[] = {kScriptRun};
constexpr Tags gTestMessage[] = {kTestMessage};
constexpr Tags gConfigReload[] = {kConfigReload};
constexpr Tags gImapMetadata[] = {kImapMetadata};

// --- positions
constexpr Position kHeadersKeys[] = {{Slot::headers, strings}, {Slot::keys, strings}};
constexpr Position kHeaders[] = {{Slot::headers, strings}};
constexpr Position kNamesKeys[] = {{Slot::names, strings}, {Slot::keys, strings}};
constexpr Position kNameKeys[] = {{Slot::names, string}, {Slot::keys, strings}};
constexpr Position kNames[] = {{Slot::names, strings}};
constexpr Position kName[] = {{Slot::names, string}};
constexpr Position kKeys[] = {{Slot::keys, strings}};
constexpr Position kKey[] = {{Slot::keys, string}};
constexpr Position kLimit[] = {{Slot::limit, number}};
constexpr Position kDate[] = {{Slot::headers, string}, {Slot::date_part, string}, {Slot::keys, strings}};
constexpr Position kCurrentDate[] = {{Slot::date_part, string}, {Slot::keys, strings}};
constexpr Position kHasFlag[] = {{Slot::variables, strings, true, true}, {Slot::flags, strings}};
constexpr Position kSetFlag[] = {{Slot::variable, string, true, true}, {Slot::flags, strings}};
constexpr Position kMailbox[] = {{Slot::mailbox, string}};
constexpr Position kAddress[] = {{Slot::address, string}};
constexpr Position kReason[] = {{Slot::reason, string}};
constexpr Position kSet[] = {{Slot::variable, string, false, true}, {Slot::value, string}};
constexpr Position kVariable[] = {{Slot::variable, string, false, true}};
constexpr Position kAddHeaderAt[] = {{Slot::headers, string}, {Slot::value, string}};
constexpr Position kDeleteHeaderAt[] = {{Slot::headers, string}, {Slot::keys, strings, true}};
constexpr Position kMethod[] = {{Slot::method, string}};
constexpr Position kMethods[] = {{Slot::method, strings}};
constexpr Position kMethodCapability[] = {
    {Slot::method, string}, {Slot::capability, string}, {Slot::keys, strings}};
constexpr Position kMetadata[] = {{Slot::mailbox, string}, {Slot::names, string}, {Slot::keys, strings}};
constexpr Position kMetadataNames[] = {{Slot::mailbox, string}, {Slot::names, strings}};
constexpr Position kSpecialUse[] = {{Slot::mailbox, string, true}, {Slot::names, strings}};
constexpr Position kProgram[] = {{Slot::program, string, false, true}, {Slot::arguments, strings, true}};
constexpr Position kReportAt[] = {
    {Slot::feedback_type, string}, {Slot::message, string}, {Slot::address, string}};
constexpr Position kConvert[] = {
    {Slot::from_type, string}, {Slot::to_type, string}, {Slot::parameters, strings}};
constexpr Position kScript[] = {{Slot::names, string}};
constexpr Position kNameValue[] = {{Slot::names, string}, {Slot::value, string}};

constexpr Command kTable[] = {
    // actions
    {"keep", Op::keep, Ext::base, Shape::action, {}, gKeep},
    {"fileinto", Op::fileinto, Ext::fileinto, Shape::action, kMailbox, gFileinto},
    {"redirect", Op::redirect, Ext::base, Shape::action, kAddress, gRedirect},
    {"discard", Op::discard, Ext::base, Shape::action, {}, {}},
    {"reject", Op::reject, Ext::reject, Shape::action, kReason, {}},
    {"ereject", Op::ereject, Ext::ereject, Shape::action, kReason, {}},
    {"setflag", Op::setflag, Ext::imap4flags, Shape::action, kSetFlag, {}},
    {"addflag", Op::addflag, Ext::imap4flags, Shape::action, kSetFlag, {}},
    {"removeflag", Op::removeflag, Ext::imap4flags, Shape::action, kSetFlag, {}},
    {"set", Op::set, Ext::variables, Shape::action, kSet, gSet},
    {"addheader", Op::addheader, Ext::editheader, Shape::action, kAddHeaderAt, gAddHeader},
    {"deleteheader", Op::deleteheader, Ext::editheader, Shape::action, kDeleteHeaderAt, gDeleteHeader},
    {"notify", Op::notify, Ext::enotify, Shape::action, kMethod, gNotify},
    {"vacation", Op::vacation, Ext::vacation, Shape::action, kReason, gVacation},
    {"extracttext", Op::extracttext, Ext::extracttext, Shape::action, kVariable, gExtractText},
    {"replace", Op::replace, Ext::replace, Shape::action, kReason, gReplace},
    {"enclose", Op::enclose, Ext::enclose, Shape::action, kReason, gEnclose},
    {"pipe", Op::pipe, Ext::dovecot_pipe, Shape::action, kProgram, gPipe},
    {"debug_log", Op::debug_log, Ext::dovecot_debug, Shape::action, kReason, {}},
    {"report", Op::report, Ext::dovecot_report, Shape::action, kReportAt, gReport},
    {"filter", Op::filter, Ext::dovecot_filter, Shape::action_and_test, kProgram, {}},
    {"execute", Op::execute, Ext::dovecot_execute, Shape::action_and_test, kProgram, gExecute},
    {"convert", Op::convert, Ext::convert, Shape::action_and_test, kConvert, {}},
    {"error", Op::error, Ext::ihave, Shape::action, kReason, {}},
    {"include", Op::include, Ext::include, Shape::action, kScript, gInclude},
    {"return", Op::leave, Ext::include, Shape::action, {}, {}},
    {"stop", Op::stop, Ext::base, Shape::action, {}, {}},
    {"foreverypart", Op::part_begin, Ext::foreverypart, Shape::block, {}, gLoop},
    {"break", Op::part_break, Ext::foreverypart, Shape::action, {}, gLoop},
    // tests
    {"address", Op::address, Ext::base, Shape::test, kHeadersKeys, gAddress},
    {"envelope", Op::envelope, Ext::envelope, Shape::test, kNamesKeys, gEnvelope},
    {"exists", Op::exists, Ext::base, Shape::test, kHeaders, gExists},
    {"header", Op::header, Ext::base, Shape::test, kHeadersKeys, gHeader},
    {"size", Op::size, Ext::base, Shape::test, kLimit, gSize},
    {"true", Op::set_true, Ext::base, Shape::test, {}, {}},
    {"false", Op::set_false, Ext::base, Shape::test, {}, {}},
    {"body", Op::body, Ext::body, Shape::test, kKeys, gBody},
    {"date", Op::date, Ext::date, Shape::test, kDate, gDate},
    {"currentdate", Op::currentdate, Ext::date, Shape::test, kCurrentDate, gCurrentDate},
    {"duplicate", Op::duplicate, Ext::duplicate, Shape::test, {}, gDuplicate},
    {"environment", Op::environment, Ext::environment, Shape::test, kNameKeys, gComparing},
    {"valid_ext_list", Op::valid_ext_list, Ext::extlists, Shape::test, kNames, {}},
    {"hasflag", Op::hasflag, Ext::imap4flags, Shape::test, kHasFlag, gComparing},
    {"string", Op::string, Ext::variables, Shape::test, kNamesKeys, gString},
    {"mailboxexists", Op::mailboxexists, Ext::mailbox, Shape::test, kNames, {}},
    {"metadata", Op::metadata, Ext::mboxmetadata, Shape::test, kMetadata, gComparing},
    {"metadataexists", Op::metadataexists, Ext::mboxmetadata, Shape::test, kMetadataNames, {}},
    {"servermetadata", Op::servermetadata, Ext::servermetadata, Shape::test, kNameKeys, gComparing},
    {"servermetadataexists", Op::servermetadataexists, Ext::servermetadata, Shape::test, kNames, {}},
    {"mailboxidexists", Op::mailboxidexists, Ext::mailboxid, Shape::test, kNames, {}},
    {"specialuse_exists", Op::specialuse_exists, Ext::special_use, Shape::test, kSpecialUse, {}},
    {"spamtest", Op::spamtest, Ext::spamtest, Shape::test, kKey, gSpam},
    {"virustest", Op::virustest, Ext::virustest, Shape::test, kKey, gComparing},
    {"valid_notify_method", Op::valid_notify_method, Ext::enotify, Shape::test, kMethods, {}},
    {"notify_method_capability", Op::notify_method_capability, Ext::enotify, Shape::test, kMethodCapability,
     gComparing},
    // the testsuite
    {"test", Op::test_begin, Ext::dovecot_testsuite, Shape::block, kName, {}},
    {"test_set", Op::test_set, Ext::dovecot_testsuite, Shape::action, kNameValue, {}},
    {"test_fail", Op::test_fail, Ext::dovecot_testsuite, Shape::action, kReason, {}},
    // Older spellings stand before the newer ones: an operation is named by its last row.
    {"test_compile", Op::test_script_compile, Ext::dovecot_testsuite, Shape::test, kName, {}},
    {"test_execute", Op::test_script_run, Ext::dovecot_testsuite, Shape::test, {}, {}},
    {"test_result", Op::test_result_action, Ext::dovecot_testsuite, Shape::test, kKeys, gTestCompare},
    {"test_script_compile", Op::test_script_compile, Ext::dovecot_testsuite, Shape::test, kName, {}},
    {"test_script_run", Op::test_script_run, Ext::dovecot_testsuite, Shape::test, {}, gScriptRun},
    {"test_multiscript", Op::test_multiscript, Ext::dovecot_testsuite, Shape::test, kNames, {}},
    {"test_result_execute", Op::test_result_execute, Ext::dovecot_testsuite, Shape::test, {}, {}},
    {"test_result_reset", Op::test_result_reset, Ext::dovecot_testsuite, Shape::action, {}, {}},
    {"test_result_print", Op::test_result_print, Ext::dovecot_testsuite, Shape::action, {}, {}},
    {"test_result_action", Op::test_result_action, Ext::dovecot_testsuite, Shape::test, kKeys, gTestCompare},
    {"test_error", Op::test_error, Ext::dovecot_testsuite, Shape::test, kKeys, gTestCompare},
    {"test_mailbox_create", Op::test_mailbox_create, Ext::dovecot_testsuite, Shape::action, kMailbox, {}},
    {"test_mailbox_delete", Op::test_mailbox_delete, Ext::dovecot_testsuite, Shape::action, kMailbox, {}},
    {"test_message", Op::test_message, Ext::dovecot_testsuite, Shape::action_and_test, kLimit, gTestMessage},
    {"test_message_print", Op::test_message_print, Ext::dovecot_testsuite, Shape::action, {}, {}},
    {"test_config_set", Op::test_config_set, Ext::dovecot_testsuite, Shape::action, kNameValue, {}},
    {"test_config_unset", Op::test_config_unset, Ext::dovecot_testsuite, Shape::action, kName, {}},
    {"test_config_reload", Op::test_config_reload, Ext::dovecot_testsuite, Shape::action, {}, gConfigReload},
    {"test_binary_load", Op::test_binary_load, Ext::dovecot_testsuite, Shape::action, kName, {}},
    {"test_binary_save", Op::test_binary_save, Ext::dovecot_testsuite, Shape::action, kName, {}},
    {"test_imap_metadata_set", Op::test_imap_metadata_set, Ext::dovecot_testsuite, Shape::action, kNameValue,
     gImapMetadata},
};

constexpr std::string_view kComparators[] = {"i;ascii-casemap", "i;octet", "i;ascii-numeric",
                                             "i;unicode-casemap"};

}  // namespace

std::span<const Command> command_table() {
  return kTable;
}

const Command* find_command(std::string_view name, bool as_test) {
  for (const Command& c : kTable) {
    bool fits = c.shape == Shape::action_and_test || (c.shape == Shape::test) == as_test;
    if (fits && base::iequals(c.name, name)) return &c;
  }
  return nullptr;
}

const Command* command_of(Op op) {
  static const auto kByOp = [] {
    std::array<const Command*, static_cast<std::size_t>(Op::count)> out{};
    for (const Command& c : kTable) out[static_cast<std::size_t>(c.op)] = &c;
    return out;
  }();
  return op < Op::count ? kByOp[static_cast<std::size_t>(op)] : nullptr;
}

const Tag* find_tag(const Command& c, std::string_view name) {
  for (Tags group : c.tags)
    for (const Tag& t : group)
      if (base::iequals(t.name, name)) return &t;
  return nullptr;
}

std::string_view name_of(Op op) {
  if (const Command* c = command_of(op)) return c->name;
  switch (op) {
    case Op::jump:
      return "jump";
    case Op::jump_if_true:
      return "jump_if_true";
    case Op::jump_if_false:
      return "jump_if_false";
    case Op::invert:
      return "not";
    case Op::unsupported:
      return "unsupported";
    case Op::part_next:
      return "next part";
    case Op::test_end:
      return "end of test";
    default:
      return "?";
  }
}

std::string_view name_of(Comparator c) {
  return kComparators[static_cast<std::size_t>(c)];
}

}  // namespace postern::sieve
