"""Files that people send to be labelled: received in pieces, kept on disk, labelled in a thread, given back."""
