if header :contains "subject" "present" { redirect "bart@example.edu"; }
