require ["enotify", "variables"];
set "o" "-=";
notify :options "${o}" "mailto:a@example.com";
