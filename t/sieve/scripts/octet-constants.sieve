require ["encoded-character", "fileinto", "enotify"];
fileinto "Work${hex:00}";
redirect "a${hex:ff}@example.org";
notify "mailto:a${hex:ff}@example.org";
