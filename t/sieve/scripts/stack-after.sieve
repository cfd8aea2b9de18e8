require "editheader";
if header "x-before" "1" { addheader "X-After" "seen"; }
