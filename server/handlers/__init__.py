"""Request → call → response. No SQL, no XML, no decisions: those are the steps' below."""
