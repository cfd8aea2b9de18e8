require ["encoded-character", "variables", "fileinto"];
set "box" "Work${hex:ff}";
fileinto "${box}";
