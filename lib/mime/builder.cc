#include "mime/builder.h"

#include <fmt/core.h>

#include "base/codec.h"
#include "base/text.h"
#include "mime/detail.h"
#include "mime/header.h"
#include "mime/limits.h"
#include "mime/transfer.h"
#include "mime/words.h"

namespace postern::mime {
namespace {

std::unexpected<base::Error> bad(std::string what) {
  return base::fail(base::Fault::permanent, std::move(what), "INVALID_PART");
}

bool token(std::string_view s) {
  if (s.empty() || s.size() > 127) return false;
  for (char c : s)
    if (c <= 32 || c >= 127 || std::string_view("()<>@,;:\\\"/[]?=").find(c) != std::string_view::npos)
      return false;
  return true;
}

bool media_type(std::string_view s) {
  auto slash = s.find('/');
  return slash != std::string_view::npos && token(s.substr(0, slash)) && token(s.substr(slash + 1));
}

// Fit for a plain header value that is written without encoding.
bool plain_value(std::string_view s) {
  if (s.size() > 900) return false;
  for (char c : s)
    if (c <= 32 || c >= 127 || c == '<' || c == '>') return false;
  return true;
}

class MessageWriter {
 public:
  explicit MessageWriter(const BuildOptions& options) : options_(options) {}
  base::Result<> choose_boundary(const OutPart& body);
  base::Result<> part(const OutPart& p, std::size_t depth);
  std::string out;

 private:
  base::Result<> check(const OutPart& p, std::size_t depth);
  base::Result<> checked_tree(const OutPart& p, std::size_t depth);
  bool boundary_free(const OutPart& p) const;
  void line(std::string_view name, const std::string& value);
  std::string content_type(const OutPart& p, std::string_view boundary) const;
  void fields(const OutPart& p, std::string_view boundary);
  base::Result<> multipart(const OutPart& p, std::size_t depth);
  void leaf(const OutPart& p);

  const BuildOptions& options_;
  std::string boundary_;
  std::size_t parts_ = 0;
  std::size_t multiparts_ = 0;
};

bool is_text(const OutPart& p) {
  return p.type.empty() || base::istarts_with(p.type, "text/");
}
bool is_message(const OutPart& p) {
  return base::iequals(p.type, "message/rfc822") || base::iequals(p.type, "message/global");
}

base::Result<> MessageWriter::check(const OutPart& p, std::size_t depth) {
  if (++parts_ > kMaxBuiltParts || depth > kMaxBuiltDepth)
    return base::fail(base::Fault::limit, "too many or too deeply nested parts", "TOO_MANY_PARTS");
  bool multipart = base::istarts_with(p.type, "multipart/");
  if (!p.type.empty() && !media_type(p.type))
    return bad("malformed media type " + base::printable(p.type, 80));
  if (multipart ? p.children.empty() : !p.type.empty() && !p.children.empty())
    return bad("only a multipart has parts, and it has at least one");
  if (!p.charset.empty() && !token(p.charset)) return bad("malformed charset");
  if (!p.disposition.empty() && !token(p.disposition)) return bad("malformed disposition");
  if (!plain_value(p.cid) || !plain_value(p.location)) return bad("malformed Content-ID or Content-Location");
  for (const auto& tag : p.language)
    if (!token(tag)) return bad("malformed language tag");
  if (p.extra.has("content-transfer-encoding")) return bad("Content-Transfer-Encoding is not for the caller");
  return {};
}

// The whole tree is checked before anything is written; depth is limited by check().
base::Result<> MessageWriter::checked_tree(const OutPart& p, std::size_t depth) {
  if (auto r = check(p, depth); !r) return r;
  for (const auto& c : p.children)
    if (auto r = checked_tree(c, depth + 1); !r) return r;
  return {};
}

bool MessageWriter::boundary_free(const OutPart& p) const {
  if (p.content.find(boundary_) != std::string::npos) return false;
  for (const auto& c : p.children)
    if (!boundary_free(c)) return false;
  return true;
}

base::Result<> MessageWriter::choose_boundary(const OutPart& body) {
  if (auto r = checked_tree(body, 1); !r) return r;
  for (unsigned n = 0; n < 16; ++n) {
    auto digest = base::sha256(options_.message_id + fmt::format("/{}/{}", options_.now.seconds, n));
    boundary_ =
        "=_" + base::hex(base::view(digest).substr(0, 12));  // "=_" is in no base64 or quoted-printable
    if (boundary_free(body)) return {};
  }
  return bad("content holds every boundary tried");
}

void MessageWriter::line(std::string_view name, const std::string& value) {
  out += name;
  out += ": ";
  out += fold(value, name.size() + 2);
  out += "\r\n";
}

std::string MessageWriter::content_type(const OutPart& p, std::string_view boundary) const {
  std::string v = p.type;
  if (v.empty()) v = p.children.empty() ? "text/plain" : "multipart/mixed";
  if (!boundary.empty()) v += fmt::format("; boundary=\"{}\"", boundary);
  if (p.children.empty() && is_text(p)) v += "; charset=" + (p.charset.empty() ? "utf-8" : p.charset);
  if (!p.filename.empty() && p.disposition.empty()) v += encode_param("name", p.filename);
  return v;
}

void MessageWriter::fields(const OutPart& p, std::string_view boundary) {
  out += p.extra.block();
  if (!p.extra.has("content-type")) line("Content-Type", content_type(p, boundary));
  if (!p.disposition.empty() && !p.extra.has("content-disposition"))
    line("Content-Disposition",
         p.disposition + (p.filename.empty() ? "" : encode_param("filename", p.filename)));
  if (!p.cid.empty() && !p.extra.has("content-id")) line("Content-ID", "<" + p.cid + ">");
  if (!p.language.empty() && !p.extra.has("content-language"))
    line("Content-Language", base::join(p.language, ", "));
  if (!p.location.empty() && !p.extra.has("content-location")) line("Content-Location", p.location);
}

void append_crlf(std::string_view text, std::string& out) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) out += '\r';
    out += text[i];
  }
}

void MessageWriter::leaf(const OutPart& p) {
  fields(p, {});
  bool text =
      is_text(p) && !base::istarts_with(p.charset, "utf-16") && !base::istarts_with(p.charset, "utf-32");
  std::string_view encoding = choose_encoding(p.content, text, options_.allow_8bit);
  // RFC 2046 5.2.1: a message within a message is never encoded.
  if (is_message(p)) encoding = detail::is_ascii(p.content) ? "7bit" : "8bit";
  if (encoding != "7bit") line("Content-Transfer-Encoding", std::string(encoding));
  out += "\r\n";
  if (encoding == "base64")
    out += encode_base64_lines(p.content);
  else if (encoding == "quoted-printable")
    out += encode_quoted_printable(p.content, true);
  else
    append_crlf(p.content, out);
}

base::Result<> MessageWriter::multipart(const OutPart& p, std::size_t depth) {
  if (p.extra.has("content-type")) return bad("Content-Type of a multipart is not for the caller");
  std::string boundary = fmt::format("{}_{}", boundary_, multiparts_++);
  fields(p, boundary);
  out += "\r\n";
  for (const auto& c : p.children) {
    out += fmt::format("--{}\r\n", boundary);
    if (auto r = part(c, depth + 1); !r) return r;
    if (!out.ends_with("\r\n\r\n") || !c.content.empty()) out += "\r\n";
  }
  out += fmt::format("--{}--\r\n", boundary);
  return {};
}

base::Result<> MessageWriter::part(const OutPart& p, std::size_t depth) {
  if (!p.children.empty()) return multipart(p, depth);
  leaf(p);
  return {};
}

}  // namespace

base::Result<std::string> build_message(const HeaderBuilder& header, const OutPart& body,
                                        const BuildOptions& options) {
  MessageWriter writer(options);
  if (auto r = writer.choose_boundary(body); !r) return base::pass(r);
  HeaderBuilder more = header;
  bool content = false;
  for_each_field(header.block(),
                 [&](const Field& f) { content = content || base::istarts_with(f.name, "content-"); });
  if (content) return bad("Content- fields belong to the body part");
  if (!more.has("date"))
    if (auto r = more.add_date("Date", options.now); !r) return base::pass(r);
  if (!more.has("message-id") && !options.message_id.empty())
    if (auto r = more.add_message_ids("Message-ID", {options.message_id}); !r) return base::pass(r);
  writer.out = more.block();
  if (!more.has("mime-version")) writer.out += "MIME-Version: 1.0\r\n";
  if (auto r = writer.part(body, 1); !r) return base::pass(r);
  return std::move(writer.out);
}

}  // namespace postern::mime
