if header "x-nothing" "x" { discard; }
