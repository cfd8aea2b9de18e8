require "fileinto";
fileinto "Spam";
