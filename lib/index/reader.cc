#include "index/reader.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/codec.h"
#include "index/dictionary.h"
#include "index/documents.h"
#include "index/limits.h"
#include "index/open_index.h"

namespace postern::index {

namespace {

using base::fail;
using base::Fault;

FolderId id_of(const std::string& folder) {
  struct stat st {};
  if (::stat(folder.c_str(), &st) != 0) return {};
  return {st.st_dev, st.st_ino};
}

std::uint64_t bytes_of(const std::string& folder) {
  std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder.c_str()), ::closedir);
  std::uint64_t n = 0;
  while (const dirent* e = dir ? ::readdir(dir.get()) : nullptr) {
    struct stat st {};
    if (::fstatat(::dirfd(dir.get()), e->d_name, &st, 0) == 0 && S_ISREG(st.st_mode)) n += static_cast<std::uint64_t>(st.st_size);
  }
  return n;
}

}  // namespace

base::Result<> OpenIndex::read_meta() {
  std::string bytes = db.get_metadata(kMetaKey);
  if (bytes.empty()) {
    meta = {};
    if (db.get_doccount() == 0) return {};
    return fail(Fault::corrupt, "index: its metadata are missing", "REBUILD");
  }
  auto read = decode_meta(bytes);
  if (!read) return base::pass(read);
  meta = std::move(*read);
  std::vector<std::pair<std::uint64_t, Language>> order;
  for (const auto& [language, n] : meta.languages)
    if (language != kNoLanguage) order.emplace_back(n, language);
  std::ranges::sort(order, std::greater());
  frequent.clear();
  for (const auto& [n, language] : order) frequent.push_back(language);
  words_read = false;
  return {};
}

base::Result<> OpenIndex::read_words() {
  if (words_read) return {};
  if (words_of != meta.dictionary) {
    words_of = meta.dictionary;
    fixed = 0;
    fixed_bytes = 1;
  }
  words.resize(fixed_bytes);
  while (fixed < meta.pieces) {
    fixed_bytes = words.size();
    if (auto ok = decode_words(db.get_metadata(piece_key(meta, fixed)), words); !ok)
      return fail(Fault::corrupt, ok.error().what, "REBUILD");
    ++fixed;
  }
  if (fixed > 0) --fixed;  // the last is read again
  words_read = true;
  return {};
}

void OpenIndex::add_postings(const std::string& term, Holders& to) {
  Xapian::docid last = db.get_lastdocid();
  bool found = false;
  for (auto p = db.postlist_begin(term); p != db.postlist_end(term); ++p) {
    if (*p > last) continue;
    found = true;
    to.all.add(*p);
    if (proves(p.get_wdf())) to.proven.add(*p);
  }
  if (found) to.terms.push_back(term);
}

void OpenIndex::add_term(std::string_view word, Fields fields, Holders& to) {
  for (unsigned f = 0; f < kFieldCount; ++f)
    if (fields & bit(static_cast<Field>(f))) add_postings(field_letter(static_cast<Field>(f)) + std::string(word), to);
}

std::string folder_of(const std::string& root, std::uint64_t account) { return root + "/" + std::to_string(account); }

Reader::Reader(std::unique_ptr<OpenIndex> open) : open_(std::move(open)) {}
Reader::~Reader() = default;

base::Result<std::unique_ptr<Reader>> Reader::open(const std::string& folder) {
  if (trust_in(folder) == Trust::none)
    return fail(Fault::corrupt, "index: the machine went down before all of it was on disk", "REBUILD");
  auto index = std::make_unique<OpenIndex>();
  index->folder = folder;
  index->id = id_of(folder);
  if (index->id == FolderId{}) return fail(Fault::permanent, "index: there is none", "NOT_FOUND");
  return guarded("opening", [&]() -> base::Result<std::unique_ptr<Reader>> {
    index->db = Xapian::Database(folder);
    if (auto ok = index->read_meta(); !ok) return base::pass(ok);
    return std::unique_ptr<Reader>(new Reader(std::move(index)));
  });
}

base::Result<bool> Reader::refresh() {
  if (id_of(open_->folder) != open_->id) return fail(Fault::temporary, "index: it was exchanged", "REBUILD");
  return guarded("reading the newest revision", [&]() -> base::Result<bool> {
    if (!open_->db.reopen()) return false;
    if (auto ok = open_->read_meta(); !ok) return base::pass(ok);
    return true;
  });
}

const Coverage& Reader::covered() const { return open_->meta.covered; }

std::size_t Reader::memory() const { return open_->words.capacity() + (64u << 10); }

base::Result<IndexInfo> Reader::info() const {
  return guarded("counting", [&]() -> base::Result<IndexInfo> {
    IndexInfo out;
    out.covered = open_->meta.covered;
    out.emails = open_->db.get_doccount();
    out.incomplete = open_->db.get_termfreq(kIncompleteTerm);
    out.text_bytes = open_->meta.text_bytes;
    out.file_bytes = bytes_of(open_->folder);
    out.terms = open_->meta.words;
    out.languages = open_->frequent;
    return out;
  });
}

base::Result<Ids> Reader::search(const Query& q) {
  if (auto ok = check_query(q); !ok) return base::pass(ok);
  return guarded("searching", [&]() -> base::Result<Ids> {
    Xapian::Enquire enquire(open_->db);
    enquire.set_query(plan(open_->db, q, open_->frequent, open_->stemmers));
    enquire.set_weighting_scheme(Xapian::BoolWeight());
    enquire.set_docid_order(Xapian::Enquire::ASCENDING);
    Xapian::MSet found = enquire.get_mset(0, open_->db.get_doccount());
    Ids out;
    out.reserve(found.size());
    for (auto m = found.begin(); m != found.end(); ++m) out.push_back(*m);
    return out;
  });
}

static base::Result<std::vector<Hit>> ranked(OpenIndex& r, const Query& q, std::size_t limit) {
  Xapian::Enquire enquire(r.db);
  enquire.set_query(plan(r.db, q, r.frequent, r.stemmers));
  // Xapian's default, for counts that are twice what it expects.
  enquire.set_weighting_scheme(Xapian::BM25Weight(2, 0, 1, 0.5, 0.5));
  Xapian::MSet found = enquire.get_mset(0, static_cast<Xapian::doccount>(std::min<std::size_t>(limit, r.db.get_doccount())));
  std::vector<Hit> out;
  out.reserve(found.size());
  for (auto m = found.begin(); m != found.end(); ++m) out.push_back({*m, m.get_weight()});
  return out;
}

base::Result<std::vector<Hit>> Reader::rank(const Query& q, std::size_t limit) {
  if (auto ok = check_query(q); !ok) return base::pass(ok);
  return guarded("ranking", [&] { return ranked(*open_, q, limit); });
}

base::Result<std::vector<Hit>> Reader::weigh(const Query& q, std::span<const std::uint64_t> among) {
  if (auto ok = check_query(q); !ok) return base::pass(ok);
  return guarded("ranking", [&]() -> base::Result<std::vector<Hit>> {
    auto all = ranked(*open_, q, SIZE_MAX);
    if (!all) return all;
    std::erase_if(*all, [&](const Hit& h) { return !std::ranges::binary_search(among, h.email); });
    std::ranges::sort(*all, {}, &Hit::email);
    return all;
  });
}

base::Result<Ids> Reader::incomplete() {
  return guarded("listing", [&]() -> base::Result<Ids> { return documents_with(open_->db, kIncompleteTerm); });
}

base::Result<Ids> Reader::missing(std::span<const std::uint64_t> emails) {
  return guarded("listing", [&]() -> base::Result<Ids> { return missing_in(open_->db, emails); });
}

base::Result<std::string> Reader::digest() {
  return guarded("reading all of it", [&]() -> base::Result<std::string> {
    base::Sha256 hash;
    auto number = [&](std::uint64_t n) {
      std::string bytes;
      base::put_u64(bytes, n);
      hash.update(bytes);
    };
    for (auto t = open_->db.allterms_begin(); t != open_->db.allterms_end(); ++t) {
      hash.update(*t + "\n");
      for (auto p = open_->db.postlist_begin(*t); p != open_->db.postlist_end(*t); ++p) {
        number(*p);
        number(p.get_wdf());
      }
    }
    for (auto p = open_->db.postlist_begin({}); p != open_->db.postlist_end({}); ++p)
      hash.update(open_->db.get_document(*p, Xapian::DOC_ASSUME_VALID).get_data() + "\n");
    return base::hex(base::view(hash.finish()));
  });
}

}  // namespace postern::index
