require ["reject", "fcc"];
reject :fcc "Sent" "no";
