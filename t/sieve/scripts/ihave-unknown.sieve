require "ihave";
magic "x";
