require "regex";
if header :regex "x" "((a{1,100}){1,100}){1,100}" { discard; }
