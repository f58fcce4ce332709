"""The words of the house: values, events, errors, and the contract of every edge. No I/O."""
