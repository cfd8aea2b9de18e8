require "relational";
if header :count "larger" "x" "1" { discard; }
