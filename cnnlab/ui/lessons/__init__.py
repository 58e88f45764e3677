"""How the blocks of lessons look, and the interactive parts, one small module each."""
