require ["special-use", "fileinto"];
if specialuse_exists "Junk" { keep; }
if specialuse_exists "INBOX" ["\\Sent", "a b"] { keep; }
fileinto :specialuse "Junk" "INBOX";
