#include "index/writer.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "base/file.h"
#include "base/log.h"
#include "base/system.h"
#include "index/dictionary.h"
#include "index/limits.h"
#include "index/documents.h"
#include "index/meta.h"
#include "index/order.h"
#include "index/terms.h"
#include "index/xapian_guard.h"

namespace postern::index {

namespace {

constexpr char kPacked[] = ".packed";  // beside the folder, while optimize() writes it

base::Result<> sync_file(const std::string& path) {
  base::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd || ::fdatasync(fd.get()) != 0) return std::unexpected(base::sys_error("flushing " + path));
  return {};
}

// Every file of the folder, and the folder.
base::Result<> sync_folder(const std::string& folder) {
  std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder.c_str()), ::closedir);
  if (!dir) return std::unexpected(base::sys_error("reading " + folder));
  while (const dirent* e = ::readdir(dir.get())) {
    std::string_view name(e->d_name);
    if (name == "." || name == "..") continue;
    if (auto ok = sync_file(folder + "/" + e->d_name); !ok) return ok;
  }
  base::Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) return std::unexpected(base::sys_error("flushing " + folder));
  return {};
}

// A folder of files, none deeper: what a database is.
base::Result<> remove_folder(const std::string& folder) {
  std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder.c_str()), ::closedir);
  if (!dir) {
    if (errno == ENOENT) return {};
    return std::unexpected(base::sys_error("reading " + folder));
  }
  while (const dirent* e = ::readdir(dir.get())) {
    std::string_view name(e->d_name);
    if (name == "." || name == "..") continue;
    if (::unlinkat(::dirfd(dir.get()), e->d_name, 0) != 0)
      return std::unexpected(base::sys_error("removing " + folder + "/" + e->d_name));
  }
  if (::rmdir(folder.c_str()) != 0) return std::unexpected(base::sys_error("removing " + folder));
  return {};
}

}  // namespace

struct Writer::Impl {
  std::string folder;
  Xapian::WritableDatabase db;
  Meta meta;
  WordSet known;  // of the dictionary, once there is something to add
  bool known_read = false;
  std::vector<std::string> new_words;
  Stemmers stemmers;
  std::uint64_t pending = 0, pending_bytes = 0;
  bool synced = true;

  // Words are known by what the pieces say; the last piece is written again with the next ones.
  base::Result<> read_dictionary() {
    if (std::exchange(known_read, true)) return {};
    std::string words;
    for (std::uint64_t i = 0; i < meta.pieces; ++i) {
      words.clear();
      if (auto ok = decode_words(db.get_metadata(piece_key(meta, i)), words); !ok) return ok;
      for (std::size_t at = 0, end; (end = words.find('\n', at)) != std::string::npos; at = end + 1)
        known.insert(std::string_view(words).substr(at, end - at));
    }
    return {};
  }

  base::Result<> write_dictionary() {
    if (new_words.empty()) return {};
    std::vector<std::string> words = std::exchange(new_words, {});
    meta.words += words.size();
    if (meta.pieces > 0) {
      std::string last = db.get_metadata(piece_key(meta, meta.pieces - 1));
      if (last.size() < kDictionaryChunk) {
        std::string lines;
        if (auto ok = decode_words(last, lines); !ok) return ok;
        for (std::size_t at = 0, end; (end = lines.find('\n', at)) != std::string::npos; at = end + 1)
          words.push_back(lines.substr(at, end - at));
        --meta.pieces;
      }
    }
    std::ranges::sort(words);
    write_pieces(words);
    return {};
  }

  void write_pieces(const std::vector<std::string>& words) {
    for (std::size_t at = 0; at < words.size();) {
      std::size_t end = at, bytes = 0;
      while (end < words.size() && bytes < kDictionaryChunk) bytes += words[end++].size();
      db.set_metadata(piece_key(meta, meta.pieces++), encode_words(std::span(words).subspan(at, end - at)));
      at = end;
    }
  }

  // Only words that some message still has, each once, in order.
  void renew_dictionary() {
    Meta old = meta;
    std::set<std::string> words;
    for (unsigned f = 0; f < kFieldCount; ++f) {
      std::string prefix(1, field_letter(static_cast<Field>(f)));
      for (auto t = db.allterms_begin(prefix); t != db.allterms_end(prefix); ++t) {
        std::string word = (*t).substr(1);
        if (is_word(word)) words.insert(std::move(word));
      }
    }
    for (std::uint64_t i = 0; i < old.pieces; ++i) db.set_metadata(piece_key(old, i), {});
    ++meta.dictionary;
    meta.pieces = 0;
    meta.words = words.size();
    new_words.clear();
    write_pieces({words.begin(), words.end()});
  }

  void forget(std::uint64_t email) {
    try {
      auto d = decode_document_meta(db.get_document(static_cast<Xapian::docid>(email)).get_value(kMetaSlot));
      meta.text_bytes -= std::min(meta.text_bytes, d.text_bytes);
      if (auto it = meta.languages.find(d.language); it != meta.languages.end() && --it->second == 0) meta.languages.erase(it);
    } catch (const Xapian::DocNotFoundError&) {
    }
  }

  base::Result<> replace(std::uint64_t email, const TermList& terms, std::uint64_t text_bytes) {
    if (email == 0 || email > kMaxEmail) return base::fail(base::Fault::limit, "index: the email's id is too large", "LIMIT");
    return guarded("adding a message", [&]() -> base::Result<> {
      if (auto ok = read_dictionary(); !ok) return base::fail(base::Fault::corrupt, ok.error().what, "REBUILD");
      Xapian::Document doc;
      std::vector<OrderedTerm> ordered;
      for (const auto& [term, count] : terms.terms) {
        doc.add_term(term, count);
        if (letter_has_order(term[0])) ordered.push_back({mark_of(term), count});
      }
      doc.set_data(encode_order(terms.order, ordered));
      doc.add_value(kMetaSlot, encode(DocumentMeta{terms.language, text_bytes}));
      forget(email);
      db.replace_document(static_cast<Xapian::docid>(email), doc);
      meta.text_bytes += text_bytes;
      ++meta.languages[terms.language];
      for (const auto& [term, count] : terms.terms)
        if (auto word = dictionary_word(term); !word.empty() && known.insert(word)) new_words.emplace_back(word);
      ++pending;
      pending_bytes += text_bytes;
      return {};
    });
  }
};

Writer::Writer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

// An open transaction is cancelled by Xapian.
Writer::~Writer() = default;

base::Result<std::unique_ptr<Writer>> Writer::open(const std::string& folder) {
  if (auto ok = base::make_dirs(folder, 0750); !ok) return base::pass(ok);
  Trust trust = trust_in(folder);
  if (trust == Trust::none)
    return base::fail(base::Fault::corrupt, "index: the machine went down before all of it was on disk", "REBUILD");
  return guarded("opening", [&]() -> base::Result<std::unique_ptr<Writer>> {
    auto impl = std::make_unique<Impl>();
    impl->folder = folder;
    impl->db = Xapian::WritableDatabase(folder, Xapian::DB_CREATE_OR_OPEN | Xapian::DB_BACKEND_GLASS | Xapian::DB_NO_SYNC);
    std::string meta = impl->db.get_metadata(kMetaKey);
    if (!meta.empty()) {
      auto read = decode_meta(meta);
      if (!read) return base::pass(read);
      impl->meta = std::move(*read);
    } else if (impl->db.get_doccount() > 0) {
      return base::fail(base::Fault::corrupt, "index: its metadata are missing", "REBUILD");
    }
    impl->synced = trust == Trust::synced;
    // Of an optimize() that was interrupted.
    if (auto ok = remove_folder(folder + kPacked); !ok) return base::pass(ok);
    impl->db.begin_transaction(false);
    return std::unique_ptr<Writer>(new Writer(std::move(impl)));
  });
}

const Coverage& Writer::covered() const { return impl_->meta.covered; }
void Writer::set_covered(Coverage c) { impl_->meta.covered = c; }
std::uint64_t Writer::pending() const { return impl_->pending; }
std::uint64_t Writer::pending_bytes() const { return impl_->pending_bytes; }
bool Writer::synced() const { return impl_->synced; }

base::Result<Ids> Writer::ids() {
  return guarded("listing", [&]() -> base::Result<Ids> { return documents_with(impl_->db, {}); });
}

std::uint64_t Writer::count() const {
  auto n = guarded("counting", [&]() -> base::Result<std::uint64_t> { return impl_->db.get_doccount(); });
  return n.value_or(0);
}

base::Result<Ids> Writer::missing(std::span<const std::uint64_t> emails) {
  return guarded("listing", [&]() -> base::Result<Ids> { return missing_in(impl_->db, emails); });
}

base::Result<> Writer::put(std::uint64_t email, const Document& d, Language fallback) {
  return impl_->replace(email, terms_of(d, fallback, impl_->stemmers), d.text_bytes);
}

base::Result<> Writer::put_unread(std::uint64_t email) {
  TermList terms;
  terms.terms.emplace_back(kIncompleteTerm, 0);
  return impl_->replace(email, terms, 0);
}

base::Result<> Writer::remove(std::uint64_t email) {
  if (email == 0 || email > kMaxEmail) return {};
  return guarded("removing a message", [&]() -> base::Result<> {
    impl_->forget(email);
    try {
      impl_->db.delete_document(static_cast<Xapian::docid>(email));
      ++impl_->pending;
    } catch (const Xapian::DocNotFoundError&) {
    }
    return {};
  });
}

base::Result<> Writer::commit(bool sync) {
  if (impl_->synced && !sync) {
    if (auto ok = mark_unsynced(impl_->folder); !ok) return ok;
  }
  impl_->synced = false;
  auto done = guarded("committing", [&]() -> base::Result<> {
    if (auto ok = impl_->write_dictionary(); !ok) return base::fail(base::Fault::corrupt, ok.error().what, "REBUILD");
    impl_->db.set_metadata(kMetaKey, encode(impl_->meta));
    base::kill_point("index.commit.before");
    impl_->db.commit_transaction();
    impl_->db.commit();
    base::kill_point("index.commit.after");
    impl_->db.begin_transaction(false);
    impl_->pending = impl_->pending_bytes = 0;
    return {};
  });
  if (!done || !sync) return done;
  if (auto ok = flush(impl_->folder); !ok) return ok;
  impl_->synced = true;
  return {};
}

base::Result<> Writer::flush(const std::string& folder) {
  if (auto ok = sync_folder(folder); !ok) return ok;
  clear_unsynced(folder);
  return {};
}

base::Result<> Writer::optimize() {
  std::string folder = impl_->folder, packed = folder + kPacked;
  if (auto ok = remove_folder(packed); !ok) return ok;
  auto renewed = guarded("sorting the dictionary", [&]() -> base::Result<> {
    impl_->renew_dictionary();
    return {};
  });
  if (!renewed) return renewed;
  if (auto ok = commit(true); !ok) return ok;
  auto done = guarded("packing", [&]() -> base::Result<> {
    Xapian::Database source(folder);
    source.compact(packed, Xapian::DBCOMPACT_NO_RENUMBER | Xapian::Compactor::FULL);
    return {};
  });
  if (!done) return done;
  if (auto ok = sync_folder(packed); !ok) return ok;
  base::kill_point("index.optimize.exchange");
  if (::renameat2(AT_FDCWD, packed.c_str(), AT_FDCWD, folder.c_str(), RENAME_EXCHANGE) != 0)
    return std::unexpected(base::sys_error("exchanging " + folder));
  impl_.reset();
  return remove_folder(packed);
}

base::Result<> Writer::discard(const std::string& folder) {
  if (auto ok = remove_folder(folder + kPacked); !ok) return ok;
  return remove_folder(folder);
}

}  // namespace postern::index
