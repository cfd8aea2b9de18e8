// account import: accounts from CSV.  A row that fails names its line; the others are added.
#include <algorithm>
#include <fstream>
#include <iostream>
#include <optional>

#include "base/text.h"
#include "cmd/postern/json.h"
#include "cmd/postern/verbs.h"

namespace postern::cli {
namespace {

inline constexpr std::size_t kMaxRow = 64u << 10;

struct Row {
  std::size_t line = 0;  // where it begins
  std::vector<std::string> fields;
  std::string error;
};

// RFC 4180, with any delimiter; quoted fields may hold line ends.
class CsvReader {
 public:
  CsvReader(std::istream& in, char delimiter) : in_(in), delimiter_(delimiter) {}

  std::optional<Row> next() {
    std::string text;
    if (!read_line(text)) return std::nullopt;
    Row row;
    row.line = line_;
    while (unbalanced(text)) {
      std::string more;
      if (text.size() > kMaxRow || !read_line(more)) {
        row.error = "a quote is not closed";
        return row;
      }
      text += "\n" + more;
    }
    split(text, row);
    return row;
  }

 private:
  bool read_line(std::string& out) {
    while (std::getline(in_, out)) {
      ++line_;
      if (!out.empty() && out.back() == '\r') out.pop_back();
      if (line_ == 1 && out.starts_with("\xef\xbb\xbf")) out.erase(0, 3);
      if (!base::trim(out).empty()) return true;
    }
    return false;
  }
  static bool unbalanced(const std::string& s) { return std::count(s.begin(), s.end(), '"') % 2; }

  void split(const std::string& s, Row& row) {
    std::string field;
    bool quoted = false;
    for (std::size_t i = 0; i < s.size(); ++i) {
      if (quoted && s[i] == '"' && i + 1 < s.size() && s[i + 1] == '"') {
        field += s[++i];
      } else if (s[i] == '"') {
        quoted = !quoted;
      } else if (s[i] == delimiter_ && !quoted) {
        row.fields.push_back(std::move(field));
        field.clear();
      } else {
        field += s[i];
      }
    }
    row.fields.push_back(std::move(field));
  }

  std::istream& in_;
  char delimiter_;
  std::size_t line_ = 0;
};

using Columns = std::vector<std::string>;
const Columns kKnown = {"email", "secret", "name", "description", "quota", "timezone"};

base::Result<Columns> columns_of(const std::vector<std::string>& names) {
  Columns out;
  bool email = false;
  for (const auto& n : names) {
    auto name = base::to_lower(base::trim(n));
    if (name != "-" && std::ranges::find(kKnown, name) == kKnown.end())
      return base::fail(base::Fault::permanent, "unknown column '" + base::printable(name, 40) +
                                                    "'; known are " + base::join(kKnown, ", ") +
                                                    ", and - to skip one");
    email = email || name == "email";
    out.push_back(name);
  }
  if (!email) return base::fail(base::Fault::permanent, "no column 'email'");
  return out;
}

// What is wrong with the row, or nothing.
std::string fill(const Row& row, const Columns& columns, authd::PutAccount& put) {
  if (!row.error.empty()) return row.error;
  if (row.fields.size() > columns.size()) return "more fields than columns";
  std::string name;
  for (std::size_t i = 0; i < row.fields.size(); ++i) {
    auto v =
        std::string(columns[i] == "secret" ? std::string_view(row.fields[i]) : base::trim(row.fields[i]));
    if (columns[i] == "email")
      put.set_name(v);
    else if (columns[i] == "secret")
      put.set_secret(v);
    else if (columns[i] == "name")
      name = v;
    else if (columns[i] == "description" && !v.empty())
      put.set_description(v);
    else if (columns[i] == "timezone" && !v.empty()) {
      if (!known_timezone(v))
        return "time zone '" + base::printable(v, 40) + "' is not in the time zone database";
      put.set_timezone(v);
    } else if (columns[i] == "quota" && !v.empty() && v != "none") {
      auto n = base::parse_size(v);
      if (!n) return "quota '" + base::printable(v, 20) + "' is no size";
      put.set_quota_bytes(*n);
    }
  }
  if (put.name().empty()) return "no email";
  if (put.secret().empty()) return "no secret";
  if (!name.empty())
    put.set_description(put.description().empty() ? name : name + " (" + put.description() + ")");
  return {};
}

class Importer {
 public:
  Importer(Context& c, std::string file) : c_(c), file_(std::move(file)) {}

  int run(std::istream& in, char delimiter) {
    CsvReader reader(in, delimiter);
    if (auto ok = header(reader); !ok) return c_.usage(file_ + ": " + ok.error().what);
    auto most = c_.value("--preview") ? base::parse_u64(*c_.value("--preview")).value_or(5) : UINT64_MAX;
    for (std::uint64_t n = 0; n < most; ++n) {
      auto row = reader.next();
      if (!row) break;
      one(*row);
    }
    if (c_.json())
      print_json(c_, boost::json::object{{"added", added_}, {"failed", failed_}, {"errors", errors_}});
    else if (c_.dry_run() && !preview())
      c_.out("would add " + std::to_string(added_) + " accounts\n");
    return failed_ ? kFound : kOk;
  }

 private:
  bool preview() const { return c_.has("--preview"); }

  base::Result<> header(CsvReader& reader) {
    std::vector<std::string> names = kKnown;
    auto given = c_.value("--columns");
    if (given) {
      names.clear();
      for (auto n : base::split(*given, ',')) names.emplace_back(n);
    }
    if (!c_.has("--no-header")) {
      auto first = reader.next();
      if (first && !given) names = first->fields;
    }
    auto columns = columns_of(names);
    if (!columns) return pass(columns);
    columns_ = std::move(*columns);
    return {};
  }

  void one(const Row& row) {
    authd::Request r;
    auto* put = r.mutable_put_account();
    put->set_create(true);
    put->set_dry_run(c_.dry_run());
    auto wrong = fill(row, columns_, *put);
    if (wrong.empty() && preview()) {
      // The secret is never printed: only what kind it is.
      bool hash = put->secret()[0] == '$' || put->secret()[0] == '{';
      c_.out(std::to_string(row.line) + ": " + put->name() + ", secret " + (hash ? "hashed" : "plain") +
             ", quota " + (put->quota_bytes() ? human_size(put->quota_bytes()) : "none") + ", description " +
             put->description() + "\n");
      return;
    }
    if (wrong.empty()) {
      auto reply = c_.authd(r);
      if (!reply) wrong = reply.error().what;
    }
    if (wrong.empty()) {
      ++added_;
      c_.progress("accounts", added_, 0);
      return;
    }
    ++failed_;
    auto text = file_ + ":" + std::to_string(row.line) + ": " + wrong;
    if (c_.json())
      errors_.emplace_back(text);
    else
      c_.error(text);
  }

  Context& c_;
  std::string file_;
  Columns columns_;
  std::uint64_t added_ = 0, failed_ = 0;
  boost::json::array errors_;
};

}  // namespace

int account_import(Context& c) {
  if (c.args().size() != 1) return c.usage("expected one file, or - for standard input");
  auto d = c.value("--delimiter").value_or(",");
  if (d == "tab" || d == "\\t") d = "\t";
  if (d.size() != 1) return c.usage("--delimiter: expected one character, or tab");
  Importer importer(c, c.args()[0]);
  int status;
  if (c.args()[0] == "-") {
    status = importer.run(std::cin, d[0]);
  } else {
    std::ifstream in(c.args()[0]);
    if (!in) {
      c.error(c.args()[0] + ": can't be read");
      return kNoInput;
    }
    status = importer.run(in, d[0]);
  }
  c.progress_end();
  return status;
}

}  // namespace postern::cli
