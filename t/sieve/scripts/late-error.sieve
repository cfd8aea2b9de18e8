require ["fileinto", "ihave"];
fileinto "Spam";
error "late";
