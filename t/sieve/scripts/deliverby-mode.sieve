require "redirect-deliverby";
redirect :bymode "return" "a@example.com";
