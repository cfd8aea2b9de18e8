require "imap4flags";
setflag "box" "\\Seen";
addflag "box" "\\Seen";
removeflag "box" "\\Seen";
if hasflag ["a", "b"] "\\Seen" { keep; }
if hasflag ["a", "b"] { keep; }
setflag ["a", "b"];
