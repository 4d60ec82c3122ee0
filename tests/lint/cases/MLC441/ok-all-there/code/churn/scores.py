for A in (1, 2):
    pass
