"""How each resource looks on the wire; the odd types are Fortnox's and are kept on purpose."""
