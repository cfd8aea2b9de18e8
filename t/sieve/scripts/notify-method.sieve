require "enotify";
notify "carrier-pigeon:x";
