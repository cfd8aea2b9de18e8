# Nothing: the message is kept.
