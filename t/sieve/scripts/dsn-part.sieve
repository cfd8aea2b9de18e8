require ["envelope", "envelope-dsn"];
if envelope :domain "notify" "x" { discard; }
