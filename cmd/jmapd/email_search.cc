#include "cmd/jmapd/email_search.h"

#include <algorithm>
#include <memory>
#include <unordered_map>
#include <unordered_set>

#include "cmd/jmapd/blobs.h"
#include "mime/body_values.h"
#include "mime/html.h"
#include "mime/structure.h"
#include "proto/records.pb.h"

namespace postern::jmapd {
namespace {

using jmap::Truth;

constexpr std::size_t kRowsAtOnce = 20'000;           // of the sheet, before others get their turn
constexpr std::size_t kContentsAtOnce = 500;          // emails whose content is fetched in one call
constexpr std::uint64_t kMaxTextSearched = 4u << 20;  // undecoded bytes of one part that are looked through
constexpr std::size_t kMaxHtmlText = 4u << 20;

// What worker threads are given of the emails that need their bytes looked at.
struct Deep {
  std::uint32_t place = 0;  // in the list of undecided rows
  records::Content content;
  std::uint64_t prefix = 0;
  std::optional<blob::Location> at;
  std::string header;
  std::vector<std::string> texts;
  bool failed = false;
};
struct DeepBatch {
  std::shared_ptr<blob::Reader> reader;
  std::vector<Deep> emails;
};

void read_texts(Deep& d, blob::Reader& reader) {
  auto header = reader.read(*d.at, 0, d.prefix + d.content.header_size());
  auto structure = mime::parse_structure(d.content.structure());
  if (!header || !structure) {
    d.failed = true;
    return;
  }
  d.header = std::move(*header);
  for (const auto& p : structure->parts) {
    if (!p.is_text() || p.first_child != mime::Part::kNone || p.body_size() == 0) continue;
    auto raw = reader.read(*d.at, d.prefix + p.body_begin, std::min(p.body_size(), kMaxTextSearched));
    if (!raw) continue;
    auto text = mime::decode_part_text(p, *raw, kMaxTextSearched);
    if (p.subtype == "html") text.text = mime::html_to_text(text.text, kMaxHtmlText);
    d.texts.push_back(jmap::fold_case(text.text));
  }
}

class Search {
 public:
  Search(Context& c, EmailSearch& search, client::SheetView view)
      : c_(c), search_(search), view_(std::move(view)) {
    search_.filter.bind(view_.keywords);
    search_.sort.bind(view_.keywords);
    if (search_.filter.uses_threads() || search_.sort.uses_threads())
      threads_ = jmap::thread_table(*view_.sheet);
  }

  io::Task<Method<SearchResult>> run(std::size_t need) {
    co_await scan();
    for (std::size_t i = 0; i < undecided_.size(); i += kContentsAtOnce) {
      auto r = co_await decide_some(i, std::min(undecided_.size(), i + kContentsAtOnce));
      if (!r) co_return jmap::pass(r);
    }
    if (!undecided_.empty()) std::ranges::sort(rows_);
    std::vector<std::vector<std::string>> keys;
    if (search_.sort.uses_text()) {
      auto r = co_await text_keys(keys);
      if (!r) co_return jmap::pass(r);
    }
    search_.sort.sort(rows_, *view_.sheet, &threads_, keys, search_.collapse_threads ? SIZE_MAX : need);
    if (search_.collapse_threads) collapse();
    co_return SearchResult{std::move(view_), std::move(rows_)};
  }

 private:
  // One stretch of the sheet; no wait in it.
  void scan_some(std::size_t from, std::size_t to) {
    const auto& sheet = *view_.sheet;
    auto only = search_.filter.only_mailbox();
    for (auto i = from; i < to; ++i) {
      auto places = sheet.places(i);
      if (places.empty()) continue;
      if (only) {
        if (std::ranges::find(places, only) != places.end()) rows_.push_back(static_cast<std::uint32_t>(i));
        continue;
      }
      auto t = search_.filter.evaluate({&sheet, i, &threads_, nullptr});
      if (t == Truth::yes) rows_.push_back(static_cast<std::uint32_t>(i));
      if (t == Truth::unknown) undecided_.push_back(static_cast<std::uint32_t>(i));
    }
  }

  io::Task<void> scan() {
    auto n = view_.sheet->size();
    for (std::size_t i = 0; i < n; i += kRowsAtOnce) {
      scan_some(i, std::min(n, i + kRowsAtOnce));
      if (i + kRowsAtOnce < n) co_await c_.shared.loop().yield();
    }
  }

  // Content of the undecided rows [from, to); those that it does not decide either have their bytes read.
  io::Task<Method<void>> decide_some(std::size_t from, std::size_t to) {
    auto deep = std::make_shared<DeepBatch>();
    deep->reader = c_.shared.blobs;
    std::unordered_map<std::uint64_t, std::uint32_t> row_of;
    stored::Request request;
    auto* get = request.mutable_get_emails();
    for (auto i = from; i < to; ++i) {
      get->add_ids(view_.sheet->email[undecided_[i]]);
      row_of[view_.sheet->email[undecided_[i]]] = undecided_[i];
    }
    get->set_email(true);
    get->set_content(true);
    get->set_location(true);
    auto streamed =
        co_await c_.shared.store.emails(*c_.login, std::move(request), [&](stored::Emails& piece) {
          for (auto& data : *piece.mutable_emails())
            if (auto it = row_of.find(data.id()); it != row_of.end()) decide_one(data, it->second, *deep);
          return true;
        });
    if (!streamed) co_return std::unexpected(jmap::from_store(streamed.error()));
    if (deep->emails.empty()) co_return Method<void>{};
    co_await c_.shared.loop().blocking([deep] {
      for (auto& d : deep->emails) read_texts(d, *deep->reader);
    });
    for (const auto& d : deep->emails) decide_deep(d);
    co_return Method<void>{};
  }

  void decide_one(stored::EmailData& data, std::uint32_t row, DeepBatch& deep) {
    records::Content content;
    if (data.corrupt() || !content.ParseFromString(data.content())) return;
    jmap::ContentFacts facts{content.has_attachment(), content.header(), false, content.header_complete(),
                             nullptr};
    auto t = search_.filter.evaluate({view_.sheet.get(), row, &threads_, &facts});
    if (t == Truth::yes) rows_.push_back(row);
    if (t != Truth::unknown) return;
    auto at = blob::Location::parse(data.location());
    if (!at) return;
    deep.emails.push_back(
        {row, std::move(content), data.email().prefix_size(), std::move(*at), {}, {}, false});
  }

  void decide_deep(const Deep& d) {
    if (d.failed) return;
    jmap::ContentFacts facts{d.content.has_attachment(), d.header, true, true, &d.texts};
    if (search_.filter.evaluate({view_.sheet.get(), d.place, &threads_, &facts}) == Truth::yes)
      rows_.push_back(d.place);
  }

  io::Task<Method<void>> text_keys(std::vector<std::vector<std::string>>& keys) {
    keys.resize(rows_.size());
    for (std::size_t from = 0; from < rows_.size(); from += kContentsAtOnce) {
      std::unordered_map<std::uint64_t, std::size_t> place_of;
      stored::Request request;
      auto* get = request.mutable_get_emails();
      for (auto i = from; i < std::min(rows_.size(), from + kContentsAtOnce); ++i) {
        get->add_ids(view_.sheet->email[rows_[i]]);
        place_of[view_.sheet->email[rows_[i]]] = i;
        keys[i] = search_.sort.text_keys({});
      }
      get->set_content(true);
      auto streamed =
          co_await c_.shared.store.emails(*c_.login, std::move(request), [&](stored::Emails& piece) {
            for (const auto& data : piece.emails()) {
              records::Content content;
              auto it = place_of.find(data.id());
              if (it != place_of.end() && content.ParseFromString(data.content()))
                keys[it->second] = search_.sort.text_keys(content.header());
            }
            return true;
          });
      if (!streamed) co_return std::unexpected(jmap::from_store(streamed.error()));
    }
    co_return Method<void>{};
  }

  void collapse() {
    std::unordered_set<std::uint64_t> seen;
    seen.reserve(rows_.size());
    std::erase_if(rows_, [&](std::uint32_t row) { return !seen.insert(view_.sheet->thread[row]).second; });
  }

  Context& c_;
  EmailSearch& search_;
  client::SheetView view_;
  jmap::ThreadTable threads_;
  std::vector<std::uint32_t> rows_, undecided_;
};

}  // namespace

Method<EmailSearch> read_search(Context& c, Args& args) {
  EmailSearch s;
  auto mailbox = c.mailbox_number();
  auto filter = jmap::EmailFilter::parse(args.any("filter"),
                                         [&](std::string_view id) { return mailbox(id).value_or(0); });
  if (!filter) return jmap::pass(filter);
  auto sort = jmap::EmailSort::parse(args.any("sort"));
  if (!sort) return jmap::pass(sort);
  s.filter = std::move(*filter);
  s.sort = std::move(*sort);
  s.collapse_threads = args.boolean("collapseThreads", false);
  return s;
}

io::Task<Method<SearchResult>> search_emails(Context& c, EmailSearch& search, std::size_t need) {
  auto view = co_await c.shared.store.sheet(*c.login, 0);
  if (!view) co_return std::unexpected(jmap::from_store(view.error()));
  Search s(c, search, std::move(*view));
  auto out = co_await s.run(need);
  co_return out;
}

}  // namespace postern::jmapd
