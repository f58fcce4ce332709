"""The driving test: about two minutes of small tasks that say what a model can be trusted with on this machine.

Models are not what their names promise: the same one calls tools on one server and prints them as text on another, and
loses what stands in the middle of a window that its page calls large. So each is tried here, as it is served, and the
score card says what the house does about it (`verdict.py` has the table).
"""
