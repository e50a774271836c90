"""What people do with a site, without a terminal or a page: for the commands and the web alike."""
