require "regex";
if header :regex "x" "(a" { discard; }
