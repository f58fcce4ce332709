"""The scoreboard: how many misbehaviours of model servers end well for the person, with any agent's command line."""
