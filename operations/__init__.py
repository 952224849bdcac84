"""What people can have done, whether by the command or in the console; nothing here prints."""
