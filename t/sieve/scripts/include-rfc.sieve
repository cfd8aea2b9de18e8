# RFC 6609 3.2
require ["include"];
include :personal "always_allow";
include :global "spam_tests";
include :personal "mailing_lists";
