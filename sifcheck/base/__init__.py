"""What everything else stands on: the text of a file, findings, facts that may be unknown, words, questions in time."""
