# RFC 6609 3.4.2
require ["variables", "include", "vacation"];
global "i_am_on_vacation";
set "global.i_am_on_vacation" "1";
if string :is "${i_am_on_vacation}" "1" { vacation "It's true, I am on vacation."; }
