require "reject";
reject "I am not taking mail from you.";
