require ["fileinto", "mailbox"];
fileinto :create "Included";
