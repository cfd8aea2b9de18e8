require "date";
if date :zone "CET" "date" "hour" "1" { discard; }
