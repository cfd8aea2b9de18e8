require "index";
if header :last "x" "1" { discard; }
