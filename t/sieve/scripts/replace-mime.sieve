require "replace";
replace :mime :subject "x" "y";
