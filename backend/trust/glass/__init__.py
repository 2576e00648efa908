"""Breaking the glass: whoever may not see an incident opens it with a reason, for half an hour, loudly."""
