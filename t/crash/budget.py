"""Time for a row of trials in an order in which any first ones are spread over the whole."""
import time


class Budget:
    """`seconds` from now on; 0: without end."""
    def __init__(self, seconds):
        self.end = time.time() + seconds if seconds else None

    def over(self):
        return self.end is not None and time.time() > self.end
