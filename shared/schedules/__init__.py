"""What a schedule (bilaga) holds: pure values, the same for the arithmetic, the store, the API and the papers."""
