require "enotify";
notify :options "a=" "mailto:a@example.com";
notify :options "9.a-b_c=ü = \"x\"" "mailto:a@example.com";
notify :options "" "mailto:a@example.com";
notify :options "a" "mailto:a@example.com";
notify :options "=a" "mailto:a@example.com";
notify :options "-a=b" "mailto:a@example.com";
notify :options ["a=b", "a b=c"] "mailto:a@example.com";
notify :options "a=b
c" "mailto:a@example.com";
