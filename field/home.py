"""What a grid worker can enter today, drafts and recent entries."""
