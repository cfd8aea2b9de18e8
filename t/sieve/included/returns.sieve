require ["include", "variables"];
set "global.counter" "before";
if true { return; }
set "global.counter" "after";
