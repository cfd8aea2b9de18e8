require "variables";
set "a" "${nowhere.x}";
