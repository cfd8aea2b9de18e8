require "ihave";
if not ihave "vnd.example.magic" { error "no magic here"; }
