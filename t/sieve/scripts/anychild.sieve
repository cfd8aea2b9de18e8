require "mime";
if exists :anychild "x" { discard; }
