"""Results become text: pure functions of a result and the view; a format's record names its own (`formats`)."""
