"""What the hooks of a client tell about its chats, and what they are answered."""
