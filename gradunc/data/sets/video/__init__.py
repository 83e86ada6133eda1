"""data=video: people's own videos. settings (options) -> dataset (answers) -> extraction -> frames, with lens."""
