"""What DNS knows about mail: who serves a domain, and whether its mail is signed."""
