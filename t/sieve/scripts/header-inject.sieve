require "editheader";
addheader "X-Y" "1
Bcc: all@example.com";
