"""From a prompt to text: the engine, how tokens are drawn, chat."""
