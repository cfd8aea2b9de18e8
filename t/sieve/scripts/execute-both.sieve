require "vnd.dovecot.execute";
execute :input "x" :pipe "y";
