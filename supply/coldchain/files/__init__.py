"""Files of temperature loggers, of whatever make: found out how they are written, then read.

``grid`` says what cells a file has; ``times`` and ``figures`` what a cell may mean; ``columns``
which column is what; ``understanding`` puts them together and says what is not certain;
``reading`` reads a file as it was understood; ``fridge_tag`` reads the one shape that is no table.
Nothing here knows the database.
"""
