require "extlists";
if address :list "from" "tag:example.com,2000:Nobody" { discard; }
