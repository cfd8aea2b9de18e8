require "extlists";
if header :list :comparator "i;octet" "x" ":addrbook:default" { discard; }
