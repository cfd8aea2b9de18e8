require "encoded-character";
if header "x" "${unicode:100000040}" { discard; }
if header "x" "${unicode:40 10000000000000040}" { discard; }
