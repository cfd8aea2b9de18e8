require ["encoded-character", "fileinto", "variables"];
fileinto "${unicode:d800}";
redirect "${nowhere.a}";
