#include "index/xapian_guard.h"

#include <cerrno>

namespace postern::index {

namespace {

base::Error from(const Xapian::Error& e, const char* doing, base::Fault fault, const char* code) {
  std::string what = std::string("index: ") + doing + ": " + e.get_msg();
  if (const char* why = e.get_error_string()) what.append(": ").append(why);
  return {fault, std::move(what), code};
}

}  // namespace

base::Error xapian_error(const char* doing) {
  using base::Fault;
  try {
    throw;
  } catch (const Xapian::DatabaseModifiedError& e) {
    return from(e, doing, Fault::temporary, "MODIFIED");
  } catch (const Xapian::DatabaseLockError& e) {
    return from(e, doing, Fault::temporary, "LOCKED");
  } catch (const Xapian::DatabaseNotFoundError& e) {
    return from(e, doing, Fault::permanent, "NOT_FOUND");
  } catch (const Xapian::DatabaseVersionError& e) {
    return from(e, doing, Fault::corrupt, "REBUILD");
  } catch (const Xapian::DatabaseOpeningError& e) {
    // What can't be opened now for want of descriptors or memory is not damaged.
    bool full = errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == EACCES;
    return full ? from(e, doing, Fault::temporary, "") : from(e, doing, Fault::corrupt, "REBUILD");
  } catch (const Xapian::DatabaseCorruptError& e) {
    return from(e, doing, Fault::corrupt, "REBUILD");
  } catch (const Xapian::WildcardError& e) {
    return from(e, doing, Fault::limit, "LIMIT");
  } catch (const Xapian::DatabaseError& e) {
    // With an error of the system: a full disk, a failed write.  Without one: the files are not what they must be.
    bool system = e.get_error_string() != nullptr;
    return system ? from(e, doing, Fault::temporary, "") : from(e, doing, Fault::corrupt, "REBUILD");
  } catch (const Xapian::Error& e) {
    return from(e, doing, Fault::corrupt, "REBUILD");
  } catch (const std::bad_alloc&) {
    return {Fault::temporary, std::string("index: ") + doing + ": out of memory", {}};
  } catch (const std::exception& e) {
    return {Fault::corrupt, std::string("index: ") + doing + ": " + e.what(), "REBUILD"};
  }
}

}  // namespace postern::index
