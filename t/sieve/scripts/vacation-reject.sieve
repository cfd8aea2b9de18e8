require ["vacation", "reject"];
vacation "x";
reject "no";
