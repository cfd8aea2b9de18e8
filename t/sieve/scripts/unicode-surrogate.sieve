require "encoded-character";
if header "x" "${unicode:df01}" { discard; }
