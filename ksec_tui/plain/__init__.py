"""Linear mode: the triage as numbered text menus, for screen readers, braille displays, serial consoles and pipes.

`view` says what a screen is made of, `talk` writes and reads, `loop` leads from screen to screen, `desk` is what is
worked on; every other module is one screen or a few. Nothing is drawn: no cursor addressing, no colour, no boxes.
"""
