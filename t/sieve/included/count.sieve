require ["include", "variables"];
global "counter";
set "mine" "changed";
set "counter" "${counter}+";
