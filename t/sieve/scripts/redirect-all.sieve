redirect "bart@example.edu";
