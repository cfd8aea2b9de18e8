require "redirect-deliverby";
redirect :bytimerelative 1 :bytimeabsolute "2030-01-01T00:00:00Z" "a@example.com";
