// Annotations of messages as IMAP shows them.  RFC 5257.
#pragma once
#include <string>
#include <vector>

#include "cmd/imapd/search.h"
#include "imap/annotation_args.h"
#include "query/key_cache.h"

namespace postern::imapd {

// "(/comment (value.priv "x" value.shared NIL) ...)" of what was asked for; empty where nothing matches.
std::string annotation_text(const imap::AnnotationQuery& query, const std::vector<stored::Annotation>& found, bool utf8);

// What is to be stored, as stored wants it.
void fill_annotations(google::protobuf::RepeatedPtrField<stored::Annotation>& out,
                      const std::vector<imap::AnnotationValue>& values);
// NO [ANNOTATE TOOBIG] where a value is too large; nothing else.
std::optional<Reply> refuse_annotations(const std::vector<imap::AnnotationValue>& values);

// "* 3 FETCH (ANNOTATION (/comment))": the names of what has changed in these messages after `since`.
io::Task<void> tell_annotations(Session& s, imap::UidSet uids, std::uint64_t since);

// Puts into the filter which messages of the scope its ANNOTATION keys find.
io::Task<base::Result<>> find_annotated(Session& s, const imap::SearchProgram& program, const Scope& scope,
                                        query::Filter& filter);
// Values that SORT goes by: of each comparator on annotations, of each row.
io::Task<base::Result<query::GivenKeys>> annotation_keys(Session& s, const Scope& scope, const query::Order& order,
                                                         const std::vector<query::Row>& rows);

}  // namespace postern::imapd
